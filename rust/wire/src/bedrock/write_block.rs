//! Content blocks as they are spelt.

use std::borrow::Cow;

use super::block::Block;
use crate::chat::{CacheMark, Call};
use crate::json::{ArrayWriter, Object, ObjectWriter};

/// Bytes of a call's id.
const MAX_CALL_ID: usize = 64;

pub(super) fn write_blocks(blocks: &[Block<'_>], content: &mut ArrayWriter<'_>) {
    for block in blocks {
        content.object(|object| write_block(block, object));
    }
}

fn write_block(block: &Block<'_>, object: &mut ObjectWriter<'_>) {
    match block {
        Block::Text(text) => object.string("text", text),
        Block::Media { kind, format, name, bytes } => object.object(kind, |media| {
            media.string("format", format);
            media.optional_string("name", name.as_deref());
            media.object("source", |source| source.string("bytes", bytes));
        }),
        Block::ToolUse(call) => object.object("toolUse", |tool| write_call(call, tool)),
        Block::ToolResult { id, blocks, is_error } => object.object("toolResult", |result| {
            result.string("toolUseId", &call_id(id));
            result.array("content", |content| write_blocks(blocks, content));
            if *is_error {
                result.string("status", "error");
            }
        }),
        Block::Reasoning { text, signature } => object.object("reasoningContent", |reasoning| {
            reasoning.object("reasoningText", |thought| {
                thought.string("text", text);
                thought.string("signature", signature);
            });
        }),
        Block::RedactedReasoning(bytes) => {
            object.object("reasoningContent", |reasoning| reasoning.string("redactedContent", bytes));
        }
        Block::CachePoint(mark) => write_cache_point(*mark, object),
    }
}

/// What follows that which is to be kept.
pub(super) fn write_cache_point(mark: CacheMark, object: &mut ObjectWriter<'_>) {
    object.object("cachePoint", |point| {
        point.string("type", "default");
        if mark == CacheMark::Hour {
            point.string("ttl", "1h");
        }
    });
}

fn write_call(call: &Call<'_>, tool: &mut ObjectWriter<'_>) {
    tool.string("toolUseId", &call_id(&call.id));
    tool.string("name", &call.name);
    if Object::parse(&call.arguments).is_ok() {
        tool.raw("input", &call.arguments);
    } else {
        // A model's mistake that the client keeps in its history, in the only shape that is allowed.
        tool.object("input", |input| input.string("arguments", &call.arguments));
    }
}

/// An id of another provider in the characters that Bedrock allows; the end of a long one, which tells it from others.
fn call_id(id: &str) -> Cow<'_, str> {
    let is_allowed = |character: char| character.is_ascii_alphanumeric() || "_.:-".contains(character);
    if id.len() <= MAX_CALL_ID && id.chars().all(is_allowed) {
        return id.into();
    }
    let plain: String = id.chars().map(|character| if is_allowed(character) { character } else { '_' }).collect();
    plain[plain.len().saturating_sub(MAX_CALL_ID)..].to_owned().into()
}
