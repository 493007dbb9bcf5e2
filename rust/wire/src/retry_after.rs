//! For how long an upstream wants to be left alone.
//!
//! # Why the smallest of all that is said
//! Several headers say it, in different units, and not all are to be trusted: some servers send a `retry-after` of an
//! hour for every 429. Asking too early costs one refusal and a new wait; asking too late leaves a provider that would
//! answer unused.
//!
//! # Why a reset counts only where nothing remains
//! `x-ratelimit-reset-*` is on every answer and says when a limit will be whole again, whether it was hit or not. Where
//! the tokens of a minute are used up, the requests may be back to their full number in 10 ms. So a reset whose own
//! `-remaining-` is above 0 is not what the upstream waits for, and says nothing.
//!
//! # How the forms of `-reset` are told apart
//! A bare number from 10^12 on is milliseconds since 1970, as `OpenRouter` has it, and from 10^9 on seconds since 1970:
//! both were in 2001. Below that it is seconds from now, of which 10^9 would be 31 years. Numbers with units are those
//! of OpenAI and Groq; a time stamp is Anthropic's.

use std::time::Duration;

use crate::json::Value;
use crate::moment::{read_http_date, read_rfc3339, read_seconds, read_span};
use crate::upstream_error::MAX_BODY;

/// The longest wait that is taken from an upstream, as the specification of failover has it. A longer one is an outage,
/// which asking once a minute does not worsen.
const MAX_WAIT: Duration = Duration::from_secs(60);
/// Bare numbers from here on are milliseconds since 1970.
const FIRST_MILLISECONDS: Duration = Duration::from_secs(1_000_000_000_000);
/// Bare numbers from here on are seconds since 1970.
const FIRST_SECONDS: Duration = Duration::from_secs(1_000_000_000);

/// For how long an upstream wants to be left alone, from 0 to 60 s: the shortest well-formed time that its headers or
/// Google's `RetryInfo` in its body say. `None` where nothing well-formed is said.
///
/// The names of `headers` are lower case; `unix` is now, as the time since 1970.
pub fn retry_after<'a>(
    headers: impl Iterator<Item = (&'a str, &'a [u8])>,
    body: &[u8],
    unix: Duration,
) -> Option<Duration> {
    let headers: Vec<(&str, &str)> =
        headers.filter_map(|(name, value)| Some((name, std::str::from_utf8(value).ok()?.trim()))).collect();
    let from_head = headers.iter().filter_map(|&(name, value)| match name {
        "retry-after" => read_seconds(value).or_else(|| Some(read_http_date(value)?.saturating_sub(unix))),
        // Azure's; OpenAI's and Anthropic's SDKs heed it too.
        "retry-after-ms" => read_seconds(value).map(|milliseconds| milliseconds / 1_000),
        _ if is_used_up(&remaining_of(name)?, &headers) => read_reset(value, unix),
        _ => None,
    });
    from_head.chain(read_delay(body)).min().map(|wait| wait.min(MAX_WAIT))
}

/// What the upstream itself says on whether its refusal is worth another try: `x-should-retry`, which OpenAI and
/// Anthropic send and their SDKs heed. The names of `headers` are lower case.
pub fn should_retry<'a>(mut headers: impl Iterator<Item = (&'a str, &'a [u8])>) -> Option<bool> {
    let (_, value) = headers.find(|(name, _)| *name == "x-should-retry")?;
    match value.trim_ascii() {
        b"true" => Some(true),
        b"false" => Some(false),
        _ => None,
    }
}

/// The header that says what remains of the limit whose reset `name` tells; `None` where it tells of none.
fn remaining_of(name: &str) -> Option<String> {
    if let Some(limit) = name.strip_prefix("x-ratelimit-reset") {
        return Some(format!("x-ratelimit-remaining{limit}"));
    }
    let limit = name.strip_prefix("anthropic-ratelimit-")?.strip_suffix("-reset")?;
    Some(format!("anthropic-ratelimit-{limit}-remaining"))
}

/// Whether nothing remains of a limit, as far as is said.
fn is_used_up(remaining: &str, headers: &[(&str, &str)]) -> bool {
    let remaining = headers.iter().find(|(name, _)| *name == remaining);
    remaining.and_then(|(_, value)| value.parse().ok()).is_none_or(|remaining: f64| remaining <= 0.0)
}

/// The time until a reset.
fn read_reset(value: &str, unix: Duration) -> Option<Duration> {
    match read_seconds(value) {
        Some(moment) if moment >= FIRST_MILLISECONDS => Some((moment / 1_000).saturating_sub(unix)),
        Some(moment) if moment >= FIRST_SECONDS => Some(moment.saturating_sub(unix)),
        Some(wait) => Some(wait),
        None => read_span(value).or_else(|| Some(read_rfc3339(value)?.saturating_sub(unix))),
    }
}

/// Google's `RetryInfo` among the details of an error, which may stand in an array.
fn read_delay(body: &[u8]) -> Option<Duration> {
    let body = std::str::from_utf8(body).ok().filter(|text| text.len() <= MAX_BODY)?;
    let answer = Value::parse(body).ok()?;
    let answer = answer.array().and_then(|answers| answers.first().copied()).unwrap_or(answer).object()?;
    let details = answer.object("error")?.get("details")?.array()?;
    details.iter().find_map(|detail| read_span(&detail.object()?.string("retryDelay")?))
}

#[cfg(test)]
mod tests;
