//! A slot and how near it is, as one number that sorts by nearness.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::flat::Rough;

/// Sorts by cosine; by slot where two are equal, so that a result does not depend on the order of looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ranked(u64);

impl Ranked {
    pub(super) fn new(cosine: f32, slot: u32) -> Self {
        let bits = cosine.to_bits();
        // Floats sort as their bits do once the sign is turned round: negative ones run the other way.
        let ordered = if bits >> 31 == 0 { bits | 1 << 31 } else { !bits };
        Self(u64::from(ordered) << 32 | u64::from(slot))
    }

    pub(super) fn cosine(self) -> f32 {
        let ordered = (self.0 >> 32) as u32;
        f32::from_bits(if ordered >> 31 == 1 { ordered & !(1 << 31) } else { !ordered })
    }

    #[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
    pub(super) fn slot(self) -> u32 {
        self.0 as u32
    }
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Looks with this thread's scratch. Whatever looks must not call this again.
pub(super) fn with_scratch<T>(look: impl FnOnce(&mut Scratch) -> T) -> T {
    SCRATCH.with_borrow_mut(look)
}

/// What a search needs beside the index. A thread keeps it from one search to the next, in whichever index, since making it
/// costs as much as looking, and there may be very many indexes.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) visited: Visited,
    /// Where the walk may go next, and was not yet.
    pub(super) unseen: Vec<u32>,
    /// To be looked at, the nearest first.
    pub(super) open: BinaryHeap<Ranked>,
    pub(super) best: Best,
    /// Those that look near, where all are looked at.
    pub(super) rough: Rough,
}

/// The nearest that were seen.
#[derive(Default)]
pub(super) struct Best(BinaryHeap<Reverse<Ranked>>);

impl Best {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether `n` are nearer.
    pub(super) fn are_nearer(&self, ranked: Ranked, n: usize) -> bool {
        self.0.len() >= n && self.0.peek().is_some_and(|farthest| farthest.0 > ranked)
    }

    /// Keeps it if it is among the `n` nearest.
    pub(super) fn keep(&mut self, ranked: Ranked, n: usize) {
        if self.0.len() < n {
            self.0.push(Reverse(ranked));
        } else if let Some(mut farthest) = self.0.peek_mut()
            && farthest.0 < ranked
        {
            *farthest = Reverse(ranked);
        }
    }

    /// Takes what was kept, the nearest first.
    pub(super) fn take(&mut self) -> Vec<Ranked> {
        let mut best: Vec<Ranked> = self.0.drain().map(|it| it.0).collect();
        best.sort_unstable_by_key(|ranked| Reverse(*ranked));
        best
    }
}

/// Which slots were seen: a bit each, wiped by way of those that were set.
#[derive(Default)]
pub(super) struct Visited {
    words: Vec<u64>,
    seen: Vec<u32>,
}

impl Visited {
    pub(super) fn begin(&mut self, n_slots: u32) {
        for slot in self.seen.drain(..) {
            if let Some(word) = self.words.get_mut(slot as usize / 64) {
                *word = 0;
            }
        }
        let n_words = (n_slots as usize).div_ceil(64);
        if self.words.len() < n_words {
            self.words.resize(n_words, 0);
        }
    }

    /// Whether it is seen for the first time. What was added since `begin` counts as seen.
    pub(super) fn is_new(&mut self, slot: u32) -> bool {
        let Some(word) = self.words.get_mut(slot as usize / 64) else { return false };
        let bit = 1 << (slot % 64);
        let is_new = *word & bit == 0;
        if is_new {
            *word |= bit;
            self.seen.push(slot);
        }
        is_new
    }
}
