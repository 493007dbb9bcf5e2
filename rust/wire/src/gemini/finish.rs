//! Why an answer ends, in Gemini's words.

use crate::chat::Finish;
use crate::upstream_error::{AnswerError, UpstreamError};

/// Characters of a word of the provider's that are kept.
const MAX_WORD: usize = 64;

/// The end that `reason` tells; `None` where it tells of none. Calls are not told apart from other stops.
///
/// # Errors
/// A reason by which the model gave up, as all are that are not known here: the answer is none.
pub(super) fn read(reason: &str) -> Result<Option<Finish>, AnswerError> {
    match reason {
        "" | "FINISH_REASON_UNSPECIFIED" => Ok(None),
        "STOP" => Ok(Some(Finish::Stop)),
        // The second can be continued by a token that no other dialect has.
        "MAX_TOKENS" | "CONTINUATION" => Ok(Some(Finish::Length)),
        "SAFETY"
        | "RECITATION"
        | "LANGUAGE"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION"
        | "MODEL_ARMOR"
        | "ESCALATION" => Ok(Some(Finish::Filter)),
        gave_up => Err(AnswerError::Upstream(UpstreamError {
            message: "the model gave up before its answer was whole".to_owned(),
            kind: Some(gave_up.chars().filter(|character| !character.is_control()).take(MAX_WORD).collect()),
            ..UpstreamError::default()
        })),
    }
}

pub(super) fn word(finish: &Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::StopSequence(_) | Finish::Calls => "STOP",
        Finish::Length => "MAX_TOKENS",
        Finish::Filter => "SAFETY",
    }
}

/// The reason for an answer whose calls are no JSON objects, which Gemini's calls are.
pub(super) const MALFORMED_CALL: &str = "MALFORMED_FUNCTION_CALL";
