//! Reads an answer that came whole.

use super::finish::read_finish;
use super::read_item::{Item, wrap_logprobs};
use super::usage::read_usage;
use crate::chat::{Answer, Choice, Content, Part};
use crate::json::{Cursor, Object};
use crate::upstream_error::AnswerError;

/// Reads the body of an answer.
///
/// # Errors
/// `AnswerError::Upstream` for a response that failed, `AnswerError::Malformed` for what is no response.
pub(crate) fn read_answer(text: &str) -> Result<Answer<'_>, AnswerError> {
    let response = Object::parse(text)?;
    let output = response.get("output");
    let (mut parts, mut logprobs) = (Vec::new(), String::new());
    if let Some(output) = output {
        Cursor::new(output.text()).array(|cursor| Item::read(cursor)?.say(&mut parts, &mut logprobs))?;
    }
    let has_calls = parts.iter().any(|part: &Part<'_>| matches!(part.content, Content::Call(_)));
    let finish = read_finish(&response, has_calls)?;
    if output.is_none() {
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
