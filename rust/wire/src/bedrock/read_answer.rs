//! An answer of Converse.

use super::finish::finish;
use super::usage::usage;
use crate::Upstream;
use crate::chat::{Answer, Call, Choice, Content, Part, Signature};
use crate::json::{Object, Value};
use crate::upstream_error::{AnswerError, UpstreamError};

/// Reads the body of an answer.
///
/// # Errors
/// `AnswerError::Upstream` for an error that came with a status of success, and where the model gave up;
/// `AnswerError::Malformed` for what has no message, or does not say why it ends.
pub(crate) fn read_answer(text: &str) -> Result<Answer<'_>, AnswerError> {
    let answer = Object::parse(text)?;
    let Some(message) = answer.object("output").and_then(|output| output.object("message")) else {
        return Err(UpstreamError::read(text.as_bytes()).map_or(AnswerError::Malformed, AnswerError::Upstream));
    };
    let reason = answer.string("stopReason").ok_or(AnswerError::Malformed)?;
    let finish = finish(&reason).map_err(AnswerError::Upstream)?;
    let mut parts = Vec::new();
    for block in message.array("content") {
        read_block(block, &mut parts).ok_or(AnswerError::Malformed)?;
    }
    let choices = vec![Choice { parts, finish, logprobs: None }];
    Ok(Answer { id: "".into(), model: "".into(), choices, usage: answer.object("usage").as_ref().and_then(usage) })
}

/// Reads one content block, an object of one member that says what it is. `None` where it is not of its form; what is
/// none of a conversation's, such as tools that the provider runs itself, is passed over.
fn read_block<'a>(block: Value<'a>, parts: &mut Vec<Part<'a>>) -> Option<()> {
    for (kind, value) in block.object()?.members() {
        match kind {
            "text" => parts.push(Part::text(value.string()?)),
            "citationsContent" => {
                for piece in value.object()?.array("content") {
                    parts.push(Part::text(piece.object()?.string("text")?));
                }
            }
            "reasoningContent" => parts.push(Part::new(read_thought(&value.object()?)?)),
            "toolUse" => {
                let tool = value.object()?;
                if is_clients(&tool) {
                    parts.push(Part::new(Content::Call(read_call(&tool)?)));
                }
            }
            _ => {}
        }
    }
    Some(())
}

/// Whether a tool is the client's to run.
pub(super) fn is_clients(tool: &Object<'_>) -> bool {
    tool.get("type").is_none()
}

fn read_thought<'a>(reasoning: &Object<'a>) -> Option<Content<'a>> {
    if let Some(bytes) = reasoning.string("redactedContent") {
        return Some(Content::RedactedThought(Signature::new(Upstream::Bedrock, bytes)));
    }
    let thought = reasoning.object("reasoningText")?;
    let signature = thought.string("signature").map(|signature| Signature::new(Upstream::Bedrock, signature));
    Some(Content::Thought { text: thought.string("text").unwrap_or_default(), signature })
}

fn read_call<'a>(tool: &Object<'a>) -> Option<Call<'a>> {
    let arguments = tool.get("input").map_or("{}", Value::text).into();
    Some(Call { id: tool.string("toolUseId")?, name: tool.string("name")?, arguments, signature: None })
}
