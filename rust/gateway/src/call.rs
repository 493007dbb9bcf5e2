//! One client call, from open to settle: the path of a request through the gateway. Read it from top to bottom.
//!
//! A call is answered at once (`reply` is there after `open`), or it hands out attempts until one has answered or none
//! may follow. It settles exactly once, however it ends; whoever drops it settles it first.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use tiercel_core::keys::Principal;
use tiercel_core::plan::Plan;
use tiercel_core::registry::Timeouts;
use tiercel_core::settlement::{Outcome, TokenUsage};
use tiercel_upstream as upstream;
use tiercel_wire::openai::{self, Edits, Field, Request};

use crate::answer::{Answer, Expected, Whole};
use crate::attempt::{Attempt, End, MAX_ATTEMPTS, Ticket};
use crate::entry::Entry;
use crate::error::{Error, Kind};
use crate::failure::Failure;
use crate::gateway::{Gateway, Permit};
use crate::head::{HOP_HEADER, Head};
use crate::reply::MAX_RETRY_AFTER;
use crate::{Incoming, Moment, Reply, pages, settle};

/// What the log and the metrics show for a client that left before it got a status, as in nginx's log.
const CLIENT_GONE: u16 = 499;

/// One client call.
pub struct Call {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) began: Moment,
    pub(crate) request_id: String,
    pub(crate) operation: &'static str,
    pub(crate) principal: Option<Arc<Principal>>,
    /// The model as the client names it; empty until its body is read.
    pub(crate) requested_model: String,
    pub(crate) n_bytes_in: usize,
    pub(crate) n_bytes_out: usize,
    /// There when the call goes to a model.
    pub(crate) asked: Option<Asked>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) usage: TokenUsage,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) status: u16,
    pub(crate) first_token: Option<Duration>,
    /// Time spent waiting for upstreams, and since when the current wait lasts.
    pub(crate) waited: Duration,
    waits_since: Option<Moment>,
    n_events: u64,
    reply: Option<Reply>,
    is_settled: bool,
}

/// A request that has passed every check, and where it may go.
pub(crate) struct Asked {
    pub(crate) request: Request,
    pub(crate) plan: Plan,
    n_tried: usize,
    n_hops: u32,
    forwarded: Vec<(String, Vec<u8>)>,
    _permit: Permit,
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

    fn new(gateway: &Arc<Gateway>, now: Moment) -> Self {
        Self {
            gateway: Arc::clone(gateway),
            began: now,
            request_id: gateway.next_request_id(),
            operation: "unknown",
            principal: None,
            requested_model: String::new(),
            n_bytes_in: 0,
            n_bytes_out: 0,
            asked: None,
            attempts: Vec::new(),
            usage: TokenUsage::default(),
            outcome: None,
            status: 0,
            first_token: None,
            waited: Duration::ZERO,
            waits_since: None,
            n_events: 0,
            reply: None,
            is_settled: false,
        }
    }

    // From the request to a plan.

    fn admit(&mut self, incoming: &Incoming<'_>) -> Result<(), Error> {
        let (entry, head) = self.identify(incoming)?;
        let Entry::Endpoint(endpoint) = entry else {
            let mut reply = pages::page(entry, &self.gateway, self.principal.as_deref())?;
            self.sign(&mut reply);
            self.outcome = Some(Outcome::Answered);
            self.answer_with(reply);
            return Ok(());
        };
        let principal = self.principal.as_deref().ok_or_else(|| Error::new(Kind::MissingKey, "send a key"))?;
        let permit = self.gateway.admit()?;
        let request = Request::parse(endpoint, incoming.body).map_err(|error| Error {
            kind: Kind::MalformedBody,
            message: error.to_string().into(),
            parameter: error.parameter(),
        })?;
        request.model().clone_into(&mut self.requested_model);
        let plan = self.gateway.plan(principal, request.model())?;
        let forwarded = head.forwarded.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        self.asked = Some(Asked { request, plan, n_tried: 0, n_hops: head.n_hops, forwarded, _permit: permit });
        Ok(())
    }

    /// What is asked for, and by whom.
    fn identify<'a>(&mut self, incoming: &Incoming<'a>) -> Result<(Entry<'a>, Head<'a>), Error> {
        let entry = Entry::find(incoming.path)?;
        self.operation = entry.operation();
        let head = Head::read(incoming)?;
        if let Some(id) = head.request_id {
            id.clone_into(&mut self.request_id);
        }
        if !entry.is_public() {
            self.principal = Some(self.gateway.authenticate(head.credential, self.began)?);
        }
        entry.check_method(incoming.method)?;
        Ok((entry, head))
    }

    // Attempts, until one has answered.

    /// The next attempt to make; `None` when the call is answered, or has failed for good.
    pub fn next_attempt(&mut self, now: Moment) -> Option<Ticket> {
        self.resume(now);
        if self.outcome.is_some() {
            return None;
        }
        let asked = self.asked.as_mut()?;
        let previous = self.attempts.last_mut();
        let failure = previous.as_ref().and_then(|attempt| match attempt.end {
            Some((End::Failed(failure), _)) => Some(failure),
            _ => None,
        });
        let ticket = |attempt: &Attempt| {
            let provider = &attempt.deployment.provider;
            let is_fresh = attempt.is_second_try;
            Ticket { origin: provider.origin.0, is_fresh, connect_timeout: provider.timeouts.connect }
        };
        // The provider may well never have seen the request: once more on a new connection, not counted.
        if let (Some(attempt), Some(Failure::Stale)) = (previous, failure)
            && !attempt.is_second_try
        {
            attempt.end = None;
            attempt.was_sent = false;
            attempt.is_second_try = true;
            let ticket = ticket(attempt);
            self.wait(now);
            return Some(ticket);
        }
        let may_try = failure.is_none_or(Failure::may_try_next) && self.attempts.len() < MAX_ATTEMPTS;
        let next = asked.plan.deployments.get(asked.n_tried).filter(|_| may_try).cloned();
        let Some(deployment) = next else {
            self.give_up(failure);
            return None;
        };
        asked.n_tried += 1;
        let attempt = Attempt::new(deployment, now);
        let ticket = ticket(&attempt);
        self.attempts.push(attempt);
        self.wait(now);
        Some(ticket)
    }

    /// Takes note that no connection for the current attempt came about.
    pub fn fail_attempt(&mut self, failure: Failure, now: Moment) {
        self.resume(now);
        self.end_attempt(End::Failed(failure), now);
    }

    /// Writes the current attempt's request to `http`.
    pub(crate) fn send(
        &mut self,
        http: &mut upstream::Connection,
        to_socket: &mut Vec<u8>,
    ) -> Result<(Answer, Timeouts), Failure> {
        let (Some(asked), Some(attempt)) = (&self.asked, self.attempts.last_mut()) else {
            return Err(Failure::Unsendable);
        };
        let provider = &attempt.deployment.provider;
        let request = &asked.request;
        let mut body = Vec::new();
        request.encode(&Edits { model: &attempt.deployment.model, include_usage: provider.stream_usage }, &mut body);
        let credential = provider.key(self.gateway.next_turn()).map(|key| format!("Bearer {}", key.expose()));
        let hops = (asked.n_hops + 1).to_string();
        let mut headers: Vec<(&str, &[u8])> = vec![
            ("content-type", b"application/json"),
            ("accept", if request.is_stream() { b"text/event-stream" } else { b"application/json" }),
            ("user-agent", concat!("tiercel/", env!("CARGO_PKG_VERSION")).as_bytes()),
            (HOP_HEADER, hops.as_bytes()),
        ];
        headers.extend(credential.iter().map(|credential| ("authorization", credential.as_bytes())));
        headers.extend(asked.forwarded.iter().map(|(name, value)| (name.as_str(), value.as_slice())));
        let target = [provider.base_path.as_str(), request.endpoint().path()].concat();
        let outgoing = upstream::Request {
            method: "POST",
            target: &target,
            host: &provider.host_header,
            headers: &headers,
            body: &body,
        };
        let limits = upstream::Limits { body: provider.max_answer, ..upstream::Limits::default() };
        http.send(&outgoing, limits, to_socket)?;
        attempt.was_sent = true;
        let answer = Answer::new(Expected {
            endpoint: request.endpoint(),
            is_stream: request.is_stream(),
            n_choices: request.n_choices(),
            strip_usage: !request.wants_usage(),
        });
        Ok((answer, provider.timeouts))
    }

    // What an attempt can come to.

    /// A stream begins to say something: from here on nothing is retried. Gives the head of the client's answer.
    pub(crate) fn commit(&mut self, upstream_headers: Vec<(String, String)>, now: Moment) -> Reply {
        self.status = 200;
        let mut head = Reply::new(200, "text/event-stream; charset=utf-8", Vec::new());
        head.push("cache-control", "no-cache".to_owned());
        self.describe(&mut head, upstream_headers);
        head.push("x-tiercel-overhead-us", self.overhead(now).as_micros().to_string());
        head
    }

    /// A stream has said everything.
    pub(crate) fn finish_stream(&mut self, answer: &Answer, now: Moment) {
        self.note_usage(answer);
        self.end_attempt(End::Answered, now);
        self.outcome = Some(Outcome::Answered);
    }

    /// An answer came in one piece.
    pub(crate) fn conclude(&mut self, whole: Whole, upstream_headers: Vec<(String, String)>, now: Moment) {
        self.end_attempt(End::Answered, now);
        let mut reply = Reply::json(whole.status, whole.body);
        if let Some(answer) = whole.read {
            self.first_token = Some(now.since(self.began));
            self.usage = settle::usage(answer.usage(), self.n_prompt_bytes(), answer.n_content_bytes());
            self.outcome = Some(Outcome::Answered);
        } else {
            reply.body = match openai::error::read(&reply.body) {
                Some(_) => Gateway::redact(reply.body, self.attempts.last()),
                None => Reply::unexplained_refusal(),
            };
            reply.push("x-should-retry", "false".to_owned());
            self.outcome = Some(Outcome::Rejected { error_kind: "upstream_refused" });
        }
        self.describe(&mut reply, upstream_headers);
        if let Some(cost) = settle::cost(self, now) {
            reply.push("x-tiercel-cost-usd", cost.to_string());
        }
        self.answer_with(reply);
    }

    /// A stream broke off after the client had got some of it; that much is billed.
    pub(crate) fn interrupt(&mut self, failure: Failure, answer: &Answer, now: Moment) {
        self.note_usage(answer);
        self.end_attempt(End::Failed(failure), now);
        self.outcome = Some(Outcome::Interrupted { error_kind: failure.word() });
    }

    /// The client went away. What the provider had delivered of `answer` is billed.
    pub(crate) fn abandon(&mut self, answer: Option<&Answer>, now: Moment) {
        self.resume(now);
        if self.outcome.is_none() {
            match answer {
                Some(answer) => self.note_usage(answer),
                None if self.attempts.last().is_some_and(|attempt| attempt.was_sent && attempt.end.is_none()) => {
                    self.usage = settle::usage(None, self.n_prompt_bytes(), 0);
                }
                None => {}
            }
            self.end_attempt(End::Abandoned, now);
            self.outcome = Some(Outcome::ClientGone);
            if self.status == 0 {
                self.status = CLIENT_GONE;
            }
        }
    }

    /// Every attempt that may be made has failed.
    fn give_up(&mut self, failure: Option<Failure>) {
        let kind = failure.map_or(Kind::Internal, Failure::kind);
        let reason = failure.map_or("no deployment is configured", Failure::explain);
        let tried: Vec<String> = self.attempts.iter().map(describe_attempt).collect();
        let message = format!("{reason}; tried {}", tried.join(", "));
        self.outcome = Some(Outcome::Failed { error_kind: kind.code() });
        let mut reply = Reply::error(&Error::new(kind, message));
        if let Some(Failure::Throttled(Some(wait))) = failure
            && wait <= Duration::from_secs(MAX_RETRY_AFTER)
        {
            reply.push("retry-after", wait.as_secs_f64().ceil().to_string());
        }
        self.describe(&mut reply, Vec::new());
        self.answer_with(reply);
    }

    fn refuse(&mut self, error: &Error) {
        self.outcome = Some(Outcome::Rejected { error_kind: error.kind.code() });
        let mut reply = Reply::error(error);
        self.sign(&mut reply);
        self.answer_with(reply);
    }

    // The answer.

    /// The whole answer, once there is one and it is no stream. The time that it took is told in a header.
    pub fn take_reply(&mut self, now: Moment) -> Option<Reply> {
        let mut reply = self.reply.take()?;
        reply.push("x-tiercel-overhead-us", self.overhead(now).as_micros().to_string());
        Some(reply)
    }

    /// Whether there is a whole answer.
    pub fn has_reply(&self) -> bool {
        self.reply.is_some()
    }

    fn answer_with(&mut self, reply: Reply) {
        self.status = reply.status;
        self.n_bytes_out = reply.body.len();
        self.reply = Some(reply);
    }

    /// Adds the request's id, by both names that SDKs know.
    fn sign(&self, reply: &mut Reply) {
        reply.push("x-request-id", self.request_id.clone());
        reply.push("request-id", self.request_id.clone());
    }

    /// Adds the headers that say who answered and why, and the upstream's own but for those that tell the gateway's key.
    fn describe(&self, reply: &mut Reply, upstream_headers: Vec<(String, String)>) {
        let secrets = self.attempts.last().map_or(&[][..], |attempt| attempt.deployment.provider.secrets());
        let tells = |value: &str| secrets.iter().any(|secret| value.contains(secret.expose()));
        let passed = upstream_headers.into_iter().filter(|(_, value)| !tells(value));
        reply.headers.extend(passed.map(|(name, value)| (Cow::Owned(name), value)));
        self.sign(reply);
        if let Some(attempt) = self.attempts.last() {
            reply.push("x-tiercel-model", attempt.deployment.name.to_string());
        }
        if let Some(asked) = &self.asked {
            if let Some(tier) = &asked.plan.tier {
                reply.push("x-tiercel-tier", tier.to_string());
            }
            reply.push("x-tiercel-reason", asked.plan.reason.to_string());
        }
        let attempts: Vec<String> = self.attempts.iter().map(describe_attempt).collect();
        reply.push("x-tiercel-attempts", attempts.join(", "));
    }

    // The books.

    /// Ends the call: metrics, log, books. Does nothing the second time.
    pub fn settle(&mut self, now: Moment) {
        if !std::mem::replace(&mut self.is_settled, true) {
            self.abandon(None, now);
            settle::settle(self, now);
            self.asked = None;
        }
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

    fn note_usage(&mut self, answer: &Answer) {
        let (usage, n_content_bytes) = answer.usage();
        self.usage = settle::usage(usage, self.n_prompt_bytes(), n_content_bytes);
    }

    /// Bytes of what the model reads: for an estimate.
    fn n_prompt_bytes(&self) -> u64 {
        let Some(asked) = &self.asked else { return 0 };
        let fields = [Field::Messages, Field::Prompt, Field::Input, Field::Tools];
        fields.iter().filter_map(|&field| asked.request.field(field)).map(|text| text.len() as u64).sum()
    }

    fn end_attempt(&mut self, end: End, now: Moment) {
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.finish(end, now);
        }
    }
}

fn describe_attempt(attempt: &Attempt) -> String {
    format!("{}: {}", attempt.deployment.name, attempt.outcome())
}
