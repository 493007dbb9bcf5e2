//! Writes the events of a stream.
//!
//! Item after item is opened, filled and closed before the next one is opened. Calls are taken to come one after another,
//! as all providers send them: a piece of one that is closed cannot be said here. The last event has the whole answer, so
//! all of it is kept until then: as much as the gateway lets an answer have.

use std::borrow::Cow;
use std::mem::{discriminant, take};

use super::finish::incomplete_reason;
use super::item::{Item, Kind, State};
use super::read_item::append;
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
    /// Those that are closed.
    items: Vec<Item<'static>>,
    open: Option<Item<'static>>,
    /// The number of the call that began last.
    call: Option<u32>,
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
            open: None,
            call: None,
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
                self.open(Kind::Call { id: (*id).to_owned().into(), name: (*name).to_owned().into() }, output);
                self.call = Some(*call);
            }
            Event::CallArguments { choice: 0, call, json } if !json.is_empty() && self.call == Some(*call) => {
                self.add(json, output);
            }
            Event::Logprobs { choice: 0, json } => self.logprobs = elements(json),
            Event::Finish { choice: 0, finish } => self.finish = finish.clone(),
            Event::Usage(usage) => self.usage = Some(*usage),
            Event::End => self.end(output),
            // A beginning that comes late, pieces of nothing, and choices that were not asked for.
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

    /// Writes a piece, in the open item if that is of this kind.
    fn say(&mut self, kind: Kind<'static>, text: &str, output: &mut Vec<u8>) {
        if self.open.as_ref().is_none_or(|item| discriminant(&item.kind) != discriminant(&kind)) {
            self.open(kind, output);
        }
        self.add(text, output);
    }

    /// Closes the thought that is open with its signature.
    fn sign(&mut self, signature: &Signature<'_>, output: &mut Vec<u8>) {
        let kind = Kind::Thought(signature::of_thought(Some(signature)).into_owned().into());
        match &mut self.open {
            Some(Item { kind: unsigned @ Kind::Thought(_), .. }) => *unsigned = kind,
            _ => self.open(kind, output),
        }
        self.close(State::Completed, output);
    }

    fn seal(&mut self, sealed: Cow<'_, str>, output: &mut Vec<u8>) {
        self.open(Kind::SealedThought(sealed.into_owned().into()), output);
        self.close(State::Completed, output);
    }

    /// Begins an item after the one that is open.
    fn open(&mut self, kind: Kind<'static>, output: &mut Vec<u8>) {
        self.begin(output);
        self.close(State::Completed, output);
        self.call = None;
        let item = Item::new(kind, "".into(), self.items.len(), &self.request_id);
        self.events.added(&item, self.items.len(), output);
        self.open = Some(item);
    }

    /// Adds a piece to the item that is open.
    fn add(&mut self, text: &str, output: &mut Vec<u8>) {
        let logprobs = take(&mut self.logprobs);
        let Some(item) = &mut self.open else { return };
        self.events.delta(item, self.items.len(), (text, &logprobs), output);
        item.text.to_mut().push_str(text);
        append(&logprobs, &mut item.logprobs);
    }

    /// Closes the item that is open.
    fn close(&mut self, state: State, output: &mut Vec<u8>) {
        if matches!(&self.open, Some(Item { kind: Kind::Call { .. }, text, .. }) if text.is_empty()) {
            self.add("{}", output);
        }
        if let Some(item) = self.open.take() {
            self.events.done(&item, self.items.len(), state, output);
            self.items.push(item);
        }
    }

    fn end(&mut self, output: &mut Vec<u8>) {
        self.begin(output);
        let (state, name) = match incomplete_reason(&self.finish) {
            None => (State::Completed, "response.completed"),
            Some(_) => (State::Incomplete, "response.incomplete"),
        };
        self.close(state, output);
        let progress = Progress::Ended(&self.finish, self.usage);
        self.events.response(name, &self.response, (progress, &self.items), output);
        self.stage = Stage::Ended;
    }
}
