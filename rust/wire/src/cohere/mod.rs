//! The dialect of Cohere's second version, for providers only: `/v2/chat` and `/v2/embed`.
//!
//! As Cohere's API reference has it, and the types of its Python SDK (7.3), which are made from the same description.

mod write_request;
mod write_message;
mod finish;
mod usage;
mod read_answer;
mod read_stream;
pub(crate) mod embed;
#[cfg(test)]
mod tests;

pub(crate) use read_answer::read_answer;
pub(crate) use read_stream::EventReader;
pub(crate) use write_request::write_request;
