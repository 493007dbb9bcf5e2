//! Finds the nearest among few: all are looked at, roughly; those that look near are looked at closely.
//!
//! Two directions at an angle of A degrees differ in the share A/180 of their signs (Charikar 2002), so of 256 signs those at a
//! cosine of .85 differ in 45, give or take 6, and those at .5 in 85. Counting differing bits passes on `N_CLOSE` that are then
//! compared number by number: 32 bytes are read of an entry in place of 256.
//!
//! How many differing signs are too many is known better the more were seen, so after a few blocks hardly one has anything to
//! keep, and what is looked at once more is a few hundred, however many there are.

use std::f32::consts::PI;

use super::code::{Code, Query};
use super::ranked::Scratch;
use super::slots::Slots;
use crate::DIMENSIONS;
use crate::simd::{N_SIGNS, hamming};

/// How many are compared number by number. 64 lost none of 400 at a cosine of .85 or more (`tests/index/recall.rs`).
const N_CLOSE: usize = 64;
/// By how many standard deviations more signs may differ than the angle says. If signs were independent, 3 would do; of pairs of texts at
/// cosines of .6 to .65, 99 in 100 are within 5, and all of 550 at .85 or more.
const N_SPREADS: f32 = 5.0;
/// All signs differ.
const FARTHEST: usize = DIMENSIONS;

/// The `n` nearest, in `scratch.best`: of those that are not as alike as `min_cosine`, not all.
pub(super) fn search(slots: &Slots, query: &Code, (n, min_cosine): (usize, f32), scratch: &mut Scratch) {
    let n_slots = slots.len();
    let Scratch { rough, best, unseen, .. } = scratch;
    rough.begin(N_CLOSE.max(n.saturating_mul(4)), farthest(min_cosine));
    let (signs, n_blocks, mut distances) = (query.signs(), n_slots as usize / N_SIGNS, [0; N_SIGNS]);
    for (block, first) in slots.blocks().take(n_blocks).zip((0..).step_by(N_SIGNS)) {
        let mut within = hamming(&signs, &block.signs, rough.limit as u64, &mut distances) & !block.dead();
        while within != 0 {
            let at = within.trailing_zeros();
            within &= within - 1;
            if let Some(distance) = distances.get(at as usize) {
                rough.keep(usize::try_from(*distance).unwrap_or(FARTHEST), first + at);
            }
        }
    }
    // Too few for a block are all compared number by number.
    let rest = (0..n_slots).skip(n_blocks * N_SIGNS).filter(|slot| !slots.is_dead(*slot));
    unseen.clear();
    unseen.extend(rough.near().chain(rest));
    for slot in unseen.iter() {
        slots.prefetch(*slot);
    }
    best.clear();
    slots.rank(&Query::new(query), unseen, |ranked| best.keep(ranked, n));
}

/// In how many signs two directions of this cosine differ at most, but for one pair in a hundred.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "0 to 256")]
fn farthest(cosine: f32) -> usize {
    let n_signs = DIMENSIONS as f32;
    let share = cosine.clamp(-1.0, 1.0).acos() / PI;
    let spread = (share * (1.0 - share) / n_signs).sqrt();
    (n_signs * (share + N_SPREADS * spread)).min(n_signs) as usize
}

/// Slots by how many signs differ: those within the smallest distance within which there are as many as wanted.
pub(super) struct Rough {
    n_wanted: usize,
    /// Farther ones are not wanted.
    limit: usize,
    /// How many are within the limit.
    n_within: usize,
    /// How many there are of each distance.
    counts: [usize; FARTHEST + 1],
    seen: Vec<(usize, u32)>,
}

impl Default for Rough {
    fn default() -> Self {
        Self { n_wanted: 0, limit: 0, n_within: 0, counts: [0; FARTHEST + 1], seen: Vec::new() }
    }
}

impl Rough {
    fn begin(&mut self, n_wanted: usize, limit: usize) {
        (self.n_wanted, self.limit, self.n_within) = (n_wanted, limit, 0);
        self.counts.fill(0);
        self.seen.clear();
    }

    /// Keeps one if it is within the limit, which comes nearer once there are enough within a smaller one.
    fn keep(&mut self, distance: usize, slot: u32) {
        if distance > self.limit {
            return;
        }
        self.seen.push((distance, slot));
        if let Some(count) = self.counts.get_mut(distance) {
            *count += 1;
            self.n_within += 1;
        }
        while let Some(n_farthest) = self.counts.get(self.limit)
            && self.n_within - n_farthest >= self.n_wanted
        {
            self.n_within -= n_farthest;
            self.limit -= 1;
        }
    }

    fn near(&self) -> impl Iterator<Item = u32> {
        self.seen.iter().filter(|(distance, _)| *distance <= self.limit).map(|(_, slot)| *slot)
    }
}
