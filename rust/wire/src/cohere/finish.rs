//! Why a message ends, in Cohere's words.

use crate::UpstreamError;
use crate::chat::Finish;

/// What the value of `finish_reason` means.
///
/// # Errors
/// The model gave up.
pub(super) fn finish(reason: &str) -> Result<Finish, UpstreamError> {
    match reason {
        "STOP_SEQUENCE" => Ok(Finish::StopSequence(None)),
        "MAX_TOKENS" => Ok(Finish::Length),
        "TOOL_CALL" => Ok(Finish::Calls),
        "ERROR" | "TIMEOUT" => {
            let message = "the model gave up before its answer was complete".to_owned();
            Err(UpstreamError { message, kind: Some(reason.to_owned()), ..UpstreamError::default() })
        }
        // `COMPLETE`, and whatever Cohere adds: the model has ended, as the rest of the answer shows it.
        _ => Ok(Finish::Stop),
    }
}
