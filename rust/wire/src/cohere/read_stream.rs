//! The events of a stream of `/v2/chat`, which name themselves by `type`.
//!
//! # When a stream is whole
//! When `message-end` has come: it says why the message ends, and what it used.

use std::borrow::Cow;

use super::finish::finish;
use super::usage::usage;
use crate::chat::Event;
use crate::json::Object;
use crate::stream::{Interruption, ReadEvents};
use crate::{UpstreamError, sse};

/// Tools that one answer calls.
const MAX_CALLS: usize = 1_024;

type Sink<'s> = dyn FnMut(Event<'_>) + 's;

/// Reads the events of one stream.
#[derive(Default)]
pub(crate) struct EventReader {
    calls: Vec<Call>,
}

struct Call {
    /// As Cohere numbers it.
    index: u64,
    number: u32,
    has_arguments: bool,
}

impl ReadEvents for EventReader {
    fn read(&mut self, event: &sse::Event<'_>, sink: &mut Sink<'_>) -> Result<(), Interruption> {
        let text = std::str::from_utf8(event.data).map_err(|_| Interruption::Malformed)?;
        let body = Object::parse(text)?;
        let Some(kind) = body.string("type").filter(|kind| kind != "error") else {
            let error = UpstreamError::read(event.data);
            return Err(error.map_or(Interruption::Malformed, Interruption::UpstreamError));
        };
        let delta = body.object("delta").unwrap_or_default();
        let message = delta.object("message").unwrap_or_default();
        match &*kind {
            "message-start" => {
                sink(Event::Start { id: &body.string("id").unwrap_or_default(), model: "" });
                Ok(())
            }
            "content-start" | "content-delta" => {
                read_content(&message.object("content").ok_or(Interruption::Malformed)?, sink);
                Ok(())
            }
            "tool-plan-delta" => {
                sink(Event::Thought { choice: 0, text: &string(&message, "tool_plan")? });
                Ok(())
            }
            "tool-call-start" => self.start_call(&body, &message, sink),
            "tool-call-delta" => self.read_arguments(&body, &message, sink),
            "tool-call-end" => self.end_call(&body, sink),
            "message-end" => read_end(&delta, sink),
            // The ends of blocks, citations, and what is newer than this code.
            _ => Ok(()),
        }
    }

    fn end(&mut self, _: &mut Sink<'_>) -> Result<(), Interruption> {
        Err(Interruption::Truncated)
    }
}

impl EventReader {
    fn start_call(&mut self, body: &Object<'_>, message: &Object<'_>, sink: &mut Sink<'_>) -> Result<(), Interruption> {
        let index = body.integer("index").ok_or(Interruption::Malformed)?;
        let call = message.object("tool_calls").ok_or(Interruption::Malformed)?;
        let function = call.object("function").ok_or(Interruption::Malformed)?;
        if self.calls.len() == MAX_CALLS {
            return Err(Interruption::Malformed);
        }
        let number = self.calls.last().map_or(0, |last| last.number + 1);
        self.calls.push(Call { index, number, has_arguments: false });
        let (id, name) = (string(&call, "id")?, string(&function, "name")?);
        sink(Event::CallStart { choice: 0, call: number, id: &id, name: &name, signature: None });
        self.read_arguments(body, message, sink)
    }

    fn read_arguments(
        &mut self,
        body: &Object<'_>,
        message: &Object<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), Interruption> {
        let function = message.object("tool_calls").and_then(|call| call.object("function"));
        let json = function.and_then(|function| function.string("arguments")).unwrap_or_default();
        let call = self.call(body)?;
        if !json.is_empty() {
            call.has_arguments = true;
            sink(Event::CallArguments { choice: 0, call: call.number, json: &json });
        }
        Ok(())
    }

    /// A call of no arguments may end without a piece of them.
    fn end_call(&mut self, body: &Object<'_>, sink: &mut Sink<'_>) -> Result<(), Interruption> {
        let call = self.call(body)?;
        if !std::mem::replace(&mut call.has_arguments, true) {
            sink(Event::CallArguments { choice: 0, call: call.number, json: "{}" });
        }
        Ok(())
    }

    /// The call that an event is about.
    fn call(&mut self, body: &Object<'_>) -> Result<&mut Call, Interruption> {
        let index = body.integer("index");
        self.calls.iter_mut().rfind(|call| Some(call.index) == index).ok_or(Interruption::Malformed)
    }
}

fn read_content(content: &Object<'_>, sink: &mut Sink<'_>) {
    if let Some(text) = content.string("thinking").filter(|text| !text.is_empty()) {
        sink(Event::Thought { choice: 0, text: &text });
    }
    if let Some(text) = content.string("text").filter(|text| !text.is_empty()) {
        sink(Event::Text { choice: 0, text: &text });
    }
}

fn read_end(delta: &Object<'_>, sink: &mut Sink<'_>) -> Result<(), Interruption> {
    let finish = finish(&string(delta, "finish_reason")?).map_err(|error| {
        let message = delta.string("error").map_or(error.message, Cow::into_owned);
        Interruption::UpstreamError(UpstreamError { message, ..error })
    })?;
    sink(Event::Finish { choice: 0, finish });
    if let Some(usage) = delta.object("usage").as_ref().and_then(usage) {
        sink(Event::Usage(usage));
    }
    sink(Event::End);
    Ok(())
}

fn string<'a>(object: &Object<'a>, key: &str) -> Result<Cow<'a, str>, Interruption> {
    object.string(key).ok_or(Interruption::Malformed)
}
