//! Keeps the promise that few of the answers served are wrong, for one class of requests.
//!
//! # When it serves
//! At first it serves nothing: every candidate goes to the model and both answers are compared. What is known of a window of checks is
//! looked at four times, when an eighth, a quarter, half and all of it are there. If a threshold can be trusted, it is served from
//! there on; of all candidates, above the threshold or not, a share goes on being checked, so that checks stay an even sample.
//!
//! # Why not look after every check
//! A bound of 95 % that is looked at again and again until it holds once, holds by luck sooner or later. The four looks share the
//! risk in proportion to the checks that they are the first to see (the linear spending function of Lan and `DeMets` 1983), so that the chance
//! that any look of a window trusts a threshold that it should not is below 5 %, and half of the risk is left for the last look, which sees most.
//!
//! # When it stops
//! - **At the end of a window** what was trusted must be earned by that window's checks alone, or is given up. So no
//!   check counts for longer than the window after its own. Looks in between may only loosen: they see too little to condemn.
//! - **One wrong answer raises suspicion**: all is checked and nothing served until so many right ones came in a row that they alone
//!   bound the error at the limit (three over the limit, by the rule of three: Hanley and Lippman-Hand 1983). So after a
//!   sudden change about `1 / check_rate` wrong answers are served until the first is seen, however bad the change, and hardly
//!   one more. For a class that keeps well below the limit it costs a few hits in a hundred.
//! - **At a likelihood of twenty to one it is an alarm**: for an error rate of twice the limit against that of the limit
//!   itself, never below nothing (Page 1954). Nothing is served, what is known is forgotten, and a new window begins.
//!
//! # How it recovers
//! As it began, but each alarm halves the risk that the next windows may take: a class that deceives again and again is trusted
//! ever less, and all chances together stay below twice that of one window. A window that ends without an alarm gives one back.
//!
//! # What it cannot know
//! A promise from a sample is about traffic like the sample's. While that gets slowly worse the guard learns of it by one answer in
//! `1 / check_rate`: of 100,000 requests of which the last are wrong in one case of ten, it serves less than the limit on average, yet
//! the limit is passed somewhat more often than in one run of twenty (`tests/promise`, "slowly worse").

use super::binomial::{fewest, upper_bound};
use super::ladder::{CHECKS_TO_ONE, Check, Count, Ladder, N_RUNGS, SHARE_OF_RISK};

/// What is promised, and what may be spent on keeping it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Promise {
    /// How many of the answers served may be wrong: above 0, below 1.
    pub max_error: f64,
    /// The share of candidates that are checked while some are served.
    pub check_rate: f64,
    /// Below this score nothing is a candidate.
    pub min_score: f32,
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
    /// From candidates' scores alone; the next one is made of the scores that come first in a window.
    ladder: Option<Ladder>,
    scores: Vec<f32>,
    counts: [Count; N_RUNGS],
    n_checks: u32,
    threshold: Option<f32>,
    /// Checks at the threshold or above: those that it was trusted for, and those since.
    served: Count,
    /// The logarithm of the likelihood of an error rate that is feared, against that of the limit.
    evidence: f64,
    /// Right answers in a row that are still missing before anything is served again.
    n_doubts: u32,
    n_alarms: u32,
}

/// Scores that a ladder is made of: an eighth of them is 32.
const N_SCORES: usize = 256;
/// Of a whole window: the chance that it trusts what it should not.
const RISK: f64 = 0.05;
/// Looks at an eighth, a quarter, a half and the whole of a window, and each one's share of the risk.
const LOOKS: [(u32, f64); 4] = [(1, 0.125), (2, 0.125), (4, 0.25), (8, 0.5)];
/// Of the limit, what a look allows. What is served is a sample as well, and may have more wrong ones than it should by chance.
const MARGIN: f64 = 0.8;
/// Right answers in a row that end suspicion, times the limit.
const RULE_OF_THREE: f64 = 3.0;
/// The error rate that an alarm is about, as a multiple of the limit.
const FEARED: f64 = 2.0;
const ALARM: f64 = 20.0;
/// More would make windows that no class ever fills.
const MAX_ALARMS: u32 = 10;

impl Guard {
    /// One that serves nothing yet.
    pub fn new(promise: Promise) -> Self {
        Self {
            promise,
            ladder: None,
            scores: Vec::new(),
            counts: Default::default(),
            n_checks: 0,
            threshold: None,
            served: Count::default(),
            evidence: 0.0,
            n_doubts: 0,
            n_alarms: 0,
        }
    }

    /// What it keeps.
    pub fn promise(&self) -> Promise {
        self.promise
    }

    /// What to do with a candidate of a score. `draw` is drawn evenly from 0 to 1, independently of everything.
    pub fn decide(&mut self, score: f32, draw: f64) -> Decision {
        if score.is_nan() || score < self.promise.min_score {
            return Decision::Ask;
        }
        if self.scores.len() < N_SCORES {
            self.scores.push(score);
            if self.ladder.is_none() && self.scores.len() == N_SCORES {
                self.ladder = Ladder::of(std::mem::take(&mut self.scores));
            }
        }
        let serves = self.threshold.is_some_and(|threshold| score >= threshold);
        let is_sampled = self.threshold.is_some() && self.n_doubts == 0;
        if self.ladder.is_some() && (!is_sampled || draw < self.promise.check_rate) {
            Decision::Check
        } else if serves {
            Decision::Serve
        } else {
            Decision::Ask
        }
    }

    /// Learns what came of a check.
    pub fn record(&mut self, check: Check) {
        let Some(ladder) = &self.ladder else { return };
        ladder.count(check, &mut self.counts);
        self.n_checks += 1;
        if self.threshold.is_some_and(|threshold| check.score >= threshold) {
            self.served.add(check.is_wrong);
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
        self.evidence = (self.evidence + ratio.ln()).max(0.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what is too large saturates")]
        let n_doubts = (RULE_OF_THREE / limit) as u32;
        self.n_doubts = if is_wrong { n_doubts } else { self.n_doubts.saturating_sub(1) };
        if self.evidence >= ALARM.ln() {
            self.threshold = None;
            self.n_alarms = (self.n_alarms + 1).min(MAX_ALARMS);
            self.begin_window();
        }
    }

    fn look(&mut self) {
        let risk = RISK * 0.5_f64.powi(self.n_alarms.cast_signed());
        let allowed = MARGIN * self.promise.max_error;
        let first = fewest(allowed, risk * LOOKS[0].1 * SHARE_OF_RISK);
        let eighth = CHECKS_TO_ONE.saturating_mul(first);
        let Some((eighths, share)) = LOOKS.iter().find(|it| self.n_checks == eighth.saturating_mul(it.0)) else {
            return;
        };
        let Some(ladder) = &self.ladder else { return };
        let trusted = ladder.loosest(&self.counts, allowed, risk * share);
        let is_last = *eighths == LOOKS[LOOKS.len() - 1].0;
        if is_last || trusted.is_some_and(|(looser, _)| self.threshold.is_none_or(|threshold| looser < threshold)) {
            self.threshold = trusted.map(|(threshold, _)| threshold);
            self.served = trusted.map(|(_, count)| count).unwrap_or_default();
        }
        if is_last {
            self.n_alarms = self.n_alarms.saturating_sub(1);
            self.begin_window();
        }
    }

    fn begin_window(&mut self) {
        if self.scores.len() == N_SCORES {
            self.ladder = Ladder::of(std::mem::take(&mut self.scores)).or_else(|| self.ladder.take());
        }
        self.counts = Default::default();
        self.n_checks = 0;
        self.evidence = 0.0;
        self.n_doubts = 0;
    }
}
