//! Errors in Anthropic's words.

use crate::ClientError;
use crate::json::write_object;

/// The body of an answer that is an error.
pub(crate) fn body(error: &ClientError<'_>) -> Vec<u8> {
    let mut output = Vec::with_capacity(128 + error.message.len());
    write_object(&mut output, |body| {
        body.string("type", "error");
        body.object("error", |body| {
            body.string("type", class(error.status));
            body.string("message", error.message);
        });
        body.string("request_id", error.request_id);
    });
    output
}

/// The event that tells of an error inside a stream. `message_stop` must not follow: the stream was not whole.
pub(crate) fn event(error: &ClientError<'_>) -> Vec<u8> {
    [b"event: error\ndata: ", body(error).as_slice(), b"\n\n"].concat()
}

/// The `type`, as Anthropic's documentation of errors has it. Its own word for being overloaded comes with a status of
/// 529, which others spell 503.
fn class(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        408 | 504 => "timeout_error",
        503 | 529 => "overloaded_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    }
}
