//! The arithmetic that a look-up consists of, in loops that compilers turn into vector instructions.

use crate::DIMENSIONS;

/// Words of 64 bits in the signs of an embedding.
pub(super) const N_SIGN_WORDS: usize = DIMENSIONS / 64;
/// The signs of an embedding's numbers, a bit each.
pub(super) type Signs = [u64; N_SIGN_WORDS];

/// The sum of products; at most 2^22, since no value is beyond 127.
pub(super) fn dot(left: &[i8; DIMENSIONS], right: &[i8; DIMENSIONS]) -> i32 {
    left.iter().zip(right).map(|(left, right)| i32::from(*left) * i32::from(*right)).sum()
}

/// The sum of products with exact numbers.
pub(super) fn dot_exact(exact: &[f32; DIMENSIONS], code: &[i8; DIMENSIONS]) -> f32 {
    // Floats are not added in another order than is written, so the lanes are written.
    const LANES: usize = 16;
    let mut sums = [0.0; LANES];
    for (exact, code) in exact.chunks_exact(LANES).zip(code.chunks_exact(LANES)) {
        for ((sum, exact), code) in sums.iter_mut().zip(exact).zip(code) {
            *sum += exact * f32::from(*code);
        }
    }
    sums.iter().sum()
}

/// In how many signs each of `others` differs from `signs`: 0 to `DIMENSIONS`.
pub(super) fn hamming(signs: &Signs, others: &[Signs], distances: &mut [u16]) {
    for (other, distance) in others.iter().zip(distances) {
        let n: u32 = signs.iter().zip(other).map(|(left, right)| (left ^ right).count_ones()).sum();
        *distance = u16::try_from(n).unwrap_or(u16::MAX);
    }
}
