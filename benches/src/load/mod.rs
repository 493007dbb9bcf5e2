//! The driver: asks, checks every answer, and keeps the times.

mod prompt;
mod chunked;
mod events;
mod answer;
mod client;
mod tally;
mod closed;
mod open;
mod hold;

use std::fmt;

pub use closed::run as closed;
pub use hold::run as hold;
pub use open::run as open;
pub use prompt::{Prompt, Shape};
pub use tally::Report;

/// Why a request does not count as served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection.
    Connect,
    /// The connection ended before the answer did.
    Cut,
    /// A status other than 200.
    Status(u16),
    /// Not HTTP/1.1, not server-sent events, or larger than any answer of the upstream.
    Malformed,
    /// The body is whole, but not the upstream's: words, `[DONE]` or everything is missing.
    Incomplete,
    /// An error event in a stream.
    ErrorEvent,
    /// No whole answer within twenty seconds.
    Timeout,
    /// Open loop: not even sent when the run was over.
    Unsent,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => f.write_str("connect"),
            Self::Cut => f.write_str("cut"),
            Self::Status(status) => write!(f, "status {status}"),
            Self::Malformed => f.write_str("malformed"),
            Self::Incomplete => f.write_str("incomplete"),
            Self::ErrorEvent => f.write_str("error event"),
            Self::Timeout => f.write_str("timeout"),
            Self::Unsent => f.write_str("unsent"),
        }
    }
}

/// Where to ask, and what: shared by every connection of a run.
pub struct Target {
    /// `HOST:PORT`.
    pub address: String,
    /// The request, but for its number.
    pub prompt: Prompt,
}
