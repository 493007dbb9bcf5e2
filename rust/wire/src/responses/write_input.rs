//! Writes the items of a conversation. A message becomes as many as it has kinds of content.

use super::item::write_summary;
use crate::Upstream;
use crate::chat::{Content, Feature, Lost, Media, Message, Part, Role, Signature, Source};
use crate::json::{ArrayWriter, ObjectWriter};
use crate::target::Target;

/// What OpenAI's ids of files begin with. An id of any other form is of another provider's file.
const FILE_PREFIX: &str = "file-";

/// Appends the items of `message`.
pub(super) fn write_message(message: &Message<'_>, target: &Target<'_>, items: &mut ArrayWriter<'_>, lost: &mut Lost) {
    if message.name.is_some() {
        lost.hint(Feature::SpeakerName);
    }
    for run in message.parts.chunk_by(|before, after| is_in_message(before) && is_in_message(after)) {
        if run.iter().any(|part| part.cache.is_some()) {
            lost.hint(Feature::CacheMark);
        }
        if run.iter().all(is_in_message) {
            write_run(message.role, run, target, items, lost);
        } else {
            for part in run {
                write_item(&part.content, items, lost);
            }
        }
    }
}

/// Whether a part stands inside a message; the others are items of their own.
fn is_in_message(part: &Part<'_>) -> bool {
    match part.content {
        Content::Text(_) | Content::Image(_) | Content::Document(_) | Content::Audio(_) | Content::Refusal(_) => true,
        Content::Thought { .. } | Content::RedactedThought(_) | Content::Call(_) | Content::Result { .. } => false,
    }
}

fn write_run(role: Role, run: &[Part<'_>], target: &Target<'_>, items: &mut ArrayWriter<'_>, lost: &mut Lost) {
    let parts: Vec<_> = run.iter().filter(|part| is_sayable(&part.content, role, lost)).collect();
    if parts.is_empty() {
        return;
    }
    items.object(|item| {
        item.string("type", "message");
        item.string(
            "role",
            match role {
                Role::System if target.quirks.developer_role => "developer",
                Role::System => "system",
                Role::User => "user",
                Role::Assistant => "assistant",
            },
        );
        match parts[..] {
            [Part { content: Content::Text(text), .. }] if role == Role::Assistant => item.string("content", text),
            _ => item.array("content", |array| parts.iter().for_each(|part| write_part(&part.content, role, array))),
        }
    });
}

/// Whether a message of this role can hold `content`, which is lost otherwise.
fn is_sayable(content: &Content<'_>, role: Role, lost: &mut Lost) -> bool {
    let unsayable = match content {
        Content::Image(_) if role == Role::Assistant => Feature::Image,
        Content::Document(_) if role == Role::Assistant => Feature::Document,
        Content::Audio(_) => Feature::Audio,
        Content::Image(Media { source: Source::File(id), .. })
        | Content::Document(Media { source: Source::File(id), .. })
            if !id.starts_with(FILE_PREFIX) =>
        {
            Feature::FileId
        }
        _ => return true,
    };
    lost.field(unsayable);
    false
}

fn write_part(content: &Content<'_>, role: Role, parts: &mut ArrayWriter<'_>) {
    match content {
        Content::Text(text) if role == Role::Assistant => parts.object(|part| {
            part.string("type", "output_text");
            part.string("text", text);
            part.raw("annotations", "[]");
        }),
        Content::Text(text) => write_text("input_text", "text", text, parts),
        Content::Refusal(text) => write_text("refusal", "refusal", text, parts),
        Content::Image(image) => parts.object(|part| {
            part.string("type", "input_image");
            match &image.source {
                Source::File(id) => part.string("file_id", id),
                Source::Url { url: text, .. } | Source::Text(text) => part.string("image_url", text),
                Source::Base64 { media_type, data } => part.string("image_url", &data_url(media_type, data)),
            }
            part.string("detail", image.detail.as_deref().unwrap_or("auto"));
        }),
        Content::Document(Media { source: Source::Text(text), name, .. }) => {
            // There is no document of plain text: it is said, after its name.
            name.iter().chain([text]).for_each(|text| write_text("input_text", "text", text, parts));
        }
        Content::Document(document) => parts.object(|part| write_file(document, part)),
        Content::Audio(_)
        | Content::Thought { .. }
        | Content::RedactedThought(_)
        | Content::Call(_)
        | Content::Result { .. } => {}
    }
}

fn write_text(kind: &str, key: &str, text: &str, parts: &mut ArrayWriter<'_>) {
    parts.object(|part| {
        part.string("type", kind);
        part.string(key, text);
    });
}

fn write_file(document: &Media<'_>, part: &mut ObjectWriter<'_>) {
    part.string("type", "input_file");
    match &document.source {
        Source::File(id) => part.string("file_id", id),
        Source::Url { url: text, .. } | Source::Text(text) => part.string("file_url", text),
        Source::Base64 { media_type, data } => {
            // Bytes need a name, which tells what they are.
            let name = if media_type == "application/pdf" { "document.pdf" } else { "document" };
            part.string("filename", document.name.as_deref().unwrap_or(name));
            part.string("file_data", &data_url(media_type, data));
        }
    }
    part.optional_string("detail", document.detail.as_deref());
}

fn data_url(media_type: &str, data: &str) -> String {
    ["data:", media_type, ";base64,", data].concat()
}

/// Writes what is an item of its own.
fn write_item(content: &Content<'_>, items: &mut ArrayWriter<'_>, lost: &mut Lost) {
    match content {
        Content::Thought { text, signature } => write_thought(Some(text), signature.as_ref(), items, lost),
        Content::RedactedThought(signature) => write_thought(None, Some(signature), items, lost),
        Content::Call(call) => {
            if call.signature.is_some() {
                lost.hint(Feature::Thought);
            }
            items.object(|item| {
                item.string("type", "function_call");
                item.string("call_id", &call.id);
                item.string("name", &call.name);
                item.string("arguments", &call.arguments);
            });
        }
        Content::Result { call_id, parts, is_error } => {
            if *is_error {
                lost.hint(Feature::ResultError);
            }
            items.object(|item| {
                item.string("type", "function_call_output");
                item.string("call_id", call_id);
                match &**parts {
                    [Part { content: Content::Text(text), .. }] => item.string("output", text),
                    parts => item.array("output", |array| {
                        for part in parts.iter().filter(|part| is_sayable(&part.content, Role::User, lost)) {
                            write_part(&part.content, Role::User, array);
                        }
                    }),
                }
            });
        }
        Content::Text(_) | Content::Image(_) | Content::Document(_) | Content::Audio(_) | Content::Refusal(_) => {}
    }
}

/// Writes a thought for the provider that signed it. To any other it would be a thought of nobody.
fn write_thought(text: Option<&str>, signature: Option<&Signature<'_>>, items: &mut ArrayWriter<'_>, lost: &mut Lost) {
    match signature.and_then(|signature| signature.for_upstream(Upstream::Responses)) {
        Some(sealed) => items.object(|item| {
            item.string("type", "reasoning");
            write_summary(text, item);
            item.string("encrypted_content", sealed);
        }),
        None => lost.hint(Feature::Thought),
    }
}
