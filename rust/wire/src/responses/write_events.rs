//! The events of a stream, one by one: their names, their members, their numbers.

use super::item::{Item, Kind, State};
use super::response::{Progress, Response};
use crate::json::{ObjectWriter, write_object};

/// Writes events and counts them.
#[derive(Default)]
pub(super) struct Events {
    n_written: u64,
}

impl Events {
    /// An event that has the whole response.
    pub(super) fn response(
        &mut self,
        name: &str,
        response: &Response,
        (progress, items): (Progress<'_>, &[Item<'_>]),
        output: &mut Vec<u8>,
    ) {
        self.write(name, output, |event| {
            event.object("response", |object| response.write(progress, items, object));
        });
    }

    /// The events that begin the item at `index`, which has nothing in it yet.
    pub(super) fn added(&mut self, item: &Item<'_>, index: usize, output: &mut Vec<u8>) {
        self.write("response.output_item.added", output, |event| {
            event.number("output_index", index as u64);
            event.object("item", |object| item.write(State::Open, object));
        });
        self.part("added", item, index, output);
    }

    /// The event with a piece of the item at `index`.
    pub(super) fn delta(
        &mut self,
        item: &Item<'_>,
        index: usize,
        (text, logprobs): (&str, &str),
        output: &mut Vec<u8>,
    ) {
        let name = match item.kind {
            Kind::Text => "response.output_text.delta",
            Kind::Refusal => "response.refusal.delta",
            Kind::Thought(_) | Kind::SealedThought(_) => "response.reasoning_summary_text.delta",
            Kind::Call { .. } => "response.function_call_arguments.delta",
        };
        self.write(name, output, |event| {
            write_place(item, index, event);
            event.string("delta", text);
            if matches!(item.kind, Kind::Text) {
                event.array("logprobs", |array| array.raw(logprobs));
            }
        });
    }

    /// The events that close the item at `index`, which is whole.
    pub(super) fn done(&mut self, item: &Item<'_>, index: usize, state: State, output: &mut Vec<u8>) {
        let told = match item.kind {
            Kind::Text => Some(("response.output_text.done", "text")),
            Kind::Refusal => Some(("response.refusal.done", "refusal")),
            Kind::Thought(_) => Some(("response.reasoning_summary_text.done", "text")),
            Kind::Call { .. } => Some(("response.function_call_arguments.done", "arguments")),
            Kind::SealedThought(_) => None,
        };
        if let Some((name, key)) = told {
            self.write(name, output, |event| {
                write_place(item, index, event);
                event.string(key, &item.text);
                match &item.kind {
                    Kind::Text => event.array("logprobs", |array| array.raw(&item.logprobs)),
                    Kind::Call { name, .. } => event.string("name", name),
                    Kind::Refusal | Kind::Thought(_) | Kind::SealedThought(_) => {}
                }
            });
        }
        self.part("done", item, index, output);
        self.write("response.output_item.done", output, |event| {
            event.number("output_index", index as u64);
            event.object("item", |object| item.write(state, object));
        });
    }

    /// The event that begins or closes the part that the item at `index` has, if it has one.
    fn part(&mut self, step: &str, item: &Item<'_>, index: usize, output: &mut Vec<u8>) {
        let kind = match item.kind {
            Kind::Text | Kind::Refusal => "response.content_part.",
            Kind::Thought(_) => "response.reasoning_summary_part.",
            Kind::SealedThought(_) | Kind::Call { .. } => return,
        };
        self.write(&[kind, step].concat(), output, |event| {
            write_place(item, index, event);
            event.object("part", |part| item.write_part(part));
        });
    }

    /// Writes an event whose members `write` writes.
    pub(super) fn write(&mut self, name: &str, output: &mut Vec<u8>, write: impl FnOnce(&mut ObjectWriter<'_>)) {
        output.extend_from_slice(b"event: ");
        output.extend_from_slice(name.as_bytes());
        output.extend_from_slice(b"\ndata: ");
        write_object(output, |event| {
            event.string("type", name);
            event.number("sequence_number", self.n_written);
            write(event);
        });
        output.extend_from_slice(b"\n\n");
        self.n_written += 1;
    }
}

/// Writes what an event is about.
fn write_place(item: &Item<'_>, index: usize, event: &mut ObjectWriter<'_>) {
    event.string("item_id", &item.id);
    event.number("output_index", index as u64);
    match item.kind {
        Kind::Text | Kind::Refusal => event.number("content_index", 0),
        Kind::Thought(_) | Kind::SealedThought(_) => event.number("summary_index", 0),
        Kind::Call { .. } => {}
    }
}
