//! Where answers are kept: this crate opens no file.

use std::sync::Arc;
use std::time::Duration;

use crate::digest::Digest;

/// Keeps rows under an id. What is in a row is bytes to it.
pub trait Store: Send + Sync {
    /// The row under `id`, whose use counts for what it is worth.
    fn get(&self, id: &Digest) -> Option<Arc<[u8]>> {
        let row = self.peek(id)?;
        self.count_use(id);
        Some(row)
    }

    /// The same, which counts for nothing.
    fn peek(&self, id: &Digest) -> Option<Arc<[u8]>>;

    /// Has a use of the row count that was peeked at.
    fn count_use(&self, id: &Digest);

    /// Keeps `entry` instead of what was there. Whoever is worth least goes, so that all stay within `limits`; before
    /// them, those that have ended by `unix`, the time. Whether it is taken.
    fn put(&self, entry: Entry, limits: Limits, unix: Duration) -> bool;

    /// Shows every row to `is_unwanted`, and forgets those for which it says so. How many that were.
    fn purge(&self, is_unwanted: &mut dyn FnMut(&Digest, &[u8]) -> bool) -> usize;

    /// Shows what has become of rows since `after`, the oldest first and at most so many, whichever worker did it. It
    /// begins with 0.
    fn tail(&self, after: u64, most: usize, visit: &mut dyn FnMut(&Digest, Change)) -> Tail;

    /// All that there are.
    fn ids(&self) -> Vec<Digest>;

    /// What rows are sealed with, so that one that was written elsewhere, or was changed, is none.
    fn secret(&self) -> [u8; 32];

    /// How much is kept.
    fn size(&self) -> Size;

    /// Lines for the operator since the last time.
    fn take_notes(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A row to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is kept under.
    pub id: Digest,
    /// Its bytes.
    pub row: Vec<u8>,
    /// What it cost, in nano-dollars.
    pub worth: u64,
    /// From when on it is of no use, since the Unix epoch.
    pub ends: Duration,
}

/// What has become of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new, or another one than before.
    Kept,
    /// It is no more.
    Gone,
}

/// How far one has seen what has become of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// After which to go on.
    pub next: u64,
    /// Whether nothing was left out before it: of long ago it is not known any more, and all rows have to be looked at
    /// instead.
    pub is_whole: bool,
}

/// Of so many changes it is known what they were: more than all workers together make in the seconds between two looks.
pub const MAX_CHANGES: u64 = 65_536;

/// How much may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// So many rows.
    pub max_entries: usize,
    /// So many bytes of rows.
    pub max_bytes: u64,
}

/// How much is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Rows.
    pub n_entries: usize,
    /// Their bytes.
    pub n_bytes: u64,
    /// Rows that had to make room for others.
    pub n_evicted: u64,
    /// Rows that this worker was given and could not keep.
    pub n_unwritten: u64,
}

/// What a row is worth that cost `nano_dollars`, was used so often, and was not for so long: what it saves, by how
/// likely it is to be asked for again. A row that cost nothing we know of still saves a call.
pub fn worth(nano_dollars: u64, n_uses: u64, idle: Duration) -> f64 {
    /// As much as a small answer of a small model costs.
    const LEAST: f64 = 10_000.0;
    /// Within a minute, it makes no difference.
    const SOON: f64 = 60.0;

    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let (cost, n_uses) = (nano_dollars as f64, n_uses as f64);
    (cost + LEAST) * (n_uses + 1.0) / (idle.as_secs_f64() + SOON)
}
