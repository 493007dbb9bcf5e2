//! What is tried for a call, one attempt after another, and when.
//!
//! # In which order
//! Another key of the deployment where it was the key that failed, then the group's other deployments, then the route's
//! fallbacks: at once, since another deployment is not helped by waiting. Only where nothing new is left is the same
//! one asked again, after a pause.
//!
//! # What ends it
//! Three attempts, so that a client's own retries are not multiplied by more. The group's budget of retries, so that an
//! outage is not made worse by everybody asking three times. The client's patience: an answer that comes after it has
//! left is paid for and read by nobody.

use std::sync::Arc;
use std::time::Duration;

use tiercel_core::health::{Choice, Chosen, Cost, Parked, Tried, Verdict};
use tiercel_core::registry::{Credential, Deployment};
use tiercel_core::settlement::Outcome;

use crate::answer::WholeKind;
use crate::attempt::{Attempt, End, Next, Ticket};
use crate::call::{Asked, Call, UPSTREAM_REFUSED};
use crate::count::Length;
use crate::error::{Error, Kind};
use crate::failure::{Failure, Retry, Wait};
use crate::pause::Queued;
use crate::reply::MAX_RETRY_AFTER;
use crate::{Moment, Reply, count, describe, send, settle};

/// How far a call has come in its plan.
#[derive(Default)]
pub(crate) struct Course {
    /// Position of the first group that may still be chosen from.
    at: usize,
    /// Deployments that could not be asked, and why the first of them could not.
    unasked: Vec<Arc<str>>,
    refusal: Option<Error>,
    /// A provider's refusal that is passed on if nobody else does better.
    kept: Option<Reply>,
    pub(crate) paused_until: Option<Duration>,
    /// Whether what was tried may be tried again: a pause for it is over.
    pub(crate) may_repeat: bool,
    pub(crate) queue: Option<Queued>,
    is_hedged: bool,
    length: Length,
    /// Whether a deployment was left out since the prompt is too long for it.
    is_too_long: bool,
}

/// Why nothing more is tried.
pub(crate) enum Stop {
    /// The last attempt failed, or none could be made.
    Failed,
    /// A retry is not in the budget.
    Budget,
    /// All want to be left alone.
    Parked(Parked, Duration),
    /// There is no room.
    Full,
    /// The server is shutting down and could not wait.
    Draining,
}

impl Course {
    /// Takes a provider's refusal, to be told if nobody else does better.
    pub(crate) fn keep(&mut self, reply: Reply) {
        self.kept.get_or_insert(reply);
    }
}

impl Call {
    /// What to do next.
    pub fn next_attempt(&mut self, now: Moment) -> Next {
        self.resume(now);
        if self.outcome.is_some() {
            return Next::Over;
        }
        if let Some(next) = self.next_of_same_key(now) {
            return next;
        }
        if let Some(next) = self.next_of_same_question(now) {
            return next;
        }
        if self.asked.as_ref().and_then(|asked| asked.routing.as_ref()).is_some_and(|it| it.undecided.is_some()) {
            return Next::Aside;
        }
        if self.attempts.last().is_some_and(Attempt::is_running) {
            // It has its token now, or needs a new connection.
            return self.ticket(now).map_or(Next::Over, Next::Attempt);
        }
        if let Some(course) = self.asked.as_mut().map(|asked| &mut asked.course)
            && let Some(until) = course.paused_until
        {
            if now.monotonic < until {
                self.wait(now);
                return Next::Pause { time: until.saturating_sub(now.monotonic), is_queued: false };
            }
            course.paused_until = None;
        }
        let next = self.choose(now);
        if self.outcome.is_some() {
            return Next::Over;
        }
        next.unwrap_or_else(|stop| {
            self.give_up(&stop, now);
            Next::Over
        })
    }

    /// A second attempt beside the one under way, where it is worth one.
    pub fn hedge(&mut self, now: Moment) -> Option<Ticket> {
        let asked = self.asked.as_mut()?;
        let attempt = self.attempts.last()?;
        let position = attempt.group;
        let is_due = !std::mem::replace(&mut asked.course.is_hedged, true)
            && self.decided.is_none()
            && attempt.is_running()
            && self.attempts.len() < self.gateway.failover().max_attempts;
        if !is_due || !asked.group(position)?.health.withdraw_hedge() {
            return None;
        }
        loop {
            let Some(Choice::Attempt(chosen)) = self.choose_in(position, true, now) else { return None };
            if let Some(ticket) = self.try_on(chosen, position, None, now).ok()? {
                return Some(ticket);
            }
        }
    }

    /// Takes note that no connection for the latest attempt came about.
    pub fn fail_connection(&mut self, failure: Failure, now: Moment) {
        let is_over = self.is_past_deadline(now);
        let failure = match failure {
            // What a client's short patience ends is not held against the deployment.
            Failure::Timeout(Wait::Connect) if is_over => Failure::Timeout(Wait::Client),
            other => other,
        };
        if let Some(index) = self.attempts.len().checked_sub(1) {
            self.fail_attempt(index, failure, now);
        }
    }

    /// Takes note that an attempt brought nothing that will do.
    pub(crate) fn fail_attempt(&mut self, index: usize, failure: Failure, now: Moment) {
        self.resume(now);
        let is_only = self.attempts.len() == index + 1 && !self.attempts.iter().rev().skip(1).any(Attempt::is_running);
        let Some(attempt) = self.attempts.get_mut(index) else { return };
        if failure == Failure::Stale && is_only && !attempt.is_second_try {
            // The provider may well never have seen the request: once more on a new connection, not counted.
            attempt.was_sent = false;
            attempt.is_second_try = true;
            return;
        }
        if let Some(&Credential::ServiceAccount(id)) = attempt.deployment.provider.credential(attempt.slot.turn) {
            let tokens = self.gateway.tokens();
            if attempt.awaits_token.is_none() && failure == Failure::Credential {
                tokens.doubt(id, now.unix);
            }
            let may_go_on = failure.retry() != Retry::Never && tokens.get(id, now.unix).is_some();
            if attempt.awaits_token.is_some() && may_go_on {
                attempt.awaits_token = None;
                return;
            }
        }
        self.end_attempt(index, End::Failed(failure), now);
    }

    /// Ends an attempt, and tells of it to those who keep the health of deployments.
    pub(crate) fn end_attempt(&mut self, index: usize, end: End, now: Moment) {
        let is_stream = self.asked.as_ref().is_some_and(|asked| asked.demand.is_stream());
        let Some(attempt) = self.attempts.get_mut(index).filter(|attempt| attempt.is_running()) else { return };
        let duration = now.since(attempt.began);
        attempt.end = Some((end, duration));
        let verdict = match end {
            End::Answered => Verdict::Success(attempt.first_token),
            // A token may have been revoked before its time; the next one is fetched.
            End::Failed(Failure::Credential) if attempt.has_token() && !attempt.has_fresh_token => Verdict::Nothing,
            End::Failed(failure) => failure.verdict(),
            End::Refused | End::Outrun | End::Abandoned => Verdict::Nothing,
        };
        self.gateway.end(&attempt.deployment, attempt.slot, verdict, now);
        let Some(asked) = &self.asked else { return };
        match end {
            End::Answered => {
                asked.group(0).iter().for_each(|group| group.health.succeed(attempt.cost));
                let time = attempt.first_token.unwrap_or(duration);
                asked.group(attempt.group).iter().for_each(|group| group.health.took(is_stream, time));
            }
            // What nobody waited for, or whoever asked was at fault for, was no retry that failed.
            End::Refused | End::Outrun | End::Abandoned if attempt.cost.is_some() => {
                asked.group(0).iter().for_each(|group| group.health.succeed(attempt.cost));
            }
            End::Failed(_) | End::Refused | End::Outrun | End::Abandoned => {}
        }
    }

    /// The attempt at `index` gives the answer; what runs beside it is paid for and forgotten.
    pub(crate) fn decide(&mut self, index: usize, now: Moment) {
        self.decided = Some(index);
        for other in (0..self.attempts.len()).filter(|&other| other != index) {
            let Some(attempt) = self.attempts.get_mut(other).filter(|attempt| attempt.is_running()) else { continue };
            if attempt.was_sent {
                attempt.usage = Some(settle::usage(self.asked.as_ref(), None, 0));
            }
            self.end_attempt(other, End::Outrun, now);
        }
    }

    /// Whether the attempt at `index` may still say something to the client.
    pub(crate) fn listens_to(&self, index: usize) -> bool {
        self.attempts.get(index).is_some_and(Attempt::is_running)
    }

    /// The failure that a refusal is, where somebody else may not refuse.
    pub(crate) fn would_go_on(&self, index: usize, kind: &WholeKind) -> Option<Failure> {
        let WholeKind::Refusal { would_be: failure, .. } = *kind else { return None };
        let asked = self.asked.as_ref()?;
        let is_first = |failure| !self.attempts.iter().any(|attempt| attempt.failure() == Some(failure));
        let long = asked.plan.groups.len();
        let may = match failure {
            Some(Failure::ModelNotFound) => {
                is_first(Failure::ModelNotFound) && asked.plan.deployments().nth(1).is_some()
            }
            Some(Failure::ContextLength) => {
                asked.plan.long_context.is_some() && self.attempts.get(index).is_some_and(|it| it.group != long)
            }
            _ => false,
        };
        failure.filter(|_| may && self.attempts.len() < self.gateway.failover().max_attempts)
    }

    fn choose(&mut self, now: Moment) -> Result<Next, Stop> {
        if self.gateway.is_interrupted() {
            return Err(Stop::Draining);
        }
        let failure = self.attempts.last().and_then(Attempt::failure);
        let retry = failure.map(Failure::retry);
        if retry == Some(Retry::Never) || self.attempts.len() >= self.gateway.failover().max_attempts {
            return Err(Stop::Failed);
        }
        // Connections and places in the queue are waited for, too, and not always as long as a client waits.
        if self.is_past_deadline(now) {
            self.gateway.shared.metrics.count_refused_retry("deadline");
            return Err(if self.attempts.is_empty() { Stop::Full } else { Stop::Failed });
        }
        let n_groups = self.asked.as_ref().map_or(0, |asked| asked.plan.groups.len());
        if retry == Some(Retry::Longer) {
            self.asked.iter_mut().for_each(|asked| asked.course.at = n_groups);
        }
        let mut is_full = false;
        let mut parked: Option<(Parked, Duration)> = None;
        let from = self.asked.as_ref().map_or(0, |asked| asked.course.at);
        for position in from..n_groups.max(from + 1) {
            match self.try_group(position, failure, now)? {
                Ok(next) => return Ok(next),
                Err(Choice::Full) => is_full = true,
                Err(Choice::Parked(why, until)) => {
                    parked = Some(parked.map_or((why, until), |it| it.min((why, until))));
                }
                Err(Choice::Nothing | Choice::Attempt(_)) => {}
            }
            if self.outcome.is_some() {
                return Err(Stop::Failed);
            }
        }
        // What is too long for them has a tier of its own.
        if from < n_groups
            && self.attempts.is_empty()
            && self.asked.as_ref().is_some_and(|asked| asked.course.is_too_long)
        {
            self.asked.iter_mut().for_each(|asked| asked.course.at = n_groups);
            return self.choose(now);
        }
        if is_full {
            return self.queue(now);
        }
        self.pause(failure, parked, now)
    }

    /// Tries the group at `position`: an attempt, or why there is none.
    fn try_group(
        &mut self,
        position: usize,
        failure: Option<Failure>,
        now: Moment,
    ) -> Result<Result<Next, Choice>, Stop> {
        while let Some(choice) = self.choose_in(position, false, now) {
            let Choice::Attempt(chosen) = choice else { return Ok(Err(choice)) };
            let cost = failure.filter(|_| !self.attempts.is_empty()).map(Failure::cost);
            if let Some(ticket) = self.try_on(chosen, position, cost, now)? {
                return Ok(Ok(Next::Attempt(ticket)));
            }
            if self.outcome.is_some() {
                return Err(Stop::Failed);
            }
        }
        Ok(Err(Choice::Nothing))
    }

    fn choose_in(&mut self, position: usize, is_beside: bool, now: Moment) -> Option<Choice> {
        let may_repeat = !is_beside && self.asked.as_ref()?.course.may_repeat;
        let is_out = |attempt: &&Attempt| !may_repeat || !attempt.may_repeat(now.monotonic);
        let tried: Vec<Tried<'_>> = self
            .attempts
            .iter()
            .filter(is_out)
            .map(|attempt| Tried {
                deployment: &attempt.deployment,
                key: attempt.slot.key,
                may_change_key: attempt.failure().is_some_and(Failure::may_change_key),
            })
            .collect();
        let Asked { plan, course, demand, .. } = self.asked.as_mut()?;
        let long = plan.groups.len();
        let group = if position == long { plan.long_context.as_ref() } else { plan.groups.get(position) }?;
        let must_fit = plan.long_context.is_some() && position != long;
        let gateway = &self.gateway;
        let mut too_short: Vec<&Arc<str>> = Vec::new();
        if let Some(request) = demand.billed().filter(|_| must_fit) {
            let not_fitting = group.deployments.iter().filter(|it| !course.length.fits(request, it, gateway, now));
            too_short.extend(not_fitting.map(|it| &it.name));
        }
        course.is_too_long |= !too_short.is_empty();
        let unasked = &course.unasked;
        let may_ask = |it: &Deployment| !unasked.contains(&it.name) && !too_short.contains(&&it.name);
        // Who knows the conversation has its prompt in a cache, and goes first while it is well.
        if let Some(name) = plan.stays_at.as_ref().filter(|_| tried.is_empty() && position == 0) {
            let choice = gateway.choose(group, &tried, &|it| it.name == *name && may_ask(it), now);
            if matches!(choice, Choice::Attempt(_)) {
                return Some(choice);
            }
        }
        Some(gateway.choose(group, &tried, &may_ask, now))
    }

    /// Takes note of the request, or pays for another attempt.
    fn pay(&self, cost: Option<Cost>, now: Moment) -> bool {
        let Some(group) = self.asked.as_ref().and_then(|asked| asked.group(0)) else { return true };
        if self.attempts.is_empty() {
            group.health.request(now.monotonic);
        }
        cost.is_none_or(|cost| group.health.withdraw(cost, now.monotonic))
    }

    /// Begins an attempt on what was chosen, unless it cannot be asked this, or the answer is found here.
    fn try_on(
        &mut self,
        chosen: Chosen,
        group: usize,
        cost: Option<Cost>,
        now: Moment,
    ) -> Result<Option<Ticket>, Stop> {
        let asked = self.asked.as_mut().ok_or(Stop::Failed)?;
        let deployment = &chosen.deployment;
        if let Some(answer) = count::here(&asked.demand, deployment) {
            self.gateway.release(&chosen, now);
            self.answer_here(answer);
            return Ok(None);
        }
        let id = (&*self.request_id, self.began.unix.as_secs());
        let tier = asked.group(group).and_then(|group| group.tier.as_deref());
        let style = asked.plan.router.as_ref().map(|router| router.style(tier)).unwrap_or_default();
        let outgoing = match asked.demand.write(deployment, asked.unsupported, &style, id, self.gateway.may_break()) {
            Ok(outgoing) => outgoing,
            Err(error) => {
                self.gateway.release(&chosen, now);
                asked.course.unasked.push(Arc::clone(&deployment.name));
                asked.course.refusal.get_or_insert(error);
                return Ok(None);
            }
        };
        if !self.pay(cost, now) {
            self.gateway.release(&chosen, now);
            return Err(Stop::Budget);
        }
        let Chosen { deployment, slot } = chosen;
        if let Some(asked) = &mut self.asked {
            asked.course.may_repeat = false;
            asked.course.queue = None;
        }
        let awaits_token = match deployment.provider.credential(slot.turn) {
            Some(&Credential::ServiceAccount(id)) if self.gateway.tokens().must_fetch(id, now.unix) => Some(id),
            _ => None,
        };
        self.attempts.push(Attempt {
            outgoing,
            slot,
            group,
            cost,
            awaits_token,
            has_fresh_token: false,
            began: now,
            was_sent: false,
            is_second_try: false,
            first_token: None,
            usage: None,
            end: None,
            deployment,
        });
        Ok(self.ticket(now))
    }

    /// What the latest attempt needs a connection to.
    fn ticket(&mut self, now: Moment) -> Option<Ticket> {
        self.wait(now);
        let attempt = self.attempts.last()?;
        let provider = &attempt.deployment.provider;
        let account = attempt.awaits_token.and_then(|id| send::account(&self.gateway, id).ok());
        let origin = account.map_or(provider.origin, |account| account.token_endpoint.origin).0;
        let may_hedge = self.gateway.failover().hedge && self.attempts.len() == 1 && attempt.awaits_token.is_none();
        let hedge_after = self
            .asked
            .as_ref()
            .filter(|_| may_hedge)
            .and_then(|asked| asked.group(attempt.group)?.health.hedge_after(asked.demand.is_stream()));
        let connect_timeout = attempt.deployment.timeouts.connect;
        let time_left = self.deadline().map(|deadline| deadline.saturating_sub(now.monotonic));
        let connect_timeout = time_left.map_or(connect_timeout, |time_left| time_left.min(connect_timeout));
        Some(Ticket { origin, is_fresh: attempt.is_second_try, connect_timeout, hedge_after })
    }

    /// Every attempt that may be made has failed, or none could be made.
    fn give_up(&mut self, stop: &Stop, now: Moment) {
        let course = self.asked.as_mut().map(|asked| &mut asked.course);
        let (refusal, kept) = course.map(|course| (course.refusal.take(), course.kept.take())).unwrap_or_default();
        if let Some(refusal) = refusal.filter(|_| self.attempts.is_empty()) {
            return self.refuse(&refusal);
        }
        if let Some(reply) = kept {
            self.outcome = Some(Outcome::Rejected { error_kind: UPSTREAM_REFUSED });
            return self.answer_with(reply);
        }
        let failure = self.attempts.last().and_then(Attempt::failure);
        let kind = failure.map_or(Kind::Internal, Failure::kind);
        let reason = failure.map_or("no deployment is configured", Failure::explain);
        let wait_until = |until: Duration| until.saturating_sub(now.monotonic);
        let (kind, reason, wait) = match *stop {
            Stop::Full => (Kind::Overloaded, "every deployment has as many requests in flight as it takes", None),
            Stop::Parked(Parked::Throttled, until) => {
                (Kind::UpstreamThrottled, "every deployment wants to be left alone", Some(wait_until(until)))
            }
            Stop::Parked(Parked::Unkeyed, _) => {
                (Kind::UpstreamCredentials, "no provider takes the gateway's keys", None)
            }
            Stop::Draining => (Kind::Draining, Failure::Draining.explain(), None),
            Stop::Budget => (kind, reason, None),
            Stop::Failed => match failure {
                Some(failure) => (kind, reason, failure.wait()),
                None => (kind, reason, None),
            },
        };
        let mut message = reason.to_owned();
        if matches!(stop, Stop::Budget) {
            self.gateway.shared.metrics.count_refused_retry("budget");
            message.push_str("; too many requests had to be retried lately for another attempt");
        }
        if !self.attempts.is_empty() {
            message = format!("{message}; tried {}", describe::attempts(&self.attempts));
        }
        self.outcome = Some(Outcome::Failed { error_kind: kind.code() });
        let mut reply = Reply::error(&Error::new(kind, message), self.client, &self.request_id);
        if let Some(wait) = wait.filter(|wait| *wait <= Duration::from_secs(MAX_RETRY_AFTER)) {
            reply.push("retry-after", wait.as_secs_f64().ceil().to_string());
        }
        describe::describe(self, &mut reply, Vec::new());
        self.answer_with(reply);
    }
}
