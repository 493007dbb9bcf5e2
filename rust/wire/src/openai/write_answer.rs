//! Writes an answer that came whole for a client.

use super::finish;
use super::style::Style;
use super::thoughts;
use super::usage;
use super::write_message::write_calls;
use crate::chat::{Answer, Call, Choice, Content, Signature};
use crate::json::{ArrayWriter, ObjectWriter, write_object};
use crate::translation::Context;

/// The body for the client.
pub(crate) fn write_answer(answer: &Answer<'_>, context: &Context<'_>) -> Vec<u8> {
    let style = Style::of(context);
    let mut output = Vec::with_capacity(2048);
    write_object(&mut output, |body| {
        match &*answer.id {
            "" => body.string("id", &style.id(context)),
            id => body.string("id", id),
        }
        body.string("object", style.object()[0]);
        body.number("created", context.unix_seconds);
        body.string("model", if answer.model.is_empty() { context.request.model() } else { &answer.model });
        body.array("choices", |choices| {
            for (index, choice) in (0..).zip(&answer.choices) {
                choices.object(|output| write_choice(index, choice, style, output));
            }
        });
        if let Some(usage) = &answer.usage {
            body.object("usage", |output| usage::write(usage, output));
        }
    });
    output
}

fn write_choice(index: u64, choice: &Choice<'_>, style: Style, output: &mut ObjectWriter<'_>) {
    let mut parts = Parts::default();
    for part in &choice.parts {
        parts.add(&part.content);
    }
    let reason = finish::word(&choice.finish, parts.refusal.is_some());
    output.number("index", index);
    if style == Style::Text {
        let texts = [&parts.text, &parts.refusal].into_iter().flatten();
        output.string("text", &texts.map(String::as_str).collect::<String>());
    } else {
        output.object("message", |message| parts.write(style, message));
    }
    match &choice.logprobs {
        Some(logprobs) => output.raw("logprobs", logprobs),
        None => output.null("logprobs"),
    }
    output.string("finish_reason", style.finish_reason(reason));
}

/// The parts of an answer by where they stand in a message.
#[derive(Default)]
struct Parts<'p> {
    text: Option<String>,
    refusal: Option<String>,
    thought: String,
    /// Thoughts that are signed or sealed.
    thoughts: Vec<&'p Content<'p>>,
    calls: Vec<&'p Call<'p>>,
}

impl<'p> Parts<'p> {
    fn add(&mut self, content: &'p Content<'p>) {
        match content {
            Content::Text(text) => self.text.get_or_insert_default().push_str(text),
            Content::Refusal(text) => self.refusal.get_or_insert_default().push_str(text),
            Content::Thought { text, .. } => {
                self.thought.push_str(text);
                self.thoughts.push(content);
            }
            Content::RedactedThought(_) => self.thoughts.push(content),
            Content::Call(call) => self.calls.push(call),
            // No model answers these in a form that this dialect has.
            Content::Image(_) | Content::Document(_) | Content::Audio(_) | Content::Result { .. } => {}
        }
    }

    fn write(&self, style: Style, message: &mut ObjectWriter<'_>) {
        message.string("role", "assistant");
        match &self.text {
            Some(text) => message.string("content", text),
            None if self.refusal.is_some() || !self.calls.is_empty() => message.null("content"),
            None => message.string("content", ""),
        }
        match &self.refusal {
            Some(refusal) => message.string("refusal", refusal),
            None => message.null("refusal"),
        }
        if !self.thought.is_empty() {
            message.string("reasoning_content", &self.thought);
        }
        if self.thoughts.iter().any(|thought| is_signed(thought)) {
            message.array("reasoning_details", |details| {
                for (index, thought) in (0..).zip(&self.thoughts) {
                    write_thought(index, thought, details);
                }
            });
        }
        match (style, self.calls.first()) {
            (Style::Functions, Some(call)) => message.object("function_call", |function| {
                function.string("name", &call.name);
                function.string("arguments", &call.arguments);
            }),
            _ => write_calls(&self.calls, |signature| Some(signature.for_client().into()), message),
        }
    }
}

fn is_signed(thought: &Content<'_>) -> bool {
    !matches!(thought, Content::Thought { signature: None, .. })
}

fn write_thought(index: u32, thought: &Content<'_>, details: &mut ArrayWriter<'_>) {
    match thought {
        Content::Thought { text, signature } => {
            let signature = signature.as_ref().map(Signature::for_client);
            thoughts::write_text(details, index, Some(text), signature.as_deref());
        }
        Content::RedactedThought(signature) => thoughts::write_sealed(details, index, &signature.for_client()),
        _ => {}
    }
}
