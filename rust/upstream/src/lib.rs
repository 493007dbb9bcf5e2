//! CARRIES: one connection to a provider as a state machine: bytes in, events and bytes out. No socket inside.
//!
//! A [`Connection`] outlives its requests. Whoever owns the socket writes what [`Connection::send`] and
//! [`Connection::receive`] append to `output`, and hands every read to [`Connection::receive`]; what the provider
//! answers comes back as [`Event`]s that borrow from that read. Nothing here opens a socket or reads a clock; the
//! only randomness is the one that TLS draws for its keys.
//!
//! # What is trusted
//! Nothing that comes from the network. An answer whose length could be read in two ways is refused, since guessing
//! wrong would hand the tail of one answer to the next caller; an answer that did not arrive whole is an error and
//! never an [`Event::End`]; and all that is kept is bounded by [`Limits`].

mod connection;
mod request;
mod session;
pub mod tls;
mod answer;
mod head;
mod framing;
mod chunked;
mod decoding;
mod limits;
pub mod signing;
mod error;

pub use answer::Event;
pub use connection::{Connection, Phase};
pub use error::{Error, Kind};
pub use head::Head;
pub use limits::Limits;
pub use request::Request;
