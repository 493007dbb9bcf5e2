//! The dialect of Bedrock's Converse and `ConverseStream`, for providers only.
//!
//! As the "Amazon Bedrock API Reference" has it, and the service model that AWS's SDKs are made from (2026). One form for
//! all families of models, but for what only some of them know: `family` has those differences.

mod family;
mod thinking;
mod sampling;
mod block;
mod write_block;
mod write_tools;
mod additional;
mod write_request;
mod finish;
mod usage;
mod read_answer;
mod frame;
mod read_stream;
#[cfg(test)]
mod tests;

pub(crate) use frame::FrameDecoder;
pub(crate) use read_answer::read_answer;
pub(crate) use read_stream::EventReader;
pub(crate) use write_request::write_request;
