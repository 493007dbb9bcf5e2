//! The thread that writes.

use std::time::Duration;

use tiercel_gateway::Digest;

use super::Shared;
use super::queue::{Batch, Pending};

/// How long it waits for something to write until it looks after what is left: uses, and a folder that is no good.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often a folder is tried again that cannot be used.
const RETRY: Duration = Duration::from_secs(30);
/// Rows that are forgotten at once when the file has reached its bound, so that others find room.
const RELIEF: usize = 256;

/// Writes what waits, until there will be nothing more.
pub(super) fn run(shared: &Shared) {
    let mut tried = shared.clock.now().monotonic;
    // Where the last look for who is worth least has ended.
    let mut hand = Digest::default();
    while let Some(batch) = shared.queue.next(PATIENCE) {
        let now = shared.clock.now();
        if shared.environment.get().is_none() && now.monotonic.saturating_sub(tried) >= RETRY {
            tried = now.monotonic;
            shared.try_open();
        }
        let written = write(shared, &batch, now.unix, &mut hand);
        if let Err(error) = &written {
            let n_rows = batch.changes.iter().filter(|(_, _, pending)| matches!(pending, Pending::Row(_))).count();
            shared.count_unwritten(n_rows);
            shared.fail(&match error {
                // LMDB's word for a write that the disk took only a part of.
                heed::Error::Io(error) if error.raw_os_error() == Some(5) => "the disk is full, or broken".to_owned(),
                error => error.to_string(),
            });
        }
        shared.queue.finish(&batch, written.is_err());
    }
}

fn write(shared: &Shared, batch: &Batch, unix: Duration, hand: &mut Digest) -> heed::Result<()> {
    let Some(environment) = shared.environment.get() else { return Ok(()) };
    let uses = shared.uses.take();
    if batch.changes.is_empty() && uses.is_empty() {
        return Ok(());
    }
    let write = |hand: &mut Digest| {
        let mut session = environment.begin(hand)?;
        session.end(unix)?;
        for (id, n_uses) in &uses {
            session.count(id, *n_uses, unix)?;
        }
        for (_, id, pending) in &batch.changes {
            match (pending, batch.limits) {
                (Pending::Row(kept), Some(limits)) => session.put(id, kept, limits, unix)?,
                _ => session.erase(id)?,
            }
        }
        session.commit()
    };
    match write(hand) {
        Err(heed::Error::Mdb(heed::MdbError::MapFull)) => {
            let mut session = environment.begin(hand)?;
            session.evict(RELIEF, unix)?;
            session.commit()?;
            write(hand)
        }
        written => written,
    }
}
