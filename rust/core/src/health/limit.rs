//! How many requests a deployment has in flight at most, found out by watching it.
//!
//! # Why a limit, and why it adapts
//! Past what a provider can do at once, requests queue there, where they time out unseen. Here they can go elsewhere.
//! But nobody knows the number, and it changes: so it is raised while first tokens come as fast as usual, and lowered
//! when they come later. This is Netflix's "Gradient2" (`concurrency-limits`, `Gradient2Limit`).
//!
//! # Why rounds
//! The effect of a new limit shows only in requests that began under it. So it changes once a round trip: after as many
//! first tokens as requests were in flight. That needs no clock, and is quick where the upstream is.
//!
//! # Why twice the usual time is tolerated
//! Time to first token grows with the prompt, and a round averages that out only in part. With one prompt in ten that
//! takes twenty times as long as the others, one round of ten in four is slower than 1.5 times the mean, but only one
//! in fourteen than twice the mean (binomial), and the growth of the other thirteen makes up for it. True load passes
//! any tolerance: a queue grows for as long as more is sent than served.
//!
//! # When it recovers
//! Each good round adds a fifth of the limit's square root: from 4 to 256 in about 140 rounds. A refusal for rate (429)
//! lowers the limit at once, and is forgotten in the same way.
//!
//! # What it does not see
//! The usual time is an average of 600 rounds. An upstream that stays slow becomes usual, and one that is overloaded
//! from its first request on never looks otherwise. Refusals, time-outs and the breaker are left for those.

use std::time::Duration;

/// The least limit: what is sent must suffice to notice that things are better. And the first, where the configuration
/// allows as much: high, because one that is too low refuses requests that would have been served. Both are choices.
const LEAST: f64 = 4.0;
const FIRST: f64 = 256.0;
/// Samples without which a round means nothing: Netflix, `WindowedLimit`.
const MIN_ROUND: u32 = 10;
/// Rounds that make the usual time, and how many of them are simply averaged: Netflix, `Gradient2Limit`.
const USUAL: u32 = 600;
const WARM_UP: u32 = 10;
/// Where the usual time is so many times that of a round, load is over and it is lowered by this factor:
/// `Gradient2Limit`.
const OVER: f64 = 2.0;
const OVER_FACTOR: f64 = 0.9;
/// How many times the usual time a round may take: argued above. Netflix's predecessor, `GradientLimit`, has 2.
const TOLERANCE: f64 = 2.0;
/// The least share of the limit that a slow round asks for, and how much of what is asked for is done:
/// `Gradient2Limit`.
const LEAST_GRADIENT: f64 = 0.5;
const SMOOTHING: f64 = 0.2;
/// What is left after a refusal for rate, of what was in flight: Netflix, `AIMDLimit`.
const BACKOFF_FACTOR: f64 = 0.9;

/// The adaptive limit of a deployment.
#[derive(Debug, Clone)]
pub(super) struct Limit {
    current: f64,
    max: f64,
    /// In seconds.
    usual: f64,
    n_rounds: u32,
    round: Round,
    /// So many more outcomes are of requests that were sent before the last refusal for rate.
    n_sent_before: u32,
}

/// The first tokens of one round trip.
#[derive(Debug, Clone, Default)]
struct Round {
    n_samples: u32,
    /// In seconds.
    sum: f64,
    most_in_flight: u32,
}

impl Limit {
    /// Never above `max`, never below 4 where `max` allows it, nor below 1.
    pub(super) fn new(max: u32) -> Self {
        let max = f64::from(max.max(1));
        Self { current: max.min(FIRST), max, usual: 0.0, n_rounds: 0, round: Round::default(), n_sent_before: 0 }
    }

    /// How many requests may be in flight.
    pub(super) fn value(&self) -> u32 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 1 and a number of 32 bits"
        )]
        let value = self.current as u32;
        value
    }

    /// A first token took so long, with so many requests in flight, its own included.
    ///
    /// Where a round never had half of the limit in flight it leaves the limit as it is: the clients are the limit
    /// then, and the upstream has not been asked.
    pub(super) fn record(&mut self, time_to_first_token: Duration, in_flight: u32) {
        self.n_sent_before = self.n_sent_before.saturating_sub(1);
        self.round.n_samples += 1;
        self.round.sum += time_to_first_token.as_secs_f64();
        self.round.most_in_flight = self.round.most_in_flight.max(in_flight);
        if self.round.n_samples >= self.round.most_in_flight.max(MIN_ROUND) {
            let round = std::mem::take(&mut self.round);
            self.end_round(round.sum / f64::from(round.n_samples), round.most_in_flight);
        }
    }

    /// The upstream refused a request for rate, with so many in flight, its own included.
    ///
    /// At most one decrease a round trip: the others that were in flight are refused for the same reason.
    pub(super) fn throttled(&mut self, in_flight: u32) {
        if self.n_sent_before > 0 {
            self.n_sent_before -= 1;
            return;
        }
        self.n_sent_before = in_flight.saturating_sub(1);
        // From what was in flight: a limit that is far above it would take many refusals to matter.
        self.set(self.current.min(f64::from(in_flight) * BACKOFF_FACTOR));
        self.round = Round::default();
    }

    fn end_round(&mut self, seconds: f64, in_flight: u32) {
        self.learn(seconds);
        if f64::from(in_flight) < self.current / 2.0 {
            return;
        }
        let tolerated = TOLERANCE * self.usual;
        let gradient = if seconds > tolerated { LEAST_GRADIENT.max(tolerated / seconds) } else { 1.0 };
        let wanted = self.current * gradient + self.current.sqrt();
        self.set(self.current + SMOOTHING * (wanted - self.current));
    }

    /// Rounds with little in flight count as well: they show best what is usual without load.
    fn learn(&mut self, seconds: f64) {
        self.n_rounds = self.n_rounds.saturating_add(1);
        let share = if self.n_rounds <= WARM_UP { 1.0 / f64::from(self.n_rounds) } else { 2.0 / f64::from(USUAL + 1) };
        self.usual += share * (seconds - self.usual);
        if self.usual > OVER * seconds {
            self.usual *= OVER_FACTOR;
        }
    }

    fn set(&mut self, limit: f64) {
        self.current = limit.max(LEAST).min(self.max);
    }
}

#[cfg(test)]
mod tests;
