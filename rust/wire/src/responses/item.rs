//! The items of an answer, as both answers and streams have them. An item says one thing: where the API allows a message
//! several parts, clients are known to read only one of them.

use std::borrow::Cow;

use crate::chat::{Content, Signature};
use crate::json::ObjectWriter;

/// What stands between the parts of a thought.
pub(super) const PARAGRAPH: &str = "\n\n";

/// An item that is being written, or was.
pub(super) struct Item<'a> {
    pub(super) id: String,
    pub(super) kind: Kind<'a>,
    /// What is said, thought or passed to a function.
    pub(super) text: Cow<'a, str>,
    /// The elements of `logprobs`, with commas between them.
    pub(super) logprobs: String,
}

/// What an item is.
pub(super) enum Kind<'a> {
    Text,
    Refusal,
    /// With what is sealed.
    Thought(Cow<'a, str>),
    SealedThought(Cow<'a, str>),
    Call {
        id: Cow<'a, str>,
        name: Cow<'a, str>,
    },
}

/// How far an item has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It has just begun: what is in it has no place yet.
    Open,
    Completed,
    /// The answer was cut short inside it.
    Incomplete,
}

impl<'a> Item<'a> {
    /// The item at `index` of the answer to the request `request_id`.
    pub(super) fn new(kind: Kind<'a>, text: Cow<'a, str>, index: usize, request_id: &str) -> Self {
        let prefix = match kind {
            Kind::Text | Kind::Refusal => "msg",
            Kind::Thought(_) | Kind::SealedThought(_) => "rs",
            Kind::Call { .. } => "fc",
        };
        Self { id: format!("{prefix}_{request_id}_{index}"), kind, text, logprobs: String::new() }
    }

    /// Writes the members of the item.
    pub(super) fn write(&self, state: State, item: &mut ObjectWriter<'_>) {
        item.string("id", &self.id);
        let is_open = state == State::Open;
        let status = match state {
            State::Open => "in_progress",
            State::Completed => "completed",
            State::Incomplete => "incomplete",
        };
        match &self.kind {
            Kind::Text | Kind::Refusal => {
                item.string("type", "message");
                item.string("status", status);
                item.string("role", "assistant");
                item.array("content", |parts| {
                    if !is_open {
                        parts.object(|part| self.write_part(part));
                    }
                });
            }
            Kind::Thought(sealed) => {
                item.string("type", "reasoning");
                write_summary(Some(&*self.text).filter(|_| !is_open), item);
                item.optional_string("encrypted_content", Some(&**sealed).filter(|_| !is_open));
            }
            Kind::SealedThought(sealed) => {
                item.string("type", "reasoning");
                write_summary(None, item);
                item.string("encrypted_content", sealed);
            }
            Kind::Call { id, name } => {
                item.string("type", "function_call");
                item.string("status", status);
                item.string("call_id", id);
                item.string("name", name);
                item.string("arguments", &self.text);
            }
        }
    }

    /// Writes the members of the part that the text is in.
    pub(super) fn write_part(&self, part: &mut ObjectWriter<'_>) {
        match self.kind {
            Kind::Text | Kind::Call { .. } => {
                part.string("type", "output_text");
                part.string("text", &self.text);
                part.raw("annotations", "[]");
                part.array("logprobs", |logprobs| logprobs.raw(&self.logprobs));
            }
            Kind::Refusal => {
                part.string("type", "refusal");
                part.string("refusal", &self.text);
            }
            Kind::Thought(_) | Kind::SealedThought(_) => write_summary_part(&self.text, part),
        }
    }
}

/// Writes what is to be read of a thought. That there is no summary, which is not an empty one, marks a sealed thought.
pub(super) fn write_summary(text: Option<&str>, item: &mut ObjectWriter<'_>) {
    item.array("summary", |parts| {
        if let Some(text) = text {
            parts.object(|part| write_summary_part(text, part));
        }
    });
}

fn write_summary_part(text: &str, part: &mut ObjectWriter<'_>) {
    part.string("type", "summary_text");
    part.string("text", text);
}

/// The thought that an item with these texts is; `None` where there is nothing of it.
pub(super) fn thought<'a>(mut texts: Vec<Cow<'a, str>>, signature: Option<Signature<'a>>) -> Option<Content<'a>> {
    let text = if texts.len() > 1 { Some(texts.join(PARAGRAPH).into()) } else { texts.pop() };
    match text {
        Some(text) => Some(Content::Thought { text, signature }),
        None => signature.map(Content::RedactedThought),
    }
}
