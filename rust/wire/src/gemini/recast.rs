//! What of `generateContent` can be said in either form.

use crate::chat::Answer;
use crate::json::{Value, on_one_line};
use crate::recast::Known;
use crate::recast::Known::{Any, Array, Nothing, Object, Text, Word};

/// An event of a stream. Not listed are log probabilities, whose tokens have numbers that the form does not know, and
/// whatever citations and ratings say.
const EVENT: Known = Object(&[
    ("candidates", Array(&CANDIDATE)),
    ("usageMetadata", USAGE),
    ("modelVersion", Any),
    ("responseId", Any),
    ("createTime", Any),
    ("promptFeedback", Nothing),
]);

const CANDIDATE: Known = Object(&[
    ("content", Object(&[("parts", Array(&PART)), ("role", Word(&["model"]))])),
    // Of the reasons why something is kept back, the form knows this one.
    ("finishReason", Word(&["STOP", "MAX_TOKENS", "SAFETY"])),
    ("index", Any),
    ("tokenCount", Any),
    ("safetyRatings", Nothing),
    ("citationMetadata", Nothing),
    ("groundingMetadata", Nothing),
]);

const PART: Known = Object(&[("text", Text), ("thought", Any), ("thoughtSignature", Text)]);

const USAGE: Known = Object(&[
    ("promptTokenCount", Any),
    ("candidatesTokenCount", Any),
    ("thoughtsTokenCount", Any),
    ("cachedContentTokenCount", Any),
    ("totalTokenCount", Any),
    ("toolUsePromptTokenCount", Nothing),
    ("promptTokensDetails", Array(&OF_TEXT)),
    ("candidatesTokensDetails", Array(&OF_TEXT)),
    ("cacheTokensDetails", Array(&OF_TEXT)),
    ("trafficType", Any),
]);

/// How much of it is of one modality.
const OF_TEXT: Known = Object(&[("modality", Word(&["TEXT"])), ("tokenCount", Any)]);

/// The stream that says what `body`, a whole answer, says: it is a stream's event as it is.
pub(crate) fn stream_of(body: &str) -> Vec<u8> {
    ["data: ", &on_one_line(body), "\n\n"].concat().into_bytes()
}

/// Whether `answer` is all that `events` say.
pub(crate) fn knows_stream(events: &[Value<'_>], answer: &Answer<'_>) -> bool {
    let reported = events.iter().rev().find_map(|event| event.object()?.object("usageMetadata"));
    // Some versions count thoughts among the candidates.
    let n_written = reported.map(|usage| usage.integer("candidatesTokenCount").unwrap_or_default());
    let is_said_alike = |n| answer.usage.is_none_or(|usage| usage.n_output == usage.n_reasoning + n);
    events.iter().all(|event| EVENT.admits(*event)) && n_written.is_none_or(is_said_alike)
}
