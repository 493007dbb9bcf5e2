//! What goes back to the client in one piece: an answer that is whole, an error, or the head of a stream.

use std::borrow::Cow;

use tiercel_wire::{Client, ClientError, UpstreamError};

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
    pub(crate) fn new(status: u16, content_type: impl Into<String>, body: Vec<u8>) -> Self {
        // As many as a whole answer usually has.
        let mut headers = Vec::with_capacity(12);
        headers.push((Cow::Borrowed("content-type"), content_type.into()));
        Self { status, headers, body }
    }

    /// A JSON body.
    pub(crate) fn json(status: u16, body: Vec<u8>) -> Self {
        Self::new(status, "application/json", body)
    }

    /// The body of `error`, in the client's dialect.
    pub(crate) fn error(error: &Error, client: Client, request_id: &str) -> Self {
        let status = error.kind.status_for(client);
        let message = &error.message;
        let code = error.kind.code();
        let body = ClientError { status, message, parameter: error.parameter, code, request_id }.body(client);
        let mut reply = Self::json(status, body);
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
    pub(crate) fn unexplained_refusal(status: u16, client: Client, request_id: &str) -> Vec<u8> {
        let message = "the provider refused the request, and did not say why";
        ClientError { status, message, parameter: None, code: "upstream_refused", request_id }.body(client)
    }

    /// The same as the last event of a stream whose head has gone out: whatever it is, it is an error there.
    pub(crate) fn into_event(self, client: Client, request_id: &str) -> Self {
        let told = UpstreamError::read(&self.body).unwrap_or_default();
        let code = told.code.as_deref().unwrap_or(Kind::StreamInterrupted.code());
        let error = ClientError { status: self.status, message: &told.message, parameter: None, code, request_id };
        Self { body: error.event(client), ..self }
    }

    /// Adds a header.
    pub(crate) fn push(&mut self, name: impl Into<Cow<'static, str>>, value: String) {
        self.headers.push((name.into(), value));
    }
}
