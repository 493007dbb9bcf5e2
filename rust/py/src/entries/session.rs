//! What is done in one transaction that writes.
//!
//! # Who goes
//! As in memory: of sixteen rows in turn, the one that is worth least. Which rows were used, each worker counts for
//! itself and adds with its next transaction, so a choice may miss the uses of the last second.

use std::ops::Bound;
use std::time::Duration;

use heed::{PutFlags, RwTxn};
use tiercel_gateway::{CacheLimits, Change, Digest, MAX_CHANGES};

use super::queue::Kept;
use super::tables::{Rank, TOTALS, Tables, Totals, encode_change, end, ended};

/// Rows that are compared when one has to go.
const SAMPLE: usize = 16;
/// Rows that have ended and are forgotten at once; the next transaction goes on.
const MAX_ENDED: usize = 256;

/// Nothing of it is there for others before it is committed.
pub(super) struct Session<'a> {
    transaction: RwTxn<'a>,
    tables: &'a Tables,
    totals: Totals,
    n_changes: u64,
    hand: &'a mut Digest,
}

impl<'a> Session<'a> {
    pub(super) fn new(transaction: RwTxn<'a>, tables: &'a Tables, hand: &'a mut Digest) -> heed::Result<Self> {
        let (totals, n_changes) = (tables.totals(&transaction)?, tables.n_changes(&transaction)?);
        Ok(Self { transaction, tables, totals, n_changes, hand })
    }

    pub(super) fn put(&mut self, id: &Digest, kept: &Kept, limits: CacheLimits, unix: Duration) -> heed::Result<()> {
        self.remove(id)?;
        let n_bytes = kept.row.len() as u64;
        while self.tables.ranks.len(&self.transaction)? >= limits.max_entries as u64
            || self.totals.n_bytes + n_bytes > limits.max_bytes
        {
            if self.evict(1, unix)? == 0 {
                // What was counted is not there.
                self.totals.n_bytes = 0;
                break;
            }
        }
        let ends = kept.ends.as_secs();
        let rank = Rank { worth: kept.worth, n_uses: 0, used: unix.as_secs(), ends, n_bytes };
        self.tables.rows.put(&mut self.transaction, id, &kept.row)?;
        self.tables.ranks.put(&mut self.transaction, id, &rank.encode())?;
        self.tables.ends.put(&mut self.transaction, &end(ends, id), &[])?;
        self.totals.n_bytes += n_bytes;
        self.note(id, Change::Kept)
    }

    pub(super) fn erase(&mut self, id: &Digest) -> heed::Result<()> {
        if self.remove(id)? { self.note(id, Change::Gone) } else { Ok(()) }
    }

    /// Forgets the oldest of what has ended.
    pub(super) fn end(&mut self, unix: Duration) -> heed::Result<()> {
        for _ in 0..MAX_ENDED {
            let Some((key, _)) = self.tables.ends.first(&self.transaction)? else { return Ok(()) };
            let key = key.to_vec();
            match ended(&key) {
                Some((ends, _)) if ends > unix.as_secs() => return Ok(()),
                Some((_, id)) => self.erase(&id)?,
                None => {}
            }
            self.tables.ends.delete(&mut self.transaction, &key)?;
        }
        Ok(())
    }

    /// Takes note that the row was used.
    pub(super) fn count(&mut self, id: &Digest, n_uses: u64, unix: Duration) -> heed::Result<()> {
        let Some(rank) = self.rank(id)? else { return Ok(()) };
        let rank = Rank { n_uses: rank.n_uses.saturating_add(n_uses), used: unix.as_secs(), ..rank };
        self.tables.ranks.put(&mut self.transaction, id, &rank.encode())
    }

    /// Forgets so many rows, each of a sample the one that is worth least. How many there were.
    pub(super) fn evict(&mut self, n_rows: usize, unix: Duration) -> heed::Result<usize> {
        for n_evicted in 0..n_rows {
            let Some(id) = self.least(unix)? else { return Ok(n_evicted) };
            self.erase(&id)?;
            self.totals.n_evicted += 1;
        }
        Ok(n_rows)
    }

    pub(super) fn commit(mut self) -> heed::Result<()> {
        self.tables.totals.put(&mut self.transaction, TOTALS, &self.totals.encode())?;
        let oldest = self.n_changes.saturating_sub(MAX_CHANGES).to_be_bytes();
        let forgotten = (Bound::Unbounded, Bound::Included(&oldest[..]));
        self.tables.changes.delete_range(&mut self.transaction, &forgotten)?;
        self.transaction.commit()
    }

    fn least(&mut self, unix: Duration) -> heed::Result<Option<Digest>> {
        let after = (Bound::Excluded(&self.hand[..]), Bound::Unbounded);
        let rows = self.tables.ranks.range(&self.transaction, &after)?;
        let sample = rows.chain(self.tables.ranks.iter(&self.transaction)?).take(SAMPLE);
        let mut least: Option<(f64, Digest)> = None;
        for row in sample {
            let (id, rank) = row?;
            let Ok(id) = Digest::try_from(id) else { continue };
            // What was not written by a worker goes first.
            let value = Rank::decode(rank).map_or(0.0, |rank| rank.value(unix));
            *self.hand = id;
            if least.is_none_or(|(other, _)| value < other) {
                least = Some((value, id));
            }
        }
        Ok(least.map(|(_, id)| id))
    }

    fn remove(&mut self, id: &Digest) -> heed::Result<bool> {
        if let Some(rank) = self.rank(id)? {
            self.totals.n_bytes = self.totals.n_bytes.saturating_sub(rank.n_bytes);
            self.tables.ends.delete(&mut self.transaction, &end(rank.ends, id))?;
        }
        self.tables.rows.delete(&mut self.transaction, id)?;
        self.tables.ranks.delete(&mut self.transaction, id)
    }

    fn rank(&self, id: &Digest) -> heed::Result<Option<Rank>> {
        Ok(self.tables.ranks.get(&self.transaction, id)?.and_then(Rank::decode))
    }

    fn note(&mut self, id: &Digest, change: Change) -> heed::Result<()> {
        self.n_changes += 1;
        let (number, change) = (self.n_changes.to_be_bytes(), encode_change(id, change));
        self.tables.changes.put_with_flags(&mut self.transaction, PutFlags::APPEND, &number, &change)
    }
}
