//! Reads an answer that came whole.

use super::response::{Candidate, Response, call_id};
use crate::chat::{Answer, Choice, Content, Finish};
use crate::upstream_error::AnswerError;

/// Reads the body of an answer. A prompt that was refused is an answer with nothing in it.
///
/// # Errors
/// `AnswerError::Malformed` also for a candidate without a finish reason: Google's documentation has it that the model
/// has not stopped then.
pub(crate) fn read_answer(text: &str) -> Result<Answer<'_>, AnswerError> {
    let Response { id, model, candidates, is_blocked, usage } = Response::read(text)?;
    let mut choices = Vec::with_capacity(candidates.len().max(1));
    for candidate in candidates {
        choices.push(choice(candidate, &id)?);
    }
    if choices.is_empty() && is_blocked {
        choices.push(Choice { parts: Vec::new(), finish: Finish::Filter, logprobs: None });
    }
    if choices.is_empty() {
        return Err(AnswerError::Malformed);
    }
    Ok(Answer { id, model, choices, usage })
}

fn choice<'a>(candidate: Candidate<'a>, response_id: &str) -> Result<Choice<'a>, AnswerError> {
    let Candidate { index: _, mut parts, finish, logprobs } = candidate;
    let mut n_calls = 0;
    for part in &mut parts {
        if let Content::Call(call) = &mut part.content {
            if call.id.is_empty() {
                call.id = call_id(response_id, n_calls).into();
            }
            n_calls += 1;
        }
    }
    let finish = match finish.ok_or(AnswerError::Malformed)? {
        Finish::Stop if n_calls > 0 => Finish::Calls,
        finish => finish,
    };
    Ok(Choice { parts, finish, logprobs: logprobs.map(Into::into) })
}
