//! From Anthropic's events to those in the middle. It also counts where they go to the client as they came.

use super::finish;
use super::usage::Report;
use crate::chat::{Event, Finish, Signature};
use crate::json::Object;
use crate::stream::{Interruption, ReadEvents};
use crate::{Upstream, UpstreamError, sse};

/// Calls that one answer may make.
const MAX_CALLS: u32 = 1_024;

/// Reads a stream. It is whole when `message_stop` came.
#[derive(Default)]
pub(crate) struct EventReader {
    /// The blocks that are calls, in order.
    calls: Vec<Call>,
    n_calls: u32,
    report: Report,
    is_finished: bool,
}

struct Call {
    /// The block's index.
    block: u64,
    number: u32,
    has_arguments: bool,
}

impl ReadEvents for EventReader {
    fn read(&mut self, event: &sse::Event<'_>, sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Interruption> {
        let text = std::str::from_utf8(event.data).map_err(|_| Interruption::Malformed)?;
        let object = Object::parse(text)?;
        let kind = object.string("type").unwrap_or_else(|| String::from_utf8_lossy(event.name));
        match &*kind {
            "message_start" => self.read_start(&object, sink)?,
            "content_block_start" => self.read_block(&object, sink)?,
            "content_block_delta" => self.read_delta(&object, sink),
            "content_block_stop" => self.read_block_stop(&object, sink),
            "message_delta" => self.read_message_delta(&object, sink)?,
            "message_stop" => self.read_stop(sink),
            _ if kind == "error" || object.get("error").is_some() => {
                return Err(Interruption::UpstreamError(UpstreamError::read(event.data).unwrap_or_default()));
            }
            // `ping`, and what may be added: the API's versioning allows new events.
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, _: &mut dyn FnMut(Event<'_>)) -> Result<(), Interruption> {
        Err(Interruption::Truncated)
    }
}

impl EventReader {
    fn read_start(&mut self, object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Interruption> {
        let message = object.object("message").unwrap_or_default();
        let id = message.string("id").unwrap_or_default();
        let model = message.string("model").unwrap_or_default();
        sink(Event::Start { id: &id, model: &model });
        self.read_usage(&message, sink)
    }

    fn read_block(&mut self, object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Interruption> {
        let block = object.object("content_block").ok_or(Interruption::Malformed)?;
        let text = |key| block.string(key).unwrap_or_default();
        match &*text("type") {
            "text" => push_text(&text("text"), sink),
            "thinking" => {
                push_thought(&text("thinking"), sink);
                push_signature(&text("signature"), sink);
            }
            "redacted_thinking" => {
                let signature = Signature::new(Upstream::Anthropic, text("data"));
                sink(Event::RedactedThought { choice: 0, signature });
            }
            "tool_use" => {
                if self.n_calls >= MAX_CALLS {
                    return Err(Interruption::Malformed);
                }
                let (id, name) = (text("id"), text("name"));
                let call = self.n_calls;
                self.n_calls += 1;
                sink(Event::CallStart { choice: 0, call, id: &id, name: &name, signature: None });
                // The arguments follow, but for servers that give them here.
                let input = block
                    .get("input")
                    .filter(|input| input.object().is_some_and(|input| input.members().next().is_some()));
                if let Some(input) = input {
                    sink(Event::CallArguments { choice: 0, call, json: input.text() });
                }
                self.calls.push(Call { block: index(object), number: call, has_arguments: input.is_some() });
            }
            // Tools that run at the provider, and their results.
            _ => {}
        }
        Ok(())
    }

    fn read_delta(&mut self, object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        let delta = object.object("delta").unwrap_or_default();
        let text = |key| delta.string(key).unwrap_or_default();
        match &*text("type") {
            "text_delta" => push_text(&text("text"), sink),
            "thinking_delta" => push_thought(&text("thinking"), sink),
            "signature_delta" => push_signature(&text("signature"), sink),
            "input_json_delta" => self.push_arguments(object, &text("partial_json"), sink),
            // Citations.
            _ => {}
        }
    }

    /// A call without arguments is one with an empty object of them.
    fn read_block_stop(&mut self, object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        if self.call(object).is_some_and(|call| !call.has_arguments) {
            self.push_arguments(object, "{}", sink);
        }
    }

    fn read_message_delta(&mut self, object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Interruption> {
        let delta = object.object("delta").unwrap_or_default();
        if let Some(reason) = delta.string("stop_reason") {
            self.is_finished = true;
            sink(Event::Finish { choice: 0, finish: finish::read(&reason, delta.string("stop_sequence")) });
        }
        self.read_usage(object, sink)
    }

    /// The stream is whole, though it may not have said why it ends.
    fn read_stop(&mut self, sink: &mut dyn FnMut(Event<'_>)) {
        if !self.is_finished {
            let finish = if self.calls.is_empty() { Finish::Stop } else { Finish::Calls };
            sink(Event::Finish { choice: 0, finish });
        }
        sink(Event::End);
    }

    fn read_usage(&mut self, object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Interruption> {
        if let Some(usage) = object.get("usage") {
            self.report.read(usage)?;
            self.report.usage().into_iter().for_each(|usage| sink(Event::Usage(usage)));
        }
        Ok(())
    }

    fn push_arguments(&mut self, object: &Object<'_>, json: &str, sink: &mut dyn FnMut(Event<'_>)) {
        if let Some(call) = self.call(object).filter(|_| !json.is_empty()) {
            call.has_arguments = true;
            sink(Event::CallArguments { choice: 0, call: call.number, json });
        }
    }

    /// The call that the event's block is.
    fn call(&mut self, object: &Object<'_>) -> Option<&mut Call> {
        let block = index(object);
        self.calls.iter_mut().rev().find(|call| call.block == block)
    }
}

fn index(object: &Object<'_>) -> u64 {
    object.integer("index").unwrap_or_default()
}

fn push_text(text: &str, sink: &mut dyn FnMut(Event<'_>)) {
    if !text.is_empty() {
        sink(Event::Text { choice: 0, text });
    }
}

fn push_thought(text: &str, sink: &mut dyn FnMut(Event<'_>)) {
    if !text.is_empty() {
        sink(Event::Thought { choice: 0, text });
    }
}

fn push_signature(text: &str, sink: &mut dyn FnMut(Event<'_>)) {
    if !text.is_empty() {
        sink(Event::ThoughtSignature { choice: 0, signature: Signature::new(Upstream::Anthropic, text) });
    }
}
