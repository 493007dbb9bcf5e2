//! Which headers pass through, each way. All others stop here: hop-by-hop headers, cookies, credentials.
//!
//! # Why lists of what may pass
//! A list of what may not pass leaks each header that its author had not heard of.

use crate::Upstream;

/// Whether a client's header may go on to an upstream, of whichever dialect.
///
/// `OpenAI-Organization` and `OpenAI-Project` do not: they choose whose account pays, which is the operator's to say.
pub fn forwarded_to_upstream(name: &str) -> bool {
    const NAMES: [&str; 6] =
        ["idempotency-key", "openai-beta", "anthropic-version", "anthropic-beta", "traceparent", "tracestate"];
    NAMES.iter().any(|allowed| name.eq_ignore_ascii_case(allowed))
}

/// Whether such a header means something to `upstream`: one vendor's switches stay with that vendor.
pub fn means_something_to(name: &str, upstream: Upstream) -> bool {
    match name.split_once('-') {
        Some(("openai", _)) => matches!(upstream, Upstream::OpenAi | Upstream::Responses),
        Some(("anthropic", _)) => upstream == Upstream::Anthropic,
        _ => true,
    }
}

/// Whether an upstream's header goes on to the client under its own name.
///
/// `retry-after` does not: after failover it depends on all upstreams tried. Request ids do not either: the client gets
/// Tiercel's own, and the upstream's as `x-upstream-request-id`.
pub fn forwarded_to_client(name: &str) -> bool {
    const PREFIX: &str = "x-ratelimit-";
    let has_prefix = name.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX));
    has_prefix || name.eq_ignore_ascii_case("openai-processing-ms")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_to_the_upstream() {
        let check = |name, expected| assert_eq!(expected, forwarded_to_upstream(name), "{name}");
        check("Idempotency-Key", true);
        check("OpenAI-Beta", true);
        check("anthropic-version", true);
        check("traceparent", true);
        check("TraceState", true);
        check("OpenAI-Organization", false);
        check("OpenAI-Project", false);
        check("Authorization", false);
        check("x-api-key", false);
        check("Cookie", false);
        check("Connection", false);
        check("Transfer-Encoding", false);
        check("traceparent2", false);
        check("", false);
    }

    #[test]
    fn what_means_something_to_whom() {
        let check = |name, upstream, expected| assert_eq!(expected, means_something_to(name, upstream), "{name}");
        check("openai-beta", Upstream::OpenAi, true);
        check("openai-beta", Upstream::Gemini, false);
        check("anthropic-beta", Upstream::Anthropic, true);
        check("anthropic-version", Upstream::Bedrock, false);
        check("traceparent", Upstream::Bedrock, true);
        check("idempotency-key", Upstream::Anthropic, true);
    }

    #[test]
    fn what_goes_to_the_client() {
        let check = |name, expected| assert_eq!(expected, forwarded_to_client(name), "{name}");
        check("X-RateLimit-Remaining-Tokens", true);
        check("x-ratelimit-reset-requests", true);
        check("openai-processing-ms", true);
        check("Set-Cookie", false);
        check("x-request-id", false);
        check("retry-after", false);
        check("openai-organization", false);
        check("x-ratelimit", false);
        check("x-ratelimité", false);
    }
}
