use super::*;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// How many retries in a row are granted at `now`.
fn n_retries(budget: &mut RetryBudget, cost: Cost, now: Duration) -> usize {
    (0..1_000).take_while(|_| budget.withdraw(cost, now)).count()
}

#[test]
fn how_many_retries_a_tier_may_make_in_a_row() {
    fn check(name: &str, n_requests: u32, retry: impl Fn(&mut RetryBudget, Duration) -> bool, expected: usize) {
        let mut budget = RetryBudget::default();
        for _ in 0..n_requests {
            budget.request(Duration::ZERO);
        }
        let n_retries = (0..1_000).take_while(|_| retry(&mut budget, Duration::ZERO)).count();

        assert_eq!(expected, n_retries, "{name}");
    }
    let fails = |budget: &mut RetryBudget, now| budget.withdraw(Cost::Retry, now);
    let throttled = |budget: &mut RetryBudget, now| budget.withdraw(Cost::Throttled, now);
    let succeeds = |budget: &mut RetryBudget, now| {
        let is_granted = budget.withdraw(Cost::Retry, now);
        budget.refund(is_granted.then_some(Cost::Retry));
        is_granted
    };
    check("all fail", 0, fails, 35);
    check("all fail, however many requests there are", 10_000, fails, 35);
    check("all are throttled", 0, throttled, 100);
    check("all succeed in a quiet tier", 0, succeeds, 100);
    check("all succeed with as many requests as make no difference", 500, succeeds, 100);
    check("all succeed, a fifth of the requests", 1_000, succeeds, 200);
}

#[test]
fn what_gives_tokens_back() {
    fn check(name: &str, refund: Option<Cost>, expected: u32) {
        let mut budget = RetryBudget::default();
        assert_eq!(35, n_retries(&mut budget, Cost::Retry, Duration::ZERO));
        assert_eq!(10, budget.level(), "{name}: what is left buys no retry");
        budget.refund(refund);

        assert_eq!(expected, budget.level(), "{name}");
    }
    check("a success at the first attempt", None, 11);
    check("a success at a retry", Some(Cost::Retry), 24);
    check("a success at a retry after a throttle", Some(Cost::Throttled), 15);
}

#[test]
fn the_ratio_forgets_after_ten_seconds() {
    let mut budget = RetryBudget::default();
    assert_eq!(100, n_retries(&mut budget, Cost::Throttled, Duration::ZERO));
    for _ in 0..500 {
        budget.refund(None);
    }
    assert_eq!(500, budget.level());
    assert_eq!(0, n_retries(&mut budget, Cost::Throttled, Duration::from_secs(9)));

    assert_eq!(100, n_retries(&mut budget, Cost::Throttled, Duration::from_secs(10)));
}

#[test]
fn how_long_a_retry_waits() {
    fn check(name: &str, n: u32, base: Duration, fraction: f64, expected: u64) {
        assert_eq!(Duration::from_millis(expected), backoff(n, base, fraction), "{name}");
    }
    check("the first", 0, BASE, 0.5, 25);
    check("the second", 1, BASE, 0.5, 50);
    check("the first, not at all", 0, BASE, 0.0, 0);
    check("the first of a busy upstream", 0, BASE_BUSY, 0.5, 500);
    check("the fourth of a busy upstream", 3, BASE_BUSY, 0.5, 4_000);
    check("the fifth: no longer", 4, BASE_BUSY, 0.5, 4_000);
    check("the last that can be counted", u32::MAX, BASE, 0.25, 2_000);
}

#[derive(Debug, Clone)]
enum Event {
    Wait(u64),
    Requests(usize),
    Withdraw(Cost),
    Refund(Option<Cost>),
}

fn event() -> impl Strategy<Value = Event> {
    let cost = || prop_oneof![Just(Cost::Retry), Just(Cost::Throttled)];
    prop_oneof![
        1 => (0..4_000_u64).prop_map(Event::Wait),
        2 => (1..80_usize).prop_map(Event::Requests),
        9 => cost().prop_map(Event::Withdraw),
        9 => prop::option::of(cost()).prop_map(Event::Refund),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(5), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn retries_stay_within_the_ratio_and_tokens_within_the_bucket(events in prop::collection::vec(event(), 1..1_500)) {
        let mut budget = RetryBudget::default();
        let (mut requests, mut retries) = (Vec::new(), Vec::new());
        let mut now = Duration::ZERO;
        for event in events {
            let before = budget.level();
            match event {
                Event::Wait(pause) => now += Duration::from_millis(pause),
                Event::Requests(n) => (0..n).for_each(|_| {
                    budget.request(now);
                    requests.push(now.as_secs());
                }),
                Event::Withdraw(cost) => {
                    let is_recent = |second: &&u64| **second + 10 > now.as_secs();
                    let n_recent = |seconds: &[u64]| seconds.iter().filter(is_recent).count();
                    let is_within_ratio = n_recent(&retries) < (n_recent(&requests) / 5).max(100);
                    let is_granted = budget.withdraw(cost, now);
                    prop_assert_eq!(is_within_ratio && before >= tokens(cost), is_granted);
                    prop_assert_eq!(if is_granted { before - tokens(cost) } else { before }, budget.level());
                    retries.extend(is_granted.then_some(now.as_secs()));
                }
                Event::Refund(cost) => {
                    budget.refund(cost);
                    prop_assert!(budget.level() >= before);
                }
            }
            prop_assert!(budget.level() <= CAPACITY);
        }
    }

    #[test]
    fn a_backoff_is_within_its_bounds(n: u32, millis in 0..100_000_u64, fraction in 0.0..1.0) {
        let base = Duration::from_millis(millis);
        let wait = backoff(n, base, fraction);
        prop_assert!(wait <= LONGEST_BACKOFF);
        prop_assert!(wait <= base.saturating_mul(2_u32.saturating_pow(n)));
    }
}
