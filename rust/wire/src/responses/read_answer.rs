//! Reads an answer that came whole.

use std::borrow::Cow;

use super::finish::read_finish;
use super::item::thought;
use super::usage::read_usage;
use crate::Upstream;
use crate::chat::{Answer, Call, Choice, Content, Part, Signature};
use crate::json::{Object, Value};
use crate::upstream_error::AnswerError;

/// Reads the body of an answer.
///
/// # Errors
/// `AnswerError::Upstream` for a response that failed, `AnswerError::Malformed` for what is no response.
pub(crate) fn read_answer(text: &str) -> Result<Answer<'_>, AnswerError> {
    let response = Object::parse(text)?;
    let mut parts = Vec::new();
    let mut logprobs = String::new();
    for item in response.array("output") {
        let item = item.object().ok_or(AnswerError::Malformed)?;
        read_item(&item, &mut parts, &mut logprobs)?;
    }
    let has_calls = parts.iter().any(|part: &Part<'_>| matches!(part.content, Content::Call(_)));
    let finish = read_finish(&response, has_calls)?;
    if response.get("output").and_then(Value::array).is_none() {
        return Err(AnswerError::Malformed);
    }
    let logprobs = (!logprobs.is_empty()).then(|| wrap_logprobs(&logprobs).into());
    Ok(Answer {
        id: response.string("id").unwrap_or_default(),
        model: response.string("model").unwrap_or_default(),
        choices: vec![Choice { parts, finish, logprobs }],
        usage: response.get("usage").and_then(read_usage),
    })
}

/// Appends what an item of the output says to `parts`. Items of tools that the provider ran say nothing.
pub(super) fn read_item<'a>(
    item: &Object<'a>,
    parts: &mut Vec<Part<'a>>,
    logprobs: &mut String,
) -> Result<(), AnswerError> {
    match item.string("type").as_deref() {
        Some("message") => {
            for part in item.array("content") {
                let part = part.object().ok_or(AnswerError::Malformed)?;
                parts.extend(part.string("text").map(Content::Text).map(Part::new));
                parts.extend(part.string("refusal").map(Content::Refusal).map(Part::new));
                push_logprobs(part.get("logprobs"), logprobs);
            }
        }
        Some("reasoning") => {
            let texts = [item.array("summary"), item.array("content")].into_iter().flatten();
            let texts = texts.filter_map(|part| part.object()?.string("text")).collect();
            parts.extend(thought(texts, read_signature(item)).map(Part::new));
        }
        Some("function_call") => parts.push(Part::new(Content::Call(Call {
            id: item.string("call_id").ok_or(AnswerError::Malformed)?,
            name: item.string("name").ok_or(AnswerError::Malformed)?,
            arguments: read_arguments(item),
            signature: None,
        }))),
        Some(_) => {}
        None => return Err(AnswerError::Malformed),
    }
    Ok(())
}

/// The arguments of a call, which some servers leave empty.
fn read_arguments<'a>(item: &Object<'a>) -> Cow<'a, str> {
    item.string("arguments").filter(|arguments| !arguments.is_empty()).unwrap_or("{}".into())
}

pub(super) fn read_signature<'a>(item: &Object<'a>) -> Option<Signature<'a>> {
    let sealed = item.string("encrypted_content").filter(|sealed| !sealed.is_empty());
    sealed.map(|sealed| Signature::new(Upstream::Responses, sealed))
}

/// Appends the elements of an array, with commas between them.
pub(super) fn push_logprobs(array: Option<Value<'_>>, logprobs: &mut String) {
    let elements = array.map(Value::text).and_then(|text| text.strip_prefix('[')?.strip_suffix(']'));
    if let Some(elements) = elements.map(str::trim).filter(|elements| !elements.is_empty()) {
        if !logprobs.is_empty() {
            logprobs.push(',');
        }
        logprobs.push_str(elements);
    }
}

/// The object that OpenAI's other dialect has for such elements.
pub(super) fn wrap_logprobs(elements: &str) -> String {
    [r#"{"content":["#, elements, r#"],"refusal":null}"#].concat()
}
