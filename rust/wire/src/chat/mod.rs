//! A conversation in no dialect in particular: what is said, and not how it is spelt.
//!
//! # Why one form in the middle
//! Four dialects come in and six go out. Each is read into this form and written from it, so a dialect is known in its
//! own folder alone, and what two of them cannot say to one another shows in one place: the fields that are lost.
//!
//! Where both sides speak the same dialect nothing here is used: the body stays as it is.
//!
//! Everything borrows from the body that it was read from. Nothing here is `Debug` but in tests: it is all prompt and
//! answer.

mod request;
mod message;
mod feature;
mod answer;
mod event;
mod signature;
mod schema;
#[cfg(test)]
pub(crate) mod arbitrary;

pub(crate) use answer::{Answer, Choice, Finish};
pub(crate) use event::Event;
pub(crate) use feature::{Feature, Lost};
pub(crate) use message::{CacheMark, Call, Content, Media, Message, Part, Role, Source};
pub(crate) use request::{Effort, Format, Logprobs, Reasoning, Request, Tool, ToolChoice};
pub(crate) use schema::described;
pub(crate) use signature::Signature;
