//! TRANSLATES: what clients and providers say to each other, one dialect a folder. Pure.
//!
//! # Why scanners and no documents
//! Requests are edited in place and stream events are forwarded as they came, so that fields nobody here has heard of,
//! the order of keys and the spelling of numbers survive. What is read, is read in one validating pass over the bytes
//! that notes where things are; no tree is built.
//!
//! # Where the dialects differ
//! Then a request is read into the form of [`chat`] and written from it, and so is the answer on its way back.
//! Each dialect's folder has the same files: `scan` (what the gateway decides on), `read_*` and `write_*`.

mod json;
mod sse;
mod endpoint;
mod error;
mod members;
mod fields;
mod request;
mod outline;
mod inquiry;
mod preface;
mod chat;
mod embed;
mod target;
mod translation;
mod recast;
pub mod normalise;
pub mod passthrough;
mod stream;
mod usage;
mod moment;
mod upstream_error;
mod outcome;
mod said;
mod retry_after;
mod client_error;
mod ping;
pub mod headers;
pub mod models;
pub mod openai;
mod responses;
mod anthropic;
mod gemini;
mod bedrock;
mod cohere;
#[cfg(test)]
mod replay;

pub use client_error::ClientError;
pub use endpoint::{Client, Endpoint, Task, Upstream};
pub use error::{Error, Kind};
pub use inquiry::Inquiry;
pub use outcome::{ClientFault, Outcome};
pub use outline::{Outline, ResponseFormat};
pub use ping::ping;
pub use recast::{as_stream, as_whole};
pub use request::Request;
pub use retry_after::{retry_after, should_retry};
pub use said::Said;
pub use stream::{Interruption, State, StreamReader};
pub use target::{Hosting, MaxTokens, Quirks, Target};
pub use translation::{Outgoing, Reading, Unsupported, Whole, count, encode, text};
pub use upstream_error::{AnswerError, UpstreamError};
pub use usage::Usage;
