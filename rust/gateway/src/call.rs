//! One client call, from open to settle: the path of a request through the gateway. Read it from top to bottom.
//!
//! A call is answered at once (`reply` is there after `open`), or it hands out attempts until one has answered or none
//! may follow. It settles exactly once, however it ends; whoever drops it settles it first.

use std::sync::Arc;
use std::time::Duration;

use tiercel_core::keys::Principal;
use tiercel_core::plan::Plan;
use tiercel_core::registry::{Credential, Deployment, Timeouts};
use tiercel_core::settlement::{Outcome, TokenUsage};
use tiercel_upstream as upstream;
use tiercel_wire::{Client, Unsupported};

use crate::answer::{Answer, Whole, WholeKind};
use crate::attempt::{Attempt, End, MAX_ATTEMPTS, Ticket};
use crate::demand::Demand;
use crate::entry::{Entry, Place};
use crate::error::{Error, Kind};
use crate::failure::Failure;
use crate::gateway::{Gateway, Permit};
use crate::head::Head;
use crate::reply::MAX_RETRY_AFTER;
use crate::{Incoming, Moment, Reply, count, describe, pages, send, settle};

/// What the log and the metrics show for a client that left before it got a status, as in nginx's log.
const CLIENT_GONE: u16 = 499;

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
    pub(crate) demand: Demand,
    pub(crate) plan: Plan,
    unsupported: Unsupported,
    n_tried: usize,
    /// Why a deployment could not even be asked.
    refusal: Option<Error>,
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
            client: Client::OpenAi,
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
        if let Some(page) = pages::page(entry, self.client, &self.gateway, self.principal.as_deref()) {
            let mut reply = page?;
            describe::sign(&mut reply, &self.request_id);
            self.outcome = Some(Outcome::Answered);
            self.answer_with(reply);
            return Ok(());
        }
        let principal = self.principal.as_deref().ok_or_else(|| Error::new(Kind::MissingKey, "send a key"))?;
        let permit = self.gateway.admit()?;
        let demand = Demand::read(entry, &head, incoming)?;
        demand.model().unwrap_or_default().clone_into(&mut self.requested_model);
        let plan = demand.plan(&head, &self.gateway, principal)?;
        let drops = head.drops_unsupported || principal.drop_unsupported;
        let unsupported = if drops { Unsupported::Drop } else { Unsupported::Refuse };
        let forwarded = head.forwarded.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let n_hops = head.n_hops;
        let asked = Asked { demand, plan, unsupported, n_tried: 0, refusal: None, n_hops, forwarded, _permit: permit };
        self.asked = Some(asked);
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

    // Attempts, until one has answered.

    /// The next attempt to make; `None` when the call is answered, or has failed for good.
    pub fn next_attempt(&mut self, now: Moment) -> Option<Ticket> {
        self.resume(now);
        if self.outcome.is_some() {
            return None;
        }
        let failure = match self.attempts.last_mut() {
            None => None,
            Some(attempt) => match attempt.end {
                Some((End::Failed(Failure::Stale), _)) if !attempt.is_second_try => {
                    // The provider may well never have seen the request: once more on a new connection, not counted.
                    attempt.end = None;
                    attempt.was_sent = false;
                    attempt.is_second_try = true;
                    return self.ticket(now);
                }
                Some((End::Failed(failure), _)) => Some(failure),
                // It has its token now, or has to do with the last one.
                None => return self.ticket(now),
                Some(_) => None,
            },
        };
        if failure.is_none_or(Failure::may_try_next) && self.attempts.len() < MAX_ATTEMPTS {
            while let Some(deployment) = self.asked.as_mut().and_then(Asked::next_deployment) {
                if let Some(ticket) = self.try_on(deployment, now) {
                    return Some(ticket);
                }
                if self.outcome.is_some() {
                    return None;
                }
            }
        }
        self.give_up(failure);
        None
    }

    /// Begins an attempt on `deployment`, unless it cannot be asked this, or the answer is found here.
    fn try_on(&mut self, deployment: Deployment, now: Moment) -> Option<Ticket> {
        let asked = self.asked.as_mut()?;
        if let Some(answer) = count::here(&asked.demand, &deployment) {
            self.answer_here(answer);
            return None;
        }
        let id = (&*self.request_id, self.began.unix.as_secs());
        let written = asked.demand.write(&deployment, asked.unsupported, id, self.gateway.may_break());
        let outgoing = match written {
            Ok(outgoing) => outgoing,
            Err(error) => {
                asked.refusal.get_or_insert(error);
                return None;
            }
        };
        let turn = self.gateway.next_turn();
        let mut attempt = Attempt::new(deployment, outgoing, turn, now);
        if let Some(&Credential::ServiceAccount(id)) = attempt.deployment.provider.credential(turn)
            && self.gateway.tokens().must_fetch(id, now.unix)
        {
            attempt.awaits_token = Some(id);
        }
        self.attempts.push(attempt);
        self.ticket(now)
    }

    /// What the current attempt needs a connection to.
    fn ticket(&mut self, now: Moment) -> Option<Ticket> {
        self.wait(now);
        let attempt = self.attempts.last()?;
        let provider = &attempt.deployment.provider;
        let account = attempt.awaits_token.and_then(|id| send::account(&self.gateway, id).ok());
        let origin = account.map_or(provider.origin, |account| account.token_endpoint.origin).0;
        Some(Ticket { origin, is_fresh: attempt.is_second_try, connect_timeout: provider.timeouts.connect })
    }

    /// Takes note that no connection for the current attempt came about, or that nothing came over it that will do.
    pub fn fail_attempt(&mut self, failure: Failure, now: Moment) {
        self.resume(now);
        let Some(attempt) = self.attempts.last_mut() else { return };
        if let Some(&Credential::ServiceAccount(id)) = attempt.deployment.provider.credential(attempt.turn) {
            let tokens = self.gateway.tokens();
            if attempt.awaits_token.is_none() && failure == Failure::Credential {
                tokens.doubt(id, now.unix);
            }
            if attempt.awaits_token.is_some() && failure.may_try_next() && tokens.get(id, now.unix).is_some() {
                attempt.awaits_token = None;
                return;
            }
        }
        self.end_attempt(End::Failed(failure), now);
    }

    /// Writes the current attempt's request to `http`.
    pub(crate) fn send(
        &mut self,
        http: &mut upstream::Connection,
        to_socket: &mut Vec<u8>,
        now: Moment,
    ) -> Result<(Answer, Timeouts), Failure> {
        let (Some(asked), Some(attempt)) = (&self.asked, self.attempts.last_mut()) else {
            return Err(Failure::Unsendable);
        };
        send::send(&self.gateway, attempt, &asked.forwarded, asked.n_hops, http, to_socket, now)
    }

    /// Takes the answer to the request for a token: the attempt goes on with it.
    pub(crate) fn take_token(&mut self, (status, body): (u16, Vec<u8>), now: Moment) -> Result<(), Failure> {
        let attempt = self.attempts.last_mut().ok_or(Failure::Unsendable)?;
        match attempt.awaits_token {
            _ if status >= 500 => Err(Failure::Status(status)),
            Some(id) if self.gateway.tokens().take(id, &body, now.unix) => {
                attempt.awaits_token = None;
                Ok(())
            }
            _ => Err(Failure::Credential),
        }
    }

    // What an attempt can come to.

    /// A stream begins to say something: from here on nothing is retried. Gives the head of the client's answer.
    pub(crate) fn commit(&mut self, answer: &mut Answer, now: Moment) -> Reply {
        self.status = 200;
        let mut head = Reply::new(200, answer.content_type(), Vec::new());
        head.push("cache-control", "no-cache".to_owned());
        describe::describe(self, &mut head, std::mem::take(&mut answer.headers));
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
    pub(crate) fn conclude(&mut self, whole: Whole, answer: &mut Answer, now: Moment) {
        self.end_attempt(End::Answered, now);
        let mut reply = Reply::new(whole.status, answer.content_type(), whole.body);
        match whole.kind {
            WholeKind::Answer(usage, n_content_bytes) => {
                self.first_token = Some(now.since(self.began));
                self.usage = settle::usage(self.asked.as_ref(), usage, n_content_bytes);
                self.outcome = Some(Outcome::Answered);
            }
            WholeKind::Refusal { is_explained } => {
                reply.body = if is_explained {
                    self.gateway.redact(reply.body, self.attempts.last())
                } else {
                    Reply::unexplained_refusal(whole.status, self.client, &self.request_id)
                };
                reply.push("x-should-retry", "false".to_owned());
                self.outcome = Some(Outcome::Rejected { error_kind: "upstream_refused" });
            }
        }
        describe::describe(self, &mut reply, std::mem::take(&mut answer.headers));
        if let Some(cost) = settle::cost(self, now) {
            reply.push("x-tiercel-cost-usd", cost.to_string());
        }
        self.answer_with(reply);
    }

    /// No provider need be asked.
    fn answer_here(&mut self, answer: Result<Reply, Error>) {
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
                    self.usage = settle::usage(self.asked.as_ref(), None, 0);
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

    /// Every attempt that may be made has failed, or none could be made.
    fn give_up(&mut self, failure: Option<Failure>) {
        let refusal = self.asked.as_mut().and_then(|asked| asked.refusal.take());
        if let Some(refusal) = refusal.filter(|_| self.attempts.is_empty()) {
            return self.refuse(&refusal);
        }
        let kind = failure.map_or(Kind::Internal, Failure::kind);
        let reason = failure.map_or("no deployment is configured", Failure::explain);
        let message = format!("{reason}; tried {}", describe::attempts(&self.attempts));
        self.outcome = Some(Outcome::Failed { error_kind: kind.code() });
        let mut reply = Reply::error(&Error::new(kind, message), self.client, &self.request_id);
        if let Some(Failure::Throttled(Some(wait))) = failure
            && wait <= Duration::from_secs(MAX_RETRY_AFTER)
        {
            reply.push("retry-after", wait.as_secs_f64().ceil().to_string());
        }
        describe::describe(self, &mut reply, Vec::new());
        self.answer_with(reply);
    }

    fn refuse(&mut self, error: &Error) {
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

    /// Whether there is a whole answer.
    pub fn has_reply(&self) -> bool {
        self.reply.is_some()
    }

    fn answer_with(&mut self, reply: Reply) {
        self.status = reply.status;
        self.n_bytes_out = reply.body.len();
        self.reply = Some(reply);
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
        self.usage = settle::usage(self.asked.as_ref(), usage, n_content_bytes);
    }

    fn end_attempt(&mut self, end: End, now: Moment) {
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.finish(end, now);
        }
    }
}

impl Asked {
    /// The next deployment of the plan.
    fn next_deployment(&mut self) -> Option<Deployment> {
        let deployment = self.plan.deployments.get(self.n_tried).cloned()?;
        self.n_tried += 1;
        Some(deployment)
    }
}
