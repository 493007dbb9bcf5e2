//! Reads an answer that came whole, to be translated.

use std::borrow::Cow;

use super::finish::{self, Said};
use super::read_message::call_signature;
use super::thoughts::read_thoughts;
use super::usage::usage;
use crate::Upstream;
use crate::chat::{Answer, Call, Choice, Content, Part, Signature};
use crate::json::{Object, Value};
use crate::upstream_error::{AnswerError, UpstreamError};

/// Reads the body of an answer to a request for chat completions.
///
/// # Errors
/// `AnswerError::Malformed` where there is no choice, `AnswerError::Upstream` for an error, or a model that gave up.
pub(crate) fn read_answer(text: &str) -> Result<Answer<'_>, AnswerError> {
    let body = Object::parse(text)?;
    if body.get("error").is_some() {
        return Err(AnswerError::Upstream(UpstreamError::read(text.as_bytes()).unwrap_or_default()));
    }
    let id = body.string("id").unwrap_or_default();
    let choices = body.objects("choices").filter(|choices| !choices.is_empty()).ok_or(AnswerError::Malformed)?;
    let choices: Result<_, _> = choices.iter().map(|choice| read_choice(choice, &id)).collect();
    let model = body.string("model").unwrap_or_default();
    Ok(Answer { choices: choices?, usage: body.get("usage").and_then(usage), id, model })
}

fn read_choice<'a>(choice: &Object<'a>, id: &str) -> Result<Choice<'a>, AnswerError> {
    let message = choice.object("message").ok_or(AnswerError::Malformed)?;
    let mut contents = read_thoughts(&message, sign);
    contents.iter_mut().for_each(sign_unsigned);
    if let Some(content) = message.get("content") {
        read_content(content, &mut |content| contents.push(content));
    }
    let refusal = message.string("refusal").filter(|refusal| !refusal.is_empty());
    let calls = read_calls(&message, id);
    let said = Said { has_calls: !calls.is_empty(), has_refusal: refusal.is_some() };
    contents.extend(refusal.map(Content::Refusal));
    contents.extend(calls.into_iter().map(Content::Call));
    // Some servers say nothing here of an answer that is whole.
    let reason = choice.string("finish_reason").unwrap_or_default();
    Ok(Choice {
        parts: contents.into_iter().map(Part::new).collect(),
        finish: finish::read(&reason, choice.string("stop_reason"), said).map_err(AnswerError::Upstream)?,
        logprobs: choice.get("logprobs").map(|logprobs| logprobs.text().into()),
    })
}

/// Hands over what is in `content`: a text, or as Mistral has it an array of texts and thoughts. Empty texts are none.
pub(super) fn read_content<'a>(content: Value<'a>, push: &mut impl FnMut(Content<'a>)) {
    let parts = content.array().unwrap_or_default().into_iter();
    for thought in parts.filter_map(|part| part.object()?.get("thinking")) {
        read_texts(thought, &mut |text| push(Content::Thought { text, signature: Some(sign("".into())) }));
    }
    read_texts(content, &mut |text| push(Content::Text(text)));
}

/// Hands over a text, or those of an array of parts.
fn read_texts<'a>(value: Value<'a>, push: &mut impl FnMut(Cow<'a, str>)) {
    let parts = value.array().unwrap_or_default().into_iter();
    let texts = parts.filter_map(|part| part.object()?.string("text"));
    value.string().into_iter().chain(texts).filter(|text| !text.is_empty()).for_each(push);
}

/// The calls of a message, or the one of the older form.
fn read_calls<'a>(message: &Object<'a>, answer_id: &str) -> Vec<Call<'a>> {
    let mut calls = Vec::new();
    for call in message.objects("tool_calls").unwrap_or_default() {
        let Some(function) = call.object("function") else { continue };
        let id = call.string("id").filter(|id| !id.is_empty());
        let id = id.unwrap_or_else(|| made_id(answer_id, calls.len()).into());
        let signature = call_signature(call.get("extra_content")).map(sign);
        calls.push(Call { signature, ..read_function(&function, id) });
    }
    if let Some(function) = message.object("function_call") {
        calls.push(read_function(&function, made_id(answer_id, 0).into()));
    }
    calls
}

fn read_function<'a>(function: &Object<'a>, id: Cow<'a, str>) -> Call<'a> {
    let arguments = function.get("arguments").map(arguments).filter(|arguments| !arguments.is_empty());
    Call {
        id,
        name: function.string("name").unwrap_or_default(),
        arguments: arguments.unwrap_or("{}".into()),
        signature: None,
    }
}

/// Arguments: a string that is JSON, or at some servers the JSON itself.
pub(super) fn arguments(value: Value<'_>) -> Cow<'_, str> {
    value.string().unwrap_or(Cow::Borrowed(value.text()))
}

/// An id for a call that came without one: unique in a conversation, as the answer's id is.
pub(super) fn made_id(answer_id: &str, n_before: usize) -> String {
    let answer_id: String = answer_id.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("call_{answer_id}_{n_before}")
}

pub(super) fn sign(text: Cow<'_, str>) -> Signature<'_> {
    Signature::new(Upstream::OpenAi, text)
}

/// Marks a thought without a signature as this dialect's, with an empty one: it then finds its way back to a provider
/// that may want it, as `DeepSeek` does, and to no other.
fn sign_unsigned(thought: &mut Content<'_>) {
    if let Content::Thought { signature: signature @ None, .. } = thought {
        *signature = Some(sign("".into()));
    }
}
