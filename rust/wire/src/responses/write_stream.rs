//! Writes the events of a stream.
//!
//! Texts, refusals and thoughts follow one another, each closed before the next begins. Calls stay open to the end, for
//! pieces of several may come by turns. The last event has the whole answer, so all of it is kept until then: as much as
//! the gateway lets an answer have.

use std::borrow::Cow;
use std::mem::{discriminant, take};

use super::finish::incomplete_reason;
use super::item::{Item, Kind, State};
use super::response::{Progress, Response};
use super::signature;
use super::write_answer::elements;
use super::write_events::Events;
use crate::Usage;
use crate::chat::{Event, Finish, Signature};
use crate::stream::WriteEvents;
use crate::translation::Context;

/// A stream that is being written.
pub(crate) struct EventWriter {
    response: Response,
    request_id: String,
    events: Events,
    stage: Stage,
    items: Vec<Item<'static>>,
    /// Whether pieces of the last item's kind still go to it.
    is_open: bool,
    /// Calls by their numbers, and where their items are.
    calls: Vec<(u32, usize)>,
    /// Those of the piece that follows.
    logprobs: String,
    finish: Finish,
    usage: Option<Usage>,
}

#[derive(PartialEq, Eq)]
enum Stage {
    /// Nothing was written, lest it be held back with all of the request that it tells again.
    Before,
    Begun,
    Ended,
}

impl EventWriter {
    pub(crate) fn new(context: &Context<'_>) -> Self {
        Self {
            response: Response::new(context),
            request_id: context.id.to_owned(),
            events: Events::default(),
            stage: Stage::Before,
            items: Vec::new(),
            is_open: false,
            calls: Vec::new(),
            logprobs: String::new(),
            finish: Finish::Stop,
            usage: None,
        }
    }
}

impl WriteEvents for EventWriter {
    fn write(&mut self, event: &Event<'_>, output: &mut Vec<u8>) {
        if self.stage == Stage::Ended {
            return;
        }
        match event {
            Event::Start { id, model } if self.stage == Stage::Before => self.response.name(id, model),
            Event::Text { choice: 0, text } if !text.is_empty() => self.say(Kind::Text, text, output),
            Event::Refusal { choice: 0, text } if !text.is_empty() => self.say(Kind::Refusal, text, output),
            Event::Thought { choice: 0, text } if !text.is_empty() => {
                self.say(Kind::Thought(signature::of_thought(None)), text, output);
            }
            Event::ThoughtSignature { choice: 0, signature } => self.sign(signature, output),
            Event::RedactedThought { choice: 0, signature } => {
                self.seal(signature::of_thought(Some(signature)), output);
            }
            Event::CallStart { choice: 0, call, id, name, signature } => {
                if let Some(signature) = signature {
                    self.seal(signature::of_call(signature), output);
                }
                self.call(*call, id, name, output);
            }
            Event::CallArguments { choice: 0, call, json } if !json.is_empty() => {
                if let Some(&(_, index)) = self.calls.iter().rev().find(|(number, _)| number == call) {
                    self.add(index, json, output);
                }
            }
            Event::Logprobs { choice: 0, json } => self.logprobs = elements(json),
            Event::Finish { choice: 0, finish } => self.finish = finish.clone(),
            Event::Usage(usage) => self.usage = Some(*usage),
            Event::End => self.end(output),
            // A beginning that comes late, pieces without text, and choices that were not asked for.
            Event::Start { .. }
            | Event::Text { .. }
            | Event::Refusal { .. }
            | Event::Thought { .. }
            | Event::ThoughtSignature { .. }
            | Event::RedactedThought { .. }
            | Event::CallStart { .. }
            | Event::CallArguments { .. }
            | Event::Logprobs { .. }
            | Event::Finish { .. } => {}
        }
    }
}

impl EventWriter {
    fn begin(&mut self, output: &mut Vec<u8>) {
        if self.stage == Stage::Before {
            self.stage = Stage::Begun;
            for name in ["response.created", "response.in_progress"] {
                self.events.response(name, &self.response, (Progress::Begun, &[]), output);
            }
        }
    }

    /// Writes a piece, in the last item if that is of this kind and open.
    fn say(&mut self, kind: Kind<'static>, text: &str, output: &mut Vec<u8>) {
        if !self.is_open_for(&kind) {
            self.open(kind, output);
        }
        self.add(self.items.len() - 1, text, output);
    }

    /// Closes the thought that is open with its signature.
    fn sign(&mut self, signature: &Signature<'_>, output: &mut Vec<u8>) {
        let kind = Kind::Thought(signature::of_thought(Some(signature)).into_owned().into());
        if self.is_open_for(&kind) {
            if let Some(item) = self.items.last_mut() {
                item.kind = kind;
            }
        } else {
            self.open(kind, output);
        }
        self.close_open(output);
    }

    fn seal(&mut self, sealed: Cow<'_, str>, output: &mut Vec<u8>) {
        self.open(Kind::SealedThought(sealed.into_owned().into()), output);
        self.close_open(output);
    }

    fn call(&mut self, call: u32, id: &str, name: &str, output: &mut Vec<u8>) {
        self.open(Kind::Call { id: id.to_owned().into(), name: name.to_owned().into() }, output);
        self.calls.push((call, self.items.len() - 1));
        self.is_open = false;
    }

    fn is_open_for(&self, kind: &Kind<'_>) -> bool {
        self.is_open && self.items.last().is_some_and(|item| discriminant(&item.kind) == discriminant(kind))
    }

    /// Begins an item after the one that is open.
    fn open(&mut self, kind: Kind<'static>, output: &mut Vec<u8>) {
        self.begin(output);
        self.close_open(output);
        let item = Item::new(kind, "".into(), self.items.len(), &self.request_id);
        self.events.added(&item, self.items.len(), output);
        self.items.push(item);
        self.is_open = true;
    }

    /// Adds a piece to the item at `index`.
    fn add(&mut self, index: usize, text: &str, output: &mut Vec<u8>) {
        let logprobs = take(&mut self.logprobs);
        let Some(item) = self.items.get_mut(index) else { return };
        self.events.delta(item, index, (text, &logprobs), output);
        item.text.to_mut().push_str(text);
        if !logprobs.is_empty() && !item.logprobs.is_empty() {
            item.logprobs.push(',');
        }
        item.logprobs.push_str(&logprobs);
    }

    fn close_open(&mut self, output: &mut Vec<u8>) {
        if take(&mut self.is_open) {
            self.close(self.items.len() - 1, output);
        }
    }

    fn close(&mut self, index: usize, output: &mut Vec<u8>) {
        let is_cut = incomplete_reason(&self.finish).is_some() && index + 1 == self.items.len();
        if let Some(item) = self.items.get(index) {
            let state = if is_cut { State::Incomplete } else { State::Completed };
            self.events.done(item, index, state, output);
        }
    }

    fn end(&mut self, output: &mut Vec<u8>) {
        self.begin(output);
        self.close_open(output);
        for (_, index) in take(&mut self.calls) {
            if self.items[index].text.is_empty() {
                self.add(index, "{}", output);
            }
            self.close(index, output);
        }
        let name = if incomplete_reason(&self.finish).is_none() { "response.completed" } else { "response.incomplete" };
        let progress = Progress::Ended(&self.finish, self.usage);
        self.events.response(name, &self.response, (progress, &self.items), output);
        self.stage = Stage::Ended;
    }
}
