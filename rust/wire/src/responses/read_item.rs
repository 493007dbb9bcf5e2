//! Reads the items of an answer, each in one pass: they are most of it.

use std::borrow::Cow;

use super::item::thought;
use crate::Upstream;
use crate::chat::{Call, Content, Part, Signature};
use crate::json::{Cursor, Fault, Text};
use crate::upstream_error::AnswerError;

/// What an item says, whichever kind it is of.
#[derive(Default)]
pub(super) struct Item<'a> {
    kind: Option<Cow<'a, str>>,
    /// Texts and refusals.
    content: Vec<Content<'a>>,
    /// The elements of `logprobs` of all texts, with commas between them.
    logprobs: String,
    summary: Vec<Cow<'a, str>>,
    sealed: Option<Cow<'a, str>>,
    pub(super) call_id: Option<Cow<'a, str>>,
    pub(super) name: Option<Cow<'a, str>>,
    arguments: Option<Cow<'a, str>>,
}

impl<'a> Item<'a> {
    /// Passes an item.
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        let mut item = Self::default();
        cursor.object(|cursor, key| {
            match &*key.name() {
                "type" => item.kind = string(cursor)?,
                "content" => return cursor.array_or_skip(|cursor| item.read_part(cursor)),
                "summary" => {
                    return cursor.array_or_skip(|cursor| {
                        cursor.object_or_skip(|cursor, key| {
                            match &*key.name() {
                                "text" => item.summary.extend(string(cursor)?),
                                _ => drop(cursor.skip()?),
                            }
                            Ok(())
                        })
                    });
                }
                "encrypted_content" => item.sealed = string(cursor)?.filter(|sealed| !sealed.is_empty()),
                "call_id" => item.call_id = string(cursor)?,
                "name" => item.name = string(cursor)?,
                // Some servers leave them empty.
                "arguments" => item.arguments = string(cursor)?.filter(|arguments| !arguments.is_empty()),
                _ => drop(cursor.skip()?),
            }
            Ok(())
        })?;
        Ok(item)
    }

    fn read_part(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        cursor.object(|cursor, key| {
            match &*key.name() {
                "text" => self.content.extend(string(cursor)?.map(Content::Text)),
                "refusal" => self.content.extend(string(cursor)?.map(Content::Refusal)),
                "logprobs" => append(elements(cursor.skip()?), &mut self.logprobs),
                _ => drop(cursor.skip()?),
            }
            Ok(())
        })
    }

    pub(super) fn is_call(&self) -> bool {
        self.kind.as_deref() == Some("function_call")
    }

    /// What seals a thought.
    pub(super) fn signature(&mut self) -> Option<Signature<'a>> {
        self.sealed.take().map(|sealed| Signature::new(Upstream::Responses, sealed))
    }

    /// Appends what it says to `parts`, and its log probabilities to `logprobs`. Items of tools that the provider ran say
    /// nothing.
    pub(super) fn say(mut self, parts: &mut Vec<Part<'a>>, logprobs: &mut String) -> Result<(), AnswerError> {
        append(&self.logprobs, logprobs);
        match self.kind.as_deref() {
            Some("message") => parts.extend(self.content.into_iter().map(Part::new)),
            Some("reasoning") => {
                let signature = self.signature();
                let texts = self.content.into_iter().filter_map(|content| match content {
                    Content::Text(text) => Some(text),
                    _ => None,
                });
                let texts = self.summary.into_iter().chain(texts).collect();
                parts.extend(thought(texts, signature).map(Part::new));
            }
            Some("function_call") => parts.push(Part::new(Content::Call(Call {
                id: self.call_id.ok_or(AnswerError::Malformed)?,
                name: self.name.ok_or(AnswerError::Malformed)?,
                arguments: self.arguments.unwrap_or("{}".into()),
                signature: None,
            }))),
            Some(_) => {}
            None => return Err(AnswerError::Malformed),
        }
        Ok(())
    }
}

fn string<'a>(cursor: &mut Cursor<'a>) -> Result<Option<Cow<'a, str>>, Fault> {
    Ok(cursor.string_or_skip()?.map(Text::lossy))
}

/// The elements of an array, as they stand between its brackets.
pub(super) fn elements(array: &str) -> &str {
    array.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or_default().trim()
}

/// Appends elements, after a comma where there are some.
pub(super) fn append(elements: &str, logprobs: &mut String) {
    if !elements.is_empty() && !logprobs.is_empty() {
        logprobs.push(',');
    }
    logprobs.push_str(elements);
}

/// The object that OpenAI's other dialect has for such elements.
pub(super) fn wrap_logprobs(elements: &str) -> String {
    [r#"{"content":["#, elements, r#"],"refusal":null}"#].concat()
}
