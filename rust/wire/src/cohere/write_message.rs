//! Writes messages of a request.

use crate::chat::{Call, Content, Feature, Lost, Media, Message, Part, Role, Source};
use crate::json::{ArrayWriter, ObjectWriter};

/// Writes one message, or several where results of tools are in it, each of which is one of its own here.
pub(super) fn write_message(message: &Message<'_>, lost: &mut Lost, messages: &mut ArrayWriter<'_>) {
    if message.parts.iter().any(has_cache_mark) {
        lost.hint(Feature::CacheMark);
    }
    let role = match message.role {
        Role::Assistant => return write_assistant(&message.parts, lost, messages),
        Role::System => "system",
        Role::User => "user",
    };
    let mut rest = Vec::with_capacity(message.parts.len());
    for part in &message.parts {
        if let Content::Result { call_id, parts, is_error } = &part.content {
            if *is_error {
                lost.hint(Feature::ResultError);
            }
            messages.object(|output| {
                output.string("role", "tool");
                output.string("tool_call_id", call_id);
                write_result(parts, lost, output);
            });
        } else {
            rest.push(part);
        }
    }
    if !rest.is_empty() {
        messages.object(|output| {
            output.string("role", role);
            write_content(&rest, lost, output);
        });
    }
}

fn has_cache_mark(part: &Part<'_>) -> bool {
    let is_inside = matches!(&part.content, Content::Result { parts, .. } if parts.iter().any(has_cache_mark));
    part.cache.is_some() || is_inside
}

/// A plan for calls is the only thought that every model takes back; a thought that someone signed is not Cohere's.
fn write_assistant(parts: &[Part<'_>], lost: &mut Lost, messages: &mut ArrayWriter<'_>) {
    let (mut said, mut calls, mut plan) = (Vec::new(), Vec::new(), String::new());
    let has_calls = parts.iter().any(|part| matches!(part.content, Content::Call(_)));
    for part in parts {
        match &part.content {
            Content::Call(call) => calls.push(call),
            Content::Thought { text, signature: None } if has_calls => plan.push_str(text),
            Content::Thought { .. } | Content::RedactedThought(_) => lost.hint(Feature::Thought),
            Content::Text(_)
            | Content::Refusal(_)
            | Content::Image(_)
            | Content::Document(_)
            | Content::Audio(_)
            | Content::Result { .. } => said.push(part),
        }
    }
    if said.is_empty() && calls.is_empty() {
        return;
    }
    messages.object(|output| {
        output.string("role", "assistant");
        if !said.is_empty() {
            write_content(&said, lost, output);
        }
        if !plan.is_empty() {
            output.string("tool_plan", &plan);
        }
        if !calls.is_empty() {
            output.array("tool_calls", |output| calls.iter().for_each(|call| write_call(call, lost, output)));
        }
    });
}

fn write_call(call: &Call<'_>, lost: &mut Lost, output: &mut ArrayWriter<'_>) {
    if call.signature.is_some() {
        lost.hint(Feature::Thought);
    }
    output.object(|output| {
        output.string("id", &call.id);
        output.string("type", "function");
        output.object("function", |output| {
            output.string("name", &call.name);
            output.string("arguments", &call.arguments);
        });
    });
}

/// A result has room for text alone.
fn write_result(parts: &[Part<'_>], lost: &mut Lost, output: &mut ObjectWriter<'_>) {
    let (texts, others): (Vec<_>, Vec<_>) = parts.iter().partition(|part| matches!(part.content, Content::Text(_)));
    if !others.is_empty() {
        lost.field(Feature::ResultMedia);
    }
    write_content(&texts, lost, output);
}

/// One text as a string, anything else as blocks.
fn write_content(parts: &[&Part<'_>], lost: &mut Lost, output: &mut ObjectWriter<'_>) {
    match parts {
        [] => output.string("content", ""),
        [Part { content: Content::Text(text) | Content::Refusal(text), .. }] => output.string("content", text),
        _ => output.array("content", |output| parts.iter().for_each(|part| write_block(&part.content, lost, output))),
    }
}

fn write_block(content: &Content<'_>, lost: &mut Lost, output: &mut ArrayWriter<'_>) {
    match content {
        Content::Text(text) | Content::Refusal(text) => output.object(|block| {
            block.string("type", "text");
            block.string("text", text);
        }),
        Content::Image(image) => write_image(image, lost, output),
        Content::Document(Media { source: Source::File(_), .. }) => lost.field(Feature::FileId),
        Content::Document(_) => lost.field(Feature::Document),
        Content::Audio(_) => lost.field(Feature::Audio),
        Content::Thought { .. } | Content::RedactedThought(_) => lost.hint(Feature::Thought),
        // Those have places of their own.
        Content::Call(_) | Content::Result { .. } => {}
    }
}

fn write_image(image: &Media<'_>, lost: &mut Lost, output: &mut ArrayWriter<'_>) {
    let url = match &image.source {
        Source::Base64 { media_type, data } => ["data:", media_type, ";base64,", data].concat().into(),
        Source::Url { url, .. } => url.clone(),
        Source::File(_) => return lost.field(Feature::FileId),
        Source::Text(_) => return lost.field(Feature::Image),
    };
    output.object(|block| {
        block.string("type", "image_url");
        block.object("image_url", |output| {
            output.string("url", &url);
            output.optional_string("detail", image.detail.as_deref());
        });
    });
}
