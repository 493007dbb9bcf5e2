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
use std::sync::atomic::{AtomicU64, Ordering};

pub use closed::run as closed;
pub use hold::{Held, run as hold};
pub use open::{MAX_RATE, run as open};
pub use prompt::{Misplaced, Prompt, Shape};
pub use tally::{Percentiles, Report};

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

/// Where to ask, and what: shared by every connection, and by all runs, which go on counting where the last one ended.
pub struct Target {
    /// `HOST:PORT`.
    address: String,
    /// The request, but for its number.
    prompt: Prompt,
    next: AtomicU64,
}

impl Target {
    /// Asks `prompt` at `HOST:PORT`.
    pub fn new(address: String, prompt: Prompt) -> Self {
        Self { address, prompt, next: AtomicU64::new(0) }
    }

    /// The number of the next request.
    fn take_number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests;
