//! Reads a stream that is to be translated. `stream.rs` says when it is whole.

use std::borrow::Cow;

use super::finish::{self, Said};
use super::progress::Progress;
use super::read_answer::{arguments, made_id, read_content, sign};
use super::read_message::call_signature;
use super::thoughts::read_thoughts;
use super::usage::usage;
use crate::chat::{Content, Event};
use crate::json::Object;
use crate::sse;
use crate::stream::{Interruption, ReadEvents};
use crate::upstream_error::UpstreamError;

/// OpenAI's bound on `n`.
const MAX_CHOICES: u64 = 128;
/// Calls of one choice. OpenAI allows 128 tools.
const MAX_CALLS: usize = 1_024;

/// Reads the events of one stream.
pub(crate) struct EventReader {
    progress: Progress,
    has_started: bool,
    /// By index.
    choices: Vec<Choice>,
}

#[derive(Default)]
struct Choice {
    calls: Vec<Call>,
    has_refusal: bool,
    /// The last piece was of a thought, which has no signature yet.
    is_thinking: bool,
}

struct Call {
    /// What the upstream calls it.
    index: Option<u64>,
    id: String,
    has_arguments: bool,
}

type Sink<'s> = dyn FnMut(Event<'_>) + 's;

impl EventReader {
    /// For as many choices as the request asks for.
    pub(crate) fn new(n_choices: u32) -> Self {
        Self { progress: Progress::new(n_choices), has_started: false, choices: Vec::new() }
    }
}

impl ReadEvents for EventReader {
    fn read(&mut self, event: &sse::Event<'_>, sink: &mut Sink<'_>) -> Result<(), Interruption> {
        match event.data.trim_ascii() {
            b"" => return Ok(()),
            b"[DONE]" => return end(self.progress.is_each_finished(), sink),
            _ => {}
        }
        let text = std::str::from_utf8(event.data).map_err(|_| Interruption::Malformed)?;
        let chunk = Object::parse(text);
        let is_error = |chunk: &Object<'_>| {
            // Older vLLM has the members of an error at the top.
            chunk.get("error").is_some() || chunk.string("object").is_some_and(|object| object == "error")
        };
        if event.name == b"error" || chunk.as_ref().is_ok_and(is_error) {
            return Err(Interruption::UpstreamError(UpstreamError::read(event.data).unwrap_or_default()));
        }
        let chunk = chunk?;
        let id = chunk.string("id").unwrap_or_default();
        if !self.has_started {
            self.has_started = true;
            sink(Event::Start { id: &id, model: &chunk.string("model").unwrap_or_default() });
        }
        for choice in chunk.objects("choices").ok_or(Interruption::Malformed)? {
            self.read_choice(&choice, &id, sink)?;
        }
        if let Some(usage) = chunk.get("usage").and_then(usage) {
            sink(Event::Usage(usage));
        }
        Ok(())
    }

    fn end(&mut self, sink: &mut Sink<'_>) -> Result<(), Interruption> {
        end(self.progress.is_all_finished(), sink)
    }
}

fn end(is_whole: bool, sink: &mut Sink<'_>) -> Result<(), Interruption> {
    if !is_whole {
        return Err(Interruption::Truncated);
    }
    sink(Event::End);
    Ok(())
}

impl EventReader {
    fn read_choice(&mut self, piece: &Object<'_>, answer_id: &str, sink: &mut Sink<'_>) -> Result<(), Interruption> {
        let index = match piece.get("index") {
            Some(index) => index.integer().filter(|index| *index < MAX_CHOICES).ok_or(Interruption::Malformed)?,
            None => 0,
        };
        #[expect(clippy::cast_possible_truncation, reason = "below 128")]
        let (place, number) = (index as usize, index as u32);
        if self.choices.len() <= place {
            self.choices.resize_with(place + 1, Choice::default);
        }
        let choice = &mut self.choices[place];
        if let Some(logprobs) = piece.get("logprobs") {
            sink(Event::Logprobs { choice: number, json: logprobs.text() });
        }
        if let Some(delta) = piece.object("delta").or_else(|| piece.object("message")) {
            choice.read_delta(number, &delta, answer_id, sink)?;
        }
        let reason = piece.string("finish_reason").filter(|reason| !reason.is_empty());
        if let Some(reason) = &reason {
            choice.end_thought(number, sink);
            choice.supply_arguments(number, sink);
            let said = Said { has_calls: !choice.calls.is_empty(), has_refusal: choice.has_refusal };
            let finish = finish::read(reason, piece.string("stop_reason"), said);
            sink(Event::Finish { choice: number, finish: finish.map_err(Interruption::UpstreamError)? });
        }
        self.progress.note(number, reason.is_some());
        Ok(())
    }
}

impl Choice {
    fn read_delta(
        &mut self,
        choice: u32,
        delta: &Object<'_>,
        answer_id: &str,
        sink: &mut Sink<'_>,
    ) -> Result<(), Interruption> {
        for thought in read_thoughts(delta, sign) {
            self.pass(choice, &thought, sink);
        }
        if let Some(content) = delta.get("content") {
            read_content(content, &mut |content| self.pass(choice, &content, sink));
        }
        if let Some(refusal) = delta.string("refusal").filter(|refusal| !refusal.is_empty()) {
            self.pass(choice, &Content::Refusal(refusal), sink);
        }
        for fragment in delta.objects("tool_calls").ok_or(Interruption::Malformed)? {
            let function = fragment.object("function").unwrap_or_default();
            self.read_call(choice, &fragment, &function, answer_id, sink)?;
        }
        match delta.object("function_call") {
            Some(function) => self.read_call(choice, &Object::default(), &function, answer_id, sink),
            None => Ok(()),
        }
    }

    /// Passes on text, a thought or a refusal.
    fn pass(&mut self, choice: u32, content: &Content<'_>, sink: &mut Sink<'_>) {
        match content {
            Content::Thought { text, signature } => {
                if !text.is_empty() {
                    self.is_thinking = true;
                    sink(Event::Thought { choice, text });
                }
                // An empty one is what `end_thought` supplies.
                if let Some(signature) = signature.as_ref().filter(|signature| !signature.text.is_empty()) {
                    self.is_thinking = false;
                    sink(Event::ThoughtSignature { choice, signature: signature.clone() });
                }
            }
            Content::RedactedThought(signature) => {
                self.end_thought(choice, sink);
                sink(Event::RedactedThought { choice, signature: signature.clone() });
            }
            Content::Refusal(text) => {
                self.end_thought(choice, sink);
                self.has_refusal = true;
                sink(Event::Refusal { choice, text });
            }
            Content::Text(text) => {
                self.end_thought(choice, sink);
                sink(Event::Text { choice, text });
            }
            Content::Image(_)
            | Content::Document(_)
            | Content::Audio(_)
            | Content::Call(_)
            | Content::Result { .. } => {}
        }
    }

    /// Marks a thought without a signature as this dialect's, as in a whole answer.
    fn end_thought(&mut self, choice: u32, sink: &mut Sink<'_>) {
        if std::mem::take(&mut self.is_thinking) {
            sink(Event::ThoughtSignature { choice, signature: sign("".into()) });
        }
    }

    /// A call that has no arguments has an empty object of them.
    fn supply_arguments(&mut self, choice: u32, sink: &mut Sink<'_>) {
        for (call, state) in (0..).zip(&mut self.calls) {
            if !std::mem::replace(&mut state.has_arguments, true) {
                sink(Event::CallArguments { choice, call, json: "{}" });
            }
        }
    }

    fn read_call(
        &mut self,
        choice: u32,
        fragment: &Object<'_>,
        function: &Object<'_>,
        answer_id: &str,
        sink: &mut Sink<'_>,
    ) -> Result<(), Interruption> {
        self.end_thought(choice, sink);
        let index = fragment.integer("index");
        let id = fragment.string("id").unwrap_or_default();
        let name = function.string("name").unwrap_or_default();
        let place = match self.continued(index, &id, &name) {
            Some(place) => place,
            None if self.calls.len() >= MAX_CALLS => return Err(Interruption::Malformed),
            None => {
                let place = self.calls.len();
                let signature = call_signature(fragment.get("extra_content")).map(sign);
                let made = id.is_empty().then(|| made_id(answer_id, place));
                let shown = made.as_deref().unwrap_or(&id);
                sink(Event::CallStart { choice, call: number(place), id: shown, name: &name, signature });
                self.calls.push(Call { index, id: id.into_owned(), has_arguments: false });
                place
            }
        };
        let json = function.get("arguments").map_or(Cow::Borrowed(""), arguments);
        if !json.is_empty() {
            self.calls[place].has_arguments = true;
            sink(Event::CallArguments { choice, call: number(place), json: &json });
        }
        Ok(())
    }

    /// The call that a fragment goes on with. One that has a name and an id of its own begins another, whatever its
    /// index: Gemini's imitation counts each as the first. Without an index, a name begins one.
    fn continued(&self, index: Option<u64>, id: &str, name: &str) -> Option<usize> {
        match index {
            Some(_) => {
                let place = self.calls.iter().rposition(|call| call.index == index)?;
                (id.is_empty() || name.is_empty() || self.calls[place].id == id).then_some(place)
            }
            None if name.is_empty() => self.calls.len().checked_sub(1),
            None => None,
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "below `MAX_CALLS`")]
fn number(place: usize) -> u32 {
    place as u32
}
