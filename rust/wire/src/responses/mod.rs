//! The dialect of OpenAI's responses: a conversation is a list of items, of which messages are one kind.
//!
//! As "Responses" of OpenAI's API reference has it, and the types of its Python SDK (3.57), which are made from the same
//! description. What OpenAI keeps for the client there (earlier responses, conversations, prompts, background runs) and
//! the tools that it runs itself exist at no other provider, and are never translated.

mod scan;
mod read_request;
mod read_input;
mod write_request;
mod write_input;
mod item;
mod signature;
mod response;
mod read_answer;
mod read_item;
mod write_answer;
mod read_stream;
mod write_stream;
mod write_events;
mod recast;
mod usage;
mod finish;
pub(crate) mod error;

pub(crate) use read_answer::read_answer;
pub(crate) use read_request::read_request;
pub(crate) use read_stream::EventReader;
pub(crate) use recast::{stream_of, whole_of};
pub(crate) use scan::scan;
pub(crate) use signature::foreign_thoughts;
pub(crate) use write_answer::write_answer;
pub(crate) use write_request::write_request;
pub(crate) use write_stream::EventWriter;

#[cfg(test)]
mod tests;
