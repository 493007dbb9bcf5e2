//! Numbers that look random, from a seed that is an argument.
//!
//! # Why `SplitMix64`
//! It spreads load and jitters pauses; nothing secret hangs on it. It is one addition and one mixing, has no bad seeds,
//! and the same seed gives the same run again, which a simulation needs. Steele, Lea, Flood: "Fast splittable
//! pseudorandom number generators", 2014.

use std::time::Duration;

/// What is added for each next number: the golden ratio as an odd 64-bit integer, from the paper.
pub const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A source of numbers.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The numbers of this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, any of them equally likely.
    #[expect(
        clippy::should_implement_trait,
        reason = "what never ends is easier to use as a number than as an iterator"
    )]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// A number in [0, 1), in steps of 2^-52.
    pub fn fraction(&mut self) -> f64 {
        // The exponent of 1.0 with random digits behind the point: a number in [1, 2), without a rounding cast.
        f64::from_bits(1.0_f64.to_bits() | (self.next() >> 12)) - 1.0
    }

    /// A number less than `n`; 0 where `n` is 0. That the smaller ones are likelier by n in 2^64 cannot be noticed.
    pub fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % n).unwrap_or(0)
    }
}

/// Spreads a count over all of 64 bits, each count to another place.
pub fn mix(count: u64) -> u64 {
    let mixed = (count ^ (count >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// `fraction` of `whole`, never more than the whole.
pub(super) fn part(whole: Duration, fraction: f64) -> Duration {
    Duration::try_from_secs_f64(whole.as_secs_f64() * fraction.clamp(0.0, 1.0)).unwrap_or_default().min(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    #[test]
    fn the_numbers_are_those_of_the_reference() {
        // Printed by Vigna's `splitmix64.c`, as many other implementations quote them.
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        let mut random = Random::new(1_234_567);

        assert_eq!(expected, [random.next(), random.next(), random.next()]);
    }

    #[test]
    fn below_reaches_every_number_about_equally_often() {
        let mut random = Random::new(1);
        let mut counts = [0; 5];
        for _ in 0..5_000 {
            counts[random.below(5)] += 1;
        }

        assert!(counts.iter().all(|count| (900..1_100).contains(count)), "{counts:?}");
    }

    #[test]
    fn fractions_fill_their_range() {
        let mut random = Random::new(2);
        let mean = (0..10_000).map(|_| random.fraction()).sum::<f64>() / 10_000.0;

        assert!((0.49..0.51).contains(&mean), "{mean}");
    }

    #[test]
    fn a_part_of_a_duration() {
        let check = |name: &str, fraction: f64, expected: u64| {
            assert_eq!(Duration::from_millis(expected), part(Duration::from_secs(8), fraction), "{name}");
        };
        check("nothing", 0.0, 0);
        check("a quarter", 0.25, 2_000);
        check("more than all is all", 1.5, 8_000);
        check("less than nothing is nothing", -1.0, 0);
        check("no number is nothing", f64::NAN, 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default()
        })]

        #[test]
        fn numbers_stay_in_their_range(seed: u64, n in 1..usize::MAX) {
            let mut random = Random::new(seed);
            let fraction = random.fraction();
            prop_assert!((0.0..1.0).contains(&fraction), "{fraction}");
            prop_assert!(random.below(n) < n);
            prop_assert_eq!(0, random.below(0));
        }
    }
}
