//! TRANSLATES: what clients and providers say to each other, one dialect a folder. Pure.
//!
//! # Why scanners and no documents
//! Requests are edited in place and stream events are forwarded as they came, so that fields nobody here has heard of,
//! the order of keys and the spelling of numbers survive. What is read, is read in one validating pass over the bytes
//! that notes where things are; no tree is built.

mod json;
mod sse;
mod error;
mod usage;
pub mod headers;
pub mod openai;

pub use error::{Error, Kind};
pub use usage::Usage;
