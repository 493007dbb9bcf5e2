//! What of messages can be said in either form.

use crate::chat::Answer;
use crate::json::Value;
use crate::recast::Known::{Any, Array, Nothing, Object, Text, Typed, Word};
use crate::recast::{Known, Members};

const MESSAGE: Known = Typed(&[("message", MESSAGE_MEMBERS)]);

const MESSAGE_MEMBERS: &Members = &[
    ("id", Any),
    ("role", Word(&["assistant"])),
    ("model", Any),
    ("content", Array(&Typed(BLOCKS))),
    ("stop_reason", STOP_REASON),
    ("stop_sequence", Text),
    ("usage", USAGE),
];

const BLOCKS: &[(&str, &Members)] = &[
    ("text", &[("text", Text), ("citations", Nothing)]),
    ("thinking", &[("thinking", Text), ("signature", Text)]),
    ("redacted_thinking", &[("data", Text)]),
];

const STOP_REASON: Known = Word(&["end_turn", "stop_sequence", "max_tokens", "refusal"]);

const USAGE: Known = Object(&[
    ("input_tokens", Any),
    ("output_tokens", Any),
    ("cache_creation_input_tokens", Any),
    ("cache_read_input_tokens", Any),
    ("cache_creation", Object(&[("ephemeral_5m_input_tokens", Any), ("ephemeral_1h_input_tokens", Any)])),
    ("output_tokens_details", Object(&[("thinking_tokens", Any)])),
    ("server_tool_use", Object(&[("web_search_requests", Nothing), ("web_fetch_requests", Nothing)])),
    ("service_tier", Any),
    ("inference_geo", Any),
]);

const EVENT: Known = Typed(&[
    ("message_start", &[("message", MESSAGE)]),
    (START, &[("index", Any), ("content_block", Typed(BLOCKS))]),
    ("content_block_delta", &[("index", Any), ("delta", Typed(DELTAS))]),
    ("content_block_stop", &[("index", Any)]),
    ("message_delta", &[("delta", Object(&[("stop_reason", STOP_REASON), ("stop_sequence", Text)])), ("usage", USAGE)]),
    ("message_stop", &[]),
    ("ping", &[]),
]);
const START: &str = "content_block_start";

const DELTAS: &[(&str, &Members)] = &[
    ("text_delta", &[("text", Text)]),
    ("thinking_delta", &[("thinking", Text)]),
    ("signature_delta", &[("signature", Text)]),
];

/// Whether `answer` is all that `body` says, in as many blocks.
pub(crate) fn knows_whole(body: Value<'_>, answer: &Answer<'_>) -> bool {
    let n_blocks = body.object().unwrap_or_default().array("content").len();
    MESSAGE.admits(body) && n_blocks == n_parts(answer)
}

/// Whether `answer` is all that `events` say, in as many blocks.
pub(crate) fn knows_stream(events: &[Value<'_>], answer: &Answer<'_>) -> bool {
    let is_start = |event: &&Value<'_>| event.object().and_then(|event| event.string("type")).as_deref() == Some(START);
    events.iter().all(|event| EVENT.admits(*event)) && events.iter().filter(is_start).count() == n_parts(answer)
}

fn n_parts(answer: &Answer<'_>) -> usize {
    answer.choices.iter().map(|choice| choice.parts.len()).sum()
}
