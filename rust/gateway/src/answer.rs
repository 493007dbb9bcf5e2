//! What comes back on one attempt, read as it comes.

use tiercel_upstream::{Event, Head};
use tiercel_wire::Usage;
use tiercel_wire::headers::forwarded_to_client;
use tiercel_wire::openai::{Answer as WholeAnswer, Endpoint, Interruption, State, StreamReader};

use crate::failure::{Failure, Verdict, judge};

/// What the request lets one expect of its answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    pub(crate) endpoint: Endpoint,
    pub(crate) is_stream: bool,
    pub(crate) n_choices: u32,
    /// Usage was asked for by the gateway alone.
    pub(crate) strip_usage: bool,
}

/// An answer, from nothing to whole.
pub(crate) struct Answer {
    expected: Expected,
    /// Headers for the client.
    pub(crate) headers: Vec<(String, String)>,
    verdict: Option<Verdict>,
    status: u16,
    body: Body,
}

enum Body {
    /// To be read when it is whole.
    Whole { bytes: Vec<u8>, is_complete: bool },
    /// To be passed on event by event.
    Stream(StreamReader),
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
    /// An answer that is no stream is there, to be taken by `Answer::into_whole`.
    Complete,
}

impl Answer {
    pub(crate) fn new(expected: Expected) -> Self {
        let body = Body::Whole { bytes: Vec::new(), is_complete: false };
        Self { expected, headers: Vec::new(), verdict: None, status: 0, body }
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
            (Event::Body(data), Body::Stream(reader)) => progress(&reader.feed(data, output)),
            (Event::End, Body::Stream(reader)) => progress(&reader.end(output)),
        }
    }

    /// Takes note that the connection broke. A stream that had said everything but `[DONE]` is whole all the same.
    pub(crate) fn cut(&mut self, output: &mut Vec<u8>) -> Result<Progress, Failure> {
        match &mut self.body {
            Body::Stream(reader) => progress(&reader.end(output)),
            Body::Whole { is_complete: true, .. } => Ok(Progress::Complete),
            Body::Whole { is_complete: false, .. } => Err(Failure::Truncated),
        }
    }

    /// Whether a stream was asked for.
    pub(crate) fn is_to_stream(&self) -> bool {
        self.expected.is_stream
    }

    /// Whether the head of a stream has come.
    pub(crate) fn is_streaming(&self) -> bool {
        matches!(self.body, Body::Stream(_))
    }

    /// Events that said something so far.
    pub(crate) fn n_meaningful_events(&self) -> u64 {
        match &self.body {
            Body::Stream(reader) => reader.n_meaningful_events(),
            Body::Whole { .. } => 0,
        }
    }

    /// What was used and, where the upstream did not say, how many bytes of text there were.
    pub(crate) fn usage(&self) -> (Option<Usage>, u64) {
        match &self.body {
            Body::Stream(reader) => (reader.usage(), reader.n_content_bytes()),
            Body::Whole { .. } => (None, 0),
        }
    }

    /// The answer that is no stream.
    ///
    /// # Errors
    /// The failure that its status or its body is.
    pub(crate) fn take_whole(&mut self) -> Result<Whole, Failure> {
        let Body::Whole { bytes, .. } = &mut self.body else { return Err(Failure::Malformed) };
        let body = std::mem::take(bytes);
        match self.verdict {
            Some(Verdict::ClientFault) => Ok(Whole { status: self.status, body, read: None }),
            Some(Verdict::Failed(failure)) => Err(failure),
            Some(Verdict::Success) if !self.expected.is_stream => {
                match WholeAnswer::read(self.expected.endpoint, &body) {
                    Ok(answer) => Ok(Whole { status: self.status, body, read: Some(answer) }),
                    Err(tiercel_wire::openai::AnswerError::Malformed) => Err(Failure::Malformed),
                    Err(tiercel_wire::openai::AnswerError::Upstream(_)) => Err(Failure::ErrorInAnswer),
                }
            }
            // A stream was asked for, and something else came.
            Some(Verdict::Success) | None => Err(Failure::Malformed),
        }
    }

    fn take_head(&mut self, head: &Head) {
        self.status = head.status();
        let verdict = judge(self.status, head.header("retry-after"));
        self.verdict = Some(verdict);
        for (name, value) in head.headers() {
            let name = if name == "x-request-id" { "x-upstream-request-id" } else { name };
            if (forwarded_to_client(name) || name == "x-upstream-request-id")
                && let Some(value) = clean(value)
            {
                self.headers.push((name.to_owned(), value));
            }
        }
        let is_events = head.header("content-type").is_some_and(|kind| kind.starts_with(b"text/event-stream"));
        if verdict == Verdict::Success && self.expected.is_stream && is_events {
            self.body = Body::Stream(StreamReader::new(self.expected.n_choices, self.expected.strip_usage));
        }
    }
}

/// An answer that came in one piece: a success that was read, or the client's own fault in the upstream's words.
pub(crate) struct Whole {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    pub(crate) read: Option<WholeAnswer>,
}

fn progress(state: &Result<State, Interruption>) -> Result<Progress, Failure> {
    match state {
        Ok(State::Starting) => Ok(Progress::Waiting),
        Ok(State::Flowing) => Ok(Progress::Flowing),
        Ok(State::Finished) => Ok(Progress::Finished),
        Err(Interruption::Truncated) => Err(Failure::Truncated),
        Err(Interruption::Malformed) => Err(Failure::Malformed),
        Err(Interruption::UpstreamError(_)) => Err(Failure::ErrorInAnswer),
        Err(Interruption::TooLarge) => Err(Failure::TooLarge),
    }
}

/// A header value that may be sent on: visible ASCII, at most 256 bytes.
fn clean(value: &[u8]) -> Option<String> {
    let is_clean = value.len() <= 256 && value.iter().all(|&byte| (b' '..=b'~').contains(&byte));
    std::str::from_utf8(value).ok().filter(|_| is_clean).map(str::to_owned)
}
