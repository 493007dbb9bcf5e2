//! Errors in OpenAI's words.

use crate::ClientError;
use crate::json::write_object;

/// The body of an answer that is an error. All four members are present, as the SDKs want it.
pub(crate) fn body(error: &ClientError<'_>) -> Vec<u8> {
    let mut output = Vec::with_capacity(128 + error.message.len());
    write_object(&mut output, |body| {
        body.object("error", |body| {
            body.string("message", error.message);
            body.string("type", class(error.status));
            match error.parameter {
                Some(parameter) => body.string("param", parameter),
                None => body.null("param"),
            }
            body.string("code", error.code);
        });
    });
    output
}

/// The event that tells of an error inside a stream. `[DONE]` must not follow: the stream was not whole.
pub(crate) fn event(error: &ClientError<'_>) -> Vec<u8> {
    let body = body(&ClientError { status: 500, ..*error });
    [b"data: ", body.as_slice(), b"\n\n"].concat()
}

/// The `type` by the rule that OpenAI's own errors follow.
pub fn class(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        403 => "permission_error",
        429 => "rate_limit_error",
        400..=499 => "invalid_request_error",
        _ => "server_error",
    }
}
