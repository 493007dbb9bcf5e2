//! Writes messages of a request.

use std::borrow::Cow;

use super::thoughts;
use crate::Upstream;
use crate::chat::{Call, Content, Feature, Lost, Media, Message, Part, Role, Signature, Source};
use crate::json::{ArrayWriter, ObjectWriter};
use crate::target::Target;

/// Writes one message, or several where results of tools are in it, each of which is one of its own here.
pub(super) fn write_message(
    message: &Message<'_>,
    target: &Target<'_>,
    lost: &mut Lost,
    messages: &mut ArrayWriter<'_>,
) {
    let role = match message.role {
        Role::Assistant => {
            return messages.object(|output| write_assistant(message, target, lost, output));
        }
        Role::System if target.quirks.developer_role => "developer",
        Role::System => "system",
        Role::User => "user",
    };
    let mut rest = Vec::new();
    let mut has_results = false;
    for part in &message.parts {
        if let Content::Result { call_id, parts, is_error } = &part.content {
            has_results = true;
            note_cache_mark(part, lost);
            if *is_error {
                lost.hint(Feature::ResultError);
            }
            // A result has room for text alone; what else there is, the user shows.
            let (texts, others): (Vec<_>, Vec<_>) =
                parts.iter().partition(|part| matches!(part.content, Content::Text(_)));
            rest.extend(others);
            messages.object(|output| {
                output.string("role", "tool");
                output.string("tool_call_id", call_id);
                write_content(&texts, lost, output);
            });
        } else {
            rest.push(part);
        }
    }
    if !rest.is_empty() || !has_results {
        messages.object(|output| {
            output.string("role", role);
            output.optional_string("name", message.name.as_deref());
            write_content(&rest, lost, output);
        });
    }
}

fn write_assistant(message: &Message<'_>, target: &Target<'_>, lost: &mut Lost, output: &mut ObjectWriter<'_>) {
    output.string("role", "assistant");
    output.optional_string("name", message.name.as_deref());
    write_thoughts(message, target, lost, output);
    let mut said = Vec::new();
    let mut refusal = None;
    let mut calls = Vec::new();
    for part in &message.parts {
        match &part.content {
            Content::Call(call) => calls.push(call),
            Content::Refusal(text) => refusal = Some(text),
            Content::Thought { .. } | Content::RedactedThought(_) => {}
            Content::Text(_)
            | Content::Image(_)
            | Content::Document(_)
            | Content::Audio(_)
            | Content::Result { .. } => said.push(part),
        }
    }
    if said.is_empty() && (refusal.is_some() || !calls.is_empty()) {
        output.null("content");
    } else {
        write_content(&said, lost, output);
    }
    output.optional_string("refusal", refusal.map(|text| &**text));
    let sign = |signature: &Signature<'_>| {
        let text = signature.for_upstream(Upstream::OpenAi).map(|text| Cow::Owned(text.to_owned()));
        if text.is_none() {
            lost.hint(Feature::Thought);
        }
        text
    };
    write_calls(&calls, sign, output);
}

/// Thoughts go back to providers of this dialect alone, in the convention in which they came.
fn write_thoughts(message: &Message<'_>, target: &Target<'_>, lost: &mut Lost, output: &mut ObjectWriter<'_>) {
    let mut plain = String::new();
    let mut details = Vec::new();
    for part in &message.parts {
        let (text, signature) = match &part.content {
            Content::Thought { text, signature } => (Some(&**text), signature.as_ref()),
            Content::RedactedThought(signature) => (None, Some(signature)),
            _ => continue,
        };
        match (text, signature.and_then(|signature| signature.for_upstream(Upstream::OpenAi))) {
            (Some(text), Some("")) if target.quirks.takes("reasoning_content") => plain.push_str(text),
            (text, Some(signature)) if !signature.is_empty() => details.push((text, signature)),
            _ => lost.hint(Feature::Thought),
        }
    }
    if !plain.is_empty() {
        output.string("reasoning_content", &plain);
    }
    if !details.is_empty() {
        output.array("reasoning_details", |output| {
            for (index, (text, signature)) in (0..).zip(details) {
                match text {
                    Some(_) => thoughts::write_text(output, index, text, Some(signature)),
                    None => thoughts::write_sealed(output, index, signature),
                }
            }
        });
    }
}

/// Writes calls, each with its signature as `sign` gives it; nothing where there are none.
pub(super) fn write_calls(
    calls: &[&Call<'_>],
    mut sign: impl FnMut(&Signature<'_>) -> Option<Cow<'static, str>>,
    output: &mut ObjectWriter<'_>,
) {
    if calls.is_empty() {
        return;
    }
    output.array("tool_calls", |output| {
        for call in calls {
            output.object(|output| {
                output.string("id", &call.id);
                output.string("type", "function");
                output.object("function", |output| {
                    output.string("name", &call.name);
                    output.string("arguments", &call.arguments);
                });
                write_call_signature(call.signature.as_ref().and_then(&mut sign).as_deref(), output);
            });
        }
    });
}

/// The signature of a call, where Google's imitation of this dialect has it.
pub(super) fn write_call_signature(signature: Option<&str>, output: &mut ObjectWriter<'_>) {
    if let Some(signature) = signature {
        output.object("extra_content", |extra| {
            extra.object("google", |google| google.string("thought_signature", signature));
        });
    }
}

/// One text as a string, which every imitation of this dialect takes, anything else as parts.
fn write_content(parts: &[&Part<'_>], lost: &mut Lost, output: &mut ObjectWriter<'_>) {
    for part in parts {
        note_cache_mark(part, lost);
    }
    match parts {
        [] => output.string("content", ""),
        [Part { content: Content::Text(text), .. }] => output.string("content", text),
        _ => output.array("content", |output| parts.iter().for_each(|part| write_part(part, lost, output))),
    }
}

fn note_cache_mark(part: &Part<'_>, lost: &mut Lost) {
    if part.cache.is_some() {
        lost.hint(Feature::CacheMark);
    }
}

fn write_part(part: &Part<'_>, lost: &mut Lost, output: &mut ArrayWriter<'_>) {
    match &part.content {
        Content::Text(text) | Content::Refusal(text) => write_text(text, output),
        Content::Image(image) => write_image(image, lost, output),
        Content::Document(document) => write_document(document, lost, output),
        Content::Audio(audio) => write_audio(audio, lost, output),
        Content::Thought { .. } | Content::RedactedThought(_) => lost.hint(Feature::Thought),
        // Those have places of their own in a message.
        Content::Call(_) | Content::Result { .. } => {}
    }
}

fn write_text(text: &str, output: &mut ArrayWriter<'_>) {
    output.object(|part| {
        part.string("type", "text");
        part.string("text", text);
    });
}

fn write_image(image: &Media<'_>, lost: &mut Lost, output: &mut ArrayWriter<'_>) {
    let url = match &image.source {
        Source::Base64 { media_type, data } => data_url(media_type, data).into(),
        Source::Url { url, .. } => Cow::Borrowed(&**url),
        Source::File(_) => return lost.field(Feature::FileId),
        Source::Text(_) => return lost.field(Feature::Image),
    };
    output.object(|part| {
        part.string("type", "image_url");
        part.object("image_url", |output| {
            output.string("url", &url);
            output.optional_string("detail", image.detail.as_deref());
        });
    });
}

fn write_document(document: &Media<'_>, lost: &mut Lost, output: &mut ArrayWriter<'_>) {
    let name = document.name.as_deref();
    let (key, value) = match &document.source {
        Source::Base64 { media_type, data } => ("file_data", data_url(media_type, data)),
        // So OpenAI's ids begin; another provider's mean nothing here.
        Source::File(id) if id.starts_with("file-") => ("file_id", id.clone().into_owned()),
        Source::File(_) => return lost.field(Feature::FileId),
        Source::Url { .. } => return lost.field(Feature::Document),
        Source::Text(text) => {
            name.into_iter().chain([&**text]).for_each(|text| write_text(text, output));
            return;
        }
    };
    output.object(|part| {
        part.string("type", "file");
        part.object("file", |output| {
            if key == "file_data" {
                // OpenAI demands a name.
                output.string("filename", name.unwrap_or("document"));
            }
            output.string(key, &value);
        });
    });
}

fn write_audio(audio: &Media<'_>, lost: &mut Lost, output: &mut ArrayWriter<'_>) {
    let Source::Base64 { media_type, data } = &audio.source else { return lost.field(Feature::Audio) };
    let format = match media_type.strip_prefix("audio/") {
        Some("mpeg") => "mp3",
        Some("x-wav" | "wave") => "wav",
        Some(format) => format,
        None => return lost.field(Feature::Audio),
    };
    output.object(|part| {
        part.string("type", "input_audio");
        part.object("input_audio", |output| {
            output.string("data", data);
            output.string("format", format);
        });
    });
}

fn data_url(media_type: &str, data: &str) -> String {
    ["data:", media_type, ";base64,", data].concat()
}
