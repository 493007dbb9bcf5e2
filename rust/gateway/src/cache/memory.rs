//! Answers in memory, for a gateway of one process.
//!
//! # Who goes
//! Of sixteen rows in turn, the one that is worth least. Looking at all of them would cost more than a slightly better
//! choice saves, and Redis has shown that such samples are nearly as good. What has ended is worth nothing.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indexmap::IndexMap;

use super::store::{Change, Entry, Limits, MAX_CHANGES, Size, Store, Tail, worth};
use crate::digest::Digest;

/// Rows that are compared when one has to go.
const SAMPLE: usize = 16;

/// They go with the process.
#[derive(Default)]
pub(crate) struct Memory(Mutex<Rows>);

#[derive(Default)]
struct Rows {
    by_id: IndexMap<Digest, Kept>,
    n_bytes: u64,
    n_evicted: u64,
    /// Where the next sample begins.
    hand: usize,
    /// What has become of rows, and how many changes are forgotten that came before.
    changes: VecDeque<(Digest, Change)>,
    n_forgotten: u64,
    /// When something was last kept: near enough to now.
    unix: Duration,
}

struct Kept {
    row: Arc<[u8]>,
    worth: u64,
    n_uses: u64,
    used: Duration,
    ends: Duration,
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Memory {
    fn peek(&self, id: &Digest) -> Option<Arc<[u8]>> {
        self.lock().by_id.get(id).map(|kept| Arc::clone(&kept.row))
    }

    fn count_use(&self, id: &Digest) {
        let rows = &mut *self.lock();
        if let Some(kept) = rows.by_id.get_mut(id) {
            kept.n_uses += 1;
            kept.used = rows.unix;
        }
    }

    fn put(&self, entry: Entry, limits: Limits, unix: Duration) -> bool {
        let Entry { id, row, worth, ends } = entry;
        let rows = &mut *self.lock();
        let n_bytes = row.len() as u64;
        if n_bytes > limits.max_bytes {
            return false;
        }
        rows.unix = rows.unix.max(unix);
        if let Some(old) = rows.by_id.swap_remove(&id) {
            rows.n_bytes -= old.row.len() as u64;
        }
        while rows.by_id.len() >= limits.max_entries || rows.n_bytes + n_bytes > limits.max_bytes {
            if !rows.evict() {
                return false;
            }
        }
        rows.n_bytes += n_bytes;
        rows.by_id.insert(id, Kept { row: row.into(), worth, n_uses: 0, used: rows.unix, ends });
        rows.note(id, Change::Kept);
        true
    }

    fn purge(&self, is_unwanted: &mut dyn FnMut(&Digest, &[u8]) -> bool) -> usize {
        let rows = &mut *self.lock();
        let mut unwanted: Vec<_> =
            rows.by_id.iter().filter(|(id, kept)| is_unwanted(id, &kept.row)).map(|(id, _)| *id).collect();
        unwanted.sort_unstable();
        rows.by_id.retain(|id, _| unwanted.binary_search(id).is_err());
        rows.n_bytes = rows.by_id.values().map(|kept| kept.row.len() as u64).sum();
        for id in &unwanted {
            rows.note(*id, Change::Gone);
        }
        unwanted.len()
    }

    fn tail(&self, after: u64, most: usize, visit: &mut dyn FnMut(&Digest, Change)) -> Tail {
        let rows = self.lock();
        let newest = rows.n_forgotten + rows.changes.len() as u64;
        if !(rows.n_forgotten..=newest).contains(&after) {
            return Tail { next: newest, is_whole: false };
        }
        let n_known = usize::try_from(after - rows.n_forgotten).unwrap_or(usize::MAX);
        rows.changes.iter().skip(n_known).take(most).for_each(|(id, change)| visit(id, *change));
        Tail { next: newest.min(after.saturating_add(most as u64)), is_whole: true }
    }

    fn ids(&self) -> Vec<Digest> {
        self.lock().by_id.keys().copied().collect()
    }

    fn secret(&self) -> [u8; 32] {
        // Nobody else writes here.
        [0; 32]
    }

    fn size(&self) -> Size {
        let rows = self.lock();
        Size { n_entries: rows.by_id.len(), n_bytes: rows.n_bytes, n_evicted: rows.n_evicted, n_unwritten: 0 }
    }
}

impl Rows {
    /// Forgets the row of a sample that is worth least; whether there was one.
    fn evict(&mut self) -> bool {
        let n_rows = self.by_id.len();
        let sample = (0..SAMPLE.min(n_rows)).map(|step| (self.hand + step) % n_rows);
        let value = |index: &usize| {
            let kept = &self.by_id[*index];
            if kept.ends <= self.unix {
                return 0.0;
            }
            worth(kept.worth, kept.n_uses, self.unix.saturating_sub(kept.used))
        };
        let Some(least) = sample.min_by(|left, right| value(left).total_cmp(&value(right))) else { return false };
        self.hand = (self.hand + SAMPLE) % n_rows;
        if let Some((id, kept)) = self.by_id.swap_remove_index(least) {
            self.n_bytes -= kept.row.len() as u64;
            self.n_evicted += 1;
            self.note(id, Change::Gone);
        }
        true
    }

    fn note(&mut self, id: Digest, change: Change) {
        self.changes.push_back((id, change));
        if self.changes.len() as u64 > MAX_CHANGES {
            self.changes.pop_front();
            self.n_forgotten += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { max_entries: 3, max_bytes: 100 };
    const ENDS: Duration = Duration::from_secs(1_000);

    fn id(number: u8) -> Digest {
        [number; 32]
    }

    fn put(store: &Memory, number: u8, n_bytes: usize, worth: u64, seconds: u64) -> bool {
        let entry = Entry { id: id(number), row: vec![number; n_bytes], worth, ends: ENDS };
        store.put(entry, LIMITS, Duration::from_secs(seconds))
    }

    fn kept(store: &Memory) -> Vec<u8> {
        let mut numbers: Vec<_> = store.lock().by_id.keys().map(|id| id[0]).collect();
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
            for number in used {
                store.get(&id(*number));
            }
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
    fn what_has_ended_makes_room_first() {
        let store = Memory::default();
        let ends = Duration::from_secs(9);
        store.put(Entry { id: id(1), row: vec![1], worth: 9_000_000, ends }, LIMITS, Duration::ZERO);
        assert!((2..=4).all(|number| put(&store, number, 10, 1, 9)));

        assert_eq!(vec![2, 3, 4], kept(&store));
    }

    #[test]
    fn what_becomes_of_rows_is_told() {
        let store = Memory::default();
        let told = |after| {
            let mut changes = Vec::new();
            let tail = store.tail(after, usize::MAX, &mut |id, change| changes.push((id[0], change)));
            (tail.next, tail.is_whole, changes)
        };
        assert_eq!((0, true, vec![]), told(0));
        assert!((1..=4).all(|number| put(&store, number, 10, u64::from(number), 0)));
        let since = vec![(1, Change::Gone), (4, Change::Kept)];
        assert_eq!((5, true, since), told(3));
        store.purge(&mut |id, _| id[0] == 2);
        assert_eq!((6, true, vec![(2, Change::Gone)]), told(5));
        assert_eq!((6, false, vec![]), told(7), "of another store");
        assert!((0..MAX_CHANGES).all(|_| put(&store, 3, 10, 1, 0)));
        assert_eq!((6 + MAX_CHANGES, false, vec![]), told(5), "of long ago");
        let mut n_told = 0;
        let tail = store.tail(6, 10, &mut |_, _| n_told += 1);
        assert_eq!((Tail { next: 16, is_whole: true }, 10), (tail, n_told), "not all at once");
    }

    #[test]
    fn what_is_unwanted_goes() {
        let store = Memory::default();
        assert!((1..=3).all(|number| put(&store, number, 10, 1, 0)));

        assert_eq!(2, store.purge(&mut |_, row| row[0] != 2));
        assert_eq!((vec![2], Size { n_entries: 1, n_bytes: 10, ..Size::default() }), (kept(&store), store.size()));
    }

    proptest! {
        #[test]
        fn it_stays_within_its_bounds(rows in prop::collection::vec((0_u8..9, 0_usize..60, 0_u64..9), 0..99)) {
            let store = Memory::default();
            for (seconds, (number, n_bytes, worth)) in (0..).zip(rows) {
                prop_assert!(put(&store, number, n_bytes, worth, seconds));
                let size = store.size();
                let n_bytes: u64 = store.lock().by_id.values().map(|kept| kept.row.len() as u64).sum();
                prop_assert!(size.n_entries <= LIMITS.max_entries && size.n_bytes <= LIMITS.max_bytes);
                prop_assert_eq!(size.n_bytes, n_bytes);
                prop_assert!(store.get(&id(number)).is_some(), "what was just kept is there");
            }
        }
    }
}
