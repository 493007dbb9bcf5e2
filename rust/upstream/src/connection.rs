//! A connection to a provider, from its first byte to its last.

use std::sync::Arc;

use crate::answer::{Answers, Event, State};
use crate::error::{Error, Kind};
use crate::limits::Limits;
use crate::request::Request;
use crate::session::Session;
use crate::tls::ClientConfig;

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// TLS is being agreed upon; a request may already be waiting for it.
    Handshake,
    /// A request may be sent.
    Idle,
    /// A request was sent, and its answer's head has not yet arrived whole.
    Head,
    /// The answer's body is arriving.
    Body,
    /// It is of no more use: drop the socket.
    Closed,
}

/// One connection: requests one after another, never two at a time.
pub struct Connection {
    /// `None`: plain text.
    session: Option<Session>,
    answers: Answers,
    n_requests: u64,
    /// The head of the last request, kept for its allocation.
    request_head: Vec<u8>,
}

impl Connection {
    /// A connection without TLS.
    pub fn plain() -> Self {
        Self::over(None)
    }

    /// A connection with TLS to `host`: a DNS name or an IP address, without port or brackets.
    ///
    /// # Errors
    /// `Kind::Configuration` if `host` is neither.
    pub fn tls(config: &Arc<ClientConfig>, host: &str) -> Result<Self, Error> {
        Ok(Self::over(Some(Session::new(config, host)?)))
    }

    fn over(session: Option<Session>) -> Self {
        Self { session, answers: Answers::new(), n_requests: 0, request_head: Vec::new() }
    }

    /// Sends `request`, whose answer is held to `limits`. What must go to the socket is appended to `output`: with
    /// TLS that is at first only the greeting, and the request follows when `receive` has seen the peer's.
    ///
    /// # Errors
    /// `Kind::InvalidRequest` and `Kind::Unavailable`, both before anything is sent; `Kind::Tls`.
    pub fn send(&mut self, request: &Request<'_>, limits: Limits, output: &mut Vec<u8>) -> Result<(), Error> {
        if self.answers.state() != State::Idle {
            return Err(Error::new(Kind::Unavailable, "the connection cannot take a request now"));
        }
        request.encode_head(&mut self.request_head)?;
        self.answers.expect(request.method, limits);
        self.n_requests += 1;
        match &mut self.session {
            None => {
                output.extend_from_slice(&self.request_head);
                output.extend_from_slice(request.body);
                Ok(())
            }
            Some(session) => {
                session.write(&self.request_head, request.body, output).inspect_err(|_| self.answers.close())
            }
        }
    }

    /// Takes one read from the network; empty `data` is the end of file. Calls `on_event` for all that it completes,
    /// and appends to `output` what TLS must send, which is worth sending after an error, too. What comes after the
    /// answer's end makes the connection useless, but is no error; once closed, it ignores everything.
    ///
    /// # Errors
    /// `Kind::Tls`, `Truncated`, `Malformed`, `TooLarge` or `Decoding`; the connection is closed then.
    pub fn receive(
        &mut self,
        data: &[u8],
        output: &mut Vec<u8>,
        mut on_event: impl FnMut(Event<'_>),
    ) -> Result<(), Error> {
        if self.answers.state() == State::Closed {
            return Ok(());
        }
        let received = match &mut self.session {
            None if data.is_empty() => self.answers.end(&mut on_event),
            None => self.answers.feed(data, &mut on_event),
            Some(session) => session.receive(data, output, &mut self.answers, &mut on_event),
        };
        received.inspect_err(|_| self.answers.close())
    }

    /// What the connection is doing.
    pub fn phase(&self) -> Phase {
        match self.answers.state() {
            State::Closed => Phase::Closed,
            _ if self.session.as_ref().is_some_and(Session::is_handshaking) => Phase::Handshake,
            State::Idle => Phase::Idle,
            State::Head => Phase::Head,
            State::Body => Phase::Body,
        }
    }

    /// Whether another request may be sent: every answer was whole, the peer keeps the connection, and nothing came
    /// that was not asked for.
    pub fn is_reusable(&self) -> bool {
        self.phase() == Phase::Idle
    }

    /// How many requests were sent: above one, the current one came to a connection that was in use before, and the
    /// peer may have been about to close it.
    pub fn n_requests(&self) -> u64 {
        self.n_requests
    }

    /// Whether any byte of an answer to the current request arrived. If none did, the peer may not have seen it.
    pub fn has_answered(&self) -> bool {
        self.answers.has_begun()
    }
}
