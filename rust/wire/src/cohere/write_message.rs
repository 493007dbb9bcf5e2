//! Writes messages of a request.

use std::borrow::Cow;

use crate::chat::{Call, Content, Feature, Lost, Media, Message, Part, Role, Source};
use crate::json::{ArrayWriter, ObjectWriter};

/// What a message says.
enum Block<'a> {
    Text(&'a str),
    Image { url: Cow<'a, str>, detail: Option<&'a str> },
}

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
            rest.extend(block(&part.content, lost));
        }
    }
    if !rest.is_empty() {
        messages.object(|output| {
            output.string("role", role);
            write_content(&rest, output);
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
            content => said.extend(block(content, lost)),
        }
    }
    if said.is_empty() && calls.is_empty() {
        return;
    }
    messages.object(|output| {
        output.string("role", "assistant");
        if !said.is_empty() {
            write_content(&said, output);
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
    let mut texts = Vec::with_capacity(parts.len());
    for part in parts {
        match &part.content {
            Content::Text(text) => texts.push(Block::Text(text)),
            _ => lost.field(Feature::ResultMedia),
        }
    }
    write_content(&texts, output);
}

/// What `content` becomes in a message; it is lost where there is no word for it.
fn block<'a>(content: &'a Content<'_>, lost: &mut Lost) -> Option<Block<'a>> {
    let unsayable = match content {
        Content::Text(text) | Content::Refusal(text) => return Some(Block::Text(text)),
        Content::Image(Media { source, detail, .. }) => {
            let url = match source {
                Source::Base64 { media_type, data } => Ok(["data:", media_type, ";base64,", data].concat().into()),
                Source::Url { url, .. } => Ok((&**url).into()),
                Source::File(_) => Err(Feature::FileId),
                Source::Text(_) => Err(Feature::Image),
            };
            match url {
                Ok(url) => return Some(Block::Image { url, detail: detail.as_deref() }),
                Err(feature) => feature,
            }
        }
        Content::Document(Media { source: Source::File(_), .. }) => Feature::FileId,
        Content::Document(_) => Feature::Document,
        Content::Audio(_) => Feature::Audio,
        Content::Thought { .. } | Content::RedactedThought(_) => {
            lost.hint(Feature::Thought);
            return None;
        }
        // Those have places of their own.
        Content::Call(_) | Content::Result { .. } => return None,
    };
    lost.field(unsayable);
    None
}

/// One text as a string, anything else as blocks.
fn write_content(blocks: &[Block<'_>], output: &mut ObjectWriter<'_>) {
    match blocks {
        [] => output.string("content", ""),
        [Block::Text(text)] => output.string("content", text),
        _ => output.array("content", |output| blocks.iter().for_each(|block| write_block(block, output))),
    }
}

fn write_block(block: &Block<'_>, output: &mut ArrayWriter<'_>) {
    output.object(|output| match block {
        Block::Text(text) => {
            output.string("type", "text");
            output.string("text", text);
        }
        Block::Image { url, detail } => {
            output.string("type", "image_url");
            output.object("image_url", |output| {
                output.string("url", url);
                output.optional_string("detail", *detail);
            });
        }
    });
}
