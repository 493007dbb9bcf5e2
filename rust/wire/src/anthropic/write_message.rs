//! The conversation, for Anthropic.
//!
//! # How it is put in order
//! Instructions stand apart in `system`, wherever they stood; where there is nothing else, they are the question, as
//! there must be one. Messages of one side that follow on one another become one turn, since older models want sides to
//! alternate; in a turn of the user results of tools come first, as they must follow their calls at once. Texts of white
//! space alone are left out: Anthropic refuses them.

use std::borrow::Cow;

use crate::Upstream;
use crate::chat::{self, CacheMark, Content, Feature, Lost, Media, Part, Role, Source};
use crate::json::{ArrayWriter, Object, ObjectWriter};

/// What one side says before the other does.
struct Turn<'f> {
    role: Role,
    parts: Vec<&'f Part<'f>>,
}

/// Writes `system`.
pub(super) fn write_system(form: &chat::Request<'_>, body: &mut ObjectWriter<'_>, lost: &mut Lost) {
    if form.has_only_instructions() {
        return;
    }
    let parts = form.messages.iter().filter(|message| message.role == Role::System).flat_map(|message| &message.parts);
    let parts: Vec<&Part<'_>> = parts.filter(|part| can_be_written(part, lost)).collect();
    if !parts.is_empty() {
        body.array("system", |blocks| parts.into_iter().for_each(|part| write_block(part, blocks, lost)));
    }
}

/// Writes `messages`.
pub(super) fn write_messages(form: &chat::Request<'_>, body: &mut ObjectWriter<'_>, lost: &mut Lost) {
    let turns = turns(form, lost);
    body.array("messages", |messages| {
        for turn in turns {
            messages.object(|message| {
                message.string("role", if turn.role == Role::Assistant { "assistant" } else { "user" });
                message
                    .array("content", |blocks| turn.parts.into_iter().for_each(|part| write_block(part, blocks, lost)));
            });
        }
    });
}

/// Writes the mark that everything up to here is to be kept in the cache.
pub(super) fn write_cache(cache: Option<CacheMark>, object: &mut ObjectWriter<'_>) {
    if let Some(cache) = cache {
        object.object("cache_control", |object| {
            object.string("type", "ephemeral");
            if cache == CacheMark::Hour {
                object.string("ttl", "1h");
            }
        });
    }
}

/// Writes the arguments of a call, which must be an object here. Models of others are known to write less than that.
pub(super) fn write_input(arguments: &str, object: &mut ObjectWriter<'_>) {
    if Object::parse(arguments).is_ok() {
        object.raw("input", arguments);
    } else {
        object.object("input", |input| input.string("arguments", arguments));
    }
}

fn turns<'f>(form: &'f chat::Request<'f>, lost: &mut Lost) -> Vec<Turn<'f>> {
    let is_question = form.has_only_instructions();
    let mut turns: Vec<Turn<'_>> = Vec::with_capacity(form.messages.len());
    for message in &form.messages {
        if message.name.is_some() {
            lost.hint(Feature::SpeakerName);
        }
        if message.role == Role::System && !is_question {
            continue;
        }
        let parts = message.parts.iter().filter(|part| can_be_written(part, lost));
        match turns.last_mut().filter(|turn| turn.role == message.role) {
            Some(turn) => turn.parts.extend(parts),
            None => turns.push(Turn { role: message.role, parts: parts.collect() }),
        }
        if turns.last().is_some_and(|turn| turn.parts.is_empty()) {
            turns.pop();
        }
    }
    for turn in &mut turns {
        turn.parts.sort_by_key(|part| !matches!(part.content, Content::Result { .. }));
    }
    turns
}

/// Whether Anthropic's dialect has a block for `part`; else it is lost.
fn can_be_written(part: &Part<'_>, lost: &mut Lost) -> bool {
    let lost_for = match &part.content {
        Content::Text(text) | Content::Refusal(text) => return !text.trim().is_empty(),
        Content::Image(media) => match media.source {
            Source::Base64 { .. } | Source::Url { .. } => None,
            Source::File(_) => Some(Feature::FileId),
            Source::Text(_) => Some(Feature::Image),
        },
        Content::Document(media) => match &media.source {
            Source::Base64 { media_type, .. } if media_type != "application/pdf" => Some(Feature::Document),
            Source::Base64 { .. } | Source::Text(_) | Source::Url { .. } => None,
            Source::File(_) => Some(Feature::FileId),
        },
        Content::Audio(_) => Some(Feature::Audio),
        Content::Thought { signature: Some(signature), .. } | Content::RedactedThought(signature)
            if signature.made_by == Upstream::Anthropic =>
        {
            None
        }
        Content::Thought { .. } | Content::RedactedThought(_) => {
            lost.hint(Feature::Thought);
            return false;
        }
        Content::Call(_) | Content::Result { .. } => None,
    };
    if let Some(feature) = lost_for {
        lost.field(feature);
    }
    lost_for.is_none()
}

/// Writes a part for which there is a block.
fn write_block(part: &Part<'_>, blocks: &mut ArrayWriter<'_>, lost: &mut Lost) {
    blocks.object(|block| {
        match &part.content {
            Content::Text(text) | Content::Refusal(text) => {
                block.string("type", "text");
                block.string("text", text);
            }
            Content::Image(media) => {
                if media.detail.as_ref().is_some_and(|detail| detail != "auto") {
                    lost.hint(Feature::ImageDetail);
                }
                block.string("type", "image");
                write_source(media, block);
            }
            Content::Document(media) => {
                block.string("type", "document");
                write_source(media, block);
                block.optional_string("title", media.name.as_deref());
            }
            Content::Thought { text, signature } => {
                block.string("type", "thinking");
                block.string("thinking", text);
                block.optional_string("signature", signature.as_ref().map(|signature| &*signature.text));
            }
            Content::RedactedThought(signature) => {
                block.string("type", "redacted_thinking");
                block.string("data", &signature.text);
            }
            Content::Call(call) => {
                if call.signature.is_some() {
                    lost.hint(Feature::Thought);
                }
                block.string("type", "tool_use");
                block.string("id", &call_id(&call.id));
                block.string("name", &call.name);
                write_input(&call.arguments, block);
            }
            Content::Result { call_id: id, parts, is_error } => {
                block.string("type", "tool_result");
                block.string("tool_use_id", &call_id(id));
                let parts: Vec<&Part<'_>> = parts.iter().filter(|part| can_be_written(part, lost)).collect();
                if !parts.is_empty() {
                    block.array("content", |blocks| parts.into_iter().for_each(|part| write_block(part, blocks, lost)));
                }
                if *is_error {
                    block.boolean("is_error", true);
                }
            }
            // Never gets here, being lost.
            Content::Audio(_) => {}
        }
        // Thoughts cannot be marked.
        if !matches!(part.content, Content::Thought { .. } | Content::RedactedThought(_)) {
            write_cache(part.cache, block);
        }
    });
}

fn write_source(media: &Media<'_>, block: &mut ObjectWriter<'_>) {
    block.object("source", |object| match &media.source {
        Source::Base64 { media_type, data } => {
            object.string("type", "base64");
            object.string("media_type", media_type);
            object.string("data", data);
        }
        Source::Text(text) => {
            object.string("type", "text");
            object.string("media_type", "text/plain");
            object.string("data", text);
        }
        Source::Url { url, .. } => {
            object.string("type", "url");
            object.string("url", url);
        }
        Source::File(id) => {
            object.string("type", "file");
            object.string("file_id", id);
        }
    });
}

/// The id of a call in letters that Anthropic takes, the same for the call and its result. Others use more:
/// `functions.search:0`.
fn call_id(id: &str) -> Cow<'_, str> {
    let is_good = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    if id.chars().all(is_good) { id.into() } else { id.replace(|character| !is_good(character), "_").into() }
}
