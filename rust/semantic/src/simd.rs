//! Two loops over bytes, compiled for several processors; which one runs is found out when it is called.
//!
//! They count in integers, so all give the same bits. They are written without intrinsics: the compiler makes of them what
//! each processor has, and one text is easier to trust than four.

#![expect(unsafe_code, reason = "functions for a processor may only be called on it, which is looked up before")]
#![expect(clippy::inline_always, reason = "a loop that is not inlined is compiled for any processor")]

use crate::embedding::DIMENSIONS;

/// Adds a row of signed bytes, multiplied by `scale`, to `sum`.
pub(crate) fn add_scaled(sum: &mut [i32; DIMENSIONS], row: &[u8; DIMENSIONS], scale: i16) {
    dispatch!(add_scaled_as(sum: &mut [i32; DIMENSIONS], row: &[u8; DIMENSIONS], scale: i16) -> ());
}

/// The scalar product; at most 2^22, whatever the numbers.
pub fn dot_i8(left: &[i8; DIMENSIONS], right: &[i8; DIMENSIONS]) -> i32 {
    dispatch!(dot_i8_as(left: &[i8; DIMENSIONS], right: &[i8; DIMENSIONS]) -> i32)
}

/// Compiles a function for processors with AVX-512 VNNI, with AVX2, and for any, and calls the one for this.
macro_rules! dispatch {
    ($name:ident($($argument:ident: $kind:ty),*) -> $result:ty) => {{
        #[cfg(target_arch = "x86_64")]
        {
            #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
            fn on_avx512_vnni($($argument: $kind),*) -> $result {
                $name($($argument),*)
            }
            #[target_feature(enable = "avx2")]
            fn on_avx2($($argument: $kind),*) -> $result {
                $name($($argument),*)
            }
            if is_x86_feature_detected!("avx512vnni")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
            {
                // SAFETY: this processor has what the function was compiled for; AVX-512F comes with the others.
                return unsafe { on_avx512_vnni($($argument),*) };
            }
            if is_x86_feature_detected!("avx2") {
                // SAFETY: this processor has what the function was compiled for.
                return unsafe { on_avx2($($argument),*) };
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
fn dot_i8_as(left: &[i8; DIMENSIONS], right: &[i8; DIMENSIONS]) -> i32 {
    left.iter().zip(right).fold(0_i32, |sum, (&left, &right)| sum.wrapping_add(i32::from(left) * i32::from(right)))
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
        fn products_are_those_of_any_processor(left in any::<[i8; DIMENSIONS]>(), right in any::<[i8; DIMENSIONS]>()) {
            let expected: i64 = left.iter().zip(right).map(|(&left, right)| i64::from(left) * i64::from(right)).sum();

            prop_assert_eq!(dot_i8(&left, &right), dot_i8_as(&left, &right));
            prop_assert_eq!(i64::from(dot_i8(&left, &right)), expected);
        }
    }

    #[test]
    fn the_greatest_product_is_within_bounds() {
        assert_eq!(1 << 22, dot_i8(&[i8::MIN; DIMENSIONS], &[i8::MIN; DIMENSIONS]));
    }
}
