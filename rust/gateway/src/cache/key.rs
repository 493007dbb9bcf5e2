//! What a question is known by.

use tiercel_core::config::CacheScope;
use tiercel_core::keys::Principal;
use tiercel_core::plan::Plan;
use tiercel_wire::{Endpoint, Inquiry, Outline, Request};

use super::control::Settings;
use crate::digest::{Digest, digest};
use crate::head::Head;

/// To be changed with what belongs to a partition.
const FORM: &[u8] = b"tiercel cache 1";
/// Headers that may change an answer, whatever the configuration says.
const HEADERS: [&str; 5] =
    ["anthropic-beta", "anthropic-version", "openai-beta", "x-tiercel-max-cost", "x-tiercel-tier"];

/// Bytes of a question that may be answered as another one was; whoever writes more asks for something of their own, and
/// hardly in the 96 words that are compared at most.
const MAX_QUESTION: usize = 1_024;

/// A question.
#[derive(Clone)]
pub(super) struct Key {
    /// Of all that an answer depends on but the last words.
    pub(super) partition: Digest,
    /// Of these too.
    pub(super) exact: Digest,
    /// The last words; empty where there are none.
    pub(super) question: String,
    /// Whether the answer to other words may be one to it, and the other way round.
    pub(super) serves_other_words: bool,
}

/// What `request` is known by.
pub(super) fn key(
    settings: &Settings,
    request: &Request,
    inquiry: &Inquiry<'_>,
    outline: &Outline<'_>,
    plan: &Plan,
    head: &Head<'_>,
    principal: &Principal,
) -> Key {
    let mut parts: Vec<&[u8]> = Vec::with_capacity(32 + inquiry.pieces.len());
    parts.push(FORM);
    match settings.scope {
        CacheScope::Key => parts.extend([&b"key"[..], principal.tenant.as_bytes(), principal.name.as_bytes()]),
        CacheScope::Tenant => parts.extend([&b"tenant"[..], principal.tenant.as_bytes()]),
        CacheScope::Global => parts.push(b"global"),
    }
    parts.extend([word(request.endpoint()), request.model().as_bytes()]);
    let drops = head.drops_unsupported || principal.drop_unsupported;
    parts.push(if drops { b"drops" } else { b"refuses" });
    let heeds = plan.router.as_ref().map(|router| router.heeds());
    let headers = HEADERS.iter().copied().chain(settings.vary.iter().map(String::as_str));
    for name in headers.chain(heeds.iter().flat_map(|it| it.headers.iter().map(String::as_str))) {
        push(&mut parts, name, head.header(name));
    }
    for name in heeds.iter().flat_map(|it| it.metadata.iter().map(String::as_str)).chain(["max_cost"]) {
        let note = outline.metadata.iter().find(|(other, _)| other == name).map(|(_, value)| &**value);
        push(&mut parts, name, note);
    }
    if heeds.is_some_and(|heeds| heeds.key) {
        parts.push(principal.name.as_bytes());
    }
    if heeds.is_some_and(|heeds| heeds.tenant) {
        parts.push(principal.tenant.as_bytes());
    }
    parts.extend(inquiry.pieces.iter().map(|piece| piece.as_bytes()));
    let partition = digest(parts);
    let question = inquiry.question.as_deref().unwrap_or_default().to_owned();
    let exact = digest([&partition[..], question.as_bytes()]);
    let is_sober = inquiry.temperature.is_none_or(|it| it <= settings.max_semantic_temperature);
    let serves_other_words = is_sober && (1..=MAX_QUESTION).contains(&question.len());
    Key { partition, exact, question, serves_other_words }
}

/// A name with its value, so that one without a value is like no other.
fn push<'a>(parts: &mut Vec<&'a [u8]>, name: &'a str, value: Option<&'a str>) {
    if let Some(value) = value {
        parts.extend([name.as_bytes(), value.as_bytes()]);
    } else {
        parts.push(b"");
    }
}

/// What is asked for, however the answer is to travel.
fn word(endpoint: Endpoint) -> &'static [u8] {
    match endpoint {
        Endpoint::ChatCompletions => b"chat",
        Endpoint::Completions => b"completions",
        Endpoint::Embeddings => b"embeddings",
        Endpoint::Responses => b"responses",
        Endpoint::Messages => b"messages",
        Endpoint::CountMessageTokens => b"count_message_tokens",
        Endpoint::GenerateContent | Endpoint::StreamGenerateContent => b"generate_content",
        Endpoint::CountTokens => b"count_tokens",
        Endpoint::EmbedContent => b"embed_content",
        Endpoint::BatchEmbedContents => b"batch_embed_contents",
    }
}
