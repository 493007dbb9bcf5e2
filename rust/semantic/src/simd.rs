//! The loops over many numbers, compiled for several processors; which one runs is found out when it is called.
//!
//! They count in integers, or in floats that are added in the order that is written, so all give the same bits. They are
//! written without intrinsics: the compiler makes of them what each processor has, and one text is easier to trust than four.

#![expect(unsafe_code, reason = "functions for a processor may only be called on it, which is looked up before")]
#![expect(clippy::inline_always, reason = "a loop that is not inlined is compiled for any processor")]

use crate::embedding::DIMENSIONS;

/// The signs of an embedding's numbers, a bit each.
pub(crate) type Signs = [u64; DIMENSIONS / 64];
/// Signs that are compared at a time.
pub(crate) const N_SIGNS: usize = 32;
/// Signs of many, word by word rather than one after another, so that each instruction counts bits of eight of them.
pub(crate) type SignsOfMany = [[u64; N_SIGNS]; DIMENSIONS / 64];

/// Adds a row of signed bytes, multiplied by `scale`, to `sum`.
pub(crate) fn add_scaled(sum: &mut [i32; DIMENSIONS], row: &[u8; DIMENSIONS], scale: i16) {
    dispatch!(add_scaled_as(sum: &mut [i32; DIMENSIONS], row: &[u8; DIMENSIONS], scale: i16) -> ());
}

/// Numbers in bytes: each times 127 over the greatest, rounded; zeros of zeros.
pub(crate) fn to_bytes(numbers: &[f32; DIMENSIONS]) -> [i8; DIMENSIONS] {
    dispatch!(to_bytes_as(numbers: &[f32; DIMENSIONS]) -> [i8; DIMENSIONS])
}

/// The scalar product; at most 2^22, whatever the numbers.
pub fn dot_i8(left: &[i8; DIMENSIONS], right: &[i8; DIMENSIONS]) -> i32 {
    dispatch!(dot_i8_as(left: &[i8; DIMENSIONS], right: &[i8; DIMENSIONS]) -> i32)
}

/// The scalar product with each of others. They are looked at together, since finding out what a processor has takes as long as one.
pub(crate) fn dots(wide: &[i16; DIMENSIONS], others: &[&[i8; DIMENSIONS]], products: &mut [i32]) {
    dispatch!(dots_as(wide: &[i16; DIMENSIONS], others: &[&[i8; DIMENSIONS]], products: &mut [i32]) -> ());
}

/// The scalar product with exact numbers.
pub(crate) fn dot_f32(exact: &[f32; DIMENSIONS], bytes: &[i8; DIMENSIONS]) -> f32 {
    dispatch!(dot_f32_as(exact: &[f32; DIMENSIONS], bytes: &[i8; DIMENSIONS]) -> f32)
}

/// Which of others differ in at most `limit` signs, a bit each; and in how many each differs, 0 to `DIMENSIONS`.
pub(crate) fn hamming(signs: &Signs, others: &SignsOfMany, limit: u64, distances: &mut [u64; N_SIGNS]) -> u32 {
    dispatch!(hamming_as(signs: &Signs, others: &SignsOfMany, limit: u64, distances: &mut [u64; N_SIGNS]) -> u32)
}

/// Asks for something to be brought near, which takes longer than comparing it does.
pub(crate) fn prefetch<T>(wanted: &T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        const LINE: usize = 64;
        let from = std::ptr::from_ref(wanted).cast::<i8>();
        for line in (0..size_of::<T>()).step_by(LINE) {
            // SAFETY: any processor of this kind has the instruction, and no address makes it fail.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(from.wrapping_add(line)) };
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = wanted;
}

#[cfg(target_arch = "x86_64")]
const AVX512: u8 = 3;
#[cfg(target_arch = "x86_64")]
const AVX2: u8 = 2;

/// What this processor has. It is kept in one place: asking for each feature anew takes as long as a scalar product.
#[cfg(target_arch = "x86_64")]
#[inline]
fn level() -> u8 {
    use std::sync::atomic::{AtomicU8, Ordering};
    static LEVEL: AtomicU8 = AtomicU8::new(0);
    #[cold]
    fn found() -> u8 {
        let is_avx512 = is_x86_feature_detected!("avx512vnni")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vpopcntdq");
        let is_avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("popcnt");
        let level = if is_avx512 { AVX512 } else { 1 + u8::from(is_avx2) };
        LEVEL.store(level, Ordering::Relaxed);
        level
    }
    match LEVEL.load(Ordering::Relaxed) {
        0 => found(),
        level => level,
    }
}

/// Compiles a function for processors with AVX-512, VNNI and bit counts, with AVX2, and for any, and calls the one for this.
macro_rules! dispatch {
    ($name:ident($($argument:ident: $kind:ty),*) -> $result:ty) => {{
        #[cfg(target_arch = "x86_64")]
        {
            #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx512vpopcntdq")]
            fn on_avx512($($argument: $kind),*) -> $result {
                $name($($argument),*)
            }
            #[target_feature(enable = "avx2,popcnt")]
            fn on_avx2($($argument: $kind),*) -> $result {
                $name($($argument),*)
            }
            match level() {
                // SAFETY: this processor has what the function was compiled for; AVX-512F comes with the others.
                AVX512 => return unsafe { on_avx512($($argument),*) },
                // SAFETY: this processor has what the function was compiled for.
                AVX2 => return unsafe { on_avx2($($argument),*) },
                _ => {}
            }
        }
        // Any aarch64 has NEON, so there this is the function for it.
        $name($($argument),*)
    }};
}
use dispatch;

#[inline(always)]
fn add_scaled_as(sum: &mut [i32; DIMENSIONS], row: &[u8; DIMENSIONS], scale: i16) {
    for (place, &byte) in sum.iter_mut().zip(row) {
        // Cannot overflow where sums are bounded as the embedder's are; wrapping, so that no check stops the compiler.
        *place = place.wrapping_add(i32::from(i8::from_le_bytes([byte])) * i32::from(scale));
    }
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "at most 127; zeros alone give what is no number, and that 0")]
fn to_bytes_as(numbers: &[f32; DIMENSIONS]) -> [i8; DIMENSIONS] {
    const LANES: usize = 16;
    let mut greatest = [0.0_f32; LANES];
    for numbers in numbers.chunks_exact(LANES) {
        for (greatest, number) in greatest.iter_mut().zip(numbers) {
            // No `max`, which has to look for what is no number.
            let number = number.abs();
            *greatest = if number > *greatest { number } else { *greatest };
        }
    }
    let step = 127.0 / greatest.iter().fold(0.0_f32, |greatest, it| greatest.max(*it));
    let mut bytes = [0; DIMENSIONS];
    for (byte, number) in bytes.iter_mut().zip(numbers) {
        *byte = (number * step).round() as i8;
    }
    bytes
}

#[inline(always)]
fn dot_i8_as(left: &[i8; DIMENSIONS], right: &[i8; DIMENSIONS]) -> i32 {
    left.iter().zip(right).fold(0_i32, |sum, (&left, &right)| sum.wrapping_add(i32::from(left) * i32::from(right)))
}

#[inline(always)]
fn dots_as(wide: &[i16; DIMENSIONS], others: &[&[i8; DIMENSIONS]], products: &mut [i32]) {
    for (product, other) in products.iter_mut().zip(others) {
        let mut sum = 0_i32;
        for (&left, &right) in wide.iter().zip(*other) {
            sum = sum.wrapping_add(i32::from(left) * i32::from(right));
        }
        *product = sum;
    }
}

#[inline(always)]
fn dot_f32_as(exact: &[f32; DIMENSIONS], bytes: &[i8; DIMENSIONS]) -> f32 {
    // Floats are not added in another order than is written, so the lanes are written.
    const LANES: usize = 16;
    let mut sums = [0.0; LANES];
    for (exact, bytes) in exact.chunks_exact(LANES).zip(bytes.chunks_exact(LANES)) {
        for ((sum, exact), byte) in sums.iter_mut().zip(exact).zip(bytes) {
            *sum += exact * f32::from(*byte);
        }
    }
    sums.iter().sum()
}

#[inline(always)]
fn hamming_as(signs: &Signs, others: &SignsOfMany, limit: u64, distances: &mut [u64; N_SIGNS]) -> u32 {
    // No `map`: what that calls is compiled for any processor.
    let mut sums = [0_u64; N_SIGNS];
    for (word, others) in signs.iter().zip(others) {
        for (sum, other) in sums.iter_mut().zip(others) {
            *sum = sum.wrapping_add(u64::from((word ^ other).count_ones()));
        }
    }
    *distances = sums;
    // The uppermost bit of a difference that is below zero, since no sum comes near it.
    let mut below = [0_u64; 8];
    for sums in sums.chunks_exact(below.len()) {
        for (below, sum) in below.iter_mut().zip(sums) {
            *below |= sum.wrapping_sub(limit).wrapping_sub(1);
        }
    }
    let mut are_any_below = 0;
    for below in below {
        are_any_below |= below;
    }
    let mut within = 0;
    if are_any_below >> 63 == 1 {
        for (at, distance) in distances.iter().enumerate() {
            within |= u32::from(*distance <= limit) << at;
        }
    }
    within
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What each processor's function must give, in numbers that cannot overflow and without a loop over bytes.
    fn expected(sum: i32, byte: u8, scale: i16) -> i64 {
        i64::from(sum) + i64::from(byte.cast_signed()) * i64::from(scale)
    }

    proptest! {
        #[test]
        fn sums_are_those_of_any_processor(
            sum in any::<[i16; DIMENSIONS]>(),
            row in any::<[u8; DIMENSIONS]>(),
            scale in any::<i16>(),
        ) {
            let sum = sum.map(i32::from);
            let (mut on_this, mut on_any) = (sum, sum);
            add_scaled(&mut on_this, &row, scale);
            add_scaled_as(&mut on_any, &row, scale);
            let expected: Vec<i64> = sum.iter().zip(row).map(|(&sum, byte)| expected(sum, byte, scale)).collect();

            prop_assert_eq!(on_this, on_any);
            prop_assert_eq!(on_this.map(i64::from).to_vec(), expected);
        }

        #[test]
        fn bytes_are_those_of_any_processor(numbers in any::<[i16; DIMENSIONS]>(), scale in 1e-6_f32..1.0) {
            let numbers = numbers.map(|it| f32::from(it) * scale);
            let largest = numbers.iter().fold(0.0_f32, |largest, it| largest.max(it.abs()));
            #[expect(clippy::cast_possible_truncation, reason = "at most 127")]
            let expected = numbers.map(|it| (it * (127.0 / largest)).round() as i8);

            prop_assert_eq!(expected, to_bytes(&numbers));
            prop_assert_eq!(expected, to_bytes_as(&numbers));
            prop_assert_eq!([0; DIMENSIONS], to_bytes(&[0.0; DIMENSIONS]));
        }

        #[test]
        fn products_are_those_of_any_processor(left in any::<[i8; DIMENSIONS]>(), right in any::<[i8; DIMENSIONS]>()) {
            let expected: i64 = left.iter().zip(right).map(|(&left, right)| i64::from(left) * i64::from(right)).sum();

            prop_assert_eq!(dot_i8(&left, &right), dot_i8_as(&left, &right));
            prop_assert_eq!(i64::from(dot_i8(&left, &right)), expected);

            let (mut on_this, mut on_any) = ([0; 3], [0; 3]);
            dots(&left.map(i16::from), &[&right, &left, &right], &mut on_this);
            dots_as(&left.map(i16::from), &[&right, &left, &right], &mut on_any);

            prop_assert_eq!([dot_i8(&left, &right), dot_i8(&left, &left), dot_i8(&left, &right)], on_this);
            prop_assert_eq!(on_this, on_any);
        }

        #[test]
        fn products_with_floats_are_those_of_any_processor(
            exact in prop::array::uniform32(-1.0_f32..1.0),
            bytes in any::<[i8; DIMENSIONS]>(),
        ) {
            let exact = std::array::from_fn(|i| exact[i % exact.len()]);
            let expected: f64 = exact.iter().zip(bytes).map(|(exact, byte)| f64::from(*exact) * f64::from(byte)).sum();

            prop_assert_eq!(dot_f32(&exact, &bytes).to_bits(), dot_f32_as(&exact, &bytes).to_bits());
            prop_assert!((f64::from(dot_f32(&exact, &bytes)) - expected).abs() < 0.05);
        }

        #[test]
        fn differing_signs_are_counted(signs in any::<Signs>(), others in any::<SignsOfMany>(), limit in 100_u64..150) {
            let differs = |i: usize, other: usize| (signs[i / 64] ^ others[i / 64][other]) >> (i % 64) & 1 == 1;
            let expected: [u64; N_SIGNS] =
                std::array::from_fn(|other| (0..DIMENSIONS).map(|i| u64::from(differs(i, other))).sum());
            let expected_within: u32 = (0..N_SIGNS).map(|at| u32::from(expected[at] <= limit) << at).sum();
            let (mut on_this, mut on_any) = ([0; N_SIGNS], [0; N_SIGNS]);

            prop_assert_eq!(expected_within, hamming(&signs, &others, limit, &mut on_this));
            prop_assert_eq!(expected_within, hamming_as(&signs, &others, limit, &mut on_any));
            prop_assert_eq!((expected, expected), (on_this, on_any));
        }
    }

    #[test]
    fn the_greatest_product_is_within_bounds() {
        assert_eq!(1 << 22, dot_i8(&[i8::MIN; DIMENSIONS], &[i8::MIN; DIMENSIONS]));
    }
}
