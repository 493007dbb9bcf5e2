//! A connection to a provider while it carries attempts: bytes in, and out what the client gets and when it is over.

use std::time::Duration;

use tiercel_core::registry::Timeouts;
use tiercel_upstream::{self as upstream, Phase};
use tiercel_wire::{ClientError, ping};

use crate::answer::{Answer, Progress};
use crate::call::Call;
use crate::failure::{Failure, Wait};
use crate::head::ClientTimeouts;
use crate::{Moment, Reply};

/// When a client that was told nothing yet is told that its answer is under way, and after how long again: well before
/// the 60 s after which most proxies take a silent connection for dead (specification "Attempts").
const PING: Duration = Duration::from_secs(15);

/// One socket's worth of state. It outlives its attempts.
pub struct Connection {
    http: upstream::Connection,
    current: Option<Current>,
    /// Whether the last attempt failed: then nobody waits for the rest of its answer.
    has_failed: bool,
}

/// The attempt that the connection carries.
struct Current {
    /// Position of the attempt among the call's.
    index: usize,
    answer: Answer,
    timeouts: Timeouts,
    client_timeouts: ClientTimeouts,
    next_ping: Duration,
    call_began: Moment,
    began: Moment,
    /// When something last came that meant something.
    progressed: Moment,
    /// The client has got something: nothing may be retried any more.
    is_committed: bool,
}

/// What to do after a read or a time-out.
#[derive(Debug, Default)]
pub struct Step {
    /// To be written to the socket.
    pub to_socket: Vec<u8>,
    /// The head of the client's stream; comes once, before its body.
    pub head: Option<Reply>,
    /// For the client.
    pub body: Vec<u8>,
    /// The attempt is over; `Call::next_attempt` says what then.
    pub is_over: bool,
    /// The client gets this attempt's answer: one beside it is not needed any more.
    pub is_decided: bool,
    /// It broke off where no error can be told: the client must see its connection break.
    pub is_broken: bool,
}

impl Connection {
    pub(crate) fn new(http: upstream::Connection) -> Self {
        Self { http, current: None, has_failed: false }
    }

    /// Takes up the call's current attempt; gives the bytes for the socket.
    pub fn begin(&mut self, call: &mut Call, now: Moment) -> Step {
        let mut step = Step::default();
        self.has_failed = false;
        match call.send(&mut self.http, &mut step.to_socket, now) {
            Ok((index, answer, timeouts)) => {
                let call_began = call.began();
                // Where one before it has told the client, that was not long ago.
                let silent_since = if call.is_started { now } else { call_began };
                self.current = Some(Current {
                    index,
                    answer,
                    timeouts,
                    client_timeouts: call.client_timeouts(),
                    next_ping: silent_since.monotonic + PING,
                    call_began,
                    began: now,
                    progressed: now,
                    is_committed: false,
                });
                call.wait(now);
            }
            Err(failure) => {
                self.has_failed = true;
                call.fail_connection(failure, now);
                step.is_over = true;
            }
        }
        step
    }

    /// Takes one read from the socket; empty `data` is the end of file.
    pub fn feed(&mut self, call: &mut Call, data: &[u8], now: Moment) -> Step {
        let mut step = Step::default();
        let Some(current) = &mut self.current else {
            self.drain(data, &mut step.to_socket);
            return step;
        };
        if !call.listens_to(current.index) {
            return self.let_go();
        }
        call.resume(now);
        let mut progress = Ok(Progress::Waiting);
        let received = self.http.receive(data, &mut step.to_socket, |event| {
            if let Ok(Progress::Waiting | Progress::Flowing) = progress {
                progress = current.answer.take(event, &mut step.body);
            }
        });
        // What came before a failure counts: the last event and a reset may be in the same read.
        if let (Err(error), Ok(Progress::Waiting | Progress::Flowing)) = (received, progress) {
            progress = match error.kind() {
                upstream::Kind::Truncated => current.answer.cut(&mut step.body),
                kind => Err(failure(kind)),
            };
        }
        self.advance(call, progress, &mut step, now);
        step
    }

    /// Takes note that the socket is gone, other than by an orderly end of file.
    pub fn lost(&mut self, call: &mut Call, now: Moment) -> Step {
        let mut step = Step::default();
        if let Some(current) = &mut self.current {
            if !call.listens_to(current.index) {
                return self.let_go();
            }
            call.resume(now);
            let progress = current.answer.cut(&mut step.body);
            self.advance(call, progress, &mut step, now);
        }
        step
    }

    /// Ends the attempt if its time is up.
    pub fn expire(&mut self, call: &mut Call, now: Moment) -> Step {
        let mut step = Step::default();
        if let Some(current) = &mut self.current {
            if !call.listens_to(current.index) {
                return self.let_go();
            }
            let (deadline, wait) = current.deadline(self.http.phase());
            if now.monotonic >= deadline {
                self.fail(call, Failure::Timeout(wait), &mut step, now);
            } else {
                current.ping(call, &mut step, now);
            }
        }
        step
    }

    /// Ends the attempt since the server is shutting down.
    pub fn interrupt(&mut self, call: &mut Call, now: Moment) -> Step {
        let mut step = Step::default();
        if self.current.is_some() {
            self.fail(call, Failure::Draining, &mut step, now);
        }
        step
    }

    /// Lets go of a call that nobody waits for any more.
    pub fn abandon(&mut self, call: &mut Call, now: Moment) {
        if let Some(current) = self.current.take() {
            call.abandon(Some((current.index, &current.answer)), now);
        }
    }

    /// Takes a read that belongs to no attempt: what is left of an answer that has said everything.
    pub fn drain(&mut self, data: &[u8], to_socket: &mut Vec<u8>) {
        // Whether it was well-formed shows in `is_reusable`.
        let _ = self.http.receive(data, to_socket, |_| ());
    }

    /// After how long `expire` should be called. At most the shortest time-out, since what is awaited may change before
    /// that, and with it the time that is left.
    pub fn patience(&self, now: Moment) -> Duration {
        let Some(current) = &self.current else { return Duration::ZERO };
        let (deadline, _) = current.deadline(self.http.phase());
        let next = if current.may_ping() { deadline.min(current.next_ping) } else { deadline };
        next.saturating_sub(now.monotonic).min(current.shortest_timeout())
    }

    /// Whether another attempt may use it.
    pub fn is_reusable(&self) -> bool {
        self.current.is_none() && self.http.is_reusable()
    }

    /// Whether it will be reusable once the rest of a finished answer has come.
    pub fn is_settling(&self) -> bool {
        self.current.is_none() && !self.has_failed && self.http.phase() == Phase::Body
    }

    /// Another attempt gave the answer.
    fn let_go(&mut self) -> Step {
        self.current = None;
        self.has_failed = true;
        Step { is_over: true, ..Step::default() }
    }

    fn advance(&mut self, call: &mut Call, progress: Result<Progress, Failure>, step: &mut Step, now: Moment) {
        let Some(current) = &mut self.current else { return };
        if let Ok(Progress::Flowing | Progress::Finished) = progress {
            current.commit(call, step, now);
            if call.note_progress(current.answer.n_meaningful_events(), now) {
                current.progressed = now;
            }
            call.record(&step.body);
        }
        match progress {
            Ok(Progress::Waiting | Progress::Flowing) => call.wait(now),
            Ok(Progress::Finished) => {
                call.finish_stream(current.index, &current.answer, now);
                self.current = None;
                step.is_over = true;
            }
            Ok(Progress::Complete) => match current.complete(call, now) {
                Ok(()) => {
                    step.is_decided = call.is_decided();
                    self.current = None;
                    step.is_over = true;
                }
                Err(failure) => self.fail(call, failure, step, now),
            },
            Err(failure) => self.fail(call, failure, step, now),
        }
    }

    fn fail(&mut self, call: &mut Call, failure: Failure, step: &mut Step, now: Moment) {
        call.resume(now);
        self.has_failed = true;
        let is_stale = self.http.n_requests() > 1 && !self.http.has_answered() && failure == Failure::Truncated;
        let failure = match failure {
            Failure::Truncated if is_stale => Failure::Stale,
            other => other,
        };
        match self.current.take() {
            None => {}
            Some(current) if current.is_committed => {
                if current.answer.is_raw() {
                    step.is_broken = true;
                } else {
                    let event = interruption(call, failure);
                    call.sent(event.len());
                    step.body.extend(event);
                }
                call.interrupt(current.index, failure, &current.answer, now);
            }
            Some(current) => {
                // It may have begun to say something in the very read that failed: the next answer starts anew.
                step.body.clear();
                call.fail_attempt(current.index, failure, now);
            }
        }
        step.is_over = true;
    }
}

impl Current {
    /// Whether the client may be told that its answer is under way.
    fn may_ping(&self) -> bool {
        !self.is_committed && self.answer.is_to_stream() && self.answer.token_account().is_none()
    }

    fn ping(&mut self, call: &mut Call, step: &mut Step, now: Moment) {
        if !self.may_ping() || now.monotonic < self.next_ping {
            return;
        }
        self.next_ping = now.monotonic + PING;
        if let Some(ping) = ping(call.client) {
            step.head = call.start(self.answer.content_type(), now);
            step.body.extend_from_slice(ping);
            call.sent(ping.len());
        }
    }

    /// Until when what is awaited now may take, and what that is.
    fn deadline(&self, phase: Phase) -> (Duration, Wait) {
        let timeouts = &self.timeouts;
        let (from, time, wait) = match phase {
            Phase::Handshake => (self.began, timeouts.tls, Wait::Tls),
            _ if self.is_committed => (self.progressed, timeouts.between_tokens, Wait::BetweenTokens),
            _ if !self.answer.is_to_stream() => (self.began, timeouts.answer, Wait::Answer),
            _ if !self.answer.is_streaming() => (self.began, timeouts.head, Wait::Head),
            _ => (self.began, timeouts.first_token, Wait::FirstToken),
        };
        let own = (from.monotonic + time, wait);
        let total = (self.call_began.monotonic + timeouts.total, Wait::Total);
        let client = &self.client_timeouts;
        let clients =
            [client.total.map(|it| self.call_began.monotonic + it), client.read.map(|it| from.monotonic + it)];
        let clients = clients.into_iter().flatten().map(|deadline| (deadline, Wait::Client));
        // Of two that end at once, the one that says more.
        std::iter::once(own).chain([total]).chain(clients).min_by_key(|(deadline, _)| *deadline).unwrap_or(own)
    }

    fn shortest_timeout(&self) -> Duration {
        let timeouts = &self.timeouts;
        let own = if self.answer.is_to_stream() {
            timeouts.head.min(timeouts.first_token).min(timeouts.between_tokens)
        } else {
            timeouts.answer.min(timeouts.between_tokens)
        };
        self.client_timeouts.read.map_or(own, |read| own.min(read))
    }

    fn commit(&mut self, call: &mut Call, step: &mut Step, now: Moment) {
        if !self.is_committed {
            self.is_committed = true;
            self.progressed = now;
            step.is_decided = true;
            step.head = call.commit(self.index, &mut self.answer, now);
        }
    }

    /// Hands over an answer that came whole.
    fn complete(&mut self, call: &mut Call, now: Moment) -> Result<(), Failure> {
        if self.answer.token_account().is_some() {
            return call.take_token(self.index, self.answer.take_body(), now);
        }
        let whole = self.answer.take_whole(now)?;
        call.conclude(self.index, whole, &mut self.answer, now);
        Ok(())
    }
}

/// The event that tells a client, in its dialect, that its stream broke off.
fn interruption(call: &Call, failure: Failure) -> Vec<u8> {
    let error = ClientError {
        status: failure.kind().status_for(call.client),
        message: failure.explain(),
        parameter: None,
        code: failure.stream_code(),
        request_id: &call.request_id,
    };
    error.event(call.client)
}

fn failure(kind: upstream::Kind) -> Failure {
    match kind {
        upstream::Kind::Configuration | upstream::Kind::Tls => Failure::Tls,
        upstream::Kind::InvalidRequest => Failure::Unsendable,
        upstream::Kind::Unavailable => Failure::Connect,
        upstream::Kind::Truncated => Failure::Truncated,
        upstream::Kind::Malformed | upstream::Kind::Decoding => Failure::Malformed,
        upstream::Kind::TooLarge => Failure::TooLarge,
    }
}

impl From<upstream::Error> for Failure {
    fn from(error: upstream::Error) -> Self {
        failure(error.kind())
    }
}
