//! Sets of small numbers.

/// A set of numbers below a limit, a bit each.
#[derive(Debug, Clone, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    /// The empty set of numbers below `limit`.
    pub(super) fn new(limit: usize) -> Self {
        Self(vec![0; limit.div_ceil(64)])
    }

    /// Adds `number`; whether it was not in the set.
    pub(super) fn insert(&mut self, number: usize) -> bool {
        let Some(word) = self.0.get_mut(number / 64) else { return false };
        let bit = 1 << (number % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    pub(super) fn contains(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word & (1 << (number % 64)) != 0)
    }

    /// The least number in the set that is not below `start`.
    pub(super) fn next(&self, start: usize) -> Option<usize> {
        let mut index = start / 64;
        let mut word = self.0.get(index)? & (u64::MAX << (start % 64));
        while word == 0 {
            index += 1;
            word = *self.0.get(index)?;
        }
        Some(index * 64 + word.trailing_zeros() as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::Bits;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn a_set_of_bits_is_a_set(numbers in prop::collection::btree_set(0usize..200, 0..20)) {
            let mut bits = Bits::new(200);
            for number in &numbers {
                prop_assert!(bits.insert(*number) && !bits.insert(*number));
            }

            let found: BTreeSet<_> = std::iter::successors(bits.next(0), |last| bits.next(last + 1)).collect();

            prop_assert_eq!(&found, &numbers);
            prop_assert!((0..300).all(|number| bits.contains(number) == numbers.contains(&number)));
        }
    }
}
