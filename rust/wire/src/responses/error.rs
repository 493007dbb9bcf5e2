//! Errors inside a stream. Elsewhere they are those of the other OpenAI dialect.

use crate::ClientError;
use crate::json::{ObjectWriter, write_object};
use crate::openai::error::class;

/// The number of the event, which comes last, and whoever sends it does not know after how many. No stream gets so far.
const LAST: u64 = 2_147_483_647;

/// The event that tells of an error inside a stream. Nothing must follow: the stream was not whole.
///
/// The description of the API has the members at the top; what OpenAI sends, and SDKs raise, has them in `error`.
pub(crate) fn event(error: &ClientError<'_>) -> Vec<u8> {
    let mut output = b"event: error\ndata: ".to_vec();
    write_object(&mut output, |event| {
        event.string("type", "error");
        event.number("sequence_number", LAST);
        write_members(error, event);
        event.object("error", |object| {
            object.string("type", class(error.status));
            write_members(error, object);
        });
    });
    output.extend_from_slice(b"\n\n");
    output
}

fn write_members(error: &ClientError<'_>, object: &mut ObjectWriter<'_>) {
    object.string("code", error.code);
    object.string("message", error.message);
    match error.parameter {
        Some(parameter) => object.string("param", parameter),
        None => object.null("param"),
    }
}
