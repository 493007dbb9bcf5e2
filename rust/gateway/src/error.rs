//! Every way in which Tiercel refuses or fails a request, and what the client is told.
//!
//! Each kind has one status, one type and code in each dialect, and one Python exception (`tiercel/errors.py`). The
//! status is what makes an SDK raise the right exception; the code is what a program may act upon; the message says
//! what, where, and what to do.

use std::borrow::Cow;

use tiercel_wire::{Client, openai};

/// Why a request was refused or failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The head is not one that can be trusted: `Host` missing or doubled, a header with control characters.
    MalformedHead,
    /// Two different credentials came in one request.
    ConflictingCredentials,
    /// The body is not JSON of the shape that the endpoint asks for.
    MalformedBody,
    /// The provider cannot be asked for what the body says.
    Unsupported,
    /// The client went away, or broke the framing, before the end of its body.
    BodyIncomplete,
    /// The body did not arrive in time.
    BodyTimeout,
    /// The body is larger than the server allows.
    BodyTooLarge,
    /// The body comes without its length, over an interface that needs it.
    LengthRequired,
    /// The body is compressed.
    UnsupportedEncoding,
    /// No credential came, and one is needed.
    MissingKey,
    /// The credential is none that is known.
    UnknownKey,
    /// The credential was good once.
    ExpiredKey,
    /// The key may not use the model, or not see the page.
    Forbidden,
    /// There is no such path.
    UnknownPath,
    /// There is no such model.
    UnknownModel,
    /// Every tier of the route is expected to cost more than may be spent.
    TooDear,
    /// The path does not take the method.
    MethodNotAllowed,
    /// The configuration that was to be read again cannot be used.
    InvalidConfiguration,
    /// The request's idempotency key came before, with another request.
    IdempotencyKeyReused,
    /// The request that came before with the same idempotency key is still being answered.
    IdempotencyKeyInUse,
    /// The request has passed through this gateway too often.
    LoopDetected,
    /// More requests are in flight than the server allows.
    Overloaded,
    /// The server is shutting down.
    Draining,
    /// Every upstream that was tried asked to slow down.
    UpstreamThrottled,
    /// No upstream took the gateway's own credentials.
    UpstreamCredentials,
    /// No upstream could be reached, or none answered in a way that can be passed on.
    UpstreamFailed,
    /// No upstream answered in time.
    UpstreamTimeout,
    /// A stream broke off after its first event had gone to the client.
    StreamInterrupted,
    /// A fault of Tiercel's own.
    Internal,
}

impl Kind {
    /// Every kind, in the order in which a request can meet them.
    pub const ALL: [Self; 29] = [
        Self::MalformedHead,
        Self::ConflictingCredentials,
        Self::MalformedBody,
        Self::Unsupported,
        Self::BodyIncomplete,
        Self::BodyTimeout,
        Self::BodyTooLarge,
        Self::LengthRequired,
        Self::UnsupportedEncoding,
        Self::MissingKey,
        Self::UnknownKey,
        Self::ExpiredKey,
        Self::Forbidden,
        Self::UnknownPath,
        Self::UnknownModel,
        Self::TooDear,
        Self::MethodNotAllowed,
        Self::InvalidConfiguration,
        Self::IdempotencyKeyReused,
        Self::IdempotencyKeyInUse,
        Self::LoopDetected,
        Self::Overloaded,
        Self::Draining,
        Self::UpstreamThrottled,
        Self::UpstreamCredentials,
        Self::UpstreamFailed,
        Self::UpstreamTimeout,
        Self::StreamInterrupted,
        Self::Internal,
    ];

    /// The HTTP status and the code, which is the same in every dialect, in metrics and in the access log.
    pub const fn status_and_code(self) -> (u16, &'static str) {
        match self {
            Self::MalformedHead => (400, "malformed_head"),
            Self::ConflictingCredentials => (400, "conflicting_credentials"),
            Self::MalformedBody => (400, "malformed_body"),
            Self::Unsupported => (400, "unsupported_parameter"),
            Self::BodyIncomplete => (400, "body_incomplete"),
            Self::BodyTimeout => (408, "body_timeout"),
            Self::BodyTooLarge => (413, "body_too_large"),
            Self::LengthRequired => (411, "length_required"),
            Self::UnsupportedEncoding => (415, "unsupported_encoding"),
            Self::MissingKey => (401, "missing_api_key"),
            // OpenAI's own words, which programs compare with.
            Self::UnknownKey => (401, "invalid_api_key"),
            Self::ExpiredKey => (401, "expired_api_key"),
            Self::Forbidden => (403, "forbidden"),
            Self::UnknownPath => (404, "unknown_path"),
            Self::UnknownModel => (404, "model_not_found"),
            Self::TooDear => (402, "max_cost_exceeded"),
            Self::MethodNotAllowed => (405, "method_not_allowed"),
            Self::InvalidConfiguration => (400, "invalid_configuration"),
            Self::IdempotencyKeyReused => (422, "idempotency_key_reused"),
            Self::IdempotencyKeyInUse => (409, "idempotency_key_in_use"),
            Self::LoopDetected => (508, "loop_detected"),
            Self::Overloaded => (503, "overloaded"),
            Self::Draining => (503, "draining"),
            Self::UpstreamThrottled => (429, "upstream_throttled"),
            Self::UpstreamCredentials => (503, "upstream_credentials_unavailable"),
            Self::UpstreamFailed => (502, "upstream_failed"),
            Self::UpstreamTimeout => (504, "upstream_timeout"),
            Self::StreamInterrupted => (502, "upstream_stream_interrupted"),
            Self::Internal => (500, "internal"),
        }
    }

    /// The status alone.
    pub const fn status(self) -> u16 {
        self.status_and_code().0
    }

    /// The status as a client of this dialect expects it: Anthropic's says 529 for what is too much at the moment. A
    /// gateway that shuts down says 503 to all of them, by which proxies know to ask another.
    pub const fn status_for(self, client: Client) -> u16 {
        match (self, client) {
            (Self::Overloaded, Client::Anthropic) => 529,
            _ => self.status(),
        }
    }

    /// The code alone.
    pub const fn code(self) -> &'static str {
        self.status_and_code().1
    }

    /// The `type` of an error in OpenAI's dialect.
    pub fn openai_type(self) -> &'static str {
        openai::error_class(self.status())
    }

    /// Whether the client's SDK may try again: not when it would meet the same refusal, and not when Tiercel has
    /// already spent its own attempts, which would multiply theirs.
    pub const fn may_retry(self) -> bool {
        matches!(self, Self::Overloaded | Self::Draining | Self::BodyTimeout | Self::IdempotencyKeyInUse)
    }
}

/// A refusal or failure, as it is told to the client.
#[derive(Clone, Debug)]
pub struct Error {
    /// What it is.
    pub kind: Kind,
    /// What, where, and what to do; without keys and prompts.
    pub message: Cow<'static, str>,
    /// The field of the body that it is about.
    pub parameter: Option<&'static str>,
}

impl Error {
    /// An error about no field in particular.
    pub fn new(kind: Kind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into(), parameter: None }
    }

    /// The same about the body's field `parameter`.
    #[must_use]
    pub fn about(self, parameter: &'static str) -> Self {
        Self { parameter: Some(parameter), ..self }
    }
}
