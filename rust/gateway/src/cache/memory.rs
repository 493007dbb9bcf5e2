//! Answers in memory, for a gateway of one process.
//!
//! # Who goes
//! Of sixteen rows in turn, the one that is worth least. Looking at all of them would cost more than a slightly better
//! choice saves, and Redis has shown that such samples are nearly as good.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indexmap::IndexMap;

use super::store::{Limits, Size, Store, worth};
use crate::digest::Digest;

/// Rows that are compared when one has to go.
const SAMPLE: usize = 16;

/// They go with the process.
#[derive(Default)]
pub(crate) struct Memory(Mutex<Rows>);

#[derive(Default)]
struct Rows {
    rows: IndexMap<Digest, Kept>,
    n_bytes: u64,
    n_evicted: u64,
    /// Where the next sample begins.
    hand: usize,
    /// When something was last kept: near enough to now.
    unix: Duration,
}

struct Kept {
    row: Arc<[u8]>,
    worth: u64,
    n_uses: u64,
    used: Duration,
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Memory {
    fn get(&self, id: &Digest) -> Option<Arc<[u8]>> {
        let rows = &mut *self.lock();
        let kept = rows.rows.get_mut(id)?;
        kept.n_uses += 1;
        kept.used = rows.unix;
        Some(Arc::clone(&kept.row))
    }

    fn put(&self, id: &Digest, row: Vec<u8>, worth: u64, limits: Limits, unix: Duration) -> bool {
        let rows = &mut *self.lock();
        let n_bytes = row.len() as u64;
        if n_bytes > limits.max_bytes {
            return false;
        }
        rows.unix = rows.unix.max(unix);
        if let Some(old) = rows.rows.swap_remove(id) {
            rows.n_bytes -= old.row.len() as u64;
        }
        while rows.rows.len() >= limits.max_entries || rows.n_bytes + n_bytes > limits.max_bytes {
            if !rows.evict() {
                return false;
            }
        }
        rows.n_bytes += n_bytes;
        rows.rows.insert(*id, Kept { row: row.into(), worth, n_uses: 0, used: rows.unix });
        true
    }

    fn purge(&self, is_unwanted: &mut dyn FnMut(&Digest, &[u8]) -> bool) -> usize {
        let rows = &mut *self.lock();
        let before = rows.rows.len();
        rows.rows.retain(|id, kept| !is_unwanted(id, &kept.row));
        rows.n_bytes = rows.rows.values().map(|kept| kept.row.len() as u64).sum();
        before - rows.rows.len()
    }

    fn secret(&self) -> [u8; 32] {
        // Nobody else writes here.
        [0; 32]
    }

    fn size(&self) -> Size {
        let rows = self.lock();
        Size { n_entries: rows.rows.len(), n_bytes: rows.n_bytes, n_evicted: rows.n_evicted }
    }
}

impl Rows {
    /// Forgets the row of a sample that is worth least; whether there was one.
    fn evict(&mut self) -> bool {
        let n_rows = self.rows.len();
        let sample = (0..SAMPLE.min(n_rows)).map(|step| (self.hand + step) % n_rows);
        let value = |index: &usize| {
            let kept = &self.rows[*index];
            worth(kept.worth, kept.n_uses, self.unix.saturating_sub(kept.used))
        };
        let Some(least) = sample.min_by(|left, right| value(left).total_cmp(&value(right))) else { return false };
        self.hand = (self.hand + SAMPLE) % n_rows;
        if let Some((_, kept)) = self.rows.swap_remove_index(least) {
            self.n_bytes -= kept.row.len() as u64;
            self.n_evicted += 1;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { max_entries: 3, max_bytes: 100 };

    fn id(number: u8) -> Digest {
        [number; 32]
    }

    fn put(store: &Memory, number: u8, n_bytes: usize, worth: u64, seconds: u64) -> bool {
        store.put(&id(number), vec![number; n_bytes], worth, LIMITS, Duration::from_secs(seconds))
    }

    fn kept(store: &Memory) -> Vec<u8> {
        let mut numbers: Vec<_> = store.lock().rows.keys().map(|id| id[0]).collect();
        numbers.sort_unstable();
        numbers
    }

    #[test]
    fn who_makes_room() {
        let check = |case: &str, expected: &[u8], more: &[(u8, usize, u64, u64)], used: &[u8]| {
            let store = Memory::default();
            let all = [(1, 10, 1_000_000, 0), (2, 10, 2_000_000, 0), (3, 10, 3_000_000, 0)];
            for (number, n_bytes, worth, seconds) in all {
                put(&store, number, n_bytes, worth, seconds);
            }
            used.iter().for_each(|number| drop(store.get(&id(*number))));
            for &(number, n_bytes, worth, seconds) in more {
                put(&store, number, n_bytes, worth, seconds);
            }
            assert_eq!(expected, kept(&store), "{case}");
        };
        check("nobody", &[1, 2, 3], &[], &[]);
        check("the cheapest", &[2, 3, 4], &[(4, 10, 1, 0)], &[]);
        check("not the one that is used", &[1, 3, 4], &[(4, 10, 1, 0)], &[1, 1]);
        check("as many as it takes", &[4], &[(4, 95, 1, 0)], &[]);
        check("none for what is too large", &[1, 2, 3], &[(4, 101, 1, 0)], &[]);
        check("itself, when it comes again", &[1, 2, 3], &[(2, 20, 1, 0)], &[]);
    }

    #[test]
    fn what_is_unwanted_goes() {
        let store = Memory::default();
        (1..=3).for_each(|number| assert!(put(&store, number, 10, 1, 0)));

        assert_eq!(2, store.purge(&mut |_, row| row[0] != 2));
        assert_eq!((vec![2], Size { n_entries: 1, n_bytes: 10, n_evicted: 0 }), (kept(&store), store.size()));
    }

    proptest! {
        #[test]
        fn it_stays_within_its_bounds(rows in prop::collection::vec((0_u8..9, 0_usize..60, 0_u64..9), 0..99)) {
            let store = Memory::default();
            for (seconds, (number, n_bytes, worth)) in (0..).zip(rows) {
                prop_assert!(put(&store, number, n_bytes, worth, seconds));
                let size = store.size();
                let n_bytes: u64 = store.lock().rows.values().map(|kept| kept.row.len() as u64).sum();
                prop_assert!(size.n_entries <= LIMITS.max_entries && size.n_bytes <= LIMITS.max_bytes);
                prop_assert_eq!(size.n_bytes, n_bytes);
                prop_assert!(store.get(&id(number)).is_some(), "what was just kept is there");
            }
        }
    }
}
