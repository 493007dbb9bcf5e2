//! The events of `ConverseStream`.
//!
//! # When a stream is whole
//! When `messageStop` has said why it ends and `metadata`, which tells usage, has come after it.

use std::borrow::Cow;

use super::finish::finish;
use super::read_answer::is_clients;
use super::usage::usage;
use crate::Upstream;
use crate::chat::{Event, Signature};
use crate::json::{Object, Value};
use crate::sse;
use crate::stream::{Interruption, ReadEvents};

/// Tools that one answer calls.
const MAX_CALLS: usize = 1_024;

type Sink<'s> = dyn FnMut(Event<'_>) + 's;

/// Reads the events of one stream.
#[derive(Default)]
pub(crate) struct EventReader {
    tools: Vec<Tool>,
    n_calls: u32,
    is_stopped: bool,
}

/// A block that calls a tool.
struct Tool {
    block: u64,
    /// Which of the answer's calls it is; `None` for a tool that the provider runs itself.
    call: Option<u32>,
    has_arguments: bool,
}

impl ReadEvents for EventReader {
    fn read(&mut self, event: &sse::Event<'_>, sink: &mut Sink<'_>) -> Result<(), Interruption> {
        match event.name {
            b"messageStart" => {
                payload(event)?;
                sink(Event::Start { id: "", model: "" });
                Ok(())
            }
            b"contentBlockStart" => self.start_block(&payload(event)?, sink),
            b"contentBlockDelta" => self.read_delta(&payload(event)?, sink),
            b"contentBlockStop" => {
                self.stop_block(&payload(event)?, sink);
                Ok(())
            }
            b"messageStop" => self.stop(&payload(event)?, sink),
            b"metadata" => self.read_metadata(&payload(event)?, sink),
            // Newer than this code.
            _ => Ok(()),
        }
    }

    fn end(&mut self, _: &mut Sink<'_>) -> Result<(), Interruption> {
        Err(Interruption::Truncated)
    }
}

impl EventReader {
    /// Only calls have a start of their own; text and thoughts begin with their first piece.
    fn start_block(&mut self, body: &Object<'_>, sink: &mut Sink<'_>) -> Result<(), Interruption> {
        let block = body.integer("contentBlockIndex").ok_or(Interruption::Malformed)?;
        let Some(tool) = body.object("start").and_then(|start| start.object("toolUse")) else { return Ok(()) };
        if self.tools.len() == MAX_CALLS {
            return Err(Interruption::Malformed);
        }
        let call = is_clients(&tool).then_some(self.n_calls);
        self.tools.push(Tool { block, call, has_arguments: false });
        if let Some(call) = call {
            self.n_calls += 1;
            let (id, name) = (string(tool.get("toolUseId"))?, string(tool.get("name"))?);
            sink(Event::CallStart { choice: 0, call, id: &id, name: &name, signature: None });
        }
        Ok(())
    }

    fn read_delta(&mut self, body: &Object<'_>, sink: &mut Sink<'_>) -> Result<(), Interruption> {
        let delta = body.object("delta").ok_or(Interruption::Malformed)?;
        for (kind, value) in delta.members() {
            match kind {
                "text" => sink(Event::Text { choice: 0, text: &string(Some(value))? }),
                "reasoningContent" => read_thought(value, sink)?,
                "toolUse" => {
                    let json = string(value.object().and_then(|tool| tool.get("input")))?;
                    let tool = self.tool(body).ok_or(Interruption::Malformed)?;
                    tool.has_arguments |= !json.is_empty();
                    if let Some(call) = tool.call {
                        sink(Event::CallArguments { choice: 0, call, json: &json });
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A call of no arguments may end without a piece of them.
    fn stop_block(&mut self, body: &Object<'_>, sink: &mut Sink<'_>) {
        if let Some(Tool { call: Some(call), has_arguments, .. }) = self.tool(body)
            && !std::mem::replace(has_arguments, true)
        {
            sink(Event::CallArguments { choice: 0, call: *call, json: "{}" });
        }
    }

    fn stop(&mut self, body: &Object<'_>, sink: &mut Sink<'_>) -> Result<(), Interruption> {
        let finish = finish(&string(body.get("stopReason"))?).map_err(Interruption::UpstreamError)?;
        self.is_stopped = true;
        sink(Event::Finish { choice: 0, finish });
        Ok(())
    }

    fn read_metadata(&self, body: &Object<'_>, sink: &mut Sink<'_>) -> Result<(), Interruption> {
        if let Some(usage) = body.object("usage").as_ref().and_then(usage) {
            sink(Event::Usage(usage));
        }
        if !self.is_stopped {
            return Err(Interruption::Truncated);
        }
        sink(Event::End);
        Ok(())
    }

    /// The tool whose block an event is about.
    fn tool(&mut self, body: &Object<'_>) -> Option<&mut Tool> {
        let block = body.integer("contentBlockIndex")?;
        self.tools.iter_mut().rfind(|tool| tool.block == block)
    }
}

fn read_thought(value: Value<'_>, sink: &mut Sink<'_>) -> Result<(), Interruption> {
    let reasoning = value.object().ok_or(Interruption::Malformed)?;
    for (kind, value) in reasoning.members() {
        let text = string(Some(value))?;
        match kind {
            "text" => sink(Event::Thought { choice: 0, text: &text }),
            "signature" => {
                sink(Event::ThoughtSignature { choice: 0, signature: Signature::new(Upstream::Bedrock, text) });
            }
            "redactedContent" => {
                sink(Event::RedactedThought { choice: 0, signature: Signature::new(Upstream::Bedrock, text) });
            }
            _ => {}
        }
    }
    Ok(())
}

fn payload<'a>(event: &sse::Event<'a>) -> Result<Object<'a>, Interruption> {
    let text = std::str::from_utf8(event.data).map_err(|_| Interruption::Malformed)?;
    Ok(Object::parse(text)?)
}

fn string(value: Option<Value<'_>>) -> Result<Cow<'_, str>, Interruption> {
    value.and_then(Value::string).ok_or(Interruption::Malformed)
}
