//! What workers tell one another of deployments, and what an operator sees of all.

#[expect(dead_code, reason = "no test here reads files")]
mod support;
#[path = "support/tier.rs"]
mod tier;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::time::Duration;
use tier::Tier;
use tiercel_core::config::Balance;
use tiercel_core::health::{State, Verdict};

const SECOND: Duration = Duration::from_secs(1);

fn workers(n: usize) -> Vec<Tier> {
    (0..n).map(|_| Tier::new(&[2, 1], Balance::Load, "")).collect()
}

/// Each takes what all others tell.
fn exchange(workers: &[Tier]) {
    let told: Vec<_> = workers.iter().map(|it| it.table.tell(it.now)).collect();
    for (own, worker) in workers.iter().enumerate() {
        let others = told.iter().enumerate().filter(|(at, _)| *at != own).map(|(_, told)| told.clone());
        worker.table.hear(&others.collect::<Vec<_>>(), worker.now);
    }
}

fn pass(workers: &mut [Tier], time: Duration) {
    for worker in workers {
        worker.now += time;
    }
}

/// All that a worker's next calls choose.
fn chosen(worker: &mut Tier) -> String {
    let mut names: Vec<_> = (0..100).map(|_| worker.chosen(&[])).collect();
    names.sort();
    names.dedup();
    names.join(" ")
}

fn all_choose(expected: &str, workers: &mut [Tier], case: &str) {
    for worker in workers {
        assert_eq!(expected, chosen(worker), "{case}");
    }
}

#[test]
fn what_one_finds_all_go_by() {
    let check = |name: &str, find: fn(&mut Tier), expected: &str| {
        let mut workers = workers(3);
        find(&mut workers[0]);
        exchange(&workers);
        all_choose(expected, &mut workers, name);
    };
    check("nothing", |_| {}, "a0 a1 b");
    check("an ejected deployment", |it| it.eject(1, 0), "a0 a1");
    check("an ejected key", |it| it.eject(0, 1), "a0 b");
    check("a throttled key", |it| it.give(0, 0, Verdict::Throttled(Some(9 * SECOND))), "a1 b");
    check("a refused key", |it| it.give(0, 0, Verdict::CredentialFault), "a1 b");
    check(
        "all are throttled, and one of them fails too",
        |it| {
            it.eject(1, 0);
            it.give(1, 0, Verdict::Throttled(Some(9 * SECOND)));
            (0..2).for_each(|key| it.give(0, key, Verdict::Throttled(Some(9 * SECOND))));
        },
        "Throttled for 9s",
    );
}

#[test]
fn what_was_heard_ends_when_it_is_over_however_often_it_is_told() {
    let check = |name: &str, find: fn(&mut Tier), seconds: u64| {
        let mut workers = workers(3);
        // Two know it on their own account, so that each also hears of it.
        find(&mut workers[0]);
        pass(&mut workers, SECOND);
        find(&mut workers[1]);
        for _ in 0..seconds {
            exchange(&workers);
            pass(&mut workers, SECOND);
        }
        assert_eq!("a0 a1 b", chosen(&mut workers[2]), "{name}");
    };
    check("ejected", |it| it.eject(1, 0), 6);
    check("throttled", |it| it.give(1, 0, Verdict::Throttled(Some(4 * SECOND))), 6);
    check("refused", |it| it.give(0, 0, Verdict::CredentialFault), 32);
}

#[test]
fn who_has_it_from_others_alone_tells_nothing_of_it() {
    let mut workers = workers(2);
    workers[0].eject(1, 0);
    workers[0].give(0, 0, Verdict::CredentialFault);
    exchange(&workers);

    assert!(workers[1].table.rows(workers[1].now).iter().all(|row| row.state == State::Closed));
    assert_eq!("a1", chosen(&mut workers[1]));
}

#[test]
fn what_is_over_for_the_others_is_over_at_once() {
    let mut workers = workers(2);
    workers[0].give(0, 0, Verdict::CredentialFault);
    workers[0].give(0, 1, Verdict::CredentialFault);
    exchange(&workers);
    assert_eq!("b", chosen(&mut workers[1]));

    // As after a reload there.
    workers[0] = Tier::new(&[2, 1], Balance::Load, "");
    exchange(&workers);

    assert_eq!("a0 a1 b", chosen(&mut workers[1]));
}

#[test]
fn what_one_operator_has_forgotten_all_forget() {
    let mut workers = workers(3);
    workers[0].eject(1, 0);
    workers[1].give(0, 0, Verdict::CredentialFault);
    exchange(&workers);
    workers[2].table.forget(7 * SECOND);
    assert_eq!("a0 a1 b", chosen(&mut workers[2]));

    // The others tell what was before, until they have heard of it.
    exchange(&workers);
    all_choose("a0 a1 b", &mut workers, "the others have not heard");

    // The clock was set back since, and what is found now counts.
    exchange(&workers);
    workers[0].eject(1, 0);
    exchange(&workers);
    assert_eq!("a0 a1", chosen(&mut workers[2]));
    workers[1].table.forget(SECOND);
    exchange(&workers);
    exchange(&workers);
    all_choose("a0 a1 b", &mut workers, "all have heard");
}

#[test]
fn a_sibling_that_tells_rubbish_is_not_heard() {
    let mut worker = Tier::new(&[2, 1], Balance::Load, "");
    let other = Tier::new(&[2, 1], Balance::Load, "");
    let told = String::from_utf8(other.table.tell(other.now)).unwrap();
    let check = |name: &str, worker: &mut Tier, told: &str| {
        worker.table.hear(&[told.as_bytes().to_vec()], worker.now);
        assert_eq!("a0 a1 b", chosen(worker), "{name}");
        assert!(!worker.table.page(worker.now).is_empty(), "{name}");
    };
    check("nothing", &mut worker, "");
    check("not JSON", &mut worker, &told[1..]);
    check("cut off", &mut worker, &told[..told.len() / 2]);
    check("another version", &mut worker, &told.replace("\"version\":1", "\"version\":2").replace("closed", "open"));
    check(
        "a key that there is not",
        &mut worker,
        &told
            .replace("\"key\":", "\"key\":999")
            .replace("closed", "parked")
            .replace("\"retry_in_ms\":null", "\"retry_in_ms\":9"),
    );
    check(
        "the key before the first",
        &mut worker,
        &told
            .replace("\"key\":1", "\"key\":0")
            .replace("\"key\":2", "\"key\":0")
            .replace("closed", "open")
            .replace("\"retry_in_ms\":null", "\"retry_in_ms\":9"),
    );
    check("open, and not until when", &mut worker, &told.replace("closed", "open"));
    check(
        "a deployment that nobody knows",
        &mut worker,
        &told.replace("/m", "").replace("closed", "parked").replace("\"retry_in_ms\":null", "\"retry_in_ms\":9"),
    );
    check(
        "numbers at their ends",
        &mut worker,
        &told
            .replace("\"in_flight\":0", "\"in_flight\":4294967295")
            .replace("\"n_workers\":1", "\"n_workers\":4294967295"),
    );

    let forever =
        told.replace("closed", "open").replace("\"retry_in_ms\":null", "\"retry_in_ms\":18446744073709551615");
    worker.table.hear(&[forever.into_bytes()], worker.now);
    worker.table.hear(&[], worker.now + SECOND);
    assert_eq!("a0 a1 b", chosen(&mut worker), "open for ever, until it is no longer told");
}

#[test]
fn a_worker_with_very_many_deployments_tells_of_those_that_are_away() {
    let models: Vec<_> = (0..10_500).map(|n| format!("\"a/{n}\"")).collect();
    let more = format!("many = [{}, \"a/z\"]", models.join(", "));
    let mut workers = [Tier::new(&[1], Balance::Load, &more), Tier::new(&[1], Balance::Load, &more)];
    let last = workers[0].registry.deployment("a/z").unwrap();
    workers[0].group.deployments = [last.clone()].into();
    workers[0].eject(0, 0);
    exchange(&workers);

    let away = workers[1].table.all_rows(workers[1].now).into_iter().filter(|row| row.state != State::Closed);
    assert_eq!(vec!["a/z"], away.map(|row| row.deployment).collect::<Vec<_>>());
}

#[test]
fn what_the_operator_sees() {
    let mut workers = workers(2);
    pass(&mut workers, SECOND);
    workers[0].eject(1, 0);
    let _in_flight = [workers[0].begin(0, 0), workers[1].begin(0, 0)];
    workers[0].give(0, 1, Verdict::Success(Some(SECOND)));
    (0..2).for_each(|_| workers[1].give(0, 1, Verdict::Success(Some(3 * SECOND))));
    workers[1].give(0, 0, Verdict::Throttled(Some(9 * SECOND)));
    pass(&mut workers, SECOND);
    exchange(&workers);

    let page: serde_json::Value = serde_json::from_slice(&workers[1].table.page(workers[1].now)).unwrap();
    assert_eq!((&page["status"], &page["n_away"]), (&"degraded".into(), &2.into()));
    let row = |at: usize| {
        let row = &page["deployments"][at];
        let fields = [
            "deployment",
            "key",
            "state",
            "why",
            "since_ms",
            "n_workers",
            "n_workers_away",
            "in_flight",
            "n_successes",
            "n_samples",
        ];
        fields.map(|field| row[field].to_string()).join(" ").replace('"', "")
    };
    assert_eq!("a/m 1 throttled the provider asked to slow down 1000 2 1 2 0 0", row(0));
    assert_eq!("a/m 2 closed null null 2 0 2 3 3", row(1));
    assert_eq!("b/m 1 open 5 failures in a row 1000 2 1 0 0 5", row(2));
    assert_eq!(8_000, page["deployments"][0]["retry_in_ms"]);
    assert!(
        (2_800..3_000).contains(&page["deployments"][1]["time_to_first_token_ms"].as_u64().unwrap()),
        "of who knows more: {page}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 100, rng_seed: RngSeed::Fixed(4), failure_persistence: None, ..ProptestConfig::default()
    })]

    /// However often workers tell one another, in the end each goes by itself alone: once all has passed, all are well.
    #[test]
    fn no_word_outlives_its_time(
        found in prop::collection::vec((0..3_usize, 0..2_usize, 0..3_u8, 0..3_u64), 0..12)
    ) {
        let mut workers = workers(3);
        for (worker, deployment, what, seconds) in found {
            let worker = &mut workers[worker];
            let verdict = match what {
                0 => Verdict::Refused,
                1 => Verdict::Throttled(Some(9 * SECOND)),
                _ => Verdict::CredentialFault,
            };
            if let tiercel_core::health::Choice::Attempt(chosen) = worker.choose(&[])
                && *chosen.deployment.name == *worker.deployment(deployment).name
            {
                worker.end(&chosen, verdict);
            }
            pass(&mut workers, Duration::from_secs(seconds));
            exchange(&workers);
        }
        for _ in 0..125 {
            pass(&mut workers, SECOND);
            exchange(&workers);
        }
        for worker in &workers {
            let rows = worker.table.all_rows(worker.now);
            prop_assert!(rows.iter().all(|row| matches!(row.state, State::Closed | State::HalfOpen)), "{rows:?}");
        }
    }

    #[test]
    fn no_text_makes_hearing_panic(text in "\\PC*", cut in 0..600_usize) {
        let worker = Tier::new(&[1], Balance::Load, "");
        let mut told = worker.table.tell(worker.now);
        told.truncate(cut);
        told.extend(text.bytes());
        worker.table.hear(&[told, text.into_bytes()], worker.now);
    }
}
