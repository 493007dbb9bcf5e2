//! The file as LMDB has it open: what is read of it, and how writing begins.

use std::fs::File;
use std::io;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

use heed::{Env, EnvOpenOptions};
use tiercel_gateway::{CacheLimits, Change, Digest, Size, Tail};

use super::folder::Folder;
use super::session::Session;
use super::tables::{Rank, TOTALS, Tables, Totals, decode_change};

/// Threads of all workers that may read at once; a larger machine's would find fewer answers.
pub(super) const MAX_READERS: u32 = 1_022;
/// How much larger than its rows a file may get: a row ends where a page does, and pages are half full at worst.
const FILL: u64 = 3;
/// What is kept of a row beside it, in pages that are half full.
const BESIDE: u64 = 512;
/// What a file may have beside: pages that wait until nobody reads them, and what has become of rows.
const SPARE: u64 = 64 * 1024 * 1024;

pub(super) struct Environment {
    env: Env,
    tables: Tables,
    /// What rows are sealed with.
    pub(super) secret: [u8; 32],
    /// Locked as long as the file is open, so that nobody takes it for one that is not.
    _in_use: File,
}

impl Environment {
    /// Opens what is in `folder`, with a line for the operator where that could not be used.
    pub(super) fn open(folder: &Path, limits: CacheLimits) -> io::Result<(Self, Option<String>)> {
        let size = map_size(limits);
        let folder = Folder::lock(folder)?;
        let note = if folder.is_alone { folder.prepare(size)? } else { None };
        let env = open(folder.path, size).map_err(io::Error::other)?;
        let opened = || {
            env.clear_stale_readers()?;
            let tables = Tables::open(&env)?;
            if folder.is_alone {
                count_again(&env, &tables)?;
            }
            Ok(tables)
        };
        let tables = opened().map_err(|error: heed::Error| io::Error::other(error))?;
        let (secret, in_use) = folder.unlock()?;
        Ok((Self { env, tables, secret, _in_use: in_use }, note))
    }

    pub(super) fn get(&self, id: &Digest) -> Option<Arc<[u8]>> {
        let transaction = self.env.read_txn().ok()?;
        self.tables.rows.get(&transaction, id).ok()?.map(Arc::from)
    }

    /// Shows every row.
    pub(super) fn each(&self, mut visit: impl FnMut(&Digest, &[u8])) -> heed::Result<()> {
        let transaction = self.env.read_txn()?;
        for row in self.tables.rows.iter(&transaction)? {
            let (id, row) = row?;
            if let Ok(id) = id.try_into() {
                visit(id, row);
            }
        }
        Ok(())
    }

    pub(super) fn tail(&self, after: u64, most: usize, visit: &mut dyn FnMut(&Digest, Change)) -> heed::Result<Tail> {
        let transaction = self.env.read_txn()?;
        let newest = self.tables.n_changes(&transaction)?;
        let number = after.to_be_bytes();
        let since = (Bound::Excluded(&number[..]), Bound::Unbounded);
        let mut next = after;
        for change in self.tables.changes.range(&transaction, &since)?.take(most) {
            let (number, change) = change?;
            if next.checked_add(1).map(u64::to_be_bytes).as_ref().map(|it| &it[..]) != Some(number) {
                return Ok(Tail { next: newest, is_whole: false });
            }
            next += 1;
            if let Some((id, change)) = decode_change(change) {
                visit(&id, change);
            }
        }
        // Without any, it is that of another file.
        let is_whole = next > after || after == newest;
        Ok(Tail { next: if is_whole { next } else { newest }, is_whole })
    }

    pub(super) fn size(&self) -> heed::Result<Size> {
        let transaction = self.env.read_txn()?;
        let Totals { n_bytes, n_evicted } = self.tables.totals(&transaction)?;
        let n_entries = usize::try_from(self.tables.ranks.len(&transaction)?).unwrap_or(usize::MAX);
        Ok(Size { n_entries, n_bytes, n_evicted, n_unwritten: 0 })
    }

    /// Begins to write, when no other worker does.
    pub(super) fn begin<'a>(&'a self, hand: &'a mut Digest) -> heed::Result<Session<'a>> {
        Session::new(self.env.write_txn()?, &self.tables, hand)
    }
}

/// Of addresses, not of the disk: the file grows as it is filled.
fn map_size(limits: CacheLimits) -> usize {
    let entries = BESIDE.saturating_mul(limits.max_entries as u64);
    let size = limits.max_bytes.saturating_mul(FILL).saturating_add(entries).saturating_add(SPARE);
    // Whole pages of any system.
    usize::try_from(size.next_multiple_of(SPARE)).unwrap_or(usize::MAX)
}

#[expect(unsafe_code, reason = "the file is mapped, and nobody but LMDB keeps others from changing it")]
fn open(folder: &Path, map_size: usize) -> heed::Result<Env> {
    let mut options = EnvOpenOptions::new();
    options.map_size(map_size).max_readers(MAX_READERS).max_dbs(8);
    // SAFETY: what is mapped changes by LMDB alone, which has it consistent for each transaction: the folder is this
    // user's and writable by no other, its lock was had while the file was looked through, and `heed` refuses to open
    // it twice in a process. No flag is set that would make it other than it promises.
    unsafe { options.open(folder) }
}

/// What was counted may be of a file that somebody has changed.
fn count_again(env: &Env, tables: &Tables) -> heed::Result<()> {
    let mut transaction = env.write_txn()?;
    let before = tables.totals(&transaction)?;
    let mut n_bytes = 0_u64;
    for row in tables.ranks.iter(&transaction)? {
        n_bytes = n_bytes.saturating_add(Rank::decode(row?.1).map_or(0, |rank| rank.n_bytes));
    }
    let totals = Totals { n_bytes, ..before };
    if totals != before {
        tables.totals.put(&mut transaction, TOTALS, &totals.encode())?;
    }
    transaction.commit()
}
