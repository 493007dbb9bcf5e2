//! Where answers are kept: this crate opens no file.

use std::sync::Arc;
use std::time::Duration;

use crate::digest::Digest;

/// Keeps rows under an id. What is in a row is bytes to it.
pub trait Store: Send + Sync {
    /// The row under `id`, whose use counts for what it is worth.
    fn get(&self, id: &Digest) -> Option<Arc<[u8]>>;

    /// Keeps `row` under `id`, instead of what was there. Whoever is worth least goes, so that all stay within `limits`.
    /// `worth` is what it cost, in nano-dollars, `unix` the time. Whether that worked.
    fn put(&self, id: &Digest, row: Vec<u8>, worth: u64, limits: Limits, unix: Duration) -> bool;

    /// Shows every row to `is_unwanted`, and forgets those for which it says so. How many that were.
    fn purge(&self, is_unwanted: &mut dyn FnMut(&Digest, &[u8]) -> bool) -> usize;

    /// What rows are sealed with, so that one that was written elsewhere, or was changed, is none.
    fn secret(&self) -> [u8; 32];

    /// How much is kept.
    fn size(&self) -> Size;
}

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
