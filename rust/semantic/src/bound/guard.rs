//! Keeps the promise that few of the answers served are wrong, for one class of requests.
//!
//! # When it serves
//! At first it serves nothing: every candidate goes to the model and both answers are compared. Once a threshold can be trusted
//! ([`rungs`](super::rungs)), it is served from there on; of all candidates, above the threshold or not, a share goes on being
//! checked, so that checks stay an even sample, and looser thresholds may still earn trust. The first hundred checks count for
//! nothing: by them the scores themselves are learned ([`odds`](super::odds)).
//!
//! # Why the scores must say so, too
//! Checks are of what came so far, and may be lucky; scores are of weights, and as good as their form. Both err, but seldom
//! together. So what is served must also be expected to be wrong no more often than it may be, on average of the window.
//!
//! # When it stops
//! - **At the end of a window** what was trusted must be earned by that window's checks alone, or is given up. So no
//!   check counts for longer than the window after its own. Until then thresholds are only loosened.
//! - **One wrong answer raises suspicion**: all is checked and nothing served until so many right ones came in a row that they alone
//!   bound the error at the limit (three over the limit, by the rule of three: Hanley and Lippman-Hand 1983). So after a
//!   sudden change about `1 / check_rate` wrong answers are served until the first is seen, however bad the change, and hardly
//!   one more. For a class that keeps well below the limit it costs a few hits in a hundred.
//! - **At a likelihood of twenty to one it is an alarm**: for an error rate of twice the limit against that of the limit
//!   itself, never below nothing (Page 1954). Nothing is served, what is known is forgotten, and a new window begins.
//!
//! # How it recovers
//! As it began, but each alarm, and each window at whose end nothing can be trusted, halves the risk that the next may take: a
//! class that deceives or fails again and again is trusted ever less, and all chances together stay below twice that of one
//! window. A window that ends in trust gives one of each back.
//!
//! # What it cannot know
//! A promise from a sample is about traffic like the sample's. While that gets slowly worse the guard learns of it by one answer in
//! `1 / check_rate`: of 100,000 requests of which the last are wrong in one case of ten, it serves less than the limit on average, yet
//! the limit is passed somewhat more often than in one run of twenty (`tests/promise`, "slowly worse").

use super::binomial::upper_bound;
use super::rungs::{Check, Count, LOOSEST, Rungs};

/// What is promised, and what may be spent on keeping it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Promise {
    /// How many of the answers served may be wrong: above 0, below 1.
    pub max_error: f64,
    /// The share of candidates that are checked while some are served.
    pub check_rate: f64,
}

/// What is to be done with a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Serve the answer that is there.
    Serve,
    /// Ask the model, compare its answer, and record that.
    Check,
    /// Ask the model.
    Ask,
}

/// The state of one class of requests. It is a few hundred bytes.
#[derive(Debug, Clone)]
pub struct Guard {
    promise: Promise,
    /// Checks that scores are still learned by.
    n_lessons: u32,
    rungs: Rungs,
    threshold: Option<f32>,
    /// Checks at the threshold or above: those that it was trusted for, and those since.
    served: Count,
    /// The logarithm of the likelihood of an error rate that is feared, against that of the limit.
    log_likelihood: f64,
    /// Right answers in a row that are still missing before anything is served again.
    n_doubts: u32,
    n_alarms: u32,
    /// Windows that ended without trust.
    n_failures: u32,
}

/// Checks that come before any counts.
const N_LESSONS: u32 = 100;
/// Of a whole window: the chance that it trusts what it should not.
const RISK: f64 = 0.05;
/// Checks of a window, times the limit: by them what is half as bad as may be is told from what is too bad.
const WINDOW: f64 = 120.0;
/// Of the limit, what a threshold is tested for. What is served is a sample as well, and may have more wrong ones than it should by chance.
const MARGIN: f64 = 0.8;
/// Right answers in a row that end suspicion, times the limit.
const RULE_OF_THREE: f64 = 3.0;
/// The error rate that an alarm is about, as a multiple of the limit.
const FEARED: f64 = 2.0;
const ALARM: f64 = 20.0;
/// Of alarms and of failures, as many as count: more would take more checks than a window has.
const MOST: u32 = 8;

impl Guard {
    /// One that serves nothing yet.
    pub fn new(promise: Promise) -> Self {
        Self {
            promise,
            n_lessons: N_LESSONS,
            rungs: Rungs::default(),
            threshold: None,
            served: Count::default(),
            log_likelihood: 0.0,
            n_doubts: 0,
            n_alarms: 0,
            n_failures: 0,
        }
    }

    /// What it keeps.
    pub fn promise(&self) -> Promise {
        self.promise
    }

    /// What to do with a candidate of a score. `draw` is drawn evenly from 0 to 1, independently of everything.
    pub fn decide(&self, score: f32, draw: f64) -> Decision {
        // What is improbable is checked as rarely as what is served: else a class that begins badly would never learn better.
        let is_sampled = score < LOOSEST || self.threshold.is_some() && self.n_doubts == 0;
        if !is_sampled || draw < self.promise.check_rate {
            Decision::Check
        } else if self.threshold.is_some_and(|threshold| self.n_doubts == 0 && score >= threshold) {
            Decision::Serve
        } else {
            Decision::Ask
        }
    }

    /// Learns what came of a check.
    pub fn record(&mut self, check: Check) {
        if self.n_lessons > 0 {
            self.n_lessons -= 1;
            return;
        }
        self.rungs.add(check);
        if self.threshold.is_some_and(|threshold| check.score >= threshold) {
            self.served.add(check);
            self.weigh(check.is_wrong);
        }
        self.look();
    }

    /// From which score on answers are served; `None` while none are.
    pub fn threshold(&self) -> Option<f32> {
        self.threshold
    }

    /// How often a guard of this class was deceived, less the windows that ended well since.
    pub fn n_alarms(&self) -> u32 {
        self.n_alarms
    }

    /// The one-sided 95 % bound on the share of wrong answers at `threshold`, by the checks of the present window or the last;
    /// 1 where nothing is served.
    pub fn bound(&self) -> f64 {
        self.threshold.map_or(1.0, |_| upper_bound(self.served.n_wrong, self.served.n, RISK))
    }

    fn weigh(&mut self, is_wrong: bool) {
        let limit = self.promise.max_error;
        let feared = (FEARED * limit).min(0.5 * (1.0 + limit));
        let ratio = if is_wrong { feared / limit } else { (1.0 - feared) / (1.0 - limit) };
        self.log_likelihood = (self.log_likelihood + ratio.ln()).max(0.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what is too large saturates")]
        let n_doubts = (RULE_OF_THREE / limit) as u32;
        self.n_doubts = if is_wrong { n_doubts } else { self.n_doubts.saturating_sub(1) };
        if self.log_likelihood >= ALARM.ln() {
            self.threshold = None;
            self.n_alarms = (self.n_alarms + 1).min(MOST);
            self.begin_window();
        }
    }

    fn look(&mut self) {
        let limit = self.promise.max_error;
        let risk = RISK * 0.5_f64.powi((self.n_alarms + self.n_failures).cast_signed());
        let trusted = self.rungs.trusted(MARGIN * limit, risk);
        let trusted = trusted.take_while(|(_, count)| count.is_expected_below(limit)).last();
        let is_over = f64::from(self.rungs.n_checks()) * limit >= WINDOW;
        let is_looser = |(score, _): (f32, _)| self.threshold.is_none_or(|threshold| score < threshold);
        if is_over || trusted.is_some_and(is_looser) {
            self.threshold = trusted.map(|(threshold, _)| threshold);
            self.served = trusted.map(|(_, count)| count).unwrap_or_default();
        }
        if is_over {
            if self.threshold.is_some() {
                self.n_alarms = self.n_alarms.saturating_sub(1);
                self.n_failures = self.n_failures.saturating_sub(1);
            } else {
                self.n_failures = (self.n_failures + 1).min(MOST);
            }
            self.begin_window();
        }
    }

    fn begin_window(&mut self) {
        self.rungs = Rungs::default();
        self.log_likelihood = 0.0;
        self.n_doubts = 0;
    }
}
