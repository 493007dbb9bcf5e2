//! Why an attempt failed, and what follows from it.
//!
//! # Who may be asked next
//! A failure says something about the deployment, about the request, or about the gateway's own key. Only the first and
//! the third can go better elsewhere. A request that one provider refuses as bad is bad, and trying it on all of them
//! would only be slower. Which answer is which failure is said once for each dialect, in `tiercel_wire::Outcome`.

use std::time::Duration;

use tiercel_core::health::{BASE, BASE_BUSY, Cost, Verdict};

use crate::error::Kind;

/// Why an attempt brought nothing that can be passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The connection was refused.
    Connect,
    /// Every connection to the origin stayed in use.
    Busy,
    /// The TLS handshake failed.
    Tls,
    /// A connection that had served before was closed as the request came: the provider may not have seen it.
    Stale,
    /// Time was up.
    Timeout(Wait),
    /// The upstream closed before its answer was whole, or before its stream had a terminal event.
    Truncated,
    /// The answer is not HTTP, not JSON, or not what was asked for.
    Malformed,
    /// The answer is larger than allowed.
    TooLarge,
    /// An error object inside a 200.
    ErrorInAnswer,
    /// The request cannot be sent to this upstream.
    Unsendable,
    /// The provider does not take the gateway's key.
    Credential,
    /// The provider wants to be left alone, for so long if it says.
    Throttled(Option<Duration>),
    /// The provider has too much to do, and wants to be left alone for so long if it says.
    Overloaded(Option<Duration>),
    /// The provider does not have the model.
    ModelNotFound,
    /// The request is longer than the model reads.
    ContextLength,
    /// Any other status that is the provider's fault, and for how long it wants to be left alone if it says.
    Status(u16, Option<Duration>),
    /// The same, and the provider asks not to be asked again.
    Final(u16),
    /// The server is shutting down and could not wait.
    Draining,
}

/// What an attempt was waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The TCP connection.
    Connect,
    /// The TLS handshake.
    Tls,
    /// The head of a stream.
    Head,
    /// The whole of an answer that is no stream.
    Answer,
    /// The first event that means something.
    FirstToken,
    /// The next event that means something.
    BetweenTokens,
    /// The end of the call.
    Total,
    /// Longer than the client does.
    Client,
}

/// What may be tried after a failure. Other deployments may be asked at once, but for `Never` and `Longer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// Nothing.
    Never,
    /// Only what takes longer requests.
    Longer,
    /// Other deployments.
    Elsewhere,
    /// The same deployment with another key, and other deployments.
    OtherKey,
    /// Other deployments; where there are none, the same one at once, and then after a pause.
    Reconnect,
    /// Other deployments; where there are none, the same one after a pause of about that time.
    Again(Duration),
}

impl Failure {
    /// What may be tried next.
    pub(crate) fn retry(self) -> Retry {
        match self {
            Self::Draining | Self::Timeout(Wait::Total | Wait::Client) => Retry::Never,
            Self::ContextLength => Retry::Longer,
            // A whole answer that did not come in minutes was worked on, and is paid for.
            Self::Timeout(Wait::Answer) | Self::ModelNotFound | Self::TooLarge | Self::Unsendable | Self::Final(_) => {
                Retry::Elsewhere
            }
            Self::Credential => Retry::OtherKey,
            Self::Connect | Self::Tls | Self::Stale | Self::Timeout(Wait::Connect | Wait::Tls) => Retry::Reconnect,
            Self::Throttled(_) | Self::Overloaded(_) => Retry::Again(BASE_BUSY),
            Self::Busy
            | Self::Timeout(Wait::Head | Wait::FirstToken | Wait::BetweenTokens)
            | Self::Truncated
            | Self::Malformed
            | Self::ErrorInAnswer
            | Self::Status(..) => Retry::Again(BASE),
        }
    }

    /// For how long the provider asks to be left alone.
    pub(crate) fn wait(self) -> Option<Duration> {
        match self {
            Self::Throttled(wait) | Self::Overloaded(wait) | Self::Status(_, wait) => wait,
            _ => None,
        }
    }

    /// Whether another key of the same deployment may do.
    pub(crate) fn may_change_key(self) -> bool {
        matches!(self, Self::Credential | Self::Throttled(_))
    }

    /// What a retry after it costs.
    pub(crate) fn cost(self) -> Cost {
        if matches!(self, Self::Throttled(_)) { Cost::Throttled } else { Cost::Retry }
    }

    /// What it tells of the deployment's health.
    pub(crate) fn verdict(self) -> Verdict {
        match self {
            Self::Connect | Self::Tls | Self::Timeout(Wait::Connect | Wait::Tls) => Verdict::Refused,
            Self::Credential => Verdict::CredentialFault,
            Self::Throttled(wait) => Verdict::Throttled(wait),
            Self::Timeout(Wait::Head | Wait::Answer | Wait::FirstToken | Wait::BetweenTokens)
            | Self::Stale
            | Self::Truncated
            | Self::Malformed
            | Self::ErrorInAnswer
            | Self::Overloaded(_)
            | Self::Status(..)
            | Self::Final(_) => Verdict::Failure,
            // What was asked, by whom, and how much of it at once, is not the deployment's fault.
            Self::Timeout(Wait::Total | Wait::Client)
            | Self::Busy
            | Self::TooLarge
            | Self::Unsendable
            | Self::ModelNotFound
            | Self::ContextLength
            | Self::Draining => Verdict::Nothing,
        }
    }

    /// What the client is told when no further attempt is made.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Timeout(_) => Kind::UpstreamTimeout,
            Self::Credential => Kind::UpstreamCredentials,
            Self::Throttled(_) => Kind::UpstreamThrottled,
            Self::Draining => Kind::Draining,
            Self::Status(508, _) | Self::Final(508) => Kind::LoopDetected,
            Self::Connect
            | Self::Busy
            | Self::Tls
            | Self::Stale
            | Self::Truncated
            | Self::Malformed
            | Self::TooLarge
            | Self::ErrorInAnswer
            | Self::Unsendable
            | Self::Overloaded(_)
            | Self::ModelNotFound
            | Self::ContextLength
            | Self::Status(..)
            | Self::Final(_) => Kind::UpstreamFailed,
        }
    }

    /// One word, for the log, the metrics and the `x-tiercel-attempts` header.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Busy => "busy",
            Self::Tls => "tls",
            Self::Stale => "stale",
            Self::Timeout(Wait::Connect) => "timeout_connect",
            Self::Timeout(Wait::Tls) => "timeout_tls",
            Self::Timeout(Wait::Head) => "timeout_head",
            Self::Timeout(Wait::Answer) => "timeout_answer",
            Self::Timeout(Wait::FirstToken) => "timeout_first_token",
            Self::Timeout(Wait::BetweenTokens) => "timeout_between_tokens",
            Self::Timeout(Wait::Total) => "timeout_total",
            Self::Timeout(Wait::Client) => "timeout_client",
            Self::Truncated => "truncated",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::ErrorInAnswer => "error_in_answer",
            Self::Unsendable => "unsendable",
            Self::Credential => "credential",
            Self::Throttled(_) => "throttled",
            Self::Overloaded(_) => "overloaded",
            Self::ModelNotFound => "model_not_found",
            Self::ContextLength => "context_length",
            Self::Status(500, _) | Self::Final(500) => "status_500",
            Self::Status(502, _) | Self::Final(502) => "status_502",
            Self::Status(503, _) | Self::Final(503) => "status_503",
            Self::Status(504, _) | Self::Final(504) => "status_504",
            Self::Status(..) | Self::Final(_) => "status_other",
            Self::Draining => "draining",
        }
    }

    /// The code in a stream's error event.
    pub(crate) fn stream_code(self) -> &'static str {
        match self {
            Self::Truncated => "stream_truncated",
            _ => Kind::StreamInterrupted.code(),
        }
    }

    /// What the client is told of it, in words.
    pub(crate) fn explain(self) -> &'static str {
        match self {
            Self::Connect => "the provider could not be reached",
            Self::Busy => "every connection to the provider stayed in use",
            Self::Tls => "no trusted TLS connection to the provider came about",
            Self::Stale => "the provider closed a connection that was in use before",
            Self::Timeout(Wait::Connect) => "connecting to the provider took too long",
            Self::Timeout(Wait::Tls) => "the TLS handshake with the provider took too long",
            Self::Timeout(Wait::Head | Wait::Answer) => "the provider did not answer in time",
            Self::Timeout(Wait::FirstToken) => "the first token did not come in time",
            Self::Timeout(Wait::BetweenTokens) => "the next token did not come in time",
            Self::Timeout(Wait::Total) => "the call took longer than it may",
            Self::Timeout(Wait::Client) => "the provider took longer than the client waits, by its x-stainless-timeout",
            Self::Truncated => "the provider's answer ended before it was whole",
            Self::Malformed => "the provider's answer is malformed",
            Self::TooLarge => "the provider's answer is too large",
            Self::ErrorInAnswer => "the provider reported an error in its answer",
            Self::Unsendable => "the request cannot be sent to the provider",
            Self::Credential => "the provider does not take the gateway's key",
            Self::Throttled(_) => "the provider asks to slow down",
            Self::Overloaded(_) => "the provider is overloaded",
            Self::ModelNotFound => "the provider does not have the model",
            Self::ContextLength => "the request is longer than the model reads",
            Self::Status(..) | Self::Final(_) => "the provider answered with an error",
            Self::Draining => "the gateway is shutting down",
        }
    }
}
