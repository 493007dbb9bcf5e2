//! What goes back to the client in one piece: an answer that is whole, an error, or the head of a stream.

use std::borrow::Cow;

use tiercel_wire::openai;

use crate::error::{Error, Kind};

/// The longest wait that a client is told to keep: SDKs sleep as long as they are told (specification "Errors").
pub(crate) const MAX_RETRY_AFTER: u64 = 60;

/// A status, headers and a body; the body of a stream's head is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case; values without control characters.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// A reply with a content type.
    pub(crate) fn new(status: u16, content_type: &'static str, body: Vec<u8>) -> Self {
        // As many as a whole answer usually has.
        let mut headers = Vec::with_capacity(12);
        headers.push((Cow::Borrowed("content-type"), content_type.to_owned()));
        Self { status, headers, body }
    }

    /// A JSON body.
    pub(crate) fn json(status: u16, body: Vec<u8>) -> Self {
        Self::new(status, "application/json", body)
    }

    /// The body of `error`, in OpenAI's dialect.
    pub(crate) fn error(error: &Error) -> Self {
        let body = openai::error::body(&openai::error::ClientError {
            message: &error.message,
            kind: error.kind.openai_type(),
            parameter: error.parameter,
            code: Some(error.kind.code()),
        });
        let mut reply = Self::json(error.kind.status(), body);
        if error.kind.may_retry() {
            reply.push("retry-after", "1".to_owned());
        } else {
            reply.push("x-should-retry", "false".to_owned());
        }
        if error.kind == Kind::UnknownKey || error.kind == Kind::MissingKey {
            reply.push("www-authenticate", "Bearer".to_owned());
        }
        reply
    }

    /// The body for a request that the provider refused without words that can be passed on.
    pub(crate) fn unexplained_refusal() -> Vec<u8> {
        openai::error::body(&openai::error::ClientError {
            message: "the provider refused the request, and did not say why",
            kind: "invalid_request_error",
            parameter: None,
            code: Some("upstream_refused"),
        })
    }

    /// Adds a header.
    pub(crate) fn push(&mut self, name: impl Into<Cow<'static, str>>, value: String) {
        self.headers.push((name.into(), value));
    }
}
