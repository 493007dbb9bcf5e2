//! Which deployment of a tier is asked, and with which key.

#[expect(dead_code, reason = "no test here reads files")]
mod support;
#[expect(dead_code, reason = "no test here has several registries")]
#[path = "support/tier.rs"]
mod tier;

use std::time::Duration;
use tier::Tier;
use tiercel_core::config::Balance;
use tiercel_core::health::{Choice, Tried, Verdict};

const SECOND: Duration = Duration::from_secs(1);
const THROTTLED: Verdict = Verdict::Throttled(Some(Duration::from_secs(2)));

/// What the next hundred calls choose, each name once, with deployments of so many keys that `prepare` has asked.
fn chosen(n_keys: &[usize], balance: Balance, prepare: fn(&mut Tier)) -> String {
    let mut tier = Tier::new(n_keys, balance, "");
    prepare(&mut tier);
    let mut names: Vec<String> = (0..100).map(|_| tier.chosen(&[])).collect();
    names.sort();
    names.dedup();
    names.join(" ")
}

#[test]
fn whom_the_first_attempt_asks() {
    let check = |name: &str, n_keys: &[usize], prepare: fn(&mut Tier), expected: &str| {
        assert_eq!(expected, chosen(n_keys, Balance::Load, prepare), "{name}");
    };
    check("all that are well", &[1, 1, 1], |_| {}, "a b c");
    check("all their keys", &[1, 2], |_| {}, "a b0 b1");
    check("four failures eject nobody", &[1, 1], |it| (0..4).for_each(|_| it.give(0, 0, Verdict::Failure)), "a b");
    check("five failures eject", &[1, 1], |it| it.eject(0, 0), "b");
    check("three refused connections eject", &[1, 1], |it| (0..3).for_each(|_| it.give(0, 0, Verdict::Refused)), "b");
    check("a client's faults eject nobody", &[1, 1], |it| (0..50).for_each(|_| it.give(0, 0, Verdict::Nothing)), "a b");
    check("one of two keys is ejected", &[2, 1], |it| it.eject(0, 1), "a0 b");
    check("half of four are ejected", &[1; 4], |it| [0, 1].iter().for_each(|&at| it.eject(at, 0)), "c d");
    check(
        "of three ejected ones of four the first to be tried again is asked",
        &[1; 4],
        |it| {
            for at in [1, 0, 2] {
                it.eject(at, 0);
                it.now += SECOND;
            }
        },
        "b d",
    );
    check("one of one is never ejected", &[1], |it| it.eject(0, 0), "a");
    check("one of three may be", &[1; 3], |it| it.eject(2, 0), "a b");
}

#[test]
fn whom_the_first_attempt_leaves_alone() {
    let check = |name: &str, n_keys: &[usize], prepare: fn(&mut Tier), expected: &str| {
        assert_eq!(expected, chosen(n_keys, Balance::Load, prepare), "{name}");
    };
    check("who throttles is left alone", &[1, 1], |it| it.give(0, 0, THROTTLED), "b");
    check("a throttled key is, and not the other", &[2], |it| it.give(0, 0, THROTTLED), "a1");
    check(
        "where all throttle, nobody is asked",
        &[1, 1],
        |it| (0..2).for_each(|at| it.give(at, 0, THROTTLED)),
        "Throttled for 2s",
    );
    check(
        "who throttles and fails is not asked",
        &[1],
        |it| {
            it.eject(0, 0);
            it.give(0, 0, THROTTLED);
        },
        "Throttled for 2s",
    );
    check("a refused key is left alone", &[2], |it| it.give(0, 1, Verdict::CredentialFault), "a0");
    check(
        "where no key is taken, nobody is asked",
        &[1],
        |it| it.give(0, 0, Verdict::CredentialFault),
        "Unkeyed for 30s",
    );
    check(
        "a refused key that also fails",
        &[1],
        |it| {
            it.eject(0, 0);
            it.give(0, 0, Verdict::CredentialFault);
        },
        "Unkeyed for 30s",
    );
    check(
        "a refused key for half a minute",
        &[2],
        |it| {
            it.give(0, 1, Verdict::CredentialFault);
            it.now += 30 * SECOND;
        },
        "a0 a1",
    );
    check(
        "a throttle passes before a refusal does",
        &[1, 1],
        |it| {
            it.give(0, 0, Verdict::CredentialFault);
            it.give(1, 0, THROTTLED);
        },
        "Throttled for 2s",
    );
    check(
        "one that failed rather than against a word",
        &[1, 1],
        |it| {
            it.eject(0, 0);
            it.give(1, 0, THROTTLED);
        },
        "a",
    );
    check(
        "the probe comes first, and again while it tells nothing",
        &[1, 1],
        |it| {
            it.eject(0, 0);
            it.now += 5 * SECOND;
        },
        "a",
    );
    check(
        "who asks one at a time",
        &[1, 1],
        |it| {
            it.eject(0, 0);
            it.now += 5 * SECOND;
            it.choose(&[]);
        },
        "b",
    );
}

#[test]
fn the_first_that_is_well_in_order() {
    let check = |name: &str, prepare: fn(&mut Tier), expected: &str| {
        assert_eq!(expected, chosen(&[1; 4], Balance::Order, prepare), "{name}");
    };
    check("the first", |_| {}, "a");
    check("the second, where the first is ejected", |it| it.eject(0, 0), "b");
    check("the last rather than one of too many ejected ones", |it| (0..3).for_each(|at| it.eject(at, 0)), "d");
    check(
        "where all are ejected, of the half that is to be tried again first",
        |it| {
            for at in [3, 2, 1, 0] {
                it.eject(at, 0);
                it.now += SECOND;
            }
        },
        "c",
    );
}

#[test]
fn whom_the_next_attempt_asks() {
    let check =
        |name: &str, n_keys: &[usize], prepare: fn(&mut Tier), tried: &[(usize, usize, bool)], expected: &str| {
            let mut tier = Tier::new(n_keys, Balance::Load, "");
            prepare(&mut tier);
            let deployments: Vec<_> = tried.iter().map(|&(at, ..)| tier.deployment(at).clone()).collect();
            let attempt = |(deployment, &(_, key, may_change_key))| Tried { deployment, key, may_change_key };
            let tried: Vec<Tried<'_>> = deployments.iter().zip(tried).map(attempt).collect();
            let mut names: Vec<_> = (0..100).map(|_| tier.chosen(&tried)).collect();
            names.sort();
            names.dedup();
            assert_eq!(expected, names.join(" "), "{name}");
        };
    check("another", &[1, 1, 1], |_| {}, &[(0, 0, false)], "b c");
    check("the last that is left", &[1, 1, 1], |_| {}, &[(0, 0, false), (2, 0, false)], "b");
    check("nobody is left", &[1, 1], |_| {}, &[(0, 0, false), (1, 0, false)], "nothing");
    check("nobody is left with another key", &[1], |_| {}, &[(0, 0, true)], "nothing");
    check("another key of the same first", &[3, 1, 1], |_| {}, &[(0, 1, true)], "a0 a2");
    check("no other key where it is not the key", &[2, 1], |_| {}, &[(0, 1, false)], "b");
    check("others where the last one had no other key", &[2, 1], |_| {}, &[(0, 0, true), (0, 1, true)], "b");
    check("a key that failed otherwise is tried with no other", &[3, 1], |_| {}, &[(0, 0, true), (0, 1, false)], "b");
    check("keys of who was tried before count too", &[2, 1, 1], |_| {}, &[(0, 0, true), (1, 0, false)], "a1 c");
    check(
        "until a throttle is over, where it is all",
        &[1],
        |it| it.give(0, 0, THROTTLED),
        &[(0, 0, true)],
        "Throttled for 2s",
    );
    check(
        "until the first of two throttles is over",
        &[2],
        |it| {
            it.give(0, 0, THROTTLED);
            it.give(0, 1, Verdict::Throttled(Some(9 * SECOND)));
        },
        &[(0, 0, true)],
        "Throttled for 2s",
    );
    check(
        "or until another's throttle is over",
        &[1, 1],
        |it| it.give(1, 0, THROTTLED),
        &[(0, 0, false)],
        "Throttled for 2s",
    );
    check(
        "no probe while another is well",
        &[1, 1, 1],
        |it| {
            it.eject(0, 0);
            it.now += 5 * SECOND;
        },
        &[(1, 0, false)],
        "c",
    );
    check(
        "a probe where nobody else is",
        &[1, 1, 1],
        |it| {
            it.eject(0, 0);
            it.now += 5 * SECOND;
        },
        &[(1, 0, false), (2, 0, false)],
        "a",
    );
    check(
        "who is well, though too many are ejected",
        &[1; 4],
        |it| (0..3).for_each(|at| it.eject(at, 0)),
        &[(0, 0, false)],
        "d",
    );
    check("an ejected one where nobody else is left", &[1, 1], |it| it.eject(0, 0), &[(1, 0, false)], "a");
}

#[test]
fn what_is_not_fit_for_a_request_is_not_asked() {
    let mut tier = Tier::new(&[1, 1], Balance::Load, "");
    tier.eject(1, 0);
    let mut choose = |fit: &'static str| {
        tier.group.clone().choose(&[], &|it| &*it.name == fit, Balance::Load, 0, &mut tier.random, tier.now)
    };

    assert!(matches!(choose("a/m"), Choice::Attempt(it) if &*it.deployment.name == "a/m"));
    assert!(matches!(choose("b/m"), Choice::Attempt(it) if &*it.deployment.name == "b/m"));
    assert!(matches!(choose("c/m"), Choice::Nothing));
}

#[test]
fn who_is_full_gets_nothing_more() {
    let check = |name: &str, is_ejected: bool, expected: &str| {
        let mut tier = Tier::new(&[1, 1], Balance::Load, "[deployments.\"a/m\"]\nmax_in_flight = 2");
        let _in_flight = [tier.begin(0, 0), tier.begin(0, 0)];
        if is_ejected {
            tier.eject(1, 0);
        }
        assert_eq!(expected, tier.chosen(&[]), "{name}");
        let b = tier.deployment(1).clone();
        assert_eq!(
            "full",
            tier.chosen(&[Tried { deployment: &b, key: 0, may_change_key: false }]),
            "{name}, and the other one tried"
        );
    };
    check("beside one that is well", false, "b");
    check("beside one that is ejected, which is not asked instead", true, "full");
}

#[test]
fn an_ejected_one_that_is_full_gets_nothing_more_either() {
    let mut tier = Tier::new(&[1], Balance::Load, "[deployments.\"a/m\"]\nmax_in_flight = 2");
    tier.eject(0, 0);
    let in_flight = [tier.begin(0, 0), tier.begin(0, 0)];

    assert_eq!("full", tier.chosen(&[]));
    tier.end(&in_flight[0], Verdict::Failure);
    assert_eq!("a", tier.chosen(&[]));
}

#[test]
fn three_good_probes_bring_a_deployment_back_bit_by_bit() {
    let mut tier = Tier::new(&[1, 1], Balance::Load, "");
    tier.eject(0, 0);
    tier.now += 5 * SECOND;
    for _ in 0..3 {
        let Choice::Attempt(probe) = tier.choose(&[]) else { panic!("there is a probe") };
        assert_eq!("a", tier::name(&probe));
        tier.end(&probe, Verdict::Success(None));
    }
    let mut share = || (0..1_000).filter(|_| tier.chosen(&[]) == "a").count();
    assert!((70..120).contains(&share()), "a tenth of the weight is an eleventh of the share");
    tier.now += 15 * SECOND;
    let mut share = || (0..1_000).filter(|_| tier.chosen(&[]) == "a").count();
    assert!((300..370).contains(&share()), "half of the weight is a third of the share");
    tier.now += 15 * SECOND;
    let mut share = || (0..1_000).filter(|_| tier.chosen(&[]) == "a").count();
    assert!((460..540).contains(&share()), "all of its weight");
}

#[test]
fn a_key_that_is_well_again_does_not_slow_down_those_that_were_well() {
    let mut tier = Tier::new(&[2, 1], Balance::Load, "");
    tier.eject(0, 0);
    tier.now += 5 * SECOND;
    (0..3).for_each(|_| tier.give(0, 0, Verdict::Success(None)));

    let share = (0..1_000).filter(|_| tier.chosen(&[]) != "b").count();
    assert!((460..540).contains(&share), "{share}");
}
