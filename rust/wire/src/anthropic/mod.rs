//! The dialect of Anthropic's messages, in both directions: `platform.claude.com/docs/en/api/messages` describes it.
//! Claude on Google Cloud speaks it too, and so do the endpoints of that name at other providers.

mod scan;
mod foreign;
mod fields;
mod read_request;
mod read_message;
mod read_parameters;
mod signature;
mod write_request;
mod write_message;
mod write_parameters;
mod write_thinking;
mod model;
mod read_answer;
mod write_answer;
mod read_stream;
mod write_stream;
mod recast;
mod usage;
mod finish;
pub(crate) mod error;
pub(crate) mod models;

pub(crate) use foreign::foreign_thoughts;
pub(crate) use model::{Model, Sampling};
pub(crate) use read_answer::read_answer;
pub(crate) use read_request::read_request;
pub(crate) use read_stream::EventReader;
pub(crate) use recast::{knows_stream, knows_whole};
pub(crate) use scan::scan;
pub(crate) use write_answer::write_answer;
pub(crate) use write_request::write_request;
pub(crate) use write_stream::EventWriter;
pub(crate) use write_thinking::Thoughts;

#[cfg(test)]
mod tests;
