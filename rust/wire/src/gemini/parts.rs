//! Writes the parts that requests and answers have in common.

use crate::json::{ArrayWriter, Shape, Value};

/// A text, or a thought.
pub(super) fn write_text(text: &str, is_thought: bool, signature: Option<&str>, parts: &mut ArrayWriter<'_>) {
    parts.object(|part| {
        part.string("text", text);
        if is_thought {
            part.boolean("thought", true);
        }
        part.optional_string("thoughtSignature", signature);
    });
}

/// A call whose `arguments` are an object.
pub(super) fn write_call(
    id: Option<&str>,
    name: &str,
    arguments: &str,
    signature: Option<&str>,
    parts: &mut ArrayWriter<'_>,
) {
    parts.object(|part| {
        part.object("functionCall", |call| {
            call.optional_string("id", id);
            call.string("name", name);
            call.raw("args", arguments);
        });
        part.optional_string("thoughtSignature", signature);
    });
}

/// Whether `json` is an object, as the arguments of a call must be.
pub(super) fn is_object(json: &str) -> bool {
    Value::parse(json).is_ok_and(|value| value.shape() == Shape::Object)
}
