//! Reads the events of a stream.
//!
//! Items are told apart by `output_index`: some providers change the ids from event to event. Pieces are read as they
//! come; what an item says that came without pieces, which is how some send calls, is read when the item is done.

use std::borrow::Cow;

use super::finish::read_finish;
use super::item::PARAGRAPH;
use super::read_item::{Item, elements, wrap_logprobs};
use super::usage::read_usage;
use crate::chat::{Call, Content, Event};
use crate::json::{Cursor, Object, Value};
use crate::sse;
use crate::stream::{Interruption, ReadEvents};
use crate::upstream_error::{AnswerError, UpstreamError};

/// Items of one answer. Agents have been seen to call some dozens of tools at once.
const MAX_ITEMS: usize = 1_024;

/// What is known of a stream so far.
#[derive(Default)]
pub(crate) struct EventReader {
    has_started: bool,
    items: Vec<Known>,
    n_calls: u32,
}

/// What is known of an item.
struct Known {
    /// Its place in the answer.
    index: u64,
    has_pieces: bool,
    /// Which part of a thought the last piece was of.
    part: Option<(&'static str, u64)>,
    /// The number of the call that it is.
    call: Option<u32>,
}

type Sink<'a> = &'a mut dyn FnMut(Event<'_>);

impl ReadEvents for EventReader {
    fn read(&mut self, event: &sse::Event<'_>, sink: Sink<'_>) -> Result<(), Interruption> {
        let text = std::str::from_utf8(event.data).map_err(|_| Interruption::Malformed)?.trim_ascii();
        match text {
            "" => return Ok(()),
            "[DONE]" => return Err(Interruption::Truncated),
            _ => {}
        }
        let object = Object::parse(text)?;
        let name = object.string("type").unwrap_or_else(|| String::from_utf8_lossy(event.name));
        let index = object.integer("output_index").unwrap_or_default();
        match &*name {
            "response.created" | "response.in_progress" | "response.queued" => {
                self.start(&object.object("response").unwrap_or_default(), sink);
                Ok(())
            }
            "response.output_text.delta" => self.text(index, &object, sink),
            "response.refusal.delta" => {
                self.item(index)?.has_pieces = true;
                sink(Event::Refusal { choice: 0, text: &delta(&object)? });
                Ok(())
            }
            "response.reasoning_summary_text.delta" => self.thought(index, "summary_index", &object, sink),
            "response.reasoning_text.delta" => self.thought(index, "content_index", &object, sink),
            "response.output_item.added" => self.item_added(index, &item(&object)?, sink),
            "response.function_call_arguments.delta" => self.arguments(index, &object, sink),
            "response.output_item.done" => self.item_done(index, item(&object)?, sink),
            "response.completed" | "response.incomplete" => self.finish(&object, sink),
            "response.failed" | "error" => Err(failure(&object, event.data)),
            _ if object.get("error").is_some() => Err(failure(&object, event.data)),
            "" => Err(Interruption::Malformed),
            // Whatever else there is repeats what was said in pieces, or tells of tools that the provider runs.
            _ => Ok(()),
        }
    }

    fn end(&mut self, _: Sink<'_>) -> Result<(), Interruption> {
        Err(Interruption::Truncated)
    }
}

impl EventReader {
    fn start(&mut self, response: &Object<'_>, sink: Sink<'_>) {
        if !self.has_started {
            self.has_started = true;
            let [id, model] = ["id", "model"].map(|key| response.string(key).unwrap_or_default());
            sink(Event::Start { id: &id, model: &model });
        }
    }

    fn text(&mut self, index: u64, object: &Object<'_>, sink: Sink<'_>) -> Result<(), Interruption> {
        self.item(index)?.has_pieces = true;
        say_logprobs(object.get("logprobs").map(Value::text).map_or("", elements), sink);
        sink(Event::Text { choice: 0, text: &delta(object)? });
        Ok(())
    }

    /// `key` tells which part it is of: thoughts have summaries, and at some providers also the thought itself.
    fn thought(
        &mut self,
        index: u64,
        key: &'static str,
        object: &Object<'_>,
        sink: Sink<'_>,
    ) -> Result<(), Interruption> {
        let item = self.item(index)?;
        item.has_pieces = true;
        let part = Some((key, object.integer(key).unwrap_or_default()));
        if item.part.is_some() && item.part != part {
            sink(Event::Thought { choice: 0, text: PARAGRAPH });
        }
        item.part = part;
        sink(Event::Thought { choice: 0, text: &delta(object)? });
        Ok(())
    }

    fn item_added(&mut self, index: u64, added: &Item<'_>, sink: Sink<'_>) -> Result<(), Interruption> {
        if added.is_call() {
            let (id, name) = added.call_id.as_ref().zip(added.name.as_ref()).ok_or(Interruption::Malformed)?;
            self.call_start(index, id, name, sink)?;
        }
        Ok(())
    }

    /// The number of a call, which begins unless it has.
    fn call_start(&mut self, index: u64, id: &str, name: &str, sink: Sink<'_>) -> Result<u32, Interruption> {
        let call = self.n_calls;
        let item = self.item(index)?;
        if let Some(call) = item.call {
            return Ok(call);
        }
        item.call = Some(call);
        self.n_calls += 1;
        sink(Event::CallStart { choice: 0, call, id, name, signature: None });
        Ok(call)
    }

    fn arguments(&mut self, index: u64, object: &Object<'_>, sink: Sink<'_>) -> Result<(), Interruption> {
        let item = self.item(index)?;
        // Pieces of a call that has not begun are there again when it is done.
        if let Some(call) = item.call {
            item.has_pieces = true;
            sink(Event::CallArguments { choice: 0, call, json: &delta(object)? });
        }
        Ok(())
    }

    fn item_done(&mut self, index: u64, mut done: Item<'_>, sink: Sink<'_>) -> Result<(), Interruption> {
        if !self.item(index)?.has_pieces {
            return self.whole_item(index, done, sink);
        }
        if let Some(signature) = done.signature() {
            sink(Event::ThoughtSignature { choice: 0, signature });
        }
        Ok(())
    }

    /// Reads an item that came without pieces.
    fn whole_item(&mut self, index: u64, done: Item<'_>, sink: Sink<'_>) -> Result<(), Interruption> {
        let (mut parts, mut logprobs) = (Vec::new(), String::new());
        done.say(&mut parts, &mut logprobs).map_err(|_| Interruption::Malformed)?;
        say_logprobs(&logprobs, sink);
        for part in parts {
            match part.content {
                Content::Text(text) => sink(Event::Text { choice: 0, text: &text }),
                Content::Refusal(text) => sink(Event::Refusal { choice: 0, text: &text }),
                Content::Thought { text, signature } => {
                    sink(Event::Thought { choice: 0, text: &text });
                    if let Some(signature) = signature {
                        sink(Event::ThoughtSignature { choice: 0, signature });
                    }
                }
                Content::RedactedThought(signature) => sink(Event::RedactedThought { choice: 0, signature }),
                Content::Call(Call { id, name, arguments, .. }) => {
                    let call = self.call_start(index, &id, &name, sink)?;
                    sink(Event::CallArguments { choice: 0, call, json: &arguments });
                }
                Content::Image(_) | Content::Document(_) | Content::Audio(_) | Content::Result { .. } => {}
            }
        }
        Ok(())
    }

    fn finish(&mut self, object: &Object<'_>, sink: Sink<'_>) -> Result<(), Interruption> {
        let response = object.object("response").ok_or(Interruption::Malformed)?;
        self.start(&response, sink);
        if self.items.is_empty() {
            for (index, item) in (0..).zip(response.array("output")) {
                self.whole_item(index, Item::read(&mut Cursor::new(item.text()))?, sink)?;
            }
        }
        let finish = read_finish(&response, self.n_calls > 0).map_err(|error| match error {
            AnswerError::Upstream(error) => Interruption::UpstreamError(error),
            AnswerError::Malformed => Interruption::Malformed,
        })?;
        if let Some(usage) = response.get("usage").and_then(read_usage) {
            sink(Event::Usage(usage));
        }
        sink(Event::Finish { choice: 0, finish });
        sink(Event::End);
        Ok(())
    }

    /// The item at `index`, which is made where there is none.
    fn item(&mut self, index: u64) -> Result<&mut Known, Interruption> {
        // A beginning that is told after this comes too late.
        self.has_started = true;
        // Nearly always it is the last one.
        let place = match self.items.iter().rposition(|item| item.index == index) {
            Some(place) => place,
            None if self.items.len() < MAX_ITEMS => {
                self.items.push(Known { index, has_pieces: false, part: None, call: None });
                self.items.len() - 1
            }
            None => return Err(Interruption::Malformed),
        };
        Ok(&mut self.items[place])
    }
}

/// The item that an event tells of.
fn item<'a>(object: &Object<'a>) -> Result<Item<'a>, Interruption> {
    let item = object.get("item").ok_or(Interruption::Malformed)?;
    Ok(Item::read(&mut Cursor::new(item.text()))?)
}

/// The piece that an event brings.
fn delta<'a>(object: &Object<'a>) -> Result<Cow<'a, str>, Interruption> {
    object.string("delta").ok_or(Interruption::Malformed)
}

fn say_logprobs(elements: &str, sink: Sink<'_>) {
    if !elements.is_empty() {
        sink(Event::Logprobs { choice: 0, json: &wrap_logprobs(elements) });
    }
}

/// What an event that tells of a failure says: in its response, in an error, or by itself.
fn failure(object: &Object<'_>, data: &[u8]) -> Interruption {
    let in_response = object.object("response").and_then(|response| response.get("error"));
    let error = in_response.or(object.get("error")).map(Value::text);
    Interruption::UpstreamError(UpstreamError::read(error.map_or(data, str::as_bytes)).unwrap_or_default())
}
