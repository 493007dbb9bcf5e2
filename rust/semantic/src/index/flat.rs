//! Finds the nearest among few: all are looked at, roughly; those that look near are looked at closely.
//!
//! Two directions at an angle of A degrees differ in the share A/180 of their signs (Charikar 2002), so of 256 signs those at a
//! cosine of .85 differ in 45, give or take 6, and those at .5 in 85. Counting differing bits passes on `N_CLOSE` that are then
//! compared number by number: 32 bytes are read of an entry in place of 256.

use super::code::Code;
use super::ranked::{Ranked, Scratch};
use super::slots::Slots;
use crate::DIMENSIONS;
use crate::simd::{N_SIGNS, hamming};

/// How many are compared number by number. 64 lost none of 400 at a cosine of .85 or more (`tests/index/recall.rs`).
const N_CLOSE: usize = 64;
const DEAD: u16 = u16::MAX;

/// The `n` nearest, in `scratch.best`.
pub(super) fn search(slots: &Slots, query: &Code, n: usize, scratch: &mut Scratch) {
    let (n_slots, signs) = (slots.len(), query.signs());
    let mut counts = [0_usize; DIMENSIONS + 1];
    scratch.distances.clear();
    for from in (0..n_slots).step_by(N_SIGNS) {
        let (others, are_dead) = slots.read_signs(from);
        let mut distances = hamming(&signs, &others);
        let n_read = (n_slots - from) as usize;
        for (distance, is_dead) in distances.iter_mut().zip(are_dead).take(n_read) {
            if is_dead {
                *distance = DEAD;
            } else if let Some(count) = counts.get_mut(*distance as usize) {
                *count += 1;
            }
        }
        scratch.distances.extend(distances);
    }
    let n_close = N_CLOSE.max(4 * n);
    let limit = limit(&counts, n_close);
    scratch.best.clear();
    for (slot, distance) in (0..n_slots).zip(&scratch.distances) {
        if *distance > limit {
            continue;
        }
        let Some(entry) = slots.entry(slot) else { continue };
        scratch.best.keep(Ranked::new(entry.code.cosine(query), slot), n);
    }
}

/// The smallest distance within which there are `n`.
fn limit(counts: &[usize; DIMENSIONS + 1], n: usize) -> u16 {
    let mut total = 0;
    for (distance, count) in (0..).zip(counts) {
        total += count;
        if total >= n {
            return distance;
        }
    }
    DEAD - 1
}
