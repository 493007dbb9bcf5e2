//! Writes a stream for a client.
//!
//! The order that the SDKs rely on: for each choice a chunk with the role, chunks with what is said, one with the
//! reason why it ends; then usage, if the client asked for it; then `[DONE]`, if the stream is whole.

use super::finish;
use super::style::Style;
use super::thoughts;
use super::usage;
use super::write_message::write_call_signature;
use crate::Usage;
use crate::chat::{Event, Finish, Signature};
use crate::json::{ObjectWriter, write_object};
use crate::stream::WriteEvents;
use crate::translation::Context;

/// Writes the chunks of one stream.
pub(crate) struct EventWriter {
    style: Style,
    wants_usage: bool,
    created: u64,
    /// How each chunk begins, up to its first choice.
    head: Vec<u8>,
    id: String,
    model: String,
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Default)]
struct Choice {
    number: u32,
    has_role: bool,
    has_refusal: bool,
    logprobs: Option<String>,
    /// Thoughts that are over.
    n_thoughts: u32,
    /// Calls that have no arguments yet.
    bare_calls: Vec<u32>,
}

impl EventWriter {
    pub(crate) fn new(context: &Context<'_>) -> Self {
        let style = Style::of(context);
        let mut writer = Self {
            style,
            wants_usage: context.request.wants_usage(),
            created: context.unix_seconds,
            head: Vec::new(),
            id: style.id(context),
            model: context.request.model().to_owned(),
            choices: Vec::new(),
            usage: None,
        };
        writer.write_head();
        writer
    }

    /// The same, and usage is told or not, whatever was asked.
    pub(crate) fn telling_usage(self, wants_usage: bool) -> Self {
        Self { wants_usage, ..self }
    }
}

impl WriteEvents for EventWriter {
    fn write(&mut self, event: &Event<'_>, output: &mut Vec<u8>) {
        match event {
            Event::Start { id, model } => self.start(id, model),
            Event::Text { choice, text } => self.write_text(*choice, "content", text, output),
            Event::Refusal { choice, text } => {
                self.choice(*choice).has_refusal = true;
                self.write_text(*choice, "refusal", text, output);
            }
            Event::Thought { choice, text } => self.write_thought(*choice, text, output),
            Event::ThoughtSignature { choice, signature } => self.write_signature(*choice, signature, output),
            Event::RedactedThought { choice, signature } => self.write_sealed(*choice, signature, output),
            Event::CallStart { choice, call, id, name, signature } => {
                self.choice(*choice).bare_calls.push(*call);
                self.write_call(*choice, *call, id, name, signature.as_ref(), output);
            }
            Event::CallArguments { choice, call, json } => {
                self.choice(*choice).bare_calls.retain(|bare| bare != call);
                self.write_arguments(*choice, *call, json, output);
            }
            Event::Logprobs { choice, json } => self.choice(*choice).logprobs = Some((*json).to_owned()),
            Event::Finish { choice, finish } => self.finish(*choice, finish, output),
            Event::Usage(usage) => self.usage = Some(*usage),
            Event::End => self.end(output),
        }
    }
}

impl EventWriter {
    fn start(&mut self, id: &str, model: &str) {
        for (own, given) in [(&mut self.id, id), (&mut self.model, model)] {
            if !given.is_empty() {
                given.clone_into(own);
            }
        }
        self.write_head();
    }

    fn write_head(&mut self) {
        self.head.clear();
        self.head.extend_from_slice(b"data: ");
        write_object(&mut self.head, |chunk| {
            chunk.string("id", &self.id);
            chunk.string("object", self.style.object()[1]);
            chunk.number("created", self.created);
            chunk.string("model", &self.model);
            chunk.raw("choices", "[");
        });
        // The bracket of the object: each chunk closes it anew.
        self.head.pop();
    }

    /// Of the choices, which readers bound, there is seldom more than one.
    fn choice(&mut self, number: u32) -> &mut Choice {
        let place = self.choices.iter().position(|choice| choice.number == number).unwrap_or(self.choices.len());
        if place == self.choices.len() {
            self.choices.push(Choice { number, ..Choice::default() });
        }
        &mut self.choices[place]
    }

    fn write_text(&mut self, choice: u32, field: &str, text: &str, output: &mut Vec<u8>) {
        if self.style == Style::Text {
            self.write_chunk(choice, None, output, |piece| piece.string("text", text));
        } else {
            self.say(choice, output, |delta| delta.string(field, text));
        }
    }

    fn write_thought(&mut self, choice: u32, text: &str, output: &mut Vec<u8>) {
        let index = self.choice(choice).n_thoughts;
        self.say(choice, output, |delta| {
            delta.string("reasoning_content", text);
            delta.array("reasoning_details", |details| thoughts::write_text(details, index, Some(text), None));
        });
    }

    fn write_signature(&mut self, choice: u32, signature: &Signature<'_>, output: &mut Vec<u8>) {
        let index = self.next_thought(choice);
        let signature = signature.for_client();
        self.say(choice, output, |delta| {
            delta.array("reasoning_details", |details| thoughts::write_text(details, index, None, Some(&signature)));
        });
    }

    fn write_sealed(&mut self, choice: u32, signature: &Signature<'_>, output: &mut Vec<u8>) {
        let index = self.next_thought(choice);
        let data = signature.for_client();
        self.say(choice, output, |delta| {
            delta.array("reasoning_details", |details| thoughts::write_sealed(details, index, &data));
        });
    }

    fn next_thought(&mut self, choice: u32) -> u32 {
        let choice = self.choice(choice);
        choice.n_thoughts += 1;
        choice.n_thoughts - 1
    }

    fn write_call(
        &mut self,
        choice: u32,
        call: u32,
        id: &str,
        name: &str,
        signature: Option<&Signature<'_>>,
        output: &mut Vec<u8>,
    ) {
        let signature = signature.map(Signature::for_client);
        self.say_call(
            choice,
            call,
            output,
            |function| {
                function.string("name", name);
                function.string("arguments", "");
            },
            |entry| {
                entry.string("id", id);
                entry.string("type", "function");
                write_call_signature(signature.as_deref(), entry);
            },
        );
    }

    fn write_arguments(&mut self, choice: u32, call: u32, json: &str, output: &mut Vec<u8>) {
        self.say_call(choice, call, output, |function| function.string("arguments", json), |_| {});
    }

    /// Writes a piece of a call: of its function, and of what is around that. The older form has one call, and nothing
    /// around it.
    fn say_call(
        &mut self,
        choice: u32,
        call: u32,
        output: &mut Vec<u8>,
        function: impl FnOnce(&mut ObjectWriter<'_>),
        around: impl FnOnce(&mut ObjectWriter<'_>),
    ) {
        match self.style {
            Style::Chat => self.say(choice, output, |delta| {
                delta.array("tool_calls", |calls| {
                    calls.object(|entry| {
                        entry.number("index", call.into());
                        around(entry);
                        entry.object("function", function);
                    });
                });
            }),
            Style::Functions if call == 0 => {
                self.say(choice, output, |delta| delta.object("function_call", function));
            }
            Style::Functions | Style::Text => {}
        }
    }

    fn finish(&mut self, choice: u32, finish: &Finish, output: &mut Vec<u8>) {
        for call in std::mem::take(&mut self.choice(choice).bare_calls) {
            self.write_arguments(choice, call, "{}", output);
        }
        let reason = self.style.finish_reason(finish::word(finish, self.choice(choice).has_refusal));
        if self.style == Style::Text {
            return self.write_chunk(choice, Some(reason), output, |piece| piece.string("text", ""));
        }
        self.begin(choice, output);
        self.write_chunk(choice, Some(reason), output, |piece| piece.object("delta", |_| {}));
    }

    fn end(&mut self, output: &mut Vec<u8>) {
        if let Some(usage) = self.usage.filter(|_| self.wants_usage) {
            output.extend_from_slice(&self.head);
            output.extend_from_slice(br#"],"usage":"#);
            write_object(output, |object| usage::write(&usage, object));
            output.extend_from_slice(b"}\n\n");
        }
        output.extend_from_slice(b"data: [DONE]\n\n");
    }

    /// Writes a piece of a message.
    fn say(&mut self, choice: u32, output: &mut Vec<u8>, write: impl FnOnce(&mut ObjectWriter<'_>)) {
        if self.style != Style::Text {
            self.begin(choice, output);
            self.write_chunk(choice, None, output, |piece| piece.object("delta", write));
        }
    }

    /// Writes the role, before all else of a choice. Log probabilities are those of what follows.
    fn begin(&mut self, choice: u32, output: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.choice(choice).has_role, true) {
            let logprobs = self.choice(choice).logprobs.take();
            self.write_chunk(choice, None, output, |piece| {
                piece.object("delta", |delta| {
                    delta.string("role", "assistant");
                    delta.string("content", "");
                    delta.null("refusal");
                });
            });
            self.choice(choice).logprobs = logprobs;
        }
    }

    fn write_chunk(
        &mut self,
        choice: u32,
        finish_reason: Option<&str>,
        output: &mut Vec<u8>,
        write: impl FnOnce(&mut ObjectWriter<'_>),
    ) {
        let logprobs = self.choice(choice).logprobs.take();
        output.extend_from_slice(&self.head);
        write_object(output, |piece| {
            piece.number("index", choice.into());
            write(piece);
            piece.raw("logprobs", logprobs.as_deref().unwrap_or("null"));
            match finish_reason {
                Some(reason) => piece.string("finish_reason", reason),
                None => piece.null("finish_reason"),
            }
        });
        output.extend_from_slice(if self.wants_usage { b"],\"usage\":null}\n\n" } else { b"]}\n\n" });
    }
}
