//! Answers in memory, for a gateway of one process.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::answers::{Answers, Claim, Limits};
use super::record::Record;
use crate::digest::Digest;

/// They go with the process.
#[derive(Default)]
pub(crate) struct Memory(Mutex<BTreeMap<Digest, Kept>>);

#[derive(Default)]
struct Kept {
    record: Vec<u8>,
    is_held: bool,
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Digest, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answers for Memory {
    fn claim(&self, id: &Digest) -> Claim {
        let mut answers = self.lock();
        let kept = answers.entry(*id).or_default();
        let record = kept.record.clone();
        if std::mem::replace(&mut kept.is_held, true) { Claim::Taken(record) } else { Claim::Held(record) }
    }

    fn write(&self, id: &Digest, record: &[u8]) -> bool {
        self.lock().get_mut(id).map(|kept| kept.record = record.to_vec()).is_some()
    }

    fn release(&self, id: &Digest) {
        self.lock().entry(*id).and_modify(|kept| kept.is_held = false);
    }

    fn erase(&self, id: &Digest) {
        self.lock().remove(id);
    }

    fn sweep(&self, limits: Limits, unix: Duration) {
        let mut answers = self.lock();
        let ended = answers.iter().filter(|(_, kept)| !kept.is_held);
        let created = |kept: &Kept| Record::created(&kept.record).unwrap_or_default();
        let ended = ended.map(|(id, kept)| (created(kept), kept.record.len() as u64, *id)).collect();
        for id in limits.excess(ended, unix) {
            answers.remove(&id);
        }
    }
}
