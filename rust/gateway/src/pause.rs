//! How long a call waits before what is left is asked, and whether it waits at all.
//!
//! # Why it waits for the soonest
//! Of what may be asked again, one deployment may want to be left alone for a minute and another only to be asked a
//! little later. The last failure alone does not tell how long it takes until anything may be asked.
//!
//! # When it does not
//! Where the pause would be longer than anybody waits: longer than the longest back-off, or than the client or the call
//! has left, the usual time to the first token included. Then the client is told at once.

use std::sync::Arc;
use std::time::Duration;

use tiercel_core::health::{BASE, Parked, backoff};

use crate::Moment;
use crate::attempt::{Attempt, Next};
use crate::call::Call;
use crate::course::Stop;
use crate::failure::{Failure, Retry};
use crate::shared::Permit;

/// Nobody is kept waiting for longer than the longest back-off (specification "Attempts").
const MAX_PAUSE: Duration = Duration::from_secs(8);
/// How long a call waits for room at a deployment (specification "Overload").
const MAX_QUEUED: Duration = Duration::from_millis(500);

/// A place among the calls that wait for room.
pub(crate) struct Queued {
    until: Duration,
    _place: Permit,
}

impl Call {
    /// Waits for room at a deployment.
    pub(crate) fn queue(&mut self, now: Moment) -> Result<Next, Stop> {
        let gateway = Arc::clone(&self.gateway);
        let deadline = self.deadline();
        let course = self.asked.as_mut().map(|asked| &mut asked.course).ok_or(Stop::Full)?;
        if course.queue.is_none() {
            let place = gateway.enter_queue().ok_or(Stop::Full)?;
            let until =
                deadline.map_or(now.monotonic + MAX_QUEUED, |deadline| deadline.min(now.monotonic + MAX_QUEUED));
            course.queue = Some(Queued { until, _place: place });
        }
        let until = course.queue.as_ref().map(|queued| queued.until).unwrap_or_default();
        let time = until.checked_sub(now.monotonic).filter(|time| !time.is_zero()).ok_or(Stop::Full)?;
        self.wait(now);
        Ok(Next::Pause { time, is_queued: true })
    }

    /// Waits before the same deployments are asked again, where that may help and the client has the time.
    pub(crate) fn pause(
        &mut self,
        failure: Option<Failure>,
        parked: Option<(Parked, Duration)>,
        now: Moment,
    ) -> Result<Next, Stop> {
        let stop = match parked {
            Some((why, until)) if self.attempts.is_empty() || failure.is_some_and(Failure::may_change_key) => {
                Stop::Parked(why, until)
            }
            _ => Stop::Failed,
        };
        let n_retries = u32::try_from(self.attempts.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let fraction = self.gateway.fraction();
        if failure.is_some_and(|failure| failure.retry() == Retry::Longer) {
            return Err(stop);
        }
        let mut failures = self.attempts.iter().rev().filter_map(Attempt::failure).map(Failure::retry);
        let pause = match failures.find(|retry| retry.is_again()) {
            Some(Retry::Again(base)) => backoff(n_retries, base, fraction),
            Some(Retry::Reconnect) if n_retries > 0 => backoff(n_retries, BASE, fraction),
            _ => Duration::ZERO,
        };
        let pause = match self.soonest(parked, now) {
            Some(until) => pause.max(until.saturating_sub(now.monotonic)),
            None => return Err(stop),
        };
        if self.asked.as_ref().is_none_or(|asked| asked.course.may_repeat) {
            return Err(stop);
        }
        let last = self.attempts.last().map(|attempt| &attempt.deployment);
        let usual = last.and_then(|it| it.health.usual_time_to_first_token(now.monotonic)).unwrap_or_default();
        let is_late = self.deadline().is_some_and(|deadline| now.monotonic + pause + usual > deadline);
        if is_late || pause > MAX_PAUSE {
            self.gateway.shared.metrics.count_refused_retry(if is_late { "deadline" } else { "pause" });
            return Err(stop);
        }
        let Some(asked) = self.asked.as_mut() else { return Err(stop) };
        asked.course.may_repeat = true;
        asked.course.paused_until = Some(now.monotonic + pause);
        self.wait(now);
        Ok(Next::Pause { time: pause, is_queued: false })
    }

    /// When nobody waits any longer: the client by its own word, or the call, whose time is over.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        let client = self.client_timeouts();
        let total = self.attempts.last().map(|attempt| attempt.deployment.timeouts.total);
        let patience = [client.total, client.read.filter(|_| !self.is_started), total];
        patience.into_iter().flatten().min().map(|patience| self.began.monotonic + patience)
    }

    /// Whether nobody waits any longer.
    pub(crate) fn is_past_deadline(&self, now: Moment) -> bool {
        self.deadline().is_some_and(|deadline| now.monotonic >= deadline)
    }

    /// When the first of those may be asked that were parked, or that may be asked again.
    fn soonest(&self, parked: Option<(Parked, Duration)>, now: Moment) -> Option<Duration> {
        let failed = || self.attempts.iter().filter_map(|attempt| Some((attempt, attempt.failure()?)));
        let is_spent = |name: &str| {
            failed().any(|(it, failure)| {
                *it.deployment.name == *name && !failure.retry().is_again() && !failure.may_change_key()
            })
        };
        let again = failed().filter(|(it, failure)| failure.retry().is_again() && !is_spent(&it.deployment.name));
        let free = again.filter_map(|(it, _)| {
            let parked = it.deployment.health.throttled_until(it.slot.key, now.monotonic);
            let same = self.attempts.iter().filter(|other| other.is_like(it));
            Some(parked.max(same.filter_map(Attempt::again).max()?))
        });
        let parked = parked.filter(|(why, _)| *why == Parked::Throttled).map(|(_, until)| until);
        free.chain(parked).min()
    }
}

impl Retry {
    /// Whether the same deployment may be asked again with the same key.
    pub(crate) fn is_again(self) -> bool {
        matches!(self, Self::Again(_) | Self::Reconnect)
    }
}
