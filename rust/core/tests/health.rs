//! What is known of deployments after all that became of their requests, and of the configuration.

#[expect(dead_code, reason = "no test here reads files")]
mod support;
#[path = "support/tier.rs"]
mod tier;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::time::Duration;
use tier::Tier;
use tiercel_core::config::Balance;
use tiercel_core::health::{Choice, Chosen, State, Verdict};

const SECOND: Duration = Duration::from_secs(1);
const THROTTLED: Verdict = Verdict::Throttled(Some(Duration::from_secs(2)));

#[test]
fn a_probe_that_tells_nothing_is_followed_by_another() {
    let mut tier = Tier::new(&[1, 1], Balance::Load, "");
    tier.eject(0, 0);
    tier.now += 5 * SECOND;
    for verdict in [Verdict::Nothing, Verdict::CredentialFault, THROTTLED] {
        let Choice::Attempt(probe) = tier.choose(&[]) else { panic!("there is a probe") };
        assert_eq!("a", tier::name(&probe), "{verdict:?}");
        tier.end(&probe, verdict);
        tier.now += 60 * SECOND;
    }
}

#[test]
fn what_began_before_tells_nothing() {
    let mut tier = Tier::new(&[1, 1], Balance::Load, "");
    let late: Vec<Chosen> = (0..20).map(|_| tier.begin(0, 0)).collect();
    tier.now += SECOND;
    tier.eject(0, 0);
    tier.now += 5 * SECOND;
    (0..3).for_each(|_| tier.give(0, 0, Verdict::Success(None)));
    for chosen in late {
        tier.end(&chosen, Verdict::Failure);
    }
    assert_eq!(State::Closed, tier.table.rows(tier.now)[0].state, "before the breaker opened");

    let late: Vec<Chosen> = (0..20).map(|_| tier.begin(0, 0)).collect();
    tier.table.forget(SECOND);
    for chosen in late {
        tier.end(&chosen, Verdict::Failure);
    }
    assert_eq!(State::Closed, tier.table.rows(tier.now)[0].state, "before all was forgotten");
    assert_eq!(0, tier.table.rows(tier.now)[0].in_flight);
}

#[test]
fn what_a_reload_keeps() {
    let mut tier = Tier::new(&[1, 2, 1], Balance::Load, "");
    tier.eject(0, 0);
    tier.give(1, 1, Verdict::CredentialFault);
    tier.give(2, 0, Verdict::Throttled(Some(20 * SECOND)));
    let in_flight = [tier.begin(1, 0), tier.begin(1, 0)];
    let table = tier.table.clone();
    let states =
        |tier: &Tier| tier.table.rows(tier.now).iter().map(|row| row.state.word()).collect::<Vec<_>>().join(" ");
    assert_eq!("open closed parked throttled", states(&tier));

    let earlier = Tier::with_table(&[1, 2, 1], Balance::Load, "", table.clone());
    assert_eq!("open closed closed throttled", states(&earlier), "what is refused is tried anew");

    // One key less, and no `c/m` any more.
    let mut reloaded = Tier::with_table(&[1, 1], Balance::Load, "", table);
    for chosen in in_flight {
        tier.end(&chosen, Verdict::Refused);
    }
    drop((tier, earlier));
    assert_eq!("open closed", states(&reloaded));
    let rows = reloaded.table.rows(reloaded.now);
    assert_eq!((0, 0, 1), (rows[1].in_flight, rows[1].n_samples, rows[1].n_keys), "what began with other keys");
    assert_eq!("b", reloaded.chosen(&[]));
}

#[test]
fn a_configuration_that_is_refused_changes_nothing() {
    use tiercel_core::{config::Config, config::Overrides, registry::Registry};
    let mut tier = Tier::new(&[1, 1], Balance::Load, "");
    tier.give(0, 0, Verdict::CredentialFault);
    let text = "[providers.a]\nbase_url = \"http://a\"\n[providers.b]\nbase_url = \"http://b\"\nca_file = \"absent\"";
    let config = Config::parse(text, "tiercel.toml", &Overrides::default()).unwrap();

    assert!(Registry::new(&config, &support::World::default(), tier.table.clone()).is_err());
    assert_eq!(State::Parked, tier.table.rows(tier.now)[0].state);
}

#[test]
fn clients_crowd_out_no_deployment_of_the_configuration() {
    let tier = Tier::new(&[1], Balance::Load, "");
    (0..2_500).for_each(|n| drop(tier.registry.deployment(&format!("a/{n}"))));
    assert_eq!(2_000, tier.table.rows(tier.now).len());

    let reloaded = Tier::with_table(&[1, 1], Balance::Load, "", tier.table.clone());
    drop(tier);
    let names: Vec<_> = reloaded.table.rows(reloaded.now).into_iter().map(|row| row.deployment).collect();
    assert_eq!(names, ["a/m", "b/m"]);
}

#[test]
fn keys_of_one_that_is_refused_are_spread_over_the_others() {
    let mut tier = Tier::new(&[4], Balance::Load, "");
    tier.give(0, 2, Verdict::CredentialFault);
    let names: Vec<_> = (0..1_200).map(|_| tier.chosen(&[])).collect();

    let count = |name: &str| names.iter().filter(|it| *it == name).count();
    assert_eq!([400, 400, 0, 400], ["a0", "a1", "a2", "a3"].map(count));
}

#[test]
fn what_is_noted_for_the_operator() {
    let mut tier = Tier::new(&[2, 1], Balance::Load, "");
    tier.eject(1, 0);
    tier.now += 5 * SECOND;
    (0..3).for_each(|_| tier.give(1, 0, Verdict::Success(None)));
    tier.give(0, 1, Verdict::CredentialFault);
    tier.now += 30 * SECOND;
    tier.give(0, 1, Verdict::Success(None));
    (0..2).for_each(|_| tier.give(1, 0, Verdict::Success(None)));
    tier.give(1, 0, THROTTLED);

    let (notes, n_dropped) = tier.table.take_notes();
    let lines: Vec<_> = notes.iter().map(|note| format!("{} {}", note.state.word(), note.text)).collect();
    // The first pause is jittered, by a seed.
    let first = lines[0].replace(|it: char| it.is_ascii_digit(), "0");
    assert_eq!("open b/m is left alone for 0.0 s: 0 failures in a row", first);
    assert_eq!(
        lines[1..],
        [
            "half_open b/m is tried again, by one request",
            "closed b/m is back: it answers again",
            "parked a/m (key 2) is left alone for 30.0 s: the provider refused the key",
            "closed a/m (key 2) is back: the provider takes the key again",
            "throttled b/m is left alone for 2.0 s: the provider asked to slow down",
        ]
    );
    assert_eq!((0, Vec::new()), (n_dropped, tier.table.take_notes().0));
}

/// Something that happens to a tier.
#[derive(Clone, Copy, Debug)]
enum Event {
    Call(Verdict),
    End(usize, Verdict),
    Wait(u64),
    Forget,
    Reload,
}

fn verdict() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        3 => (0..3_000_u64).prop_map(|millis| Verdict::Success(Some(Duration::from_millis(millis)))),
        1 => Just(Verdict::Success(None)),
        4 => Just(Verdict::Failure),
        2 => Just(Verdict::Refused),
        2 => (0..9_000_u64).prop_map(|millis| Verdict::Throttled(Some(Duration::from_millis(millis)))),
        1 => Just(Verdict::CredentialFault),
        1 => Just(Verdict::Nothing),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => verdict().prop_map(Event::Call),
        6 => (any::<usize>(), verdict()).prop_map(|(at, verdict)| Event::End(at, verdict)),
        3 => (0..4_000_u64).prop_map(Event::Wait),
        1 => Just(Event::Forget),
        1 => Just(Event::Reload),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200, rng_seed: RngSeed::Fixed(3), failure_persistence: None, ..ProptestConfig::default()
    })]

    /// Whatever happens: nobody is asked against its word, not more than may be, and no request is lost count of.
    #[test]
    fn what_holds_after_anything(events in prop::collection::vec(event(), 1..300), is_load: bool) {
        let balance = if is_load { Balance::Load } else { Balance::Order };
        let limit = "[deployments.\"b/m\"]\nmax_in_flight = 5";
        let mut tier = Tier::new(&[2, 1, 1], balance, limit);
        let mut running: Vec<Chosen> = Vec::new();
        for event in events {
            match event {
                Event::Call(verdict) => {
                    let before = tier.table.rows(tier.now);
                    let choice = tier.choose(&[]);
                    match choice {
                        Choice::Attempt(chosen) => {
                            let row = before.iter().find(|it| *it.deployment == *chosen.deployment.name && it.key == chosen.slot.key + 1);
                            let row = row.unwrap();
                            prop_assert!(!matches!(row.state, State::Throttled | State::Parked), "{row:?}");
                            prop_assert!(row.in_flight < row.limit, "{row:?}");
                            running.push(chosen);
                            if running.len() > 12 {
                                tier.end(&running.remove(0), verdict);
                            }
                        }
                        Choice::Parked(_, until) => {
                            prop_assert!(until > tier.now);
                            prop_assert!(before.iter().all(|it| matches!(it.state, State::Throttled | State::Parked)));
                        }
                        Choice::Full => prop_assert!(before.iter().any(|it| it.in_flight >= it.limit)),
                        Choice::Nothing => prop_assert!(false, "{before:?}"),
                    }
                }
                Event::End(at, verdict) if !running.is_empty() => {
                    let chosen = running.swap_remove(at % running.len());
                    tier.end(&chosen, verdict);
                }
                Event::End(..) => {}
                Event::Wait(millis) => tier.now += Duration::from_millis(millis),
                Event::Forget => tier.table.forget(Duration::ZERO),
                Event::Reload => {
                    let Tier { table, now, .. } = tier;
                    tier = Tier { now, ..Tier::with_table(&[2, 1, 1], balance, limit, table) };
                }
            }
            let rows = tier.table.rows(tier.now);
            let in_flight: u32 = rows.iter().filter(|row| row.key == 1).map(|row| row.in_flight).sum();
            prop_assert_eq!(running.len(), in_flight as usize);
        }
    }
}
