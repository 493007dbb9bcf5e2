//! A connection to a provider while it carries attempts: bytes in, and out what the client gets and when it is over.

use std::time::Duration;

use tiercel_core::registry::Timeouts;
use tiercel_upstream::{self as upstream, Phase};
use tiercel_wire::ClientError;

use crate::answer::{Answer, Progress};
use crate::call::Call;
use crate::failure::{Failure, Wait};
use crate::{Moment, Reply};

/// One socket's worth of state. It outlives its attempts.
pub struct Connection {
    http: upstream::Connection,
    current: Option<Current>,
    /// Whether the last attempt failed: then nobody waits for the rest of its answer.
    has_failed: bool,
}

/// The attempt that the connection carries.
struct Current {
    answer: Answer,
    timeouts: Timeouts,
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
            Ok((answer, timeouts)) => {
                let call_began = call.began();
                self.current =
                    Some(Current { answer, timeouts, call_began, began: now, progressed: now, is_committed: false });
                call.wait(now);
            }
            Err(failure) => self.fail(call, failure, &mut step, now),
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
            call.resume(now);
            let progress = current.answer.cut(&mut step.body);
            self.advance(call, progress, &mut step, now);
        }
        step
    }

    /// Ends the attempt if its time is up.
    pub fn expire(&mut self, call: &mut Call, now: Moment) -> Step {
        let mut step = Step::default();
        if let Some(current) = &self.current {
            let (deadline, wait) = current.deadline(self.http.phase());
            if now.monotonic >= deadline {
                self.fail(call, Failure::Timeout(wait), &mut step, now);
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
            call.abandon(Some(&current.answer), now);
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
        deadline.saturating_sub(now.monotonic).min(current.shortest_timeout())
    }

    /// Whether another attempt may use it.
    pub fn is_reusable(&self) -> bool {
        self.current.is_none() && self.http.is_reusable()
    }

    /// Whether it will be reusable once the rest of a finished answer has come.
    pub fn is_settling(&self) -> bool {
        self.current.is_none() && !self.has_failed && self.http.phase() == Phase::Body
    }

    fn advance(&mut self, call: &mut Call, progress: Result<Progress, Failure>, step: &mut Step, now: Moment) {
        let Some(current) = &mut self.current else { return };
        if let Ok(Progress::Flowing | Progress::Finished) = progress {
            current.commit(call, step, now);
            if call.note_progress(current.answer.n_meaningful_events(), now) {
                current.progressed = now;
            }
            call.sent(step.body.len());
        }
        match progress {
            Ok(Progress::Waiting | Progress::Flowing) => call.wait(now),
            Ok(Progress::Finished) => {
                call.finish_stream(&current.answer, now);
                self.current = None;
                step.is_over = true;
            }
            Ok(Progress::Complete) => match current.complete(call, now) {
                Ok(()) => {
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
            Some(current) if current.is_committed => {
                if current.answer.is_raw() {
                    step.is_broken = true;
                } else {
                    let event = interruption(call, failure);
                    call.sent(event.len());
                    step.body.extend(event);
                }
                call.interrupt(failure, &current.answer, now);
            }
            _ => {
                // It may have begun to say something in the very read that failed: the next answer starts anew.
                step.body.clear();
                call.fail_attempt(failure, now);
            }
        }
        step.is_over = true;
    }
}

impl Current {
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
        if total.0 < own.0 { total } else { own }
    }

    fn shortest_timeout(&self) -> Duration {
        let timeouts = &self.timeouts;
        if self.answer.is_to_stream() {
            timeouts.head.min(timeouts.first_token).min(timeouts.between_tokens)
        } else {
            timeouts.answer.min(timeouts.between_tokens)
        }
    }

    fn commit(&mut self, call: &mut Call, step: &mut Step, now: Moment) {
        if !self.is_committed {
            self.is_committed = true;
            self.progressed = now;
            step.head = Some(call.commit(&mut self.answer, now));
        }
    }

    /// Hands over an answer that came whole.
    fn complete(&mut self, call: &mut Call, now: Moment) -> Result<(), Failure> {
        if self.answer.token_account().is_some() {
            return call.take_token(self.answer.take_body(), now);
        }
        let whole = self.answer.take_whole()?;
        call.conclude(whole, &mut self.answer, now);
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
