use super::super::random::Random;
use super::*;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const USUALLY: Duration = Duration::from_millis(500);

/// `n` first tokens that took so long, with so many in flight.
fn record(limit: &mut Limit, n: u32, time: Duration, in_flight: u32) {
    for _ in 0..n {
        limit.record(time, in_flight);
    }
}

/// One that knows what is usual, from ten rounds with little in flight.
fn seasoned(max: u32) -> Limit {
    let mut limit = Limit::new(max);
    record(&mut limit, 100, USUALLY, 1);
    limit
}

#[test]
fn where_a_limit_begins() {
    fn check(name: &str, max: u32, expected: u32) {
        assert_eq!(expected, Limit::new(max).value(), "{name}");
    }
    check("high", 100_000, 256);
    check("as high as the configuration allows", 30, 30);
    check("below the least", 2, 2);
    check("never at nothing", 0, 1);
    check("the highest number", u32::MAX, 256);
}

#[test]
fn what_a_round_changes() {
    fn check(name: &str, time: Duration, in_flight: u32, expected: u32) {
        let mut limit = seasoned(1_000);
        record(&mut limit, in_flight.max(MIN_ROUND), time, in_flight);

        assert_eq!(expected, limit.value(), "{name}");
    }
    // A fifth of the root of 256 is 3.2.
    check("as fast as usual", USUALLY, 256, 259);
    check("faster", USUALLY / 4, 256, 259);
    check("slower, but tolerated", USUALLY * 19 / 10, 256, 259);
    check("so slow that half is asked for", USUALLY * 100, 256, 233);
    check("as fast, with half of it in flight", USUALLY, 128, 259);
    check("as fast, with less in flight", USUALLY, 127, 256);
    check("slow, with less in flight", USUALLY * 100, 127, 256);
}

#[test]
fn nothing_changes_before_a_round_is_over() {
    let mut limit = seasoned(1_000);
    record(&mut limit, 255, USUALLY * 100, 256);

    assert_eq!(256, limit.value());
}

#[test]
fn what_a_refusal_for_rate_changes() {
    fn check(name: &str, max: u32, refusals: &[u32], expected: u32) {
        let mut limit = Limit::new(max);
        for in_flight in refusals {
            limit.throttled(*in_flight);
        }

        assert_eq!(expected, limit.value(), "{name}");
    }
    check("less than was in flight", 1_000, &[100], 90);
    check("those that were in flight count once", 1_000, &[5, 4, 3, 2, 1], 4);
    check("those of a hundred that were in flight", 1_000, &[100; 100], 90);
    check("the next after them counts again", 1_000, &[[100; 100].as_slice(), &[90]].concat(), 81);
    check("never below the least", 1_000, &[1, 1, 1, 1], 4);
    check("nor above the most", 2, &[100], 2);
    check("it never raises the limit", 10, &[10_000], 10);
}

#[test]
fn first_tokens_also_end_the_round_trip_of_a_refusal() {
    let mut limit = Limit::new(1_000);
    limit.throttled(100);
    record(&mut limit, 99, USUALLY, 1);
    limit.throttled(50);

    assert_eq!(45, limit.value());
}

#[test]
fn a_refusal_for_rate_begins_a_new_round() {
    let mut limit = seasoned(1_000);
    record(&mut limit, 255, USUALLY, 256);
    limit.throttled(256);
    record(&mut limit, 1, USUALLY, 256);

    assert_eq!(230, limit.value());
}

#[test]
fn the_first_rounds_say_alike_what_is_usual() {
    let mut limit = Limit::new(1_000);
    record(&mut limit, 10, USUALLY * 10, 1);
    record(&mut limit, 90, USUALLY * 6, 1);
    record(&mut limit, 256, USUALLY * 16, 256);

    assert!(limit.value() < 256, "{}", limit.value());
}

#[test]
fn what_was_usual_under_load_is_not_when_load_is_over() {
    let mut limit = Limit::new(1_000);
    record(&mut limit, 100, USUALLY * 10, 1);
    record(&mut limit, 300, USUALLY, 1);
    record(&mut limit, 256, USUALLY * 5, 256);

    assert!(limit.value() < 256, "{}", limit.value());
}

#[test]
fn a_mix_of_short_and_long_prompts_is_not_taken_for_load() {
    let mut random = Random::new(7);
    let mut limit = Limit::new(1_000);
    for _ in 0..200_000 {
        let time = if random.below(10) == 0 { USUALLY * 20 } else { USUALLY };
        limit.record(time, limit.value());
    }

    assert!(limit.value() > 900, "{}", limit.value());
}

#[test]
fn the_limit_finds_what_an_upstream_can_do() {
    // It has so many places, and serves those that wait in turn.
    const PLACES: u32 = 32;
    let mut limit = seasoned(1_000);
    let mut seen = Vec::new();
    for _ in 0..20_000 {
        let in_flight = limit.value();
        limit.record(USUALLY * in_flight.max(PLACES) / PLACES, in_flight);
        seen.push(in_flight);
    }
    let settled = &seen[5_000..10_000];

    assert!(settled.iter().all(|value| (PLACES..4 * PLACES).contains(value)), "{:?}", settled.iter().max());
}

#[derive(Debug, Clone)]
enum Event {
    Record(u64, u32),
    Throttled(u32),
}

fn event() -> impl Strategy<Value = Event> {
    let in_flight = || prop_oneof![4 => 0..300_u32, 1 => any::<u32>()];
    let time = prop_oneof![Just(0), 0..60_000_u64, any::<u64>()];
    prop_oneof![
        30 => (time, in_flight()).prop_map(|(time, n)| Event::Record(time, n)),
        1 => in_flight().prop_map(Event::Throttled),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(8), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn the_limit_stays_within_its_bounds(max: u32, events in prop::collection::vec(event(), 1..2_000)) {
        for max in [max, max % 400] {
            let mut limit = Limit::new(max);
            for event in &events {
                let before = limit.value();
                match event {
                    Event::Record(time, in_flight) => limit.record(Duration::from_millis(*time), *in_flight),
                    Event::Throttled(in_flight) => {
                        limit.throttled(*in_flight);
                        prop_assert!(limit.value() <= before);
                    }
                }
                prop_assert!((max.clamp(1, 4)..=max.max(1)).contains(&limit.value()), "{} of {max}", limit.value());
            }
        }
    }
}
