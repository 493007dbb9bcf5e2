//! From the events in the middle to a stream for a client of Anthropic's dialect.
//!
//! `message_start` comes first; then block after block, each opened, filled and closed before the next one is opened;
//! then `message_delta` with the reason and all usage, and `message_stop`. Calls are taken to come one after another, as
//! all providers send them: a piece of one that is closed cannot be said here. Only the first choice is written, as the
//! dialect knows no others.

use super::write_answer::{call_id, write_finish, write_head};
use super::{finish, signature, usage};
use crate::Usage;
use crate::chat::{Event, Finish, Signature};
use crate::json::{ObjectWriter, write_object};
use crate::stream::WriteEvents;
use crate::translation::Context;

/// Writes a stream.
pub(crate) struct EventWriter {
    /// The request's id, for answers that come without one, and the model that was asked for.
    own_id: String,
    asked_for: String,
    has_started: bool,
    has_ended: bool,
    /// Blocks that were opened.
    n_blocks: u64,
    open: Option<Block>,
    finish: Option<Finish>,
    usage: Usage,
}

/// What the open block is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    Text,
    Thought,
    Call(u32),
}

impl EventWriter {
    pub(crate) fn new(context: &Context<'_>) -> Self {
        Self {
            own_id: context.id.to_owned(),
            asked_for: context.request.model().to_owned(),
            has_started: false,
            has_ended: false,
            n_blocks: 0,
            open: None,
            finish: None,
            usage: Usage::default(),
        }
    }
}

impl WriteEvents for EventWriter {
    fn write(&mut self, event: &Event<'_>, output: &mut Vec<u8>) {
        if self.has_ended {
            return;
        }
        match event {
            Event::Start { id, model } => self.start(id, model, output),
            Event::Text { choice: 0, text } | Event::Refusal { choice: 0, text } => self.write_text(text, output),
            Event::Thought { choice: 0, text } => self.write_thought(text, output),
            Event::ThoughtSignature { choice: 0, signature } => self.sign(&signature::of_thought(signature), output),
            Event::RedactedThought { choice: 0, signature } => {
                self.write_redacted(&signature::of_thought(signature), output);
            }
            Event::CallStart { choice: 0, call, id, name, signature } => {
                self.start_call(*call, id, name, signature.as_ref(), output);
            }
            Event::CallArguments { choice: 0, call, json } => self.write_arguments(*call, json, output),
            Event::Finish { choice: 0, finish } => self.finish = Some(finish.clone()),
            Event::Usage(usage) => self.usage = *usage,
            Event::End => self.end(output),
            // The dialect has no log probabilities.
            Event::Logprobs { .. }
            | Event::Text { .. }
            | Event::Refusal { .. }
            | Event::Thought { .. }
            | Event::ThoughtSignature { .. }
            | Event::RedactedThought { .. }
            | Event::CallStart { .. }
            | Event::CallArguments { .. }
            | Event::Finish { .. } => {}
        }
    }
}

impl EventWriter {
    fn start(&mut self, id: &str, model: &str, output: &mut Vec<u8>) {
        if std::mem::replace(&mut self.has_started, true) {
            return;
        }
        write_event(output, "message_start", |event| {
            event.object("message", |message| {
                write_head(id, model, &self.own_id, &self.asked_for, message);
                message.array("content", |_| {});
                write_finish(None, message);
                usage::write(&self.usage, message);
            });
        });
    }

    fn write_text(&mut self, text: &str, output: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        if self.open != Some(Block::Text) {
            self.open(Some(Block::Text), output, |block| {
                block.string("type", "text");
                block.string("text", "");
            });
        }
        self.write_delta(output, "text_delta", "text", text);
    }

    fn write_thought(&mut self, text: &str, output: &mut Vec<u8>) {
        if !text.is_empty() {
            self.open_thought(output);
            self.write_delta(output, "thinking_delta", "thinking", text);
        }
    }

    /// A signature ends its thought: what follows is another one.
    fn sign(&mut self, signature: &str, output: &mut Vec<u8>) {
        self.open_thought(output);
        self.write_delta(output, "signature_delta", "signature", signature);
        self.open = None;
        self.write_block_stop(output);
    }

    fn write_redacted(&mut self, data: &str, output: &mut Vec<u8>) {
        self.open(None, output, |block| {
            block.string("type", "redacted_thinking");
            block.string("data", data);
        });
        self.write_block_stop(output);
    }

    fn start_call(&mut self, call: u32, id: &str, name: &str, signature: Option<&Signature<'_>>, output: &mut Vec<u8>) {
        if let Some(signature) = signature {
            self.write_redacted(&signature::of_call(signature), output);
        }
        let id = call_id(id, &self.own_id, self.n_blocks);
        self.open(Some(Block::Call(call)), output, |block| {
            block.string("type", "tool_use");
            block.string("id", &id);
            block.string("name", name);
            block.object("input", |_| {});
        });
    }

    fn write_arguments(&mut self, call: u32, json: &str, output: &mut Vec<u8>) {
        if self.open == Some(Block::Call(call)) {
            self.write_delta(output, "input_json_delta", "partial_json", json);
        }
    }

    fn end(&mut self, output: &mut Vec<u8>) {
        self.start("", "", output);
        self.close(output);
        write_event(output, "message_delta", |event| {
            event.object("delta", |delta| write_finish(self.finish.as_ref().map(finish::words), delta));
            usage::write(&self.usage, event);
        });
        write_event(output, "message_stop", |_| {});
        self.has_ended = true;
    }

    fn open_thought(&mut self, output: &mut Vec<u8>) {
        if self.open != Some(Block::Thought) {
            self.open(Some(Block::Thought), output, |block| {
                block.string("type", "thinking");
                block.string("thinking", "");
                block.string("signature", "");
            });
        }
    }

    /// Closes the block that is open and opens another one; `kind` says which, unless it is written at once.
    fn open(&mut self, kind: Option<Block>, output: &mut Vec<u8>, write: impl FnOnce(&mut ObjectWriter<'_>)) {
        self.start("", "", output);
        self.close(output);
        write_event(output, "content_block_start", |event| {
            event.number("index", self.n_blocks);
            event.object("content_block", write);
        });
        self.n_blocks += 1;
        self.open = kind;
    }

    fn close(&mut self, output: &mut Vec<u8>) {
        match self.open.take() {
            Some(Block::Thought) => self.write_delta(output, "signature_delta", "signature", signature::UNSIGNED),
            Some(Block::Text | Block::Call(_)) => {}
            None => return,
        }
        self.write_block_stop(output);
    }

    fn write_delta(&self, output: &mut Vec<u8>, kind: &str, key: &str, text: &str) {
        write_event(output, "content_block_delta", |event| {
            event.number("index", self.last_block());
            event.object("delta", |delta| {
                delta.string("type", kind);
                delta.string(key, text);
            });
        });
    }

    fn write_block_stop(&self, output: &mut Vec<u8>) {
        write_event(output, "content_block_stop", |event| event.number("index", self.last_block()));
    }

    fn last_block(&self) -> u64 {
        self.n_blocks.saturating_sub(1)
    }
}

/// Writes an event whose name stands on a line of its own and in its data.
fn write_event(output: &mut Vec<u8>, name: &str, write: impl FnOnce(&mut ObjectWriter<'_>)) {
    output.extend_from_slice(b"event: ");
    output.extend_from_slice(name.as_bytes());
    output.extend_from_slice(b"\ndata: ");
    write_object(output, |event| {
        event.string("type", name);
        write(event);
    });
    output.extend_from_slice(b"\n\n");
}
