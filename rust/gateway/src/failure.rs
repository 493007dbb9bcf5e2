//! Why an attempt failed, and what follows from it.
//!
//! # Who may be asked next
//! A failure says something about the deployment, about the request, or about the gateway's own key. Only the first and
//! the third can go better elsewhere. A request that one provider refuses as bad is bad, and trying it on all of them
//! would only be slower.

use std::time::Duration;

use crate::error::Kind;

/// Why an attempt brought nothing that can be passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The connection was refused, or every connection to the origin stayed in use.
    Connect,
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
    /// 401, 402 or 403: the provider does not take the gateway's key.
    Credential,
    /// 429, and how long the provider wants to be left alone.
    Throttled(Option<Duration>),
    /// Any other status that is the provider's fault.
    Status(u16),
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
}

impl Failure {
    /// What the client is told when no further attempt is made.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Timeout(_) => Kind::UpstreamTimeout,
            Self::Credential => Kind::UpstreamCredentials,
            Self::Throttled(_) => Kind::UpstreamThrottled,
            Self::Draining => Kind::Draining,
            Self::Status(508) => Kind::LoopDetected,
            Self::Connect
            | Self::Tls
            | Self::Stale
            | Self::Truncated
            | Self::Malformed
            | Self::TooLarge
            | Self::ErrorInAnswer
            | Self::Unsendable
            | Self::Status(_) => Kind::UpstreamFailed,
        }
    }

    /// Whether another deployment may be tried.
    pub(crate) fn may_try_next(self) -> bool {
        !matches!(self, Self::Draining | Self::Timeout(Wait::Total))
    }

    /// One word, for the log, the metrics and the `x-tiercel-attempts` header.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Stale => "stale",
            Self::Timeout(Wait::Connect) => "timeout_connect",
            Self::Timeout(Wait::Tls) => "timeout_tls",
            Self::Timeout(Wait::Head) => "timeout_head",
            Self::Timeout(Wait::Answer) => "timeout_answer",
            Self::Timeout(Wait::FirstToken) => "timeout_first_token",
            Self::Timeout(Wait::BetweenTokens) => "timeout_between_tokens",
            Self::Timeout(Wait::Total) => "timeout_total",
            Self::Truncated => "truncated",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::ErrorInAnswer => "error_in_answer",
            Self::Unsendable => "unsendable",
            Self::Credential => "credential",
            Self::Throttled(_) => "throttled",
            Self::Status(500) => "status_500",
            Self::Status(502) => "status_502",
            Self::Status(503) => "status_503",
            Self::Status(504) => "status_504",
            Self::Status(_) => "status_other",
            Self::Draining => "draining",
        }
    }
}

impl Failure {
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
            Self::Tls => "no trusted TLS connection to the provider came about",
            Self::Stale => "the provider closed a connection that was in use before",
            Self::Timeout(Wait::Connect) => "connecting to the provider took too long",
            Self::Timeout(Wait::Tls) => "the TLS handshake with the provider took too long",
            Self::Timeout(Wait::Head | Wait::Answer) => "the provider did not answer in time",
            Self::Timeout(Wait::FirstToken) => "the first token did not come in time",
            Self::Timeout(Wait::BetweenTokens) => "the next token did not come in time",
            Self::Timeout(Wait::Total) => "the call took longer than it may",
            Self::Truncated => "the provider's answer ended before it was whole",
            Self::Malformed => "the provider's answer is malformed",
            Self::TooLarge => "the provider's answer is too large",
            Self::ErrorInAnswer => "the provider reported an error in its answer",
            Self::Unsendable => "the request cannot be sent to the provider",
            Self::Credential => "the provider does not take the gateway's key",
            Self::Throttled(_) => "the provider asks to slow down",
            Self::Status(_) => "the provider answered with an error",
            Self::Draining => "the gateway is shutting down",
        }
    }
}

/// What an upstream's status means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The answer.
    Success,
    /// The request is at fault: the client gets the upstream's own words.
    ClientFault,
    /// The attempt failed.
    Failed(Failure),
}

/// Judges a status; `retry_after` is the header of that name.
pub(crate) fn judge(status: u16, retry_after: Option<&[u8]>) -> Verdict {
    match status {
        200 => Verdict::Success,
        400 | 404 | 405 | 409 | 413 | 415 | 422 => Verdict::ClientFault,
        401..=403 => Verdict::Failed(Failure::Credential),
        429 => Verdict::Failed(Failure::Throttled(retry_after.and_then(seconds))),
        _ => Verdict::Failed(Failure::Status(status)),
    }
}

/// `retry-after` as seconds; its other form, a date, is not used by any provider.
fn seconds(value: &[u8]) -> Option<Duration> {
    let seconds: f64 = std::str::from_utf8(value).ok()?.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_status_means() {
        let check = |status, expected| assert_eq!(expected, judge(status, None), "{status}");
        check(200, Verdict::Success);
        check(400, Verdict::ClientFault);
        check(404, Verdict::ClientFault);
        check(422, Verdict::ClientFault);
        check(401, Verdict::Failed(Failure::Credential));
        check(403, Verdict::Failed(Failure::Credential));
        check(408, Verdict::Failed(Failure::Status(408)));
        check(429, Verdict::Failed(Failure::Throttled(None)));
        check(500, Verdict::Failed(Failure::Status(500)));
        check(529, Verdict::Failed(Failure::Status(529)));
        check(302, Verdict::Failed(Failure::Status(302)));
        check(204, Verdict::Failed(Failure::Status(204)));
    }

    #[test]
    fn how_long_a_provider_wants_to_be_left_alone() {
        let check = |value: &[u8], expected: Option<u64>| {
            assert_eq!(expected.map(Duration::from_secs), seconds(value), "{value:?}");
        };
        check(b"1", Some(1));
        check(b" 30 ", Some(30));
        check(b"-1", None);
        check(b"NaN", None);
        check(b"1e400", None);
        check(b"Wed, 21 Oct 2026 07:28:00 GMT", None);
        check(b"\xff", None);
    }
}
