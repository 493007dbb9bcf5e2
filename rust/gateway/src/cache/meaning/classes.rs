//! For which requests answers are given to other words, and from which score on: odds and a guard for each class.
//!
//! # What a class is
//! Those who share answers, and the model or route that they ask for. A partition would be too small: it takes some
//! hundred checks until a threshold can be trusted, and questions of one kind to one model are alike whatever stands
//! before them.
//!
//! # Why each worker for itself
//! What a worker is asked is a sample of its own, so what it promises holds for what it serves. It learns as many times
//! more slowly as there are workers.

use std::cmp::Reverse;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
pub(crate) use tiercel_semantic::bound::Promise;
use tiercel_semantic::bound::{Check, Decision, Evidence, Guard, Odds};

/// Beyond these, requests of a class are answered by the model.
const MAX_CLASSES: usize = 1_024;
/// Answers that were given lately and may be called wrong.
const MAX_SERVED: usize = 4_096;

/// All that are known.
#[derive(Default)]
pub(crate) struct Classes(Mutex<State>);

#[derive(Default)]
struct State {
    by_class: HashMap<Class, Known>,
    served: VecDeque<Served>,
}

/// A kind of requests.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(crate) struct Class {
    /// Who shares answers: a tenant and a key of it, a tenant, or everybody.
    pub(crate) scope: String,
    /// The model or route that is asked for.
    pub(crate) model: String,
}

struct Known {
    odds: Odds,
    guard: Guard,
    n_candidates: u64,
    n_served: u64,
    n_checks: u64,
    n_wrong: u64,
}

struct Served {
    name: String,
    trial: Trial,
}

/// What is tried of a class: whether an answer of which so much is known serves.
#[derive(Clone, Debug)]
pub(crate) struct Trial {
    pub(crate) class: Class,
    pub(crate) evidence: Evidence,
    /// How probable that is.
    pub(crate) score: f32,
}

/// What is known of a class.
#[derive(Debug, Serialize)]
pub(crate) struct Standing {
    #[serde(flatten)]
    pub(crate) class: Class,
    /// Requests for which there was a near question that could serve.
    n_candidates: u64,
    /// Those that got its answer, or in shadow mode would have got it.
    n_served: u64,
    /// Those that were compared with the model's answer.
    n_checks: u64,
    /// Of these, where the two said different things.
    n_wrong: u64,
    /// From which score on answers are given; none yet.
    threshold: Option<f32>,
    /// At most so many of them are wrong, with 95 % confidence.
    pub(crate) bound: f64,
    /// How many may be.
    max_error: f64,
    /// How often it turned out that too many were.
    n_alarms: u32,
}

impl Classes {
    /// What to do with a candidate of which so much is known. `draw` is drawn evenly from 0 to 1.
    pub(crate) fn decide(&self, class: Class, promise: Promise, evidence: Evidence, draw: f64) -> (Trial, Decision) {
        let state = &mut *self.lock();
        if !state.by_class.contains_key(&class) && state.by_class.len() >= MAX_CLASSES {
            return (Trial { class, evidence, score: 0.0 }, Decision::Ask);
        }
        let known = state.by_class.entry(class.clone()).or_insert_with(|| Known::new(promise));
        if known.guard.promise() != promise {
            // Another promise takes other checks.
            *known = Known::new(promise);
        }
        let score = known.odds.score(&evidence);
        let decision = known.guard.decide(score, draw);
        known.n_candidates += 1;
        known.n_served += u64::from(decision == Decision::Serve);
        (Trial { class, evidence, score }, decision)
    }

    /// Takes note that the answer called `name` was given.
    pub(crate) fn note_served(&self, name: &str, trial: Trial) {
        let served = &mut self.lock().served;
        if served.len() >= MAX_SERVED {
            served.pop_front();
        }
        served.push_back(Served { name: name.to_owned(), trial });
    }

    /// Learns what came of a check.
    pub(crate) fn record(&self, trial: &Trial, is_wrong: bool) {
        if let Some(known) = self.lock().by_class.get_mut(&trial.class) {
            known.record(trial, is_wrong);
        }
    }

    /// Learns what came of comparing answers that the guard had not asked for: of the odds alone, since it is no even sample.
    pub(crate) fn learn(&self, trial: &Trial, is_wrong: bool) {
        if let Some(known) = self.lock().by_class.get_mut(&trial.class) {
            known.odds.learn(&trial.evidence, is_wrong);
        }
    }

    /// Learns that the answer called `name` was wrong, if it was given here.
    pub(crate) fn take_negative(&self, name: &str) {
        let state = &mut *self.lock();
        let Some(at) = state.served.iter().rposition(|served| served.name == name) else { return };
        if let Some(served) = state.served.remove(at)
            && let Some(known) = state.by_class.get_mut(&served.trial.class)
        {
            known.record(&served.trial, true);
        }
    }

    /// How each class stands, those with most candidates first.
    pub(crate) fn standings(&self) -> Vec<Standing> {
        let state = self.lock();
        let mut standings: Vec<_> = state.by_class.iter().map(|(class, known)| known.standing(class)).collect();
        standings.sort_by_key(|standing| Reverse(standing.n_candidates));
        standings
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn new(promise: Promise) -> Self {
        Self {
            odds: Odds::default(),
            guard: Guard::new(promise),
            n_candidates: 0,
            n_served: 0,
            n_checks: 0,
            n_wrong: 0,
        }
    }

    fn record(&mut self, trial: &Trial, is_wrong: bool) {
        self.guard.record(Check { score: trial.score, is_wrong });
        self.odds.learn(&trial.evidence, is_wrong);
        self.n_checks += 1;
        self.n_wrong += u64::from(is_wrong);
    }

    fn standing(&self, class: &Class) -> Standing {
        Standing {
            class: class.clone(),
            n_candidates: self.n_candidates,
            n_served: self.n_served,
            n_checks: self.n_checks,
            n_wrong: self.n_wrong,
            threshold: self.guard.threshold(),
            bound: self.guard.bound(),
            max_error: self.guard.promise().max_error,
            n_alarms: self.guard.n_alarms(),
        }
    }
}

#[cfg(test)]
mod tests {
    use tiercel_semantic::bound::{History, Nearby};

    use super::*;

    const PROMISE: Promise = Promise { max_error: 0.1, check_rate: 0.1 };

    fn class(model: &str) -> Class {
        Class { scope: "acme".to_owned(), model: model.to_owned() }
    }

    fn decide(classes: &Classes, model: &str, promise: Promise) -> (Trial, Decision) {
        let evidence = Evidence::of(0.95, 0.9, [Nearby { cosine: 0.95, is_alike: true, history: History::default() }]);
        classes.decide(class(model), promise, evidence, 0.5)
    }

    /// Learns until answers are given; how many it took.
    fn learn(classes: &Classes, model: &str) -> usize {
        let serves = |_: &usize| {
            let (trial, decision) = decide(classes, model, PROMISE);
            if decision == Decision::Check {
                classes.record(&trial, false);
            }
            decision == Decision::Serve
        };
        (0..10_000).find(serves).unwrap()
    }

    #[test]
    fn each_class_learns_for_itself() {
        let classes = Classes::default();
        assert!(learn(&classes, "a") > 100);

        assert_eq!(Decision::Serve, decide(&classes, "a", PROMISE).1);
        assert_eq!(Decision::Check, decide(&classes, "b", PROMISE).1);
        let stricter = Promise { max_error: 0.05, ..PROMISE };
        assert_eq!(Decision::Check, decide(&classes, "a", stricter).1, "another promise begins anew");
    }

    #[test]
    fn what_was_not_to_be_checked_teaches_no_trust() {
        let classes = Classes::default();
        for _ in 0..1_000 {
            let (trial, decision) = decide(&classes, "a", PROMISE);
            assert_eq!(Decision::Check, decision);
            classes.learn(&trial, false);
        }
        assert!(decide(&classes, "a", PROMISE).0.score > 0.99);
    }

    #[test]
    fn what_is_called_wrong_is_not_given_again_at_once() {
        let classes = Classes::default();
        learn(&classes, "a");
        classes.note_served("0a1b", decide(&classes, "a", PROMISE).0);
        classes.take_negative("ffff");
        assert_eq!(Decision::Serve, decide(&classes, "a", PROMISE).1, "another one");
        classes.take_negative("0a1b");

        assert_eq!(Decision::Check, decide(&classes, "a", PROMISE).1);
        assert_eq!(1, classes.standings()[0].n_wrong);
    }

    #[test]
    fn there_are_not_too_many() {
        let classes = Classes::default();
        for number in 0..=MAX_CLASSES {
            let (trial, _) = decide(&classes, &number.to_string(), PROMISE);
            classes.note_served("x", trial);
        }
        let (trial, _) = decide(&classes, "0", PROMISE);
        (0..MAX_SERVED).for_each(|_| classes.note_served("x", trial.clone()));

        assert_eq!((MAX_CLASSES, MAX_SERVED), (classes.standings().len(), classes.lock().served.len()));
    }
}
