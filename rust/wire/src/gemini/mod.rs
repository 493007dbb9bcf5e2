//! Gemini's `generateContent` and its sisters, for clients of the Gemini API and for providers that are it or Vertex.
//!
//! As the reference of the Gemini API (`v1beta`) and of Vertex (`v1`) describe it. Both are JSON of protocol buffers:
//! a field may be spelt in camel or in snake case, and a default says no more than its absence.

mod scan;
mod foreign;
mod node;
mod read_request;
mod read_contents;
mod calls;
mod read_tools;
mod schema;
mod read_config;
mod write_request;
mod write_contents;
mod media;
mod parts;
mod signature;
mod response;
mod read_answer;
mod read_stream;
mod write_answer;
mod write_stream;
mod recast;
mod finish;
mod logprobs;
mod usage;
pub(crate) mod embed;
pub(crate) mod error;
pub(crate) mod models;

pub(crate) use foreign::foreign_thoughts;
pub(crate) use read_answer::read_answer;
pub(crate) use read_request::read_request;
pub(crate) use read_stream::EventReader;
pub(crate) use recast::{knows_stream, stream_of};
pub(crate) use scan::{inner_models, scan};
pub(crate) use write_answer::write_answer;
pub(crate) use write_request::write_request;
pub(crate) use write_stream::EventWriter;

#[cfg(test)]
mod tests;
