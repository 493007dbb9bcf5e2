//! What is in the file: five tables, whose numbers are big-endian, so that they are in order.

use std::time::Duration;

use heed::types::Bytes;
use heed::{Database, Env, RoTxn};
use tiercel_gateway::{Change, Digest, worth};

/// Their names, to which [`check`](super::check) holds the file.
pub(super) const NAMES: [&str; 5] = ["changes", "ends", "ranks", "rows", "totals"];

/// Of bytes.
pub(super) type Table = Database<Bytes, Bytes>;

pub(super) struct Tables {
    /// Rows by id.
    pub(super) rows: Table,
    /// By id, what a row is worth: apart, so that counting its uses does not write it again.
    pub(super) ranks: Table,
    /// When they end, each with its id; of nothing.
    pub(super) ends: Table,
    /// What has become of rows, by number.
    pub(super) changes: Table,
    /// [`Totals`].
    pub(super) totals: Table,
}

impl Tables {
    /// Makes those that are missing.
    pub(super) fn open(env: &Env) -> heed::Result<Self> {
        let mut transaction = env.write_txn()?;
        let mut open = |name: &str| env.create_database(&mut transaction, Some(name));
        let [changes, ends, ranks, rows, totals] = NAMES.map(&mut open);
        let tables = Self { rows: rows?, ranks: ranks?, ends: ends?, changes: changes?, totals: totals? };
        transaction.commit()?;
        Ok(tables)
    }

    /// The number of the last change; 0 before the first.
    pub(super) fn n_changes(&self, transaction: &RoTxn<'_>) -> heed::Result<u64> {
        let last = self.changes.last(transaction)?;
        Ok(last.and_then(|(number, _)| number.first_chunk().copied().map(u64::from_be_bytes)).unwrap_or(0))
    }

    pub(super) fn totals(&self, transaction: &RoTxn<'_>) -> heed::Result<Totals> {
        Ok(self.totals.get(transaction, TOTALS)?.and_then(numbers).map_or(Totals::default(), Totals::from))
    }
}

/// What `totals` are kept under.
pub(super) const TOTALS: &[u8] = b"totals";

/// What would take long to count.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) n_bytes: u64,
    pub(super) n_evicted: u64,
}

impl From<[u64; 2]> for Totals {
    fn from([n_bytes, n_evicted]: [u64; 2]) -> Self {
        Self { n_bytes, n_evicted }
    }
}

impl Totals {
    pub(super) fn encode(self) -> Vec<u8> {
        encode([self.n_bytes, self.n_evicted])
    }
}

/// What is known of a row.
#[derive(Clone, Copy)]
pub(super) struct Rank {
    pub(super) worth: u64,
    pub(super) n_uses: u64,
    /// In whole seconds since the Unix epoch, as `ends`.
    pub(super) used: u64,
    pub(super) ends: u64,
    pub(super) n_bytes: u64,
}

impl Rank {
    /// `None` for what no worker of this version has written.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let [worth, n_uses, used, ends, n_bytes] = numbers(bytes)?;
        Some(Self { worth, n_uses, used, ends, n_bytes })
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        encode([self.worth, self.n_uses, self.used, self.ends, self.n_bytes])
    }

    pub(super) fn value(&self, unix: Duration) -> f64 {
        worth(self.worth, self.n_uses, unix.saturating_sub(Duration::from_secs(self.used)))
    }
}

/// The key in `ends` of a row.
pub(super) fn end(ends: u64, id: &Digest) -> Vec<u8> {
    [&ends.to_be_bytes()[..], id].concat()
}

/// When that is, and of which row.
pub(super) fn ended(key: &[u8]) -> Option<(u64, Digest)> {
    let (ends, id) = key.split_first_chunk()?;
    Some((u64::from_be_bytes(*ends), id.try_into().ok()?))
}

pub(super) fn encode_change(id: &Digest, change: Change) -> Vec<u8> {
    let kind = match change {
        Change::Kept => b'+',
        Change::Gone => b'-',
    };
    [&[kind][..], id].concat()
}

pub(super) fn decode_change(bytes: &[u8]) -> Option<(Digest, Change)> {
    let (kind, id) = bytes.split_first()?;
    let change = if *kind == b'+' { Change::Kept } else { Change::Gone };
    Some((id.try_into().ok()?, change))
}

fn encode<const N: usize>(numbers: [u64; N]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

fn numbers<const N: usize>(bytes: &[u8]) -> Option<[u64; N]> {
    let (chunks, rest) = bytes.as_chunks();
    let numbers: Vec<_> = chunks.iter().copied().map(u64::from_be_bytes).collect();
    if rest.is_empty() { numbers.try_into().ok() } else { None }
}
