//! Why an answer ends: told by its status, and by a reason where it was cut short.

use crate::chat::Finish;
use crate::json::Object;
use crate::upstream_error::{AnswerError, UpstreamError};

/// Why `response` ends. One that has only begun, as those in the background are when they are told, counts as ended:
/// only the client itself can have asked for it.
///
/// # Errors
/// `AnswerError::Upstream` for one that failed, `AnswerError::Malformed` for a status that the API does not define.
pub(super) fn read_finish(response: &Object<'_>, has_calls: bool) -> Result<Finish, AnswerError> {
    if let Some(error) = response.get("error") {
        return Err(AnswerError::Upstream(UpstreamError::read(error.text().as_bytes()).unwrap_or_default()));
    }
    match response.string("status").as_deref() {
        // Some servers do not tell it.
        None | Some("completed" | "queued" | "in_progress") => Ok(if has_calls { Finish::Calls } else { Finish::Stop }),
        Some("incomplete") => {
            let details = response.object("incomplete_details").unwrap_or_default();
            let is_filtered = details.string("reason").is_some_and(|reason| reason == "content_filter");
            Ok(if is_filtered { Finish::Filter } else { Finish::Length })
        }
        Some("failed") => Err(AnswerError::Upstream(UpstreamError::default())),
        Some(_) => Err(AnswerError::Malformed),
    }
}

/// Why an answer that ends like this is incomplete; `None` for one that is not.
pub(super) fn incomplete_reason(finish: &Finish) -> Option<&'static str> {
    match finish {
        Finish::Length => Some("max_output_tokens"),
        Finish::Filter => Some("content_filter"),
        Finish::Stop | Finish::StopSequence(_) | Finish::Calls => None,
    }
}
