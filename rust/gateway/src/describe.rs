//! The headers that say who answered, how, and why.

use std::borrow::Cow;

use crate::Reply;
use crate::attempt::Attempt;
use crate::call::{Asked, Call};

/// Bytes of the header that names what was dropped.
const MAX_DROPPED: usize = 1_024;

/// Adds the request's id, by both names that SDKs know.
pub(crate) fn sign(reply: &mut Reply, request_id: &str) {
    reply.push("x-request-id", request_id.to_owned());
    reply.push("request-id", request_id.to_owned());
}

/// Adds all that is known of `call`, and the upstream's own headers but for those that tell the gateway's key.
pub(crate) fn describe(call: &Call, reply: &mut Reply, upstream_headers: Vec<(String, String)>) {
    let attempt = call.current();
    if !upstream_headers.is_empty() {
        let secrets = call.gateway.secrets(attempt);
        let tells = |value: &str| secrets.iter().any(|secret| value.contains(&**secret));
        let passed = upstream_headers.into_iter().filter(|(_, value)| !tells(value));
        reply.headers.extend(passed.map(|(name, value)| (Cow::Owned(name), value)));
    }
    sign(reply, &call.request_id);
    if let Some(attempt) = attempt {
        reply.push("x-tiercel-model", attempt.deployment.name.to_string());
        if !attempt.outgoing.dropped.is_empty() {
            reply.push("x-tiercel-dropped", dropped(&attempt.outgoing.dropped));
        }
    }
    if let Some(asked) = &call.asked {
        if let Some(tier) = call.group().and_then(|group| group.tier.as_ref()) {
            reply.push("x-tiercel-tier", tier.to_string());
        }
        reply.push("x-tiercel-reason", reason(asked, attempt));
    }
    if let Some(caching) = &call.caching {
        reply.push("x-tiercel-cache", caching.header());
    }
    reply.push("x-tiercel-attempts", attempts(&call.attempts));
}

/// Why `attempt` went where it did.
pub(crate) fn reason(asked: &Asked, attempt: Option<&Attempt>) -> String {
    let turn = match attempt.map_or(0, |attempt| attempt.group) {
        0 => "",
        group if group == asked.plan.groups.len() => ":long_context",
        _ => ":fallback",
    };
    format!("{}{turn}", asked.plan.reason)
}

/// Every attempt with its outcome.
pub(crate) fn attempts(attempts: &[Attempt]) -> String {
    let described: Vec<_> =
        attempts.iter().map(|attempt| format!("{}: {}", attempt.subject(), attempt.outcome())).collect();
    described.join(", ")
}

/// Names come from the client's body, and may be anything.
fn dropped(names: &[String]) -> String {
    let names = names.join(", ");
    let visible = names.chars().map(|character| if matches!(character, ' '..='~') { character } else { '?' });
    visible.take(MAX_DROPPED).collect()
}
