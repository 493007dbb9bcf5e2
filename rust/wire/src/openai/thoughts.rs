//! What a model thought, for which this dialect has only conventions.
//!
//! `DeepSeek`, and after it most others, have the text in `reasoning_content`, some in `reasoning`. `OpenRouter` has
//! `reasoning_details` besides, whose entries can carry signatures and sealed thoughts, and which it takes back.

use std::borrow::Cow;

use crate::chat::{Content, Signature};
use crate::json::{ArrayWriter, Object, Value};

/// The members that hold them.
pub(super) const FIELDS: [&str; 3] = ["reasoning_details", "reasoning_content", "reasoning"];

/// Reads the thoughts of a message or a piece of one. Text that is there twice, in details and by itself, is read
/// once.
pub(super) fn read_thoughts<'a>(
    message: &Object<'a>,
    sign: impl Fn(Cow<'a, str>) -> Signature<'a>,
) -> Vec<Content<'a>> {
    let thoughts = read_details(message.objects("reasoning_details").unwrap_or_default(), sign);
    if !thoughts.is_empty() {
        return thoughts;
    }
    let text = message.get("reasoning_content").or_else(|| message.get("reasoning")).and_then(Value::string);
    let text = text.filter(|text| !text.is_empty());
    text.map(|text| Content::Thought { text, signature: None }).into_iter().collect()
}

fn read_details<'a>(details: Vec<Object<'a>>, sign: impl Fn(Cow<'a, str>) -> Signature<'a>) -> Vec<Content<'a>> {
    let mut thoughts = Vec::new();
    let mut last_index = None;
    for detail in details {
        let index = detail.integer("index");
        if let Some(data) = detail.string("data") {
            thoughts.push(Content::RedactedThought(sign(data)));
            continue;
        }
        let text = detail.string("text").or_else(|| detail.string("summary")).unwrap_or_default();
        let signature = detail.string("signature").filter(|signature| !signature.is_empty()).map(&sign);
        match thoughts.last_mut() {
            // Clients keep the pieces of a stream as they came.
            Some(Content::Thought { text: start, signature: end @ None }) if index.is_some() && index == last_index => {
                start.to_mut().push_str(&text);
                *end = signature;
            }
            _ => thoughts.push(Content::Thought { text, signature }),
        }
        last_index = index;
    }
    thoughts
}

/// Writes a detail with the text of a thought, its signature, or both. `index` tells thoughts apart.
pub(super) fn write_text(details: &mut ArrayWriter<'_>, index: u32, text: Option<&str>, signature: Option<&str>) {
    details.object(|detail| {
        detail.string("type", "reasoning.text");
        detail.optional_string("text", text);
        detail.optional_string("signature", signature);
        detail.number("index", index.into());
    });
}

/// Writes a detail with a thought that is sealed.
pub(super) fn write_sealed(details: &mut ArrayWriter<'_>, index: u32, data: &str) {
    details.object(|detail| {
        detail.string("type", "reasoning.encrypted");
        detail.string("data", data);
        detail.number("index", index.into());
    });
}
