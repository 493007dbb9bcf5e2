//! The connection seen from outside: bytes in, events and bytes out. One program, since linking TLS takes the time.
#![expect(clippy::unwrap_used, reason = "a test may panic, and so may the functions that its rows share")]

mod support;
mod requests;
mod answers;
mod properties;
mod tls;
