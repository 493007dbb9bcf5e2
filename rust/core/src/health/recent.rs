//! How often something happened in the last ten seconds.
//!
//! # Why buckets
//! A count for each second costs eighty bytes and no allocation however much happens. The price is that "ten
//! seconds" are between nine and ten, which no decision here notices.

use std::time::Duration;

/// Seconds that are remembered, for the breaker's ratio as for the retry budget: the specification of failover.
const N_BUCKETS: usize = 10;

/// A count that forgets.
#[derive(Debug, Clone, Default)]
pub(super) struct Recent {
    /// A count for each second, at the second's remainder.
    buckets: [u32; N_BUCKETS],
    /// The second of the last count.
    latest: u64,
}

impl Recent {
    /// Counts one more. What is told late counts as of now.
    pub(super) fn add(&mut self, now: Duration) {
        let second = now.as_secs().max(self.latest);
        for passed in (self.latest + 1..=second).take(N_BUCKETS) {
            self.buckets[index(passed)] = 0;
        }
        self.latest = second;
        let bucket = &mut self.buckets[index(second)];
        *bucket = bucket.saturating_add(1);
    }

    /// How many there were in the second of `now` and the nine before.
    pub(super) fn sum(&self, now: Duration) -> u32 {
        let end = now.as_secs().max(self.latest) + 1;
        let counted = end.saturating_sub(N_BUCKETS as u64)..=self.latest;
        counted.fold(0, |sum: u32, second| sum.saturating_add(self.buckets[index(second)]))
    }
}

fn index(second: u64) -> usize {
    usize::try_from(second).unwrap_or(usize::MAX) % N_BUCKETS
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(2), failure_persistence: None, ..ProptestConfig::default()
        })]

        #[test]
        fn the_sum_is_that_of_a_list_of_all(
            pauses in prop::collection::vec(prop_oneof![0..400_u64, 0..30_000_u64], 1..100)
        ) {
            let mut recent = Recent::default();
            let mut seconds = Vec::new();
            let mut now = Duration::ZERO;
            for (n, pause) in pauses.into_iter().enumerate() {
                now += Duration::from_millis(pause);
                if n % 3 != 0 {
                    recent.add(now);
                    seconds.push(now.as_secs());
                }
                let expected = seconds.iter().filter(|second| **second + 10 > now.as_secs()).count();
                prop_assert_eq!(expected, recent.sum(now) as usize);
            }
        }
    }
}
