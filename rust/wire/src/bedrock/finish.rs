//! Why a message ends, in Bedrock's words.

use crate::UpstreamError;
use crate::chat::Finish;

/// What the value of `stopReason` means.
///
/// # Errors
/// The model gave up.
pub(super) fn finish(reason: &str) -> Result<Finish, UpstreamError> {
    match reason {
        "stop_sequence" => Ok(Finish::StopSequence(None)),
        "max_tokens" | "model_context_window_exceeded" => Ok(Finish::Length),
        "tool_use" => Ok(Finish::Calls),
        "guardrail_intervened" | "content_filtered" | "refusal" => Ok(Finish::Filter),
        "malformed_model_output" | "malformed_tool_use" => {
            let message = "the model's answer was malformed".to_owned();
            Err(UpstreamError { message, kind: Some(reason.to_owned()), ..UpstreamError::default() })
        }
        // `end_turn`, and whatever AWS adds: the model has ended, as the rest of the answer shows it.
        _ => Ok(Finish::Stop),
    }
}
