//! One client call, from open to settle: the path of a request through the gateway. Read it from top to bottom.
//!
//! A call is answered at once (`reply` is there after `open`), or it hands out attempts until one has answered or none
//! may follow. It settles exactly once, however it ends; whoever drops it settles it first.

use std::sync::Arc;
use std::time::Duration;

use tiercel_core::keys::Principal;
use tiercel_core::plan::{Group, Plan};
use tiercel_core::settlement::{Outcome, TokenUsage};
use tiercel_wire::{Client, Unsupported};

use crate::answer::{Answer, Whole, WholeKind};
use crate::attempt::{Attempt, End};
use crate::cache::{self, Caching, Judging};
use crate::course::Course;
use crate::demand::Demand;
use crate::entry::{Entry, Place};
use crate::error::{Error, Kind};
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::head::{ClientTimeouts, Head};
use crate::idempotency::{Idempotency, Key};
use crate::recording::Recording;
use crate::route::{self, Routing};
use crate::shared::Permit;
use crate::{Incoming, Moment, Reply, describe, explain, pages, settle};

/// What the log and the metrics show for a client that left before it got a status, as in nginx's log.
const CLIENT_GONE: u16 = 499;
/// A refusal in a provider's own words.
pub(crate) const UPSTREAM_REFUSED: &str = "upstream_refused";

/// One client call.
pub struct Call {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) began: Moment,
    pub(crate) request_id: String,
    pub(crate) operation: &'static str,
    /// Whose dialect the client speaks.
    pub(crate) client: Client,
    pub(crate) principal: Option<Arc<Principal>>,
    /// The model as the client names it; empty until its body is read.
    pub(crate) requested_model: String,
    pub(crate) n_bytes_in: usize,
    pub(crate) n_bytes_out: usize,
    /// There when the call goes to a model.
    pub(crate) asked: Option<Asked>,
    /// There when it came with a key that makes it one with others.
    pub(crate) idempotency: Option<Idempotency>,
    /// There when a cache is looked through.
    pub(crate) caching: Option<Caching>,
    /// There when it is to judge another one's answer.
    pub(crate) judging: Option<Judging>,
    /// The answer as the client is sent it, where somebody keeps it.
    pub(crate) recording: Option<Recording>,
    pub(crate) attempts: Vec<Attempt>,
    /// Position of the attempt whose answer the client gets, once there is one.
    pub(crate) decided: Option<usize>,
    pub(crate) usage: TokenUsage,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) status: u16,
    pub(crate) first_token: Option<Duration>,
    /// Time spent waiting for upstreams, and since when the current wait lasts.
    pub(crate) waited: Duration,
    waits_since: Option<Moment>,
    n_events: u64,
    /// Whether the head of a stream has gone out: no status can be told any more.
    pub(crate) is_started: bool,
    reply: Option<Reply>,
    is_reload: bool,
    is_settled: bool,
}

/// A request that has passed every check, and where it may go.
pub(crate) struct Asked {
    pub(crate) demand: Demand,
    pub(crate) plan: Plan,
    pub(crate) course: Course,
    /// What is known beside the plan where a route was asked for.
    pub(crate) routing: Option<Routing>,
    pub(crate) unsupported: Unsupported,
    /// How long the client waits, in all and between reads.
    pub(crate) client_timeouts: ClientTimeouts,
    pub(crate) n_hops: u32,
    pub(crate) forwarded: Vec<(String, Vec<u8>)>,
    pub(crate) _permit: Permit,
}

impl Call {
    /// Takes a request through every stage before anything is sent.
    pub(crate) fn open(gateway: &Arc<Gateway>, incoming: &Incoming<'_>, now: Moment) -> Self {
        let mut call = Self::new(gateway, now);
        call.n_bytes_in = incoming.body.len();
        if let Err(error) = call.admit(incoming) {
            call.refuse(&error);
        }
        call
    }

    /// A call that is refused before its body was whole. Who asks is still found out: that is what the log is for.
    pub(crate) fn reject(gateway: &Arc<Gateway>, incoming: &Incoming<'_>, error: &Error, now: Moment) -> Self {
        let mut call = Self::new(gateway, now);
        let known = call.identify(incoming);
        call.refuse(&known.err().unwrap_or_else(|| error.clone()));
        call
    }

    pub(crate) fn new(gateway: &Arc<Gateway>, now: Moment) -> Self {
        Self {
            gateway: Arc::clone(gateway),
            began: now,
            request_id: gateway.next_request_id(),
            operation: "unknown",
            client: Client::OpenAi,
            principal: None,
            requested_model: String::new(),
            n_bytes_in: 0,
            n_bytes_out: 0,
            asked: None,
            idempotency: None,
            caching: None,
            judging: None,
            recording: None,
            attempts: Vec::new(),
            decided: None,
            usage: TokenUsage::default(),
            outcome: None,
            status: 0,
            first_token: None,
            waited: Duration::ZERO,
            waits_since: None,
            n_events: 0,
            is_started: false,
            reply: None,
            is_reload: false,
            is_settled: false,
        }
    }

    // From the request to a plan.

    fn admit(&mut self, incoming: &Incoming<'_>) -> Result<(), Error> {
        let (entry, head) = self.identify(incoming)?;
        if entry == Entry::Reload {
            pages::check_reload(&self.gateway, self.principal.as_deref())?;
            self.is_reload = true;
            return Ok(());
        }
        if let Entry::Cache(what) = entry {
            let reply = pages::cache(&self.gateway, what, self.principal.as_deref(), incoming.body, self.began);
            self.answer_here(reply);
            return Ok(());
        }
        if let Some(page) = pages::page(entry, self.client, &self.gateway, self.principal.as_deref(), self.began) {
            let mut reply = page?;
            describe::sign(&mut reply, &self.request_id);
            self.outcome = Some(Outcome::Answered);
            self.answer_with(reply);
            return Ok(());
        }
        let principal = self.principal.as_deref().ok_or_else(|| Error::new(Kind::MissingKey, "send a key"))?;
        if entry == Entry::Route {
            let explained = explain::explain(&self.gateway, principal, &head, incoming.body, self.began)?;
            self.answer_here(Ok(Reply::json(200, explained)));
            return Ok(());
        }
        let permit = self.gateway.admit()?;
        let demand = Demand::read(entry, &head, incoming)?;
        demand.model().unwrap_or_default().clone_into(&mut self.requested_model);
        let mut plan = demand.plan(&head, &self.gateway, principal)?;
        // Who may not ask for a tier does not get what it answered to others, either.
        route::tier(&plan, &head, principal, &self.gateway)?;
        let (caching, kept) = cache::look_up(&self.gateway, &demand, &plan, &head, principal, self.began).unzip();
        self.caching = caching;
        let kept = kept.flatten();
        let routing = match &demand {
            Demand::Model(request) if kept.is_none() => {
                route::route(&mut plan, request, &head, principal, &self.gateway, false, self.began)?
            }
            Demand::Model(_) | Demand::Passthrough(_) => None,
        };
        if self.gateway.keeping().is_enabled {
            self.idempotency = Key::of(&head, incoming, principal).map(Idempotency::new);
        }
        let drops = head.drops_unsupported || principal.drop_unsupported;
        let unsupported = if drops { Unsupported::Drop } else { Unsupported::Refuse };
        let forwarded = head.forwarded.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let n_hops = head.n_hops;
        let client_timeouts = head.timeouts;
        let course = Course::default();
        let asked =
            Asked { demand, plan, course, routing, unsupported, client_timeouts, n_hops, forwarded, _permit: permit };
        self.asked = Some(asked);
        if let Some(reply) = kept {
            self.answer_from_cache(reply, self.began);
        }
        Ok(())
    }

    /// What is asked for, and by whom.
    fn identify<'a>(&mut self, incoming: &Incoming<'a>) -> Result<(Entry<'a>, Head<'a>), Error> {
        let place = Place::of(incoming.path, incoming.owner());
        self.client = place.client;
        let entry = place.find(incoming.method);
        match &entry {
            Ok(entry) => self.operation = entry.operation(),
            Err(error) if error.kind == Kind::UnknownPath => return Err(error.clone()),
            Err(_) => {}
        }
        let head = Head::read(incoming)?;
        if let Some(id) = head.request_id {
            id.clone_into(&mut self.request_id);
        }
        if !entry.as_ref().is_ok_and(|entry| entry.is_public()) {
            self.principal = Some(self.gateway.authenticate(head.credential.as_deref(), self.began)?);
        }
        Ok((entry?, head))
    }

    // What an attempt can come to.

    /// Begins the client's stream though nothing was said yet, so that it does not take the silence for a dead line.
    /// Which deployment will answer is still open.
    pub(crate) fn start(&mut self, content_type: &str, now: Moment) -> Option<Reply> {
        if std::mem::replace(&mut self.is_started, true) {
            return None;
        }
        Some(self.head(content_type, Vec::new(), now))
    }

    /// A stream begins to say something: from here on nothing is retried. Gives the head of the client's answer, where
    /// it has not gone out.
    pub(crate) fn commit(&mut self, index: usize, answer: &mut Answer, now: Moment) -> Option<Reply> {
        self.decide(index, now);
        self.begin_flight();
        if std::mem::replace(&mut self.is_started, true) {
            return None;
        }
        let headers = std::mem::take(&mut answer.headers);
        Some(self.head(answer.content_type(), headers, now))
    }

    fn head(&mut self, content_type: &str, upstream_headers: Vec<(String, String)>, now: Moment) -> Reply {
        self.status = 200;
        let mut head = Reply::new(200, content_type, Vec::new());
        head.push("cache-control", "no-cache".to_owned());
        describe::describe(self, &mut head, upstream_headers);
        head.push("x-tiercel-overhead-us", self.overhead(now).as_micros().to_string());
        self.record_head(&head);
        head
    }

    /// A stream has said everything.
    pub(crate) fn finish_stream(&mut self, index: usize, answer: &Answer, now: Moment) {
        let (usage, n_content_bytes) = answer.usage();
        self.usage = settle::usage(self.asked.as_ref(), usage, n_content_bytes);
        self.end_attempt(index, End::Answered, now);
        self.outcome = Some(Outcome::Answered);
        self.keep(None, now);
    }

    /// An answer came in one piece.
    pub(crate) fn conclude(&mut self, index: usize, whole: Whole, answer: &mut Answer, now: Moment) {
        if let Some(failure) = self.would_go_on(index, &whole.kind) {
            let reply = self.refusal(whole, answer);
            if let Some(asked) = &mut self.asked {
                asked.course.keep(reply);
            }
            return self.fail_attempt(index, failure, now);
        }
        self.decide(index, now);
        let is_answer = matches!(whole.kind, WholeKind::Answer(..));
        self.end_attempt(index, if is_answer { End::Answered } else { End::Refused }, now);
        let reply = match whole.kind {
            WholeKind::Answer(usage, n_content_bytes) => {
                self.first_token = Some(now.since(self.began));
                self.usage = settle::usage(self.asked.as_ref(), usage, n_content_bytes);
                self.outcome = Some(Outcome::Answered);
                let mut reply = Reply::new(whole.status, answer.content_type(), whole.body);
                describe::describe(self, &mut reply, std::mem::take(&mut answer.headers));
                if let Some(cost) = settle::cost(self, now) {
                    reply.push("x-tiercel-cost-usd", cost.to_string());
                }
                self.keep(Some(&reply), now);
                reply
            }
            WholeKind::Refusal { .. } => {
                self.outcome = Some(Outcome::Rejected { error_kind: UPSTREAM_REFUSED });
                self.refusal(whole, answer)
            }
        };
        self.answer_with(reply);
    }

    /// A provider's refusal for the client: in its own words, where it has any.
    fn refusal(&self, whole: Whole, answer: &mut Answer) -> Reply {
        let body = match whole.kind {
            WholeKind::Refusal { is_explained: false, .. } => {
                Reply::unexplained_refusal(whole.status, self.client, &self.request_id)
            }
            WholeKind::Refusal { .. } | WholeKind::Answer(..) => self.gateway.redact(whole.body, self.current()),
        };
        let mut reply = Reply::new(whole.status, answer.content_type(), body);
        describe::describe(self, &mut reply, std::mem::take(&mut answer.headers));
        reply.push("x-should-retry", "false".to_owned());
        reply
    }

    /// No provider need be asked.
    pub(crate) fn answer_here(&mut self, answer: Result<Reply, Error>) {
        match answer {
            Ok(mut reply) => {
                describe::describe(self, &mut reply, Vec::new());
                self.outcome = Some(Outcome::Answered);
                self.answer_with(reply);
            }
            Err(error) => self.refuse(&error),
        }
    }

    /// A stream broke off after the client had got some of it; that much is billed.
    pub(crate) fn interrupt(&mut self, index: usize, failure: Failure, answer: &Answer, now: Moment) {
        self.usage = settle::usage_so_far(self.asked.as_ref(), answer);
        self.end_attempt(index, End::Failed(failure), now);
        self.outcome = Some(Outcome::Interrupted { error_kind: failure.word() });
    }

    /// The client went away. What the provider had delivered of `answer`, that of the attempt at `index`, is billed.
    pub(crate) fn abandon(&mut self, delivered: Option<(usize, &Answer)>, now: Moment) {
        self.resume(now);
        if let Some((index, _)) = delivered
            && !self.attempts.get(index).is_some_and(Attempt::is_running)
        {
            return;
        }
        if self.outcome.is_none() {
            let index = delivered.map_or(self.attempts.len().saturating_sub(1), |(index, _)| index);
            let asked = self.asked.as_ref();
            for (other, attempt) in self.attempts.iter_mut().enumerate().filter(|(_, attempt)| attempt.is_running()) {
                let usage = attempt.was_sent.then(|| settle::usage(asked, None, 0));
                match delivered {
                    Some((_, answer)) if other == index => self.usage = settle::usage_so_far(asked, answer),
                    None if other == index => self.usage = usage.unwrap_or_default(),
                    _ => attempt.usage = usage,
                }
            }
            self.decided = self.decided.or(delivered.map(|(index, _)| index));
            for index in 0..self.attempts.len() {
                self.end_attempt(index, End::Abandoned, now);
            }
            self.outcome = Some(Outcome::ClientGone);
            if self.status == 0 {
                self.status = CLIENT_GONE;
            }
        }
    }

    /// Answers with an error of the gateway's own, before anything was tried.
    pub(crate) fn refuse(&mut self, error: &Error) {
        self.outcome = Some(Outcome::Rejected { error_kind: error.kind.code() });
        let mut reply = Reply::error(error, self.client, &self.request_id);
        describe::sign(&mut reply, &self.request_id);
        self.answer_with(reply);
    }

    // The answer.

    /// The whole answer, once there is one and it is no stream. The time that it took is told in a header.
    pub fn take_reply(&mut self, now: Moment) -> Option<Reply> {
        let mut reply = self.reply.take()?;
        reply.push("x-tiercel-overhead-us", self.overhead(now).as_micros().to_string());
        Some(reply)
    }

    /// Whether one attempt gives the answer, so that others are not needed any more.
    pub fn is_decided(&self) -> bool {
        self.decided.is_some()
    }

    /// Whether there is a whole answer.
    pub fn has_reply(&self) -> bool {
        self.reply.is_some()
    }

    /// Whether the configuration is to be read again, which whoever holds the call does and answers.
    pub fn is_reload(&self) -> bool {
        self.is_reload
    }

    /// Answers the call for a reload: by what came of it, as JSON, or by why it was refused.
    pub fn answer_reload(&mut self, answer: Result<Vec<u8>, Error>) {
        self.answer_here(answer.map(|body| Reply::json(200, body)));
    }

    pub(crate) fn answer_with(&mut self, mut reply: Reply) {
        if self.is_started {
            reply = reply.into_event(self.client, &self.request_id);
        } else {
            self.status = reply.status;
        }
        self.n_bytes_out += reply.body.len();
        self.reply = Some(reply);
    }

    // The books.

    /// Ends the call: metrics, log, books. Does nothing the second time.
    pub fn settle(&mut self, now: Moment) {
        if !std::mem::replace(&mut self.is_settled, true) {
            self.abandon(None, now);
            self.release_key();
            self.leave_flight();
            let verdict = self.take_verdict(now);
            settle::settle(self, verdict, now);
            self.remember(now);
            self.asked = None;
        }
    }

    pub(crate) fn client_timeouts(&self) -> ClientTimeouts {
        self.asked.as_ref().map(|asked| asked.client_timeouts).unwrap_or_default()
    }

    /// When the call came in.
    pub fn began(&self) -> Moment {
        self.began
    }

    /// Time begins that is the upstream's, not Tiercel's.
    pub fn wait(&mut self, now: Moment) {
        self.waits_since = Some(now);
    }

    /// It ends.
    pub(crate) fn resume(&mut self, now: Moment) {
        if let Some(since) = self.waits_since.take() {
            self.waited += now.since(since);
        }
    }

    /// Takes note of how many events have said something; whether there are more than before.
    pub(crate) fn note_progress(&mut self, n_events: u64, now: Moment) -> bool {
        if n_events == self.n_events {
            return false;
        }
        self.n_events = n_events;
        self.first_token.get_or_insert(now.since(self.began));
        if let Some(attempt) = self.decided.and_then(|index| self.attempts.get_mut(index)) {
            attempt.first_token.get_or_insert(now.since(attempt.began));
        }
        true
    }

    /// Takes note of bytes that go to the client.
    pub(crate) fn sent(&mut self, n_bytes: usize) {
        self.n_bytes_out += n_bytes;
    }

    /// Time spent in Tiercel: all but the waiting for upstreams.
    pub(crate) fn overhead(&self, now: Moment) -> Duration {
        let waiting = self.waits_since.map_or(Duration::ZERO, |since| now.since(since));
        now.since(self.began).saturating_sub(self.waited + waiting)
    }

    /// The attempt that answers, or was made last.
    pub(crate) fn current(&self) -> Option<&Attempt> {
        self.attempts.get(self.decided.unwrap_or(self.attempts.len().checked_sub(1)?))
    }

    /// The group that it belongs to; before the first attempt, that which is tried first.
    pub(crate) fn group(&self) -> Option<&Group> {
        self.asked.as_ref()?.group(self.current().map_or(0, |attempt| attempt.group))
    }
}

impl Asked {
    /// The group at this position of the plan; behind the last it is that for long requests.
    pub(crate) fn group(&self, position: usize) -> Option<&Group> {
        if position == self.plan.groups.len() {
            return self.plan.long_context.as_ref();
        }
        self.plan.groups.get(position)
    }
}
