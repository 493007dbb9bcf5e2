//! How much is kept.
//!
//! # How it stays within bounds
//! A sweep leaves three quarters of what may be kept. The last quarter is shared out among the workers: one that has used
//! up its share before its next sweep keeps nothing more until then.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tiercel_core::config::Config;

use super::answers::Limits;
use crate::{Gateway, Moment};

/// In seconds: a sweep for what is too old, where nothing else called for one.
const SWEEP_EVERY: u64 = 60;

/// What is configured.
#[derive(Clone, Copy)]
pub(crate) struct Keeping {
    pub(crate) is_enabled: bool,
    pub(crate) ttl: Duration,
    pub(super) max_answer: u64,
    /// What a worker may keep between two sweeps.
    max_new_bytes: u64,
    max_new_answers: u64,
    /// What a sweep leaves.
    left: Limits,
}

/// What a worker has kept.
#[derive(Default)]
pub(crate) struct Ledger {
    /// Bytes of answers that are yet to be whole.
    pub(crate) n_recorded: AtomicU64,
    /// Since the last sweep.
    n_bytes: AtomicU64,
    n_answers: AtomicU64,
    swept_unix: AtomicU64,
}

impl Keeping {
    pub(crate) fn new(config: &Config) -> Self {
        let settings = &config.idempotency;
        let (max_bytes, max_answers) = (settings.max_bytes.get(), u64::from(settings.max_answers.get()));
        let max_answer = settings.max_answer.get().min(max_bytes);
        let n_workers = u64::from(config.server.workers.get());
        Self {
            is_enabled: settings.enabled,
            ttl: settings.ttl.get(),
            max_answer,
            // At least one answer.
            max_new_bytes: (max_bytes / 4 / n_workers).max(max_answer),
            max_new_answers: (max_answers / 4 / n_workers).max(1),
            left: Limits {
                ttl: settings.ttl.get(),
                max_bytes: max_bytes - max_bytes / 4,
                max_answers: max_answers - max_answers / 4,
            },
        }
    }
}

impl Ledger {
    /// Takes note that an answer of `size` bytes is to be kept, if it may.
    pub(super) fn take(&self, size: usize, keeping: Keeping) -> bool {
        let n_bytes = self.n_bytes.load(Ordering::Relaxed) + size as u64;
        let n_answers = self.n_answers.load(Ordering::Relaxed) + 1;
        let is_room = n_bytes <= keeping.max_new_bytes && n_answers <= keeping.max_new_answers;
        if is_room {
            self.n_bytes.store(n_bytes, Ordering::Relaxed);
            self.n_answers.store(n_answers, Ordering::Relaxed);
        }
        is_room
    }

    /// Whether it is time for a sweep, which then begins.
    fn begins_sweep(&self, keeping: Keeping, unix: Duration) -> bool {
        let n_bytes = self.n_bytes.load(Ordering::Relaxed);
        let n_answers = self.n_answers.load(Ordering::Relaxed);
        let is_late = unix.as_secs().saturating_sub(self.swept_unix.load(Ordering::Relaxed)) >= SWEEP_EVERY;
        let is_due = is_late || n_bytes > keeping.max_new_bytes / 2 || n_answers > keeping.max_new_answers / 2;
        if is_due {
            self.n_bytes.store(0, Ordering::Relaxed);
            self.n_answers.store(0, Ordering::Relaxed);
            self.swept_unix.store(unix.as_secs(), Ordering::Relaxed);
        }
        is_due
    }
}

impl Gateway {
    /// Forgets answers that are too old or too many, now and then.
    pub(crate) fn sweep_answers(&self, now: Moment) {
        let keeping = self.keeping();
        if self.shared.ledger.begins_sweep(keeping, now.unix) {
            self.shared.answers().sweep(keeping.left, now.unix);
        }
    }
}
