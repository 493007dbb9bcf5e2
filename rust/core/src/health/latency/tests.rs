use super::*;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const REST: Duration = Duration::from_millis(400);

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

#[test]
fn what_is_expected_of_a_deployment() {
    /// Each sample with the second it came in; asked at `at`, to the millisecond.
    fn check(name: &str, samples: &[(u64, u64)], at: u64, expected: u64) {
        let mut latency = Latency::default();
        for (second, value) in samples {
            latency.record(millis(*value), Duration::from_secs(*second));
        }

        let value = latency.value(Duration::from_secs(at), REST);
        assert_eq!(u128::from(expected), (value + Duration::from_micros(500)).as_millis(), "{name}");
        assert_eq!(samples.len(), latency.n_samples() as usize, "{name}");
    }
    check("nothing is known", &[], 9, 400);
    check("the first sample is all that is known", &[(0, 2_000)], 0, 2_000);
    check("the second counts an eighth", &[(0, 2_000), (0, 1_200)], 0, 1_900);
    check("after thirty seconds of silence, 1/e of the difference is left", &[(0, 2_000)], 30, 989);
    check("one that was fast is no longer thought so", &[(0, 100)], 30, 290);
    check("after five minutes it is forgotten", &[(0, 2_000)], 300, 400);
    check("a sample after a long silence is nearly all that is known", &[(0, 9_000), (300, 600)], 300, 600);
}

#[test]
fn quantiles_of_a_tier() {
    fn check(name: &str, values: impl Iterator<Item = u64>, q: f64, expected: Option<u64>) {
        let mut window = Window::default();
        values.for_each(|value| window.record(millis(value)));

        assert_eq!(expected.map(millis), window.quantile(q), "{name}");
    }
    check("nothing is known", 0..0, 0.5, None);
    check("nineteen samples are too few", 1..=19, 0.5, None);
    check("twenty suffice", 1..=20, 0.5, Some(10));
    check("in any order", (1..=20).rev(), 0.5, Some(10));
    check("the shortest", 1..=20, 0.0, Some(1));
    check("the longest", 1..=20, 1.0, Some(20));
    check("nearly the longest", 1..=100, 0.95, Some(95));
    check("less than nothing is nothing", 1..=20, -1.0, Some(1));
    check("more than all is all", 1..=20, 2.0, Some(20));
    check("no number", 1..=20, f64::NAN, Some(1));
    check("only the last 256 count", 1..=1_256, 0.0, Some(1_001));
    check("all the same", std::iter::repeat_n(7, 600), 0.5, Some(7));
}

#[test]
fn what_is_too_long_to_be_kept_is_the_longest_that_can_be() {
    let mut window = Window::default();
    (0..20).for_each(|_| window.record(Duration::MAX));

    assert_eq!(Some(Duration::from_micros(u64::from(u32::MAX))), window.median());
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(6), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn the_window_is_the_sorted_end_of_the_list(values in prop::collection::vec(0..2_000_u64, 20..800), q in 0.0..1.0) {
        let mut window = Window::default();
        for value in &values {
            window.record(millis(*value));
        }
        let mut expected = values[values.len().saturating_sub(WINDOW)..].to_vec();
        expected.sort_unstable();
        let quantile = window.quantile(q).unwrap();
        let n_not_above = expected.iter().filter(|value| millis(**value) <= quantile).count();
        let n_below = expected.iter().filter(|value| millis(**value) < quantile).count();
        let share = |n: usize| f64::from(u32::try_from(n).unwrap()) / f64::from(u32::try_from(expected.len()).unwrap());
        prop_assert!(share(n_below) < q || q == 0.0);
        prop_assert!(share(n_not_above) >= q);
        prop_assert_eq!(Some(millis(expected[(expected.len() - 1) / 2])), window.median());
        prop_assert_eq!(expected, window.in_order.iter().map(|micros| u64::from(*micros) / 1_000).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_expected_lies_between_what_was_seen_and_rest(
        samples in prop::collection::vec((0..60_000_u64, 1..30_000_u64), 1..100), silence in 0..600_000_u64
    ) {
        let mut latency = Latency::default();
        let mut now = Duration::ZERO;
        for (pause, value) in &samples {
            now += millis(*pause);
            latency.record(millis(*value), now);
        }
        let seen = samples.iter().map(|(_, value)| millis(*value));
        let (shortest, longest) = (seen.clone().min().unwrap().min(REST), seen.max().unwrap().max(REST));
        let value = latency.value(now + millis(silence), REST);
        let rounding = Duration::from_micros(1);
        prop_assert!(value + rounding >= shortest && value <= longest + rounding, "{value:?}");
        let later = latency.value(now + millis(2 * silence), REST);
        prop_assert!(later.abs_diff(REST) <= value.abs_diff(REST) + rounding);
    }
}
