//! What comes back on one attempt, read as it comes.

use tiercel_core::registry::ServiceAccountId;
use tiercel_upstream::{Event, Head};
use tiercel_wire::headers::forwarded_to_client;
use tiercel_wire::{
    AnswerError, ClientFault, Interruption, Outcome, Reading, State, StreamReader, Upstream, UpstreamError, Usage,
    passthrough, retry_after, should_retry,
};

use crate::Moment;
use crate::failure::Failure;

/// What is to come back.
#[derive(Clone)]
pub(crate) enum Expected {
    /// The answer of a model, which is read.
    Model(Reading),
    /// Whatever goes through. `may_break`: the server lets a client see that an answer without a length broke off.
    Passthrough { may_break: bool },
    /// A token for an account.
    Token(ServiceAccountId),
}

impl Expected {
    /// Whether events are to come.
    pub(crate) fn is_stream(&self) -> bool {
        match self {
            Self::Model(reading) => reading.request().is_stream(),
            Self::Passthrough { .. } | Self::Token(_) => false,
        }
    }
}

/// An answer, from nothing to whole.
pub(crate) struct Answer {
    expected: Expected,
    /// Whose dialect it is in.
    upstream: Upstream,
    /// Headers for the client.
    pub(crate) headers: Vec<(String, String)>,
    /// All headers, where it is no success: they say when to come again.
    refusal_headers: Vec<(String, Vec<u8>)>,
    status: u16,
    content_type: Option<String>,
    body: Body,
}

enum Body {
    /// To be read when it is whole.
    Whole { bytes: Vec<u8>, is_complete: bool },
    /// To be passed on event by event.
    Stream(StreamReader),
    /// To be passed on as it comes: in so many pieces so far.
    Raw { n_pieces: u64 },
}

/// How far an answer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing for the client yet.
    Waiting,
    /// A stream has begun to say something.
    Flowing,
    /// A stream has said everything.
    Finished,
    /// An answer that is no stream is there, to be taken by `Answer::take_whole`.
    Complete,
}

impl Answer {
    pub(crate) fn new(expected: Expected, upstream: Upstream) -> Self {
        let body = Body::Whole { bytes: Vec::new(), is_complete: false };
        Self {
            expected,
            upstream,
            headers: Vec::new(),
            refusal_headers: Vec::new(),
            status: 0,
            content_type: None,
            body,
        }
    }

    /// Takes one event; a stream's bytes for the client are appended to `output`.
    pub(crate) fn take(&mut self, event: Event<'_>, output: &mut Vec<u8>) -> Result<Progress, Failure> {
        match (event, &mut self.body) {
            (Event::Head(head), _) => {
                self.take_head(head);
                Ok(Progress::Waiting)
            }
            (Event::Body(data), Body::Whole { bytes, .. }) => {
                bytes.extend_from_slice(data);
                Ok(Progress::Waiting)
            }
            (Event::End, Body::Whole { is_complete, .. }) => {
                *is_complete = true;
                Ok(Progress::Complete)
            }
            (Event::Body(data), Body::Stream(reader)) => progress(self.upstream, reader.feed(data, output)),
            (Event::End, Body::Stream(reader)) => progress(self.upstream, reader.end(output)),
            (Event::Body(data), Body::Raw { n_pieces }) => {
                output.extend_from_slice(data);
                *n_pieces += 1;
                Ok(Progress::Flowing)
            }
            (Event::End, Body::Raw { .. }) => Ok(Progress::Finished),
        }
    }

    /// Takes note that the connection broke. A stream that had said everything but its last word is whole all the same.
    pub(crate) fn cut(&mut self, output: &mut Vec<u8>) -> Result<Progress, Failure> {
        match &mut self.body {
            Body::Stream(reader) => progress(self.upstream, reader.end(output)),
            Body::Whole { is_complete: true, .. } => Ok(Progress::Complete),
            Body::Whole { is_complete: false, .. } | Body::Raw { .. } => Err(Failure::Truncated),
        }
    }

    /// Whether a stream was asked for.
    pub(crate) fn is_to_stream(&self) -> bool {
        self.expected.is_stream()
    }

    /// Whether the head of a stream has come.
    pub(crate) fn is_streaming(&self) -> bool {
        matches!(self.body, Body::Stream(_))
    }

    /// Whether the answer goes on as it comes, so that no error can be told within it.
    pub(crate) fn is_raw(&self) -> bool {
        matches!(self.body, Body::Raw { .. })
    }

    /// The account that this brings a token for.
    pub(crate) fn token_account(&self) -> Option<ServiceAccountId> {
        match self.expected {
            Expected::Token(id) => Some(id),
            Expected::Model(_) | Expected::Passthrough { .. } => None,
        }
    }

    /// What the client is to take the answer for.
    pub(crate) fn content_type(&self) -> &str {
        match (&self.expected, &self.content_type) {
            (Expected::Passthrough { .. }, Some(content_type)) => content_type,
            (Expected::Passthrough { .. }, None) => "application/octet-stream",
            (Expected::Model(_) | Expected::Token(_), _) if self.is_to_stream() => "text/event-stream; charset=utf-8",
            (Expected::Model(_) | Expected::Token(_), _) => "application/json",
        }
    }

    /// Events that said something so far.
    pub(crate) fn n_meaningful_events(&self) -> u64 {
        match &self.body {
            Body::Stream(reader) => reader.n_meaningful_events(),
            Body::Raw { n_pieces } => *n_pieces,
            Body::Whole { .. } => 0,
        }
    }

    /// What was used and, where the upstream did not say, how many bytes of text there were.
    pub(crate) fn usage(&self) -> (Option<Usage>, u64) {
        match &self.body {
            Body::Stream(reader) => (reader.usage(), reader.n_content_bytes()),
            Body::Whole { .. } | Body::Raw { .. } => (None, 0),
        }
    }

    /// The bytes of an answer that is no stream, and its status.
    pub(crate) fn take_body(&mut self) -> (u16, Vec<u8>) {
        match &mut self.body {
            Body::Whole { bytes, .. } => (self.status, std::mem::take(bytes)),
            Body::Stream(_) | Body::Raw { .. } => (self.status, Vec::new()),
        }
    }

    /// The answer that is no stream.
    ///
    /// # Errors
    /// The failure that its status or its body is.
    pub(crate) fn take_whole(&mut self, now: Moment) -> Result<Whole, Failure> {
        let (status, body) = self.take_body();
        let headers = || self.refusal_headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
        let wait = || retry_after(headers(), &body, now.unix);
        let error = if status == 200 { None } else { UpstreamError::of_answer(headers(), &body) };
        let kind = match (Outcome::of(self.upstream, status, error.as_ref()), should_retry(headers())) {
            (Outcome::Success, _) => return self.read(status, body),
            (Outcome::CredentialFault, _) => return Err(Failure::Credential),
            (Outcome::Throttled, _) => return Err(Failure::Throttled(wait())),
            (Outcome::Overloaded, _) => return Err(Failure::Overloaded(wait())),
            (Outcome::ServerFault, Some(false)) => return Err(Failure::Final(status)),
            (Outcome::ServerFault, _) | (Outcome::ClientFault(ClientFault::Request), Some(true)) => {
                return Err(Failure::Status(status, wait()));
            }
            (Outcome::ClientFault(ClientFault::ModelNotFound), _) => Some(Failure::ModelNotFound),
            (Outcome::ClientFault(ClientFault::ContextLength), _) => Some(Failure::ContextLength),
            (Outcome::ClientFault(ClientFault::Request | ClientFault::ContentPolicy), _) => None,
        };
        let body = self.refusal(status, body);
        let kind = WholeKind::Refusal { would_be: kind, is_explained: body.is_some() };
        Ok(Whole { status, kind, body: body.unwrap_or_default() })
    }

    fn read(&self, status: u16, body: Vec<u8>) -> Result<Whole, Failure> {
        match &self.expected {
            Expected::Model(reading) if !reading.request().is_stream() => match reading.whole(body) {
                Ok(whole) => {
                    let kind = WholeKind::Answer(whole.usage, whole.n_content_bytes);
                    Ok(Whole { status, body: whole.body, kind })
                }
                Err(AnswerError::Malformed) => Err(Failure::Malformed),
                Err(AnswerError::Upstream(error)) => Err(inside(self.upstream, &error)),
            },
            Expected::Passthrough { .. } => {
                let kind = WholeKind::Answer(passthrough::usage(&body), 0);
                Ok(Whole { status, body, kind })
            }
            // A stream was asked for, and something else came.
            Expected::Model(_) | Expected::Token(_) => Err(Failure::Malformed),
        }
    }

    fn refusal(&self, status: u16, body: Vec<u8>) -> Option<Vec<u8>> {
        match &self.expected {
            Expected::Model(reading) => reading.refusal(status, body),
            Expected::Passthrough { .. } | Expected::Token(_) => passthrough::is_error(&body).then_some(body),
        }
    }

    fn take_head(&mut self, head: &Head) {
        self.status = head.status();
        for (name, value) in head.headers() {
            let name = if is_upstream_id(name) { "x-upstream-request-id" } else { name };
            if (forwarded_to_client(name) || name == "x-upstream-request-id")
                && let Some(value) = clean(value)
            {
                self.headers.push((name.to_owned(), value));
            }
        }
        let content_type = head.header("content-type");
        self.content_type = content_type.and_then(clean);
        if self.status != 200 {
            self.refusal_headers.extend(head.headers().map(|(name, value)| (name.to_owned(), value.to_vec())));
            return;
        }
        match &self.expected {
            Expected::Model(reading) if reading.is_stream(content_type) => self.body = Body::Stream(reading.stream()),
            Expected::Passthrough { may_break }
                if !content_type.is_some_and(|kind| kind.starts_with(b"application/json")) =>
            {
                // With its length, an answer that breaks off shows that it did.
                let length = head.header("content-length").filter(|_| head.header("content-encoding").is_none());
                let length = length.and_then(clean);
                if *may_break || length.is_some() {
                    self.headers.extend(length.map(|length| ("content-length".to_owned(), length)));
                    self.body = Body::Raw { n_pieces: 0 };
                }
            }
            Expected::Model(_) | Expected::Passthrough { .. } | Expected::Token(_) => {}
        }
    }
}

/// An answer that came in one piece.
pub(crate) struct Whole {
    pub(crate) status: u16,
    /// In the client's dialect.
    pub(crate) body: Vec<u8>,
    pub(crate) kind: WholeKind,
}

/// What it is.
pub(crate) enum WholeKind {
    /// An answer: what was used as far as the provider says, and bytes of text.
    Answer(Option<Usage>, u64),
    /// The client's own fault.
    Refusal {
        /// The failure that it is where another deployment may do better.
        would_be: Option<Failure>,
        /// Whether the provider said why; the body is empty where it did not.
        is_explained: bool,
    },
}

fn progress(upstream: Upstream, state: Result<State, Interruption>) -> Result<Progress, Failure> {
    match state {
        Ok(State::Starting) => Ok(Progress::Waiting),
        Ok(State::Flowing) => Ok(Progress::Flowing),
        Ok(State::Finished) => Ok(Progress::Finished),
        Err(Interruption::Truncated) => Err(Failure::Truncated),
        Err(Interruption::Malformed) => Err(Failure::Malformed),
        Err(Interruption::UpstreamError(error)) => Err(inside(upstream, &error)),
        Err(Interruption::TooLarge) => Err(Failure::TooLarge),
    }
}

/// What an error inside an answer of status 200 is.
fn inside(upstream: Upstream, error: &UpstreamError) -> Failure {
    match Outcome::of_error(upstream, error) {
        Outcome::CredentialFault => Failure::Credential,
        Outcome::Throttled => Failure::Throttled(None),
        Outcome::Overloaded => Failure::Overloaded(None),
        Outcome::Success | Outcome::ClientFault(_) | Outcome::ServerFault => Failure::ErrorInAnswer,
    }
}

/// The names under which providers tell their own id of a request.
fn is_upstream_id(name: &str) -> bool {
    ["x-request-id", "request-id", "x-amzn-requestid", "apim-request-id"].contains(&name)
}

/// A header value that may be sent on: visible ASCII, at most 256 bytes.
fn clean(value: &[u8]) -> Option<String> {
    let is_clean = value.len() <= 256 && value.iter().all(|&byte| (b' '..=b'~').contains(&byte));
    std::str::from_utf8(value).ok().filter(|_| is_clean).map(str::to_owned)
}
