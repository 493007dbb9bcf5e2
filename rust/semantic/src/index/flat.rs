//! Finds the nearest among few: all are looked at, roughly; those that look near are looked at closely.
//!
//! Two directions at an angle of A degrees differ in the share A/180 of their signs (Charikar 2002), so of 256 signs those at a
//! cosine of .85 differ in 45, give or take 6, and those at .5 in 85. Counting differing bits passes on `N_CLOSE` that are then
//! compared number by number: 32 bytes are read of an entry in place of 256.
//!
//! How many differing signs are too many is known better the more were seen, so after a few blocks hardly one has anything to
//! keep, and what is looked at once more is a few hundred, however many there are.

use super::code::Code;
use super::ranked::{Ranked, Scratch};
use super::slots::Slots;
use crate::simd::{N_SIGNS, hamming};

/// How many are compared number by number. 64 lost none of 400 at a cosine of .85 or more (`tests/index/recall.rs`).
const N_CLOSE: usize = 64;
/// All signs differ.
const FARTHEST: u16 = 256;

/// The `n` nearest, in `scratch.best`.
pub(super) fn search(slots: &Slots, query: &Code, n: usize, scratch: &mut Scratch) {
    let n_slots = slots.len();
    let Scratch { rough, best, .. } = scratch;
    rough.begin(N_CLOSE.max(n.saturating_mul(4)));
    let (signs, n_blocks) = (query.signs(), n_slots as usize / N_SIGNS);
    for (number, first) in (0..n_blocks).zip((0..).step_by(N_SIGNS)) {
        let Some(block) = slots.block(number) else { break };
        let (distances, least) = hamming(&signs, &block.signs);
        if rough.is_within(least) {
            for ((at, distance), slot) in distances.into_iter().enumerate().zip(first..) {
                if rough.is_within(distance) && !block.is_dead(at) {
                    rough.keep(distance, slot);
                }
            }
        }
    }
    best.clear();
    // Too few for a block are all compared number by number.
    let rest = (0..n_slots).skip(n_blocks * N_SIGNS).filter(|slot| !slots.is_dead(*slot));
    for slot in rough.near().chain(rest) {
        let Some(entry) = slots.entry(slot) else { continue };
        best.keep(Ranked::new(entry.code.cosine(query), slot), n);
    }
}

/// Slots by how many signs differ: those within the smallest distance within which there are as many as wanted.
pub(super) struct Rough {
    n_wanted: usize,
    /// Farther ones are not wanted.
    limit: u16,
    /// How many are within the limit.
    n_within: usize,
    /// How many there are of each distance.
    counts: [usize; FARTHEST as usize + 1],
    seen: Vec<(u16, u32)>,
}

impl Default for Rough {
    fn default() -> Self {
        Self { n_wanted: 0, limit: 0, n_within: 0, counts: [0; FARTHEST as usize + 1], seen: Vec::new() }
    }
}

impl Rough {
    fn begin(&mut self, n_wanted: usize) {
        (self.n_wanted, self.limit, self.n_within) = (n_wanted, FARTHEST, 0);
        self.counts.fill(0);
        self.seen.clear();
    }

    fn is_within(&self, distance: u16) -> bool {
        distance <= self.limit
    }

    /// Keeps one that is within the limit, which comes nearer once there are enough within a smaller one.
    fn keep(&mut self, distance: u16, slot: u32) {
        self.seen.push((distance, slot));
        if let Some(count) = self.counts.get_mut(distance as usize) {
            *count += 1;
            self.n_within += 1;
        }
        while let Some(n_farthest) = self.counts.get(self.limit as usize)
            && self.n_within - n_farthest >= self.n_wanted
        {
            self.n_within -= n_farthest;
            self.limit -= 1;
        }
    }

    fn near(&self) -> impl Iterator<Item = u32> {
        self.seen.iter().filter(|(distance, _)| self.is_within(*distance)).map(|(_, slot)| *slot)
    }
}
