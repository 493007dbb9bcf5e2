//! An answer of `/v2/chat`.

use std::borrow::Cow;

use super::finish::finish;
use super::usage::usage;
use crate::chat::{Answer, Call, Choice, Content, Part};
use crate::json::{Object, Value};
use crate::upstream_error::{AnswerError, UpstreamError};

/// Reads the body of an answer.
///
/// # Errors
/// `AnswerError::Upstream` for an error that came with a status of success, and where the model gave up;
/// `AnswerError::Malformed` for what has no message, or does not say why it ends.
pub(crate) fn read_answer(text: &str) -> Result<Answer<'_>, AnswerError> {
    let answer = Object::parse(text)?;
    let Some(message) = answer.object("message") else {
        return Err(UpstreamError::read(text.as_bytes()).map_or(AnswerError::Malformed, AnswerError::Upstream));
    };
    let reason = answer.string("finish_reason").ok_or(AnswerError::Malformed)?;
    let finish = finish(&reason).map_err(AnswerError::Upstream)?;
    let parts = read_message(&message).ok_or(AnswerError::Malformed)?;
    Ok(Answer {
        id: answer.string("id").unwrap_or_default(),
        model: "".into(),
        choices: vec![Choice { parts, finish, logprobs: None }],
        usage: answer.object("usage").as_ref().and_then(usage),
    })
}

/// `None` where it is not of its form.
fn read_message<'a>(message: &Object<'a>) -> Option<Vec<Part<'a>>> {
    let mut parts = Vec::new();
    if let Some(plan) = message.string("tool_plan") {
        parts.push(thought(plan));
    }
    for block in message.array("content") {
        let block = block.object()?;
        match &*block.string("type")? {
            "text" => parts.push(Part::text(block.string("text")?)),
            "thinking" => parts.push(thought(block.string("thinking")?)),
            // Newer than this code.
            _ => {}
        }
    }
    for call in message.array("tool_calls") {
        parts.push(Part::new(Content::Call(read_call(call)?)));
    }
    Some(parts)
}

fn thought(text: Cow<'_, str>) -> Part<'_> {
    Part::new(Content::Thought { text, signature: None })
}

fn read_call(call: Value<'_>) -> Option<Call<'_>> {
    let call = call.object()?;
    let function = call.object("function")?;
    let arguments = function.string("arguments").filter(|json| !json.is_empty()).unwrap_or("{}".into());
    Some(Call { id: call.string("id")?, name: function.string("name")?, arguments, signature: None })
}
