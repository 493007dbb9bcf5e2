//! Reads a streamed answer.
//!
//! # When it is whole
//! No event says that it is the last; the body just ends. The answer is whole if each candidate that began has told why
//! it ended. Some versions tell a reason with every event, so none is believed before the body's end.

use super::response::{MAX_CANDIDATES, Response, call_id};
use crate::chat::{Content, Event, Finish, Part};
use crate::sse;
use crate::stream::{Interruption, ReadEvents};
use crate::upstream_error::AnswerError;

/// Calls of one choice that are read.
const MAX_CALLS: u32 = 1_024;

#[derive(Default)]
pub(crate) struct EventReader {
    has_started: bool,
    is_blocked: bool,
    /// By index.
    choices: Vec<Choice>,
}

#[derive(Default)]
struct Choice {
    has_begun: bool,
    n_calls: u32,
    finish: Option<Finish>,
}

impl ReadEvents for EventReader {
    fn read(&mut self, event: &sse::Event<'_>, sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Interruption> {
        let text = std::str::from_utf8(event.data).map_err(|_| Interruption::Malformed)?;
        let response = Response::read(text).map_err(|error| match error {
            AnswerError::Malformed => Interruption::Malformed,
            AnswerError::Upstream(error) => Interruption::UpstreamError(error),
        })?;
        if !std::mem::replace(&mut self.has_started, true) {
            sink(Event::Start { id: &response.id, model: &response.model });
        }
        self.is_blocked |= response.is_blocked;
        for candidate in response.candidates {
            let index = candidate.index;
            let choice = self.choice(index);
            if let Some(json) = &candidate.logprobs {
                sink(Event::Logprobs { choice: index, json });
            }
            for part in &candidate.parts {
                choice.pass(part, index, &response.id, sink)?;
            }
            if candidate.finish.is_some() {
                choice.finish = candidate.finish;
            }
        }
        if let Some(usage) = response.usage {
            sink(Event::Usage(usage));
        }
        Ok(())
    }

    fn end(&mut self, sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Interruption> {
        let begun = || (0..).zip(&self.choices).filter(|(_, choice)| choice.has_begun);
        let is_refused = self.is_blocked && begun().next().is_none();
        let is_whole = begun().all(|(_, choice)| choice.finish.is_some());
        if !is_whole || (begun().next().is_none() && !is_refused) {
            return Err(Interruption::Truncated);
        }
        for (index, choice) in begun() {
            let finish = match &choice.finish {
                Some(Finish::Stop) if choice.n_calls > 0 => Finish::Calls,
                Some(finish) => finish.clone(),
                None => continue,
            };
            sink(Event::Finish { choice: index, finish });
        }
        if is_refused {
            sink(Event::Finish { choice: 0, finish: Finish::Filter });
        }
        sink(Event::End);
        Ok(())
    }
}

impl EventReader {
    /// `index` is less than `MAX_CANDIDATES`.
    fn choice(&mut self, index: u32) -> &mut Choice {
        let index = index.min(MAX_CANDIDATES) as usize;
        if index >= self.choices.len() {
            self.choices.resize_with(index + 1, Choice::default);
        }
        let choice = &mut self.choices[index];
        choice.has_begun = true;
        choice
    }
}

impl Choice {
    fn pass(
        &mut self,
        part: &Part<'_>,
        choice: u32,
        response_id: &str,
        sink: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Interruption> {
        match &part.content {
            Content::Text(text) => sink(Event::Text { choice, text }),
            Content::Thought { text, signature } => {
                if !text.is_empty() {
                    sink(Event::Thought { choice, text });
                }
                if let Some(signature) = signature.clone() {
                    sink(Event::ThoughtSignature { choice, signature });
                }
            }
            Content::RedactedThought(signature) => {
                sink(Event::RedactedThought { choice, signature: signature.clone() });
            }
            Content::Call(content) => {
                let call = self.n_calls;
                self.n_calls += 1;
                if call >= MAX_CALLS {
                    return Err(Interruption::Malformed);
                }
                let made;
                let id = if content.id.is_empty() {
                    made = call_id(response_id, call);
                    &made
                } else {
                    &*content.id
                };
                sink(Event::CallStart { choice, call, id, name: &content.name, signature: content.signature.clone() });
                sink(Event::CallArguments { choice, call, json: &content.arguments });
            }
            // An answer has none of these.
            Content::Image(_)
            | Content::Document(_)
            | Content::Audio(_)
            | Content::Result { .. }
            | Content::Refusal(_) => {}
        }
        Ok(())
    }
}
