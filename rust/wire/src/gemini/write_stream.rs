//! Writes a streamed answer.
//!
//! # Why calls are held back
//! Here a call comes whole, elsewhere in pieces. Its pieces are gathered until something else is said or the choice
//! ends.
//!
//! # Why ends are held back
//! The last event has the finish reason and the usage, and other dialects tell usage after the reason. A stream that is
//! cut short so never has a reason, which is how clients of this dialect know.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::finish::{self, MALFORMED_CALL};
use super::parts::{is_object, write_call, write_text};
use super::signature::{for_client, of_call};
use super::write_answer::or;
use super::{logprobs, usage};
use crate::Usage;
use crate::chat::Event;
use crate::json::{ArrayWriter, ObjectWriter, write_object};
use crate::stream::WriteEvents;
use crate::translation::Context;

/// Bytes of calls that are gathered.
const MAX_CALLS: usize = 1024 * 1024;

pub(crate) struct EventWriter {
    id: String,
    model: String,
    usage: Option<Usage>,
    choices: BTreeMap<u32, Choice>,
    n_call_bytes: usize,
}

#[derive(Default)]
struct Choice {
    /// Those that have begun and were not written, by their numbers.
    calls: BTreeMap<u32, Call>,
    has_called: bool,
    /// OpenAI's object for the next piece.
    logprobs: Option<String>,
    finish: Option<&'static str>,
    is_malformed: bool,
}

struct Call {
    id: String,
    name: String,
    arguments: String,
    signature: Option<String>,
}

impl EventWriter {
    pub(crate) fn new(context: &Context<'_>) -> Self {
        Self {
            id: context.id.to_owned(),
            model: context.request.model().to_owned(),
            usage: None,
            choices: BTreeMap::new(),
            n_call_bytes: 0,
        }
    }

    fn choice(&mut self, index: u32) -> &mut Choice {
        self.choices.entry(index).or_default()
    }

    /// Writes one part of a choice, and before it the calls that were gathered.
    fn part(&mut self, index: u32, output: &mut Vec<u8>, write: impl FnOnce(&mut ArrayWriter<'_>)) {
        self.calls(index, output);
        let logprobs = self.choice(index).logprobs.take();
        self.event(output, |body| {
            body.array("candidates", |candidates| {
                candidates.object(|candidate| {
                    write_content(candidate, write);
                    candidate.number("index", index.into());
                    if let Some(json) = logprobs {
                        logprobs::write(&json, candidate);
                    }
                });
            });
        });
    }

    fn start_call(&mut self, index: u32, number: u32, call: Call) {
        let (n_bytes, n_held) = (call.n_bytes(), self.n_call_bytes);
        let choice = self.choice(index);
        if n_held + n_bytes > MAX_CALLS || choice.calls.contains_key(&number) {
            choice.is_malformed = true;
        } else {
            choice.calls.insert(number, call);
            self.n_call_bytes += n_bytes;
        }
    }

    /// A piece of a call that is not being gathered, or one too many, makes the calls malformed: they would no longer be
    /// what the model wrote.
    fn extend_call(&mut self, index: u32, number: u32, json: &str) {
        let has_room = self.n_call_bytes + json.len() <= MAX_CALLS;
        let choice = self.choice(index);
        if let Some(call) = choice.calls.get_mut(&number).filter(|_| has_room) {
            call.arguments.push_str(json);
            self.n_call_bytes += json.len();
        } else {
            choice.is_malformed = true;
            let n_bytes = choice.calls.remove(&number).map_or(0, |call| call.n_bytes());
            self.n_call_bytes -= n_bytes;
        }
    }

    /// Writes the calls of a choice that were gathered.
    fn calls(&mut self, index: u32, output: &mut Vec<u8>) {
        let choice = self.choice(index);
        if choice.calls.is_empty() {
            return;
        }
        let calls: Vec<Call> = std::mem::take(&mut choice.calls).into_values().collect();
        choice.is_malformed |= calls.iter().any(|call| !call.is_whole());
        self.n_call_bytes -= calls.iter().map(Call::n_bytes).sum::<usize>();
        if calls.iter().any(Call::is_whole) {
            self.part(index, output, |parts| {
                calls.iter().filter(|call| call.is_whole()).for_each(|call| call.write(parts));
            });
        }
    }

    fn end(&mut self, output: &mut Vec<u8>) {
        let indices: Vec<u32> = self.choices.keys().copied().collect();
        for index in indices {
            self.calls(index, output);
        }
        self.event(output, |body| {
            body.array("candidates", |candidates| {
                for (&index, choice) in &self.choices {
                    let reason = choice.finish.map(|reason| if choice.is_malformed { MALFORMED_CALL } else { reason });
                    candidates.object(|candidate| {
                        // Google's SDK for Python keeps no turn in a chat that has an event without a part.
                        write_content(candidate, |parts| write_text("", false, None, parts));
                        candidate.optional_string("finishReason", reason);
                        candidate.number("index", index.into());
                    });
                }
            });
            if let Some(usage) = &self.usage {
                usage::write(usage, body);
            }
        });
    }

    fn event(&self, output: &mut Vec<u8>, write: impl FnOnce(&mut ObjectWriter<'_>)) {
        output.extend_from_slice(b"data: ");
        write_object(output, |body| {
            write(body);
            body.string("modelVersion", &self.model);
            body.string("responseId", &self.id);
        });
        output.extend_from_slice(b"\n\n");
    }
}

impl WriteEvents for EventWriter {
    fn write(&mut self, event: &Event<'_>, output: &mut Vec<u8>) {
        match *event {
            Event::Start { id, model } => {
                self.id = or(id, &self.id).to_owned();
                self.model = or(model, &self.model).to_owned();
            }
            Event::Text { text: "", .. } | Event::Refusal { text: "", .. } | Event::Thought { text: "", .. } => {}
            Event::Text { choice, text } | Event::Refusal { choice, text } => {
                self.part(choice, output, |parts| write_text(text, false, None, parts));
            }
            Event::Thought { choice, text } => self.part(choice, output, |parts| write_text(text, true, None, parts)),
            Event::ThoughtSignature { choice, ref signature } => {
                self.part(choice, output, |parts| write_text("", true, Some(&for_client(signature)), parts));
            }
            Event::RedactedThought { choice, ref signature } => {
                self.part(choice, output, |parts| write_text("", false, Some(&for_client(signature)), parts));
            }
            Event::CallStart { choice, call, id, name, ref signature } => {
                let is_first = !std::mem::replace(&mut self.choice(choice).has_called, true);
                let signature = of_call(signature.as_ref(), is_first).map(Cow::into_owned);
                let started = Call { id: id.to_owned(), name: name.to_owned(), arguments: String::new(), signature };
                self.start_call(choice, call, started);
            }
            Event::CallArguments { choice, call, json } => self.extend_call(choice, call, json),
            Event::Logprobs { choice, json } => self.choice(choice).logprobs = Some(json.to_owned()),
            Event::Finish { choice, ref finish } => {
                self.calls(choice, output);
                self.choice(choice).finish = Some(finish::word(finish));
            }
            Event::Usage(usage) => self.usage = Some(usage),
            Event::End => self.end(output),
        }
    }
}

impl Call {
    fn n_bytes(&self) -> usize {
        self.id.len() + self.name.len() + self.arguments.len() + self.signature.as_ref().map_or(0, String::len)
    }

    fn arguments(&self) -> &str {
        or(&self.arguments, "{}")
    }

    fn is_whole(&self) -> bool {
        is_object(self.arguments())
    }

    fn write(&self, parts: &mut ArrayWriter<'_>) {
        write_call(Some(&self.id), &self.name, self.arguments(), self.signature.as_deref(), parts);
    }
}

fn write_content(candidate: &mut ObjectWriter<'_>, write: impl FnOnce(&mut ArrayWriter<'_>)) {
    candidate.object("content", |content| {
        content.array("parts", write);
        content.string("role", "model");
    });
}
