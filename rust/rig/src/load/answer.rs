//! Reads one answer, and says whether it is what the upstream said.

use bytes::{Buf, BytesMut};
use memchr::memmem;

use super::chunked::Chunked;
use super::events::Events;
use super::{Failure, Shape};
use crate::LAST_WORDS;

/// An answer's head may not have more fields. LiteLLM sends 30.
const MAX_FIELDS: usize = 100;

/// What Tiercel says of its cache, before any semicolon.
const CACHE_WORDS: [&str; 5] = ["exact", "semantic", "shadow", "miss", "bypass"];

/// What has not been taken yet may not grow longer.
const MAX_PENDING: usize = 1 << 20;

/// How far an answer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    /// Events that the last bytes completed.
    pub(super) n_events: u64,
    /// What is known once the answer is whole.
    pub(super) whole: Option<After>,
}

/// What becomes of the connection after a whole answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// It takes another request.
    Reuse,
    /// The server said that it closes it.
    Close,
}

/// One answer on its way.
pub(super) struct Answer {
    body: Option<Body>,
    after: After,
    content: Content,
    /// What came of a look into a cache, once the head is there; `None` where it says nothing.
    pub(super) cache: Option<&'static str>,
}

/// Where the body ends.
enum Body {
    Length(usize),
    Chunked(Chunked),
}

/// What is kept of the body.
enum Content {
    Unary(Vec<u8>),
    Stream(Events),
}

impl Answer {
    pub(super) fn new(shape: Shape) -> Self {
        let content = match shape {
            Shape::Unary => Content::Unary(Vec::new()),
            Shape::Stream | Shape::Held => Content::Stream(Events::default()),
        };
        Self { body: None, after: After::Reuse, content, cache: None }
    }

    /// Takes from `input` what has arrived.
    pub(super) fn take(&mut self, input: &mut BytesMut) -> Result<Progress, Failure> {
        if input.len() > MAX_PENDING {
            return Err(Failure::Malformed);
        }
        if self.body.is_none() {
            self.body = self.head(input)?;
        }
        let mut data = Vec::new();
        let whole = match &mut self.body {
            None => return Ok(Progress { n_events: 0, whole: None }),
            Some(Body::Chunked(state)) => state.decode(input, &mut data)?,
            Some(Body::Length(left)) => {
                let taken = (*left).min(input.len());
                data.extend_from_slice(&input[..taken]);
                input.advance(taken);
                *left -= taken;
                *left == 0
            }
        };
        let n_events = self.content.feed(&data)?;
        if whole {
            self.content.finish()?;
        }
        Ok(Progress { n_events, whole: whole.then_some(self.after) })
    }

    /// Takes the head, once it is whole.
    fn head(&mut self, input: &mut BytesMut) -> Result<Option<Body>, Failure> {
        let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let mut response = httparse::Response::new(&mut fields);
        let length = match response.parse(input).map_err(|_| Failure::Malformed)? {
            httparse::Status::Partial => return Ok(None),
            httparse::Status::Complete(length) => length,
        };
        if response.code != Some(200) {
            return Err(response.code.map_or(Failure::Malformed, Failure::Status));
        }
        let mut body = None;
        for field in response.headers.iter() {
            let value = field.value.trim_ascii();
            if field.name.eq_ignore_ascii_case("content-length") {
                let length = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
                body = Some(Body::Length(length.ok_or(Failure::Malformed)?));
            } else if field.name.eq_ignore_ascii_case("transfer-encoding") {
                body = Some(Body::Chunked(Chunked::default()));
            } else if field.name.eq_ignore_ascii_case("connection") && value.eq_ignore_ascii_case(b"close") {
                self.after = After::Close;
            } else if field.name.eq_ignore_ascii_case("x-tiercel-cache") {
                self.cache = CACHE_WORDS.into_iter().find(|word| value.starts_with(word.as_bytes()));
            }
        }
        input.advance(length);
        // A body that ends when the connection does cannot be told from one that was cut.
        body.map(Some).ok_or(Failure::Malformed)
    }
}

impl Content {
    fn feed(&mut self, data: &[u8]) -> Result<u64, Failure> {
        match self {
            Self::Unary(body) if body.len() + data.len() > MAX_PENDING => Err(Failure::Malformed),
            Self::Unary(body) => {
                body.extend_from_slice(data);
                Ok(0)
            }
            Self::Stream(events) => events.feed(data),
        }
    }

    fn finish(&self) -> Result<(), Failure> {
        match self {
            Self::Stream(events) => events.finish(),
            Self::Unary(body) if memmem::find(body, LAST_WORDS.as_bytes()).is_some() && body.ends_with(b"}") => Ok(()),
            Self::Unary(_) => Err(Failure::Incomplete),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `bytes` in pieces of every size: how they were cut must not matter.
    fn check(case: &str, shape: Shape, bytes: &str, expected: Result<Option<After>, Failure>) {
        for size in 1..=bytes.len() {
            let (mut answer, mut input) = (Answer::new(shape), BytesMut::new());
            let actual = bytes.as_bytes().chunks(size).try_fold(None, |_, piece| {
                input.extend_from_slice(piece);
                answer.take(&mut input).map(|progress| progress.whole)
            });

            assert_eq!(expected, actual, "{case}, in pieces of {size}");
        }
    }

    #[test]
    fn which_unary_answers_count() {
        let body = format!("{{\"content\":\"{LAST_WORDS}\"}}");
        let with = |field: &str| format!("HTTP/1.1 200 OK\r\n{field}\r\n\r\n{body}");
        let length = format!("Content-Length: {}", body.len());
        check("a whole one", Shape::Unary, &with(&length), Ok(Some(After::Reuse)));
        check("the last", Shape::Unary, &with(&format!("{length}\r\nConnection: close")), Ok(Some(After::Close)));
        check("one that was cut", Shape::Unary, &with("content-length: 1000"), Ok(None));
        check("one of unknown length", Shape::Unary, &with("x: y"), Err(Failure::Malformed));
        check("one without its words", Shape::Unary, &with("content-length: 5"), Err(Failure::Incomplete));
        check("an error", Shape::Unary, "HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n", Err(Failure::Status(503)));
    }

    #[test]
    fn which_streams_count() {
        let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        let with = |body: &str| head.to_owned() + body;
        check("a whole one", Shape::Stream, &with("e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"), Ok(Some(After::Reuse)));
        check("no last chunk", Shape::Stream, &with("e\r\ndata: [DONE]\n\n\r\n"), Ok(None));
        check("no last event", Shape::Stream, &with("a\r\ndata: {}\n\n\r\n0\r\n\r\n"), Err(Failure::Incomplete));
    }
}
