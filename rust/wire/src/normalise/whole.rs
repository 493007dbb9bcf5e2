//! An answer that came whole, in the client's dialect: its texts are edited in place, so all else survives.

use std::ops::Range;

use super::text;
use crate::endpoint::Task;
use crate::json::{Cursor, Fault, Shape, Text};
use crate::request::{Edit, json_string, splice};
use crate::{Client, Endpoint, ResponseFormat};

/// Members that point into a text by its places or its tokens.
const TIES: [&str; 6] =
    ["annotations", "citations", "logprobs", "logprobsResult", "citationMetadata", "groundingMetadata"];

/// One answer of those that a body has.
#[derive(Default)]
struct Said<'a> {
    texts: Vec<(Range<usize>, Text<'a>)>,
    is_tied: bool,
}

/// The body of an answer of `endpoint` with its texts normalised, `None` where nothing changes: an answer in several
/// texts stays as it is, and so does what is no answer, and the rest of a text that was to be completed.
pub fn whole(endpoint: Endpoint, body: &[u8], format: ResponseFormat) -> Option<Vec<u8>> {
    if !has_answers(endpoint) {
        return None;
    }
    let body = std::str::from_utf8(body).ok()?;
    let answers = read(endpoint.client(), body).ok()?;
    let edits: Vec<_> = answers.iter().filter_map(|said| edit(said, format)).collect();
    if edits.is_empty() {
        return None;
    }
    let mut normalised = Vec::new();
    splice(body, edits, &mut normalised);
    Some(normalised)
}

/// Whether a model answers here, and does not go on with a text.
pub(crate) fn has_answers(endpoint: Endpoint) -> bool {
    endpoint.task() == Task::Generate && endpoint != Endpoint::Completions
}

fn edit(said: &Said<'_>, format: ResponseFormat) -> Option<Edit> {
    let [(span, spelt)] = said.texts.as_slice() else { return None };
    let whole = spelt.decode().ok()?;
    let left = text(&whole, format).filter(|_| !said.is_tied)?;
    Some(Edit { span: span.clone(), text: json_string(left) })
}

fn read(client: Client, body: &str) -> Result<Vec<Said<'_>>, Fault> {
    let mut answers = Vec::new();
    let mut cursor = Cursor::new(body);
    cursor.object::<Fault>(|cursor, key| match (client, &*key.name()) {
        (Client::OpenAi, "choices") | (Client::Gemini, "candidates") => {
            cursor.array_or_skip(|cursor| Said::read(cursor).map(|said| answers.push(said)))
        }
        (Client::Responses, "output") | (Client::Anthropic, "content") => {
            Said::read(cursor).map(|said| answers.push(said))
        }
        _ => cursor.skip().map(drop),
    })?;
    Ok(answers)
}

impl<'a> Said<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        let mut said = Self::default();
        said.value(cursor)?;
        Ok(said)
    }

    /// Passes a text, or what texts are in.
    fn value(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        match cursor.shape()? {
            Shape::String => {
                let start = cursor.position();
                let text = cursor.string()?;
                self.texts.push((start..cursor.position(), text));
                Ok(())
            }
            Shape::Array => cursor.array(|cursor| self.value(cursor)),
            Shape::Object => self.object(cursor),
            _ => cursor.skip().map(drop),
        }
    }

    fn object(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        let n_texts = self.texts.len();
        let mut is_other = false;
        cursor.object::<Fault>(|cursor, key| {
            let name = key.name();
            match &*name {
                "message" | "content" | "parts" | "text" => self.value(cursor)?,
                "type" => {
                    let kind = cursor.string_or_skip()?.map(Text::name);
                    is_other |= !matches!(kind.as_deref(), Some("message" | "text" | "output_text"));
                }
                "thought" => is_other |= cursor.skip()? == "true",
                _ => {
                    let value = cursor.skip()?;
                    self.is_tied |= TIES.contains(&&*name) && !matches!(value, "null" | "[]" | "{}");
                }
            }
            Ok(())
        })?;
        if is_other {
            self.texts.truncate(n_texts);
        }
        Ok(())
    }
}
