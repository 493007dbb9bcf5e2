//! What of chat completions can be said in either form.

use crate::chat::{Answer, Content};
use crate::json::{Object, Value};
use crate::recast::Known::{Any, Array, Nothing, Object as Members, Text, Typed, Word};
use crate::recast::{self, Known};

const WHOLE: Known = Members(&[
    ("id", Any),
    ("object", Any),
    ("created", Any),
    ("model", Any),
    ("choices", Array(&CHOICE)),
    ("usage", USAGE),
    ("service_tier", Any),
    ("system_fingerprint", Any),
    ("x_groq", Any),
]);

const CHOICE: Known =
    Members(&[("index", Any), ("message", MESSAGE), ("finish_reason", FINISH), ("logprobs", LOGPROBS)]);

const CHUNK: Known = Members(&[
    ("id", Any),
    ("object", Any),
    ("created", Any),
    ("model", Any),
    ("choices", Array(&PIECE)),
    ("usage", USAGE),
    ("service_tier", Any),
    ("system_fingerprint", Any),
    ("x_groq", Any),
    ("obfuscation", Any),
]);

const PIECE: Known = Members(&[("index", Any), ("delta", MESSAGE), ("finish_reason", FINISH), ("logprobs", LOGPROBS)]);

/// A message, or a piece of one.
const MESSAGE: Known = Members(&[
    ("role", Word(&["assistant"])),
    ("content", Text),
    ("refusal", Text),
    ("reasoning_content", Text),
    ("reasoning_details", Array(&Typed(THOUGHTS))),
    ("annotations", Nothing),
    ("tool_calls", Nothing),
]);

const THOUGHTS: &[(&str, &recast::Members)] = &[
    ("reasoning.text", &[("text", Text), ("signature", Text), ("index", Any)]),
    ("reasoning.encrypted", &[("data", Text), ("index", Any)]),
];

const FINISH: Known = Word(&["stop", "length", FILTER]);
const FILTER: &str = "content_filter";

const LOGPROBS: Known = Members(&[("content", Any), ("refusal", Any)]);

const USAGE: Known = Members(&[
    ("prompt_tokens", Any),
    ("completion_tokens", Any),
    ("total_tokens", Any),
    (
        "prompt_tokens_details",
        Members(&[
            ("cached_tokens", Any),
            ("cache_write_tokens", Any),
            ("audio_tokens", Nothing),
            ("image_tokens", Nothing),
        ]),
    ),
    (
        "completion_tokens_details",
        Members(&[
            ("reasoning_tokens", Any),
            ("audio_tokens", Nothing),
            ("image_tokens", Nothing),
            ("accepted_prediction_tokens", Nothing),
            ("rejected_prediction_tokens", Nothing),
        ]),
    ),
    ("prompt_cache_hit_tokens", Any),
    ("prompt_cache_miss_tokens", Any),
    ("queue_time", Any),
    ("prompt_time", Any),
    ("completion_time", Any),
    ("total_time", Any),
]);

/// When the answer was made, in seconds since the Unix epoch.
pub(crate) fn created(body: Value<'_>) -> Option<u64> {
    body.object()?.integer("created")
}

/// Whether `answer` is all that `body` says.
pub(crate) fn knows_whole(body: Value<'_>, answer: &Answer<'_>) -> bool {
    let object = body.object().unwrap_or_default();
    // The form has no numbers of choices but their order.
    let is_in_order = (0..).zip(object.array("choices")).all(|(number, choice)| {
        let index = choice.object().and_then(|choice| choice.get("index"));
        index.is_none_or(|index| index.integer() == Some(number))
    });
    WHOLE.admits(body) && is_in_order && is_said_alike(&[body], answer)
}

/// Whether `answer` is all that `chunks` say.
pub(crate) fn knows_stream(chunks: &[Value<'_>], answer: &Answer<'_>) -> bool {
    chunks.iter().all(|chunk| CHUNK.admits(*chunk)) && is_said_alike(chunks, answer)
}

/// Whether the words and counts are those that the writers have for `answer`.
fn is_said_alike(bodies: &[Value<'_>], answer: &Answer<'_>) -> bool {
    let objects: Vec<Object<'_>> = bodies.iter().filter_map(|body| body.object()).collect();
    // The two make one end in the form.
    let is_refusal = |content: &Content<'_>| matches!(content, Content::Refusal(_));
    let has_refusal = answer.choices.iter().flat_map(|choice| &choice.parts).any(|part| is_refusal(&part.content));
    let mut choices = objects.iter().flat_map(|object| object.array("choices"));
    let is_filtered = choices
        .any(|choice| choice.object().and_then(|choice| choice.string("finish_reason")).as_deref() == Some(FILTER));
    // At xAI thoughts are not counted as part of the completion.
    let reported = objects.iter().rev().find_map(|object| object.object("usage"));
    let n_output = reported.and_then(|usage| usage.integer("completion_tokens"));
    !(has_refusal && is_filtered) && n_output.is_none_or(|n| answer.usage.is_none_or(|usage| usage.n_output == n))
}
