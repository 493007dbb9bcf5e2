//! Why an answer ends, in OpenAI's words and those of its imitations.

use std::borrow::Cow;

use crate::UpstreamError;
use crate::chat::Finish;

/// What a choice has beside text, by which the reason that it gives is made more precise.
#[derive(Clone, Copy, Default)]
pub(super) struct Said {
    pub(super) has_calls: bool,
    pub(super) has_refusal: bool,
}

/// Reads `finish_reason`. `sequence` is what vLLM says beside it, the stop sequence that was met.
///
/// # Errors
/// The words by which some say that the model gave up.
pub(super) fn read(reason: &str, sequence: Option<Cow<'_, str>>, said: Said) -> Result<Finish, UpstreamError> {
    Ok(match reason {
        // The second is Mistral's, for a full context.
        "length" | "model_length" | "max_tokens" => Finish::Length,
        "tool_calls" | "function_call" => Finish::Calls,
        "content_filter" | "refusal" => Finish::Filter,
        // The words of OpenRouter and Mistral, of DeepSeek, and of vLLM.
        "error" | "insufficient_system_resource" | "abort" => {
            let message = "the model gave up before its answer was complete".to_owned();
            return Err(UpstreamError { message, code: Some(reason.to_owned()), ..UpstreamError::default() });
        }
        // OpenAI too says "stop" where a call was forced, and many others wherever there is one.
        _ if said.has_calls => Finish::Calls,
        _ if said.has_refusal => Finish::Filter,
        _ => match sequence {
            Some(sequence) => Finish::StopSequence(Some(sequence.into_owned())),
            None => Finish::Stop,
        },
    })
}

/// OpenAI's word. A refusal that is there to be read is an ordinary end.
pub(super) fn word(finish: &Finish, has_refusal: bool) -> &'static str {
    match finish {
        Finish::Stop | Finish::StopSequence(_) => "stop",
        Finish::Length => "length",
        Finish::Calls => "tool_calls",
        Finish::Filter if has_refusal => "stop",
        Finish::Filter => "content_filter",
    }
}
