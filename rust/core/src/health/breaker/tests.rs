use super::*;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const SECOND: Duration = Duration::from_secs(1);
const HALF_OPEN: State = State::HalfOpen { is_probing: false };
const PROBING: State = State::HalfOpen { is_probing: true };

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// One that opened at `now` by a run, without jitter.
fn opened(breaker: &mut Breaker, now: Duration) -> Change {
    let mut changes = (0..5).filter_map(|_| breaker.record(Signal::Failure, false, now, 0.0));
    changes.next().unwrap()
}

/// Three good probes at `now`.
fn recover(breaker: &mut Breaker, now: Duration) -> Option<Change> {
    let mut last = None;
    for _ in 0..3 {
        assert!(breaker.begin(now), "a probe is let through");
        last = breaker.record(Signal::Success, true, now, 0.0);
    }
    last
}

#[test]
fn what_opens_a_closed_breaker() {
    fn check(name: &str, signals: &str, expected: Option<Why>) {
        let mut breaker = Breaker::default();
        let mut why = None;
        for (n, letter) in signals.chars().enumerate() {
            let signal = match letter {
                's' => Signal::Success,
                'f' => Signal::Failure,
                _ => Signal::Refused,
            };
            assert_eq!(None, why, "{name}: opened before {n} of {signals}");
            // Ten a second, so that thirty samples are recent.
            let now = Duration::from_millis(100 * n as u64);
            why = breaker.record(signal, false, now, 0.0).map(|change| change.why);
        }

        assert_eq!(expected, why, "{name}");
    }
    check("four failures in a row", "ffff", None);
    check("five failures in a row", "fffff", Some(Why::Run(5)));
    check("two refused connections", "rr", None);
    check("three refused connections", "rrr", Some(Why::Run(6)));
    check("three failures and a refused connection", "fffr", Some(Why::Run(5)));
    check("four, a success and four", "ffffsffff", None);
    check("nineteen samples, most of them failures", "ffsffsffsffsffsffsf", None);
    check(
        "twenty samples, most of them failures",
        "ffsffsffsffsffsffsff",
        Some(Why::Ratio { n_failures: 14, n_samples: 20 }),
    );
    check("twenty samples, half of them failures", "sfsfsfsfsfsfsfsfsfsf", None);
    check("one more than half", "sfsfsfsfsfsfsfsfsfsff", Some(Why::Ratio { n_failures: 11, n_samples: 21 }));
    check("a success at a bad ratio", "ffsffsffsffsffsffsfs", None);
}

#[test]
fn failures_are_forgotten_by_the_ratio_after_ten_seconds() {
    let mut breaker = Breaker::default();
    for second in 0..100 {
        for signal in [Signal::Failure, Signal::Success, Signal::Failure] {
            if second % 10 < 6 {
                assert_eq!(None, breaker.record(signal, false, seconds(second), 0.0));
            }
        }
    }

    assert_eq!(None, breaker.success_ratio(seconds(105)));
}

#[test]
fn how_long_it_is_open() {
    fn check(name: &str, n_bad_probes: usize, fraction: f64, expected: Duration) {
        let mut breaker = Breaker::default();
        let mut now = Duration::ZERO;
        opened(&mut breaker, now);
        for _ in 0..n_bad_probes {
            now += seconds(300);
            assert!(breaker.begin(now));
            let change = breaker.record(Signal::Failure, true, now, fraction).unwrap();
            assert_eq!((PROBING, Why::ProbeFailed), (change.from, change.why), "{name}");
        }

        assert_eq!(State::Open { until: now + expected }, breaker.state(now), "{name}");
    }
    check("at first", 0, 0.0, seconds(5));
    check("after a bad probe", 1, 0.0, seconds(10));
    check("after a bad probe, with the most jitter", 1, 1.0, seconds(8));
    check("after five", 5, 0.0, seconds(160));
    check("after six", 6, 0.0, seconds(300));
    check("after twenty", 20, 0.0, seconds(300));
    check("after twenty, with half the jitter", 20, 0.5, seconds(270));
}

#[test]
fn when_the_doubling_is_forgotten() {
    fn check(name: &str, n_seconds_closed: u64, expected: Duration) {
        let mut breaker = Breaker::default();
        opened(&mut breaker, Duration::ZERO);
        breaker.begin(seconds(5));
        breaker.record(Signal::Refused, true, seconds(5), 0.0);
        recover(&mut breaker, seconds(15));
        let now = seconds(15 + n_seconds_closed);

        assert_eq!(State::Open { until: now + expected }, opened(&mut breaker, now).to, "{name}");
    }
    check("closed for a moment", 0, seconds(20));
    check("closed for less than it was open", 9, seconds(20));
    check("closed for as long as it was open", 10, seconds(5));
    check("closed for an hour", 3_600, seconds(5));
}

#[test]
fn a_breaker_from_failure_to_recovery() {
    let mut breaker = Breaker::default();
    let open = State::Open { until: seconds(6) };
    assert_eq!(Change { from: State::Closed, to: open, why: Why::Run(5) }, opened(&mut breaker, SECOND));
    assert!(!breaker.begin(seconds(5)), "while it is open there is no probe");
    assert_eq!(None, breaker.half_open(seconds(5)));
    assert_eq!(HALF_OPEN, breaker.state(seconds(6)));
    assert_eq!(Some(Change { from: open, to: HALF_OPEN, why: Why::Waited }), breaker.half_open(seconds(6)));
    assert_eq!(None, breaker.half_open(seconds(6)), "it says so once");
    assert!(breaker.begin(seconds(6)), "the first is the probe");
    assert!(!breaker.begin(seconds(6)), "the second is not");
    assert_eq!(PROBING, breaker.state(seconds(6)));
    breaker.release(false);
    assert_eq!(PROBING, breaker.state(seconds(6)), "what is no probe does not end it");
    breaker.release(true);
    let closing = recover(&mut breaker, seconds(7));

    assert_eq!(Some(Change { from: PROBING, to: State::Closed, why: Why::Recovered }), closing);
    assert_eq!(None, breaker.success_ratio(seconds(7)), "the failures before are forgotten");
    assert_eq!(None, breaker.record(Signal::Failure, false, seconds(7), 0.0), "and so is the run");
}

#[test]
fn good_probes_before_a_bad_one_do_not_count() {
    let mut breaker = Breaker::default();
    opened(&mut breaker, Duration::ZERO);
    for signal in [Signal::Success, Signal::Success, Signal::Failure] {
        assert!(breaker.begin(seconds(5)));
        breaker.record(signal, true, seconds(5), 0.0);
    }
    assert!(breaker.begin(seconds(15)));
    breaker.record(Signal::Success, true, seconds(15), 0.0);

    assert_eq!(HALF_OPEN, breaker.state(seconds(15)));
}

#[test]
fn attempts_that_began_before_it_opened_change_nothing() {
    let mut breaker = Breaker::default();
    opened(&mut breaker, SECOND);
    for (now, state) in [(seconds(2), State::Open { until: seconds(6) }), (seconds(6), HALF_OPEN)] {
        for signal in [Signal::Success, Signal::Failure, Signal::Refused] {
            for _ in 0..30 {
                assert_eq!(None, breaker.record(signal, false, now, 0.0));
            }
        }
        breaker.release(false);

        assert_eq!(state, breaker.state(now));
    }
}

#[test]
fn attempts_that_began_before_it_last_opened_are_stale() {
    let mut breaker = Breaker::default();
    assert!(!breaker.is_stale(Duration::ZERO), "it never opened");
    opened(&mut breaker, SECOND);
    recover(&mut breaker, seconds(6));

    let expected = [(Duration::ZERO, true), (SECOND, true), (seconds(2), false), (seconds(7), false)];
    assert_eq!(expected, expected.map(|(began, _)| (began, breaker.is_stale(began))));
}

#[derive(Debug, Clone)]
enum Event {
    Wait(u64),
    Begin,
    End(usize, Option<Signal>, f64),
}

fn event() -> impl Strategy<Value = Event> {
    let signal = prop_oneof![
        2 => Just(Some(Signal::Success)),
        3 => Just(Some(Signal::Failure)),
        2 => Just(Some(Signal::Refused)),
        1 => Just(None),
    ];
    prop_oneof![
        1 => (0..8_000_u64).prop_map(Event::Wait),
        3 => Just(Event::Begin),
        3 => (any::<usize>(), signal, 0.0..1.0).prop_map(|(n, signal, fraction)| Event::End(n, signal, fraction)),
    ]
}

/// Closed, open, half-open: each step of an automaton that may be taken, and why.
fn is_legal(change: Change) -> bool {
    match (change.from, change.to, change.why) {
        (State::Closed, State::Open { .. }, Why::Run(n)) => n >= RUN,
        (State::Closed, State::Open { .. }, Why::Ratio { n_failures, n_samples }) => {
            n_samples >= MIN_SAMPLES && 2 * n_failures > n_samples
        }
        (State::Open { .. }, State::HalfOpen { is_probing: false }, Why::Waited)
        | (State::HalfOpen { is_probing: true }, State::Open { .. }, Why::ProbeFailed)
        | (State::HalfOpen { is_probing: true }, State::Closed, Why::Recovered) => true,
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(3), failure_persistence: None, ..ProptestConfig::with_cases(1_000)
    })]

    #[test]
    fn any_history_is_legal_and_can_be_recovered_from(events in prop::collection::vec(event(), 1..300)) {
        let mut breaker = Breaker::default();
        let mut now = Duration::ZERO;
        // Of each attempt on its way, whether it is the probe.
        let mut under_way: Vec<bool> = Vec::new();
        for event in events {
            let before = breaker.state;
            let mut changes = vec![breaker.half_open(now)];
            match event {
                Event::Wait(pause) => now += Duration::from_millis(pause),
                Event::Begin => {
                    let could_probe = breaker.state(now) == HALF_OPEN;
                    under_way.push(breaker.begin(now));
                    prop_assert_eq!(could_probe, *under_way.last().unwrap());
                }
                Event::End(n, signal, fraction) if !under_way.is_empty() => {
                    let is_probe = under_way.swap_remove(n % under_way.len());
                    match signal {
                        Some(signal) => changes.push(breaker.record(signal, is_probe, now, fraction)),
                        None => breaker.release(is_probe),
                    }
                }
                Event::End(..) => {}
            }
            let is_probing = breaker.state(now) == PROBING;
            prop_assert_eq!(usize::from(is_probing), under_way.iter().filter(|is_probe| **is_probe).count());
            if let State::Open { until } = breaker.state(now) {
                prop_assert!(until <= now + LONGEST);
            }
            let changes: Vec<Change> = changes.into_iter().flatten().collect();
            for change in &changes {
                prop_assert!(is_legal(*change), "{change:?}");
                if let State::Open { until } = change.to {
                    prop_assert!(until >= now + SHORTEST.mul_f64(1.0 - JITTER));
                }
            }
            // Nothing changes without being told, but for who is probing.
            let is_same_kind = std::mem::discriminant(&before) == std::mem::discriminant(&breaker.state);
            prop_assert!(is_same_kind || !changes.is_empty() || matches!(event, Event::Begin));
        }
        for is_probe in under_way {
            breaker.release(is_probe);
        }
        now += LONGEST;
        for _ in 0..GOOD_PROBES {
            if breaker.state(now) != State::Closed {
                prop_assert!(breaker.begin(now));
                breaker.record(Signal::Success, true, now, 0.0);
            }
        }
        prop_assert_eq!(State::Closed, breaker.state(now));
    }
}
