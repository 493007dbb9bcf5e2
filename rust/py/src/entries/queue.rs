//! What is still to be written.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tiercel_gateway::{CacheLimits, Digest, Entry};

/// What may wait to be written; more is not kept. A disk that takes so little in the time that this takes to come is as
/// good as none.
const MAX_ROWS: usize = 16_384;
const MAX_BYTES: usize = 32 * 1024 * 1024;
/// What is written in one transaction, so that other workers do not wait for long.
const MAX_BATCH: usize = 512;
/// How long more is waited for when something is to be written: the disk is waited for once for all of it.
const GATHER: Duration = Duration::from_millis(20);

/// Bounded.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    has_changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    /// With the number of the change, so that what is written meanwhile is told from what came after.
    pending: HashMap<Digest, (u64, Pending)>,
    order: VecDeque<(u64, Digest)>,
    n_changes: u64,
    n_bytes: usize,
    limits: Option<CacheLimits>,
    is_failing: bool,
    is_closed: bool,
}

/// What is to become of a row.
#[derive(Clone)]
pub(super) enum Pending {
    Row(Kept),
    Gone,
}

/// A row as it waits.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) row: Arc<[u8]>,
    pub(super) worth: u64,
    pub(super) ends: Duration,
}

/// What is written at once.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) changes: Vec<(u64, Digest, Pending)>,
    /// There where rows are to be kept.
    pub(super) limits: Option<CacheLimits>,
}

impl Queue {
    pub(super) fn get(&self, id: &Digest) -> Option<Pending> {
        self.lock().pending.get(id).map(|(_, pending)| pending.clone())
    }

    /// The rows that wait.
    pub(super) fn rows(&self) -> Vec<(Digest, Arc<[u8]>)> {
        let waiting = self.lock();
        let row = |(id, (_, pending)): (&Digest, &(u64, Pending))| match pending {
            Pending::Row(kept) => Some((*id, Arc::clone(&kept.row))),
            Pending::Gone => None,
        };
        waiting.pending.iter().filter_map(row).collect()
    }

    /// Whether there is room for it. While writing fails there is for one, to find out when it does no more.
    pub(super) fn put(&self, entry: Entry, limits: CacheLimits) -> bool {
        let mut waiting = self.lock();
        let is_full = waiting.order.len() >= MAX_ROWS || waiting.n_bytes + entry.row.len() > MAX_BYTES;
        if is_full || (waiting.is_failing && !waiting.pending.is_empty()) {
            return false;
        }
        waiting.limits = Some(limits);
        let kept = Kept { row: entry.row.into(), worth: entry.worth, ends: entry.ends };
        waiting.push(entry.id, Pending::Row(kept));
        self.has_changed.notify_one();
        true
    }

    /// Has the row forgotten.
    pub(super) fn erase(&self, id: Digest) {
        self.lock().push(id, Pending::Gone);
        self.has_changed.notify_one();
    }

    /// Lets the writer end when it has written what waits.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.has_changed.notify_one();
    }

    /// What is to be written next: empty when there was nothing for so long, `None` when there will be nothing more. It
    /// goes on being found until it is [`finished`](Self::finish).
    pub(super) fn next(&self, patience: Duration) -> Option<Batch> {
        let waits = |waiting: &mut Waiting| waiting.order.is_empty() && !waiting.is_closed;
        let waited = self.has_changed.wait_timeout_while(self.lock(), patience, waits);
        let (waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if waiting.order.is_empty() {
            return (!waiting.is_closed).then(Batch::default);
        }
        let is_little = |waiting: &mut Waiting| waiting.order.len() < MAX_BATCH && !waiting.is_closed;
        let waited = self.has_changed.wait_timeout_while(waiting, GATHER, is_little);
        let (mut waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let n_next = waiting.order.len().min(MAX_BATCH);
        let next: Vec<_> = waiting.order.drain(..n_next).collect();
        // Of what was changed twice, the first is over.
        let newest = |(number, id): (u64, Digest)| match waiting.pending.get(&id) {
            Some((newest, pending)) if *newest == number => Some((number, id, pending.clone())),
            _ => None,
        };
        let changes = next.into_iter().filter_map(newest).collect();
        Some(Batch { changes, limits: waiting.limits })
    }

    /// What was to be written has been, or has failed to be.
    pub(super) fn finish(&self, batch: &Batch, has_failed: bool) {
        let mut waiting = self.lock();
        waiting.is_failing = has_failed;
        for (number, id, _) in &batch.changes {
            if waiting.pending.get(id).is_some_and(|(newest, _)| newest == number) {
                waiting.drop_pending(id);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn push(&mut self, id: Digest, pending: Pending) {
        self.drop_pending(&id);
        self.n_changes += 1;
        self.n_bytes += pending.n_bytes();
        self.order.push_back((self.n_changes, id));
        self.pending.insert(id, (self.n_changes, pending));
    }

    fn drop_pending(&mut self, id: &Digest) {
        if let Some((_, pending)) = self.pending.remove(id) {
            self.n_bytes -= pending.n_bytes();
        }
    }
}

impl Pending {
    fn n_bytes(&self) -> usize {
        match self {
            Self::Row(kept) => kept.row.len(),
            Self::Gone => 0,
        }
    }
}
