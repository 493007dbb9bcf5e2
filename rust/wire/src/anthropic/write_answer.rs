//! From the form in the middle to an answer for a client of Anthropic's dialect.

use super::write_message::write_input;
use super::{finish, signature, usage};
use crate::chat::{Answer, Call, Content, Part};
use crate::json::{ArrayWriter, ObjectWriter, write_object};
use crate::translation::Context;

/// Writes an answer that came whole: its first choice, as the dialect knows no others.
pub(crate) fn write_answer(answer: &Answer<'_>, context: &Context<'_>) -> Vec<u8> {
    let mut output = Vec::new();
    write_object(&mut output, |object| {
        write_head(&answer.id, &answer.model, context.id, context.request.model(), object);
        let choice = answer.choices.first();
        object.array("content", |blocks| {
            let parts = choice.map_or(&[][..], |choice| &choice.parts);
            parts.iter().enumerate().for_each(|(index, part)| write_part(part, index, context.id, blocks));
        });
        write_finish(choice.map(|choice| &choice.finish).map(finish::words), object);
        usage::write(&answer.usage.unwrap_or_default(), object);
    });
    output
}

/// Writes how each answer begins. Where the provider does not tell its id or the model's name, the request's stand in.
pub(super) fn write_head(id: &str, model: &str, own_id: &str, asked_for: &str, object: &mut ObjectWriter<'_>) {
    object.string("id", if id.is_empty() { own_id } else { id });
    object.string("type", "message");
    object.string("role", "assistant");
    object.string("model", if model.is_empty() { asked_for } else { model });
}

/// Writes why it ends, if that is known.
pub(super) fn write_finish(words: Option<(&str, Option<&str>)>, object: &mut ObjectWriter<'_>) {
    let (reason, sequence) = words.unzip();
    for (key, word) in [("stop_reason", reason), ("stop_sequence", sequence.flatten())] {
        match word {
            Some(word) => object.string(key, word),
            None => object.null(key),
        }
    }
}

/// The id of a call: one made of the request's id where the provider gives none.
pub(super) fn call_id(id: &str, own_id: &str, index: u64) -> String {
    if id.is_empty() { format!("toolu_{own_id}_{index}") } else { id.to_owned() }
}

fn write_part(part: &Part<'_>, index: usize, own_id: &str, blocks: &mut ArrayWriter<'_>) {
    match &part.content {
        Content::Text(text) | Content::Refusal(text) if text.is_empty() => {}
        Content::Text(text) | Content::Refusal(text) => blocks.object(|block| {
            block.string("type", "text");
            block.string("text", text);
        }),
        Content::Thought { text, signature } => blocks.object(|block| {
            block.string("type", "thinking");
            block.string("thinking", text);
            block.string("signature", &signature.as_ref().map_or(signature::UNSIGNED.into(), signature::of_thought));
        }),
        Content::RedactedThought(signature) => write_redacted(&signature::of_thought(signature), blocks),
        Content::Call(call) => write_call(call, index, own_id, blocks),
        // A model does not answer with these.
        Content::Image(_) | Content::Document(_) | Content::Audio(_) | Content::Result { .. } => {}
    }
}

fn write_call(call: &Call<'_>, index: usize, own_id: &str, blocks: &mut ArrayWriter<'_>) {
    if let Some(signature) = &call.signature {
        write_redacted(&signature::of_call(signature), blocks);
    }
    blocks.object(|block| {
        block.string("type", "tool_use");
        block.string("id", &call_id(&call.id, own_id, index as u64));
        block.string("name", &call.name);
        write_input(&call.arguments, block);
    });
}

fn write_redacted(data: &str, blocks: &mut ArrayWriter<'_>) {
    blocks.object(|block| {
        block.string("type", "redacted_thinking");
        block.string("data", data);
    });
}
