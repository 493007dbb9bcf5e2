//! What Gemini answers, whole or as one event of a stream: both are a `GenerateContentResponse`, read in one pass.

use std::borrow::Cow;

use super::{finish, logprobs, usage};
use crate::Upstream;
use crate::Usage;
use crate::chat::{Call, Content, Finish, Part, Signature};
use crate::json::{Cursor, Fault, Shape};
use crate::upstream_error::{AnswerError, UpstreamError};

/// Candidates that are read. Google allows eight.
pub(super) const MAX_CANDIDATES: u32 = 128;
/// Characters of an answer's id that go into the ids of its calls, which OpenAI bounds to 40.
const MAX_ID: usize = 24;

#[derive(Default)]
pub(super) struct Response<'a> {
    pub(super) id: Cow<'a, str>,
    pub(super) model: Cow<'a, str>,
    pub(super) candidates: Vec<Candidate<'a>>,
    /// The prompt was refused, so there are no candidates.
    pub(super) is_blocked: bool,
    pub(super) usage: Option<Usage>,
}

#[derive(Default)]
pub(super) struct Candidate<'a> {
    pub(super) index: u32,
    /// Calls without an id have an empty one.
    pub(super) parts: Vec<Part<'a>>,
    /// Calls are not told apart from other stops.
    pub(super) finish: Option<Finish>,
    /// In OpenAI's form.
    pub(super) logprobs: Option<String>,
}

impl<'a> Response<'a> {
    /// # Errors
    /// `AnswerError::Upstream` for an error object, and for an answer that the model gave up.
    pub(super) fn read(text: &'a str) -> Result<Self, AnswerError> {
        let mut response = Self::default();
        let mut is_error = false;
        let mut cursor = Cursor::new(text);
        if cursor.shape()? != Shape::Object {
            return Err(UpstreamError::read(text.as_bytes()).map_or(AnswerError::Malformed, AnswerError::Upstream));
        }
        cursor.object::<AnswerError>(|cursor, key| {
            match &*key.name() {
                "candidates" => cursor.array_or_skip(|cursor| {
                    response.candidates.push(Candidate::read(cursor)?);
                    Ok::<(), AnswerError>(())
                })?,
                "usageMetadata" => response.usage = usage::read(cursor)?,
                "modelVersion" => response.model = string(cursor)?,
                "responseId" => response.id = string(cursor)?,
                "promptFeedback" => cursor.object_or_skip(|cursor, key| match &*key.name() {
                    "blockReason" => {
                        response.is_blocked = true;
                        cursor.skip().map(drop)
                    }
                    _ => cursor.skip().map(drop),
                })?,
                "error" => {
                    is_error |= cursor.shape()? != Shape::Null;
                    cursor.skip()?;
                }
                _ => drop(cursor.skip()?),
            }
            Ok(())
        })?;
        cursor.end()?;
        if is_error {
            return Err(AnswerError::Upstream(UpstreamError::read(text.as_bytes()).unwrap_or_default()));
        }
        Ok(response)
    }
}

/// The id for the call after `n_calls` others of an answer, where Gemini gives none: unique in a conversation, since
/// the answer's id is.
pub(super) fn call_id(response_id: &str, n_calls: u32) -> String {
    let is_plain = |character: &char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    let answer: String = response_id.chars().filter(is_plain).take(MAX_ID).collect();
    format!("call_{answer}_{n_calls}")
}

impl<'a> Candidate<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, AnswerError> {
        let mut candidate = Self::default();
        cursor.object::<AnswerError>(|cursor, key| {
            match &*key.name() {
                "index" => {
                    let index = cursor.skip()?.parse().ok().filter(|&index| index < MAX_CANDIDATES);
                    candidate.index = index.ok_or(AnswerError::Malformed)?;
                }
                "content" => cursor.object_or_skip(|cursor, key| match &*key.name() {
                    "parts" => cursor.array_or_skip(|cursor| candidate.read_part(cursor)),
                    _ => cursor.skip().map(drop),
                })?,
                "finishReason" => candidate.finish = finish::read(&string(cursor)?)?,
                "logprobsResult" => candidate.logprobs = logprobs::read(cursor.skip()?),
                _ => drop(cursor.skip()?),
            }
            Ok(())
        })?;
        Ok(candidate)
    }

    /// Whatever is neither text nor a call, such as a picture or the code that Google's own tools ran, has no place in
    /// the form.
    fn read_part(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        let (mut text, mut call, mut signature, mut is_thought) = (None, None, None, false);
        cursor.object_or_skip(|cursor, key| {
            match &*key.name() {
                "text" => text = cursor.string_or_skip()?,
                "functionCall" => call = read_call(cursor)?,
                "thought" => {
                    is_thought = cursor.shape()? == Shape::True;
                    cursor.skip()?;
                }
                "thoughtSignature" => signature = cursor.string_or_skip()?.filter(|text| !text.is_empty()),
                _ => drop(cursor.skip()?),
            }
            Ok::<(), Fault>(())
        })?;
        let signature = signature.map(|text| Signature::new(Upstream::Gemini, text.lossy()));
        if let Some(call) = call {
            self.parts.push(Part::new(Content::Call(Call { signature, ..call })));
            return Ok(());
        }
        let text = text.map(crate::json::Text::lossy).unwrap_or_default();
        if is_thought {
            if !text.is_empty() || signature.is_some() {
                self.parts.push(Part::new(Content::Thought { text, signature }));
            }
            return Ok(());
        }
        if !text.is_empty() {
            self.parts.push(Part::text(text));
        }
        // Texts are signed too, which no other dialect knows: the signature goes by itself, and comes back so.
        self.parts.extend(signature.map(|signature| Part::new(Content::RedactedThought(signature))));
        Ok(())
    }
}

/// A call; `None` for a piece of one without a name, which only a client that asked Vertex for them gets.
fn read_call<'a>(cursor: &mut Cursor<'a>) -> Result<Option<Call<'a>>, Fault> {
    let mut call = Call { id: "".into(), name: "".into(), arguments: "{}".into(), signature: None };
    cursor.object_or_skip(|cursor, key| {
        match &*key.name() {
            "id" => call.id = string(cursor)?,
            "name" => call.name = string(cursor)?,
            "args" if cursor.shape()? == Shape::Object => call.arguments = cursor.skip()?.into(),
            _ => drop(cursor.skip()?),
        }
        Ok::<(), Fault>(())
    })?;
    Ok((!call.name.is_empty()).then_some(call))
}

/// Passes a value: the string, or an empty one where it is none.
fn string<'a>(cursor: &mut Cursor<'a>) -> Result<Cow<'a, str>, Fault> {
    Ok(cursor.string_or_skip()?.map(crate::json::Text::lossy).unwrap_or_default())
}
