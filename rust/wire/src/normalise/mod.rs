//! Takes off an answer what says nothing: a polite opening, and the fence around JSON. Routes that ask for it get
//! answers whose form does not tell which model wrote them.
//!
//! # Why so little is taken off
//! A preamble that stays disturbs a reader; a word of content that goes misleads one. So only openings of a table go,
//! each with the mark behind it, from the very start, where something follows. Words that may be an answer of their own
//! ("Absolutely!") go only before a line that announces what follows. Nothing inside a text is touched, nothing behind
//! it but the fence that closes, and no text to which citations or log probabilities are tied by their places.

mod preamble;
mod phrases;
mod fence;
mod trimmer;
mod whole;
mod events;

use crate::ResponseFormat;
use crate::json::{Shape, Value};

pub(crate) use events::TrimmingWriter;
pub use trimmer::Trimmer;
pub(crate) use whole::has_answers;
pub use whole::whole;

/// What is left of `text`, which is a whole answer; `None` where that is all of it. A fence goes where the client asked
/// for JSON, and where what stands in it is an object or an array.
pub fn text(text: &str, format: ResponseFormat) -> Option<&str> {
    let rest = &text[preamble::read(text).n_bytes..];
    let is_json = |inside: &&str| format != ResponseFormat::Text || is_document(inside);
    let left = fence::inside(rest).filter(is_json).unwrap_or(rest);
    (left.len() < text.len()).then_some(left)
}

fn is_document(text: &str) -> bool {
    Value::parse(text).is_ok_and(|value| matches!(value.shape(), Shape::Object | Shape::Array))
}

#[cfg(test)]
mod tests;
