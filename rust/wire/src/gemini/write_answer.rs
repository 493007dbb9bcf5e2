//! Writes an answer in one piece.

use super::parts::{is_object, write_call, write_text};
use super::signature::{for_client, of_call};
use super::{finish, logprobs, usage};
use crate::chat::{Answer, Choice, Content, Part};
use crate::json::{ArrayWriter, ObjectWriter, write_object};
use crate::translation::Context;

/// The body of an answer to `generateContent`.
pub(crate) fn write_answer(answer: &Answer<'_>, context: &Context<'_>) -> Vec<u8> {
    let mut output = Vec::with_capacity(1_024);
    write_object(&mut output, |body| {
        body.array("candidates", |candidates| {
            for (index, choice) in (0..).zip(&answer.choices) {
                candidates.object(|candidate| write_choice(choice, index, candidate));
            }
        });
        if let Some(usage) = &answer.usage {
            usage::write(usage, body);
        }
        body.string("modelVersion", or(&answer.model, context.request.model()));
        body.string("responseId", or(&answer.id, context.id));
    });
    output
}

/// `text`, or where there is none the `other` one.
pub(super) fn or<'a>(text: &'a str, other: &'a str) -> &'a str {
    if text.is_empty() { other } else { text }
}

fn write_choice(choice: &Choice<'_>, index: u64, candidate: &mut ObjectWriter<'_>) {
    candidate.object("content", |content| {
        content.array("parts", |parts| {
            let mut is_first_call = true;
            for part in &choice.parts {
                write_part(part, is_first_call, parts);
                is_first_call &= !matches!(part.content, Content::Call(_));
            }
        });
        content.string("role", "model");
    });
    let is_callable = |part: &Part<'_>| !matches!(&part.content, Content::Call(call) if !is_object(&call.arguments));
    let is_well_formed = choice.parts.iter().all(is_callable);
    candidate
        .string("finishReason", if is_well_formed { finish::word(&choice.finish) } else { finish::MALFORMED_CALL });
    candidate.number("index", index);
    if let Some(json) = &choice.logprobs {
        logprobs::write(json, candidate);
    }
}

fn write_part(part: &Part<'_>, is_first_call: bool, parts: &mut ArrayWriter<'_>) {
    match &part.content {
        Content::Text(text) | Content::Refusal(text) => write_text(text, false, None, parts),
        Content::Thought { text, signature } => {
            write_text(text, true, signature.as_ref().map(for_client).as_deref(), parts);
        }
        Content::RedactedThought(signature) => write_text("", false, Some(&for_client(signature)), parts),
        Content::Call(call) if is_object(&call.arguments) => {
            let signature = of_call(call.signature.as_ref(), is_first_call);
            write_call(Some(&call.id), &call.name, &call.arguments, signature.as_deref(), parts);
        }
        // What a model never answers, and a call that Gemini's form has no place for: the finish reason tells of it.
        Content::Call(_) | Content::Image(_) | Content::Document(_) | Content::Audio(_) | Content::Result { .. } => {}
    }
}
