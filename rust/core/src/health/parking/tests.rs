use super::*;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[test]
fn how_long_a_refused_credential_is_parked() {
    fn check(name: &str, refusals: &[u64], expected: u64) {
        let mut parking = Parking::default();
        let mut pause = Duration::ZERO;
        for second in refusals {
            pause = parking.park(seconds(*second));
        }

        assert_eq!(seconds(expected), pause, "{name}");
        let now = seconds(*refusals.last().unwrap());
        assert_eq!(Some(now + pause), parking.until(now), "{name}");
        assert_eq!(None, parking.until(now + pause), "{name}: then it is free");
    }
    check("at first", &[7], 30);
    check("again when its time has passed", &[0, 30], 60);
    check("refused again long after", &[0, 10_000], 60);
    check("calls that fail at once", &[0, 0, 0], 30);
    check("a call that was under way", &[0, 29], 1);
    check("many times", &[0, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000], 900);
}

#[test]
fn a_success_forgets_that_it_was_parked() {
    let mut parking = Parking::default();
    assert!(!parking.clear(), "it never was");
    parking.park(seconds(0));
    parking.park(seconds(30));
    assert!(parking.clear(), "it was");
    assert_eq!(None, parking.until(seconds(31)));
    assert!(!parking.clear(), "it is forgotten");

    assert_eq!(seconds(30), parking.park(seconds(31)), "and so is the doubling");
}

#[test]
fn how_long_a_credential_is_throttled() {
    /// When the provider refused, in seconds, and what it asked for.
    type Refusal = (u64, Option<u64>);
    fn check(name: &str, refusals: &[Refusal], expected: Duration) {
        let mut throttle = Throttle::default();
        let mut wait = Duration::ZERO;
        for (second, asked) in refusals {
            wait = throttle.throttle(asked.map(seconds), seconds(*second), 0.5);
        }
        let now = seconds(refusals.last().unwrap().0);

        assert_eq!(expected, wait, "{name}");
        assert_eq!((!wait.is_zero()).then_some(now + wait), throttle.until(now), "{name}");
        assert_eq!(None, throttle.until(now + wait), "{name}: then it is free");
    }
    check("as long as it asks", &[(0, Some(3))], seconds(3));
    check("not at all", &[(0, Some(0))], seconds(0));
    check("at most a minute", &[(0, Some(3_600))], seconds(60));
    check("it does not say", &[(0, None)], Duration::from_millis(500));
    check("nor the second time", &[(0, None), (1, None)], seconds(1));
    check("nor for long", &[(0, None), (10, None), (20, None), (30, None), (40, None)], seconds(4));
    check("it did not say, after it had", &[(0, Some(2)), (2, None)], seconds(1));
    check("several at once count once", &[(0, None), (0, None), (0, None)], Duration::from_millis(500));
    check("a later one does not shorten", &[(0, Some(20)), (5, Some(1))], seconds(15));
    check("a later one may lengthen", &[(0, Some(20)), (5, Some(40))], seconds(40));
}

#[test]
fn a_success_forgets_the_throttles_in_a_row_but_not_what_was_asked_for() {
    let mut throttle = Throttle::default();
    throttle.throttle(None, seconds(0), 0.5);
    throttle.throttle(Some(seconds(9)), seconds(1), 0.5);
    throttle.clear();
    assert_eq!(Some(seconds(10)), throttle.until(seconds(2)));

    assert_eq!(Duration::from_millis(500), throttle.throttle(None, seconds(10), 0.5), "the first in a row again");
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(4), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn a_throttle_lasts_at_most_a_minute_and_is_never_shortened(
        history in prop::collection::vec((0..20_000_u64, prop::option::of(0..200_000_u64), 0.0..1.0), 1..100)
    ) {
        let mut throttle = Throttle::default();
        let mut now = Duration::ZERO;
        for (pause, wait, fraction) in history {
            now += Duration::from_millis(pause);
            let before = throttle.until(now);
            let left = throttle.throttle(wait.map(Duration::from_millis), now, fraction);
            prop_assert!(left <= LONGEST_THROTTLE);
            prop_assert!(throttle.until(now) >= before);
            prop_assert_eq!((!left.is_zero()).then_some(now + left), throttle.until(now));
        }
    }

    #[test]
    fn a_credential_is_parked_for_a_quarter_of_an_hour_at_most(
        pauses in prop::collection::vec(0..2_000_000_u64, 1..100)
    ) {
        let mut parking = Parking::default();
        let mut now = Duration::ZERO;
        for pause in pauses {
            now += Duration::from_millis(pause);
            let before = parking.until(now);
            let left = parking.park(now);
            prop_assert!(left <= LONGEST_PARKING && !left.is_zero());
            prop_assert!(before.is_none() && left >= SHORTEST_PARKING || before == parking.until(now));
        }
    }
}
