//! Whether a deployment is asked with a credential, by what became of the last attempts.
//!
//! # Why two signals
//! A run of failures reacts at once to an outage but is blind to every second request failing; a success ratio sees
//! that, but needs twenty samples. Either opens the breaker. A refused connection counts double in the run: nothing
//! was sent and nothing answered, so there is less doubt, and a dead host is left alone after three.
//!
//! # Why real requests probe it
//! A health check of its own would cost tokens and show that a model answers "hi", not that it takes what clients
//! send. One request at a time bears the risk, and is retried elsewhere if it fails.
//!
//! # Why the pause is jittered downwards by up to a fifth
//! Workers and keys that saw the same outage should not all probe at the same moment. Full jitter would make some
//! pauses next to nothing, so that a dead upstream is asked at once again. Jitter upwards would have to be cut off at
//! the longest pause, where after a long outage all would meet.
//!
//! # When it recovers
//! After the pause, three good probes in a row close it; a bad one opens it for twice as long. The doubling is
//! forgotten when it stayed closed for as long as the last pause. Sooner, an upstream that is well enough for three
//! requests and dies of the load that follows would be tried every five seconds for ever. A fixed time would forget
//! a long outage too soon, or remember a short one for too long.
//!
//! # What is not counted
//! While it is not closed, whatever is not the probe: such attempts began before it opened, or were made because
//! nothing else was left. Their successes do not close it and their failures do not lengthen the pause. Attempts that
//! began before it opened may even end after it has closed again, by a time-out of half a minute for example; whoever
//! records should ask [`Breaker::is_stale`] first.

use super::random::part;
use super::recent::Recent;
use std::time::Duration;

// All numbers without another source: the specification of failover, "Health".

/// Failures in a row that open it; Envoy's default too (`consecutive_5xx`).
const RUN: u32 = 5;
/// What a failure and a refused connection add to the run, so that three of the latter suffice.
const WEIGHT_OF_FAILURE: u32 = 1;
const WEIGHT_OF_REFUSED: u32 = 2;
/// Samples in ten seconds below which a ratio means nothing.
const MIN_SAMPLES: u32 = 20;
/// The first pause and the longest.
const SHORTEST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(300);
/// How much of a pause the jitter may take.
const JITTER: f64 = 0.2;
/// Good probes in a row that close it.
const GOOD_PROBES: u32 = 3;

/// The breaker of one credential at one deployment. Closed at first.
#[derive(Debug, Clone, Default)]
pub(super) struct Breaker {
    state: State,
    run: u32,
    n_good_probes: u32,
    successes: Recent,
    failures: Recent,
    /// How long it was open last, before jitter; zero where never.
    pause: Duration,
    opened: Option<Duration>,
    closed: Duration,
}

/// What a breaker does with the next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum State {
    /// It goes through.
    #[default]
    Closed,
    /// It is not sent.
    Open {
        /// Until when, from the same start as every `now`.
        until: Duration,
    },
    /// It goes through alone, to find out.
    HalfOpen {
        /// One is on its way, so that the next is not sent.
        is_probing: bool,
    },
}

/// What became of an attempt, as far as a breaker cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// The upstream answered well.
    Success,
    /// It failed, stalled or broke off.
    Failure,
    /// Nothing could be sent: connection refused, DNS, TLS, or connecting took too long.
    Refused,
}

/// A change of state, for the log and the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    /// The state before.
    pub from: State,
    /// The state after.
    pub to: State,
    /// What made the difference.
    pub why: Why,
}

/// What changed a breaker's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// So many failures in a row, refused connections counted twice.
    Run(u32),
    /// More than half of the attempts of ten seconds failed.
    Ratio {
        /// How many failed.
        n_failures: u32,
        /// Of how many.
        n_samples: u32,
    },
    /// The pause is over.
    Waited,
    /// The request that was let through failed.
    ProbeFailed,
    /// Enough requests that were let through succeeded.
    Recovered,
}

impl Breaker {
    /// The state at `now`. An open one whose pause is over reads as half-open.
    pub(super) fn state(&self, now: Duration) -> State {
        match self.state {
            State::Open { until } if until <= now => State::HalfOpen { is_probing: false },
            state => state,
        }
    }

    /// An attempt begins. True if it is the probe: then [`Self::record`] or [`Self::release`] must be told so when it
    /// ends, however it ends, since until then no other is let through.
    ///
    /// It is for the caller to ask [`Self::state`] whether to begin at all: where nothing else is left, an attempt may
    /// be made although the breaker is open. It is no probe then, and changes nothing.
    pub(super) fn begin(&mut self, now: Duration) -> bool {
        self.half_open(now);
        let is_probe = self.state == State::HalfOpen { is_probing: false };
        if is_probe {
            self.state = State::HalfOpen { is_probing: true };
        }
        is_probe
    }

    /// Half-opens it where the pause is over, and says so once. [`Self::begin`] does the same without a word.
    pub(super) fn half_open(&mut self, now: Duration) -> Option<Change> {
        let State::Open { until } = self.state else { return None };
        (until <= now).then(|| {
            self.n_good_probes = 0;
            self.change(State::HalfOpen { is_probing: false }, Why::Waited)
        })
    }

    /// An attempt ended so. `fraction`, in [0, 1), is the jitter of the pause that may follow.
    pub(super) fn record(&mut self, signal: Signal, is_probe: bool, now: Duration, fraction: f64) -> Option<Change> {
        match signal {
            Signal::Success => self.successes.add(now),
            Signal::Failure | Signal::Refused => self.failures.add(now),
        }
        match (self.state, is_probe) {
            (State::Closed, _) => {
                let why = self.judge(signal, now)?;
                if now.saturating_sub(self.closed) >= self.pause {
                    self.pause = Duration::ZERO;
                }
                Some(self.open(why, now, fraction))
            }
            (State::HalfOpen { is_probing: true }, true) => match signal {
                Signal::Success => self.pass_probe(now),
                Signal::Failure | Signal::Refused => Some(self.open(Why::ProbeFailed, now, fraction)),
            },
            (State::Open { .. } | State::HalfOpen { .. }, _) => None,
        }
    }

    /// An attempt ended that says nothing of the upstream: it was cancelled, or the client's own fault. If it was the
    /// probe, the next one may be.
    pub(super) fn release(&mut self, is_probe: bool) {
        if is_probe && self.state == (State::HalfOpen { is_probing: true }) {
            self.state = State::HalfOpen { is_probing: false };
        }
    }

    /// Whether an attempt that began then tells nothing new, because the breaker has opened since.
    pub(super) fn is_stale(&self, began: Duration) -> bool {
        self.opened.is_some_and(|opened| began <= opened)
    }

    /// How many attempts of the last ten seconds succeeded, and how many there were; `None` where there were none. What
    /// was before it last closed is forgotten.
    pub(super) fn success_ratio(&self, now: Duration) -> Option<(u32, u32)> {
        let n_successes = self.successes.sum(now);
        let n_samples = n_successes.saturating_add(self.failures.sum(now));
        (n_samples > 0).then_some((n_successes, n_samples))
    }

    /// Why a closed one has to open, if it has to. A success never opens it, even where the ratio is bad.
    fn judge(&mut self, signal: Signal, now: Duration) -> Option<Why> {
        let weight = match signal {
            Signal::Success => {
                self.run = 0;
                return None;
            }
            Signal::Failure => WEIGHT_OF_FAILURE,
            Signal::Refused => WEIGHT_OF_REFUSED,
        };
        self.run += weight;
        if self.run >= RUN {
            return Some(Why::Run(self.run));
        }
        let (n_successes, n_samples) = self.success_ratio(now)?;
        let n_failures = n_samples - n_successes;
        (n_samples >= MIN_SAMPLES && n_failures > n_successes).then_some(Why::Ratio { n_failures, n_samples })
    }

    fn open(&mut self, why: Why, now: Duration, fraction: f64) -> Change {
        self.pause = (self.pause * 2).clamp(SHORTEST, LONGEST);
        self.opened = Some(now);
        let pause = self.pause.saturating_sub(part(self.pause, JITTER * fraction));
        let until = now.saturating_add(pause);
        self.change(State::Open { until }, why)
    }

    fn pass_probe(&mut self, now: Duration) -> Option<Change> {
        self.n_good_probes += 1;
        if self.n_good_probes < GOOD_PROBES {
            self.release(true);
            return None;
        }
        // The failures that opened it may be less than ten seconds old.
        (self.successes, self.failures) = (Recent::default(), Recent::default());
        self.run = 0;
        self.closed = now;
        Some(self.change(State::Closed, Why::Recovered))
    }

    fn change(&mut self, to: State, why: Why) -> Change {
        Change { from: std::mem::replace(&mut self.state, to), to, why }
    }
}

#[cfg(test)]
mod tests;
