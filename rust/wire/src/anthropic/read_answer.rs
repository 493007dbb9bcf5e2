//! From Anthropic's answer to the form in the middle.

use super::finish;
use super::usage::Report;
use crate::Upstream;
use crate::chat::{Answer, Call, Choice, Content, Part, Signature};
use crate::json::{Object, Shape, Value};
use crate::upstream_error::{AnswerError, UpstreamError};

/// Reads an answer that came whole. Blocks of tools that run at the provider say nothing in other dialects, and pass.
pub(crate) fn read_answer(text: &str) -> Result<Answer<'_>, AnswerError> {
    let object = Object::parse(text)?;
    if object.string("type").as_deref() == Some("error") || object.get("error").is_some() {
        return Err(AnswerError::Upstream(UpstreamError::read(text.as_bytes()).unwrap_or_default()));
    }
    let blocks = object.get("content").and_then(Value::array).ok_or(AnswerError::Malformed)?;
    let reason = object.string("stop_reason").ok_or(AnswerError::Malformed)?;
    let mut parts = Vec::with_capacity(blocks.len());
    for block in blocks {
        let block = block.object().ok_or(AnswerError::Malformed)?;
        parts.extend(read_block(&block)?.map(Part::new));
    }
    let mut report = Report::default();
    if let Some(usage) = object.get("usage") {
        report.read(usage)?;
    }
    Ok(Answer {
        id: object.string("id").unwrap_or_default(),
        model: object.string("model").unwrap_or_default(),
        choices: vec![Choice { parts, finish: finish::read(&reason, object.string("stop_sequence")), logprobs: None }],
        usage: report.usage(),
    })
}

fn read_block<'a>(block: &Object<'a>) -> Result<Option<Content<'a>>, AnswerError> {
    let required = |key| block.string(key).ok_or(AnswerError::Malformed);
    Ok(match &*required("type")? {
        "text" => Some(Content::Text(required("text")?)),
        "thinking" => {
            let signature = block.string("signature").filter(|text| !text.is_empty());
            let signature = signature.map(|text| Signature::new(Upstream::Anthropic, text));
            Some(Content::Thought { text: required("thinking")?, signature })
        }
        "redacted_thinking" => Some(Content::RedactedThought(Signature::new(Upstream::Anthropic, required("data")?))),
        "tool_use" => {
            let input = block.get("input").filter(|input| input.shape() == Shape::Object);
            Some(Content::Call(Call {
                id: required("id")?,
                name: required("name")?,
                arguments: input.map_or("{}", |input| input.text()).into(),
                signature: None,
            }))
        }
        _ => None,
    })
}
