//! COMPOSES: the whole way of a request, from `open` to `settle`, out of core, wire and upstream.
//!
//! Read [`call`] first: it is the path. Nothing here opens a socket, reads a clock or draws a random number.

mod entry;
mod head;
pub mod call;
mod demand;
mod cache;
mod route;
mod explain;
mod aside;
mod own;
mod count;
mod attempt;
mod course;
mod pause;
mod tokens;
mod idempotency;
mod recording;
mod digest;
mod send;
mod answer;
mod connection;
mod failure;
mod settle;
mod pages;
mod reply;
mod describe;
mod error;
mod gateway;
mod health;
mod shared;

pub use attempt::{Next, Ticket};
pub use cache::{CacheFollower, Change, Entry, Limits as CacheLimits, MAX_CHANGES, Size, Store, Tail, worth};
pub use call::Call;
pub use connection::{Connection, Step};
pub use digest::Digest;
pub use error::{Error, Kind};
pub use failure::{Failure, Wait};
pub use gateway::Gateway;
pub use idempotency::{Answers, Claim, Limits};
pub use reply::Reply;
pub use tiercel_core::metrics::Reload;

use std::time::Duration;

use tiercel_wire::Client;

/// A point in time, by both clocks that matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moment {
    /// Since an arbitrary start, never going back: for how long things take.
    pub monotonic: Duration,
    /// Since the Unix epoch: for prices, expiry and records.
    pub unix: Duration,
}

impl Moment {
    /// How long after `earlier` this is.
    pub fn since(self, earlier: Self) -> Duration {
        self.monotonic.saturating_sub(earlier.monotonic)
    }
}

/// A request as the server hands it over, its body whole.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// Upper-case, as in `POST`.
    pub method: &'a str,
    /// Without the query.
    pub path: &'a str,
    /// What follows the question mark.
    pub query: &'a [u8],
    /// Names in lower case.
    pub headers: &'a [(&'a [u8], &'a [u8])],
    /// The whole body, not larger than the server's limit.
    pub body: &'a [u8],
}

impl Incoming<'_> {
    /// Whose client this is, where a path does not tell: Anthropic's always say which version they speak, and Google's
    /// have a header of their own for the key.
    pub(crate) fn owner(&self) -> Client {
        let has = |name: &[u8]| self.headers.iter().any(|(other, _)| *other == name);
        if has(b"anthropic-version") {
            Client::Anthropic
        } else if has(b"x-goog-api-key") {
            Client::Gemini
        } else {
            Client::OpenAi
        }
    }
}
