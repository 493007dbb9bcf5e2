//! Errors in Google's words.

use crate::ClientError;
use crate::json::write_object;

/// The body of an answer that is an error.
pub(crate) fn body(error: &ClientError<'_>) -> Vec<u8> {
    let mut output = Vec::with_capacity(96 + error.message.len());
    write_object(&mut output, |body| {
        body.object("error", |body| {
            body.number("code", error.status.into());
            body.string("message", error.message);
            body.string("status", status(error.status));
            body.raw("details", "[]");
        });
    });
    output
}

/// The event that tells of an error inside a stream, which then ends.
pub(crate) fn event(error: &ClientError<'_>) -> Vec<u8> {
    [b"data: ", body(error).as_slice(), b"\n\n"].concat()
}

/// The canonical word for an HTTP status (`google.rpc.Code`). 402, 413 and their like have none of their own.
pub(super) fn status(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHENTICATED",
        402 | 412 => "FAILED_PRECONDITION",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        408 | 504 => "DEADLINE_EXCEEDED",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        501 => "UNIMPLEMENTED",
        502 | 503 | 529 => "UNAVAILABLE",
        400..=498 => "INVALID_ARGUMENT",
        _ => "INTERNAL",
    }
}
