//! What is known of a deployment when it is asked with one of its provider's keys.

use std::time::Duration;

use super::availability::{Ask, Availability};
use super::breaker::{self, Breaker, Change, Signal, Why};
use super::credentials::Refusal;
use super::deployment::Verdict;
use super::notes::News;
use super::parking::Throttle;
use super::row::State;

/// Why it is left alone, where the breaker does not say.
pub(super) const REFUSED: &str = "the provider refused the key";
const THROTTLED: &str = "the provider asked to slow down";

/// A deployment with one key. It is well at first.
#[derive(Debug, Default)]
pub(super) struct Key {
    breaker: Breaker,
    throttle: Throttle,
    /// When it was throttled last, and when its breaker changed.
    throttled: Duration,
    changed: Option<Duration>,
    /// What opened the breaker last.
    opened_by: Option<Why>,
    /// Until when other workers have opened or throttled it.
    open_elsewhere: Duration,
    throttled_elsewhere: Duration,
}

/// How a key does by what this worker found, for a [`Row`](super::Row).
pub(super) struct Condition {
    pub(super) state: State,
    pub(super) why: Option<String>,
    pub(super) since: Option<Duration>,
    pub(super) until: Option<Duration>,
}

impl Key {
    /// Whether it may be asked, by all that is known here.
    pub(super) fn availability(&self, ask: Ask, now: Duration) -> Availability {
        if let Some(until) = self.throttled_until(now) {
            return Availability::Throttled(until);
        }
        match self.breaker.state(now) {
            breaker::State::Open { until } => Availability::Ejected(ask, until.max(self.open_elsewhere)),
            _ if self.open_elsewhere > now => Availability::Ejected(ask, self.open_elsewhere),
            breaker::State::HalfOpen { is_probing: true } => Availability::Ejected(ask, now),
            breaker::State::HalfOpen { is_probing: false } => Availability::Probe(ask),
            breaker::State::Closed => Availability::Ready(ask),
        }
    }

    /// Until when it wants to be left alone, by its own word; `None` where it does not.
    pub(super) fn throttled_until(&self, now: Duration) -> Option<Duration> {
        let elsewhere = Some(self.throttled_elsewhere).filter(|&until| until > now);
        self.throttle.until(now).max(elsewhere)
    }

    /// A request begins: whether it is the one that finds out, and whether that is news.
    pub(super) fn begin(&mut self, now: Duration) -> (bool, Option<News>) {
        let news = self.breaker.half_open(now).map(|change| self.change(change, now));
        (self.breaker.begin(now), news)
    }

    /// A request that began then ended so. `fraction`, in [0, 1), is the jitter of a pause that may follow.
    pub(super) fn end(
        &mut self,
        verdict: Verdict,
        is_probe: bool,
        began: Duration,
        now: Duration,
        fraction: f64,
    ) -> Option<News> {
        let signal = match verdict {
            Verdict::Success(_) => {
                self.throttle.clear();
                Signal::Success
            }
            Verdict::Failure => Signal::Failure,
            Verdict::Refused => Signal::Refused,
            Verdict::Throttled(wait) => {
                self.breaker.release(is_probe);
                return self.throttle(wait, now, fraction);
            }
            Verdict::CredentialFault | Verdict::Nothing => {
                self.breaker.release(is_probe);
                return None;
            }
        };
        // What began before the breaker opened tells nothing of how it is since.
        if self.breaker.is_stale(began) && !is_probe {
            return None;
        }
        let change = self.breaker.record(signal, is_probe, now, fraction)?;
        Some(self.change(change, now))
    }

    /// What other workers found, from now until then.
    pub(super) fn hear(&mut self, state: State, until: Duration) {
        match state {
            State::Open => self.open_elsewhere = self.open_elsewhere.max(until),
            State::Throttled => self.throttled_elsewhere = self.throttled_elsewhere.max(until),
            // A refused key is the provider's; what they may ask says nothing.
            State::Closed | State::HalfOpen | State::Parked => {}
        }
    }

    pub(super) fn forget_elsewhere(&mut self) {
        (self.open_elsewhere, self.throttled_elsewhere) = Default::default();
    }

    pub(super) fn is_closed(&self, now: Duration) -> bool {
        self.breaker.state(now) == breaker::State::Closed
    }

    /// Of the last ten seconds: how many requests succeeded, and of how many.
    pub(super) fn successes(&self, now: Duration) -> (u32, u32) {
        self.breaker.success_ratio(now).unwrap_or_default()
    }

    /// How it does, by what this worker alone has found. What may not be asked at all goes before what fails, since the
    /// other workers go by it. `refusal` is the provider's, of the key.
    pub(super) fn condition(&self, refusal: Option<Refusal>, now: Duration) -> Condition {
        if let Some(Refusal { since, until }) = refusal {
            let why = Some(REFUSED.to_owned());
            return Condition { state: State::Parked, why, since: Some(since), until: Some(until) };
        }
        if let Some(until) = self.throttle.until(now) {
            let why = Some(THROTTLED.to_owned());
            return Condition { state: State::Throttled, why, since: Some(self.throttled), until: Some(until) };
        }
        let (state, until) = match self.breaker.state(now) {
            breaker::State::Open { until } => (State::Open, Some(until)),
            breaker::State::HalfOpen { .. } => (State::HalfOpen, None),
            breaker::State::Closed => (State::Closed, None),
        };
        Condition { state, why: self.opened_by.map(reason), since: self.changed, until }
    }

    fn throttle(&mut self, wait: Option<Duration>, now: Duration, fraction: f64) -> Option<News> {
        let was_free = self.throttle.until(now).is_none();
        let wait = self.throttle.throttle(wait, now, fraction);
        was_free.then(|| {
            self.throttled = now;
            News::left_alone(State::Throttled, wait, THROTTLED)
        })
    }

    fn change(&mut self, change: Change, now: Duration) -> News {
        self.changed = Some(now);
        match change.to {
            breaker::State::Open { until } => {
                self.opened_by = Some(change.why);
                News::left_alone(State::Open, until.saturating_sub(now), &reason(change.why))
            }
            breaker::State::HalfOpen { .. } => News::of(State::HalfOpen, "is tried again, by one request"),
            breaker::State::Closed => News::of(State::Closed, "is back: it answers again"),
        }
    }
}

fn reason(why: Why) -> String {
    match why {
        Why::Run(n) => format!("{n} failures in a row"),
        Why::Ratio { n_failures, n_samples } => format!("{n_failures} of {n_samples} requests failed"),
        Why::ProbeFailed => "it failed again".to_owned(),
        Why::Waited => "its pause is over".to_owned(),
        Why::Recovered => "it answers again".to_owned(),
    }
}
