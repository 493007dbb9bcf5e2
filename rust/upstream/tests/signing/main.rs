//! Signatures seen from outside, held against what others computed. One program, since linking takes the time.
#![expect(clippy::unwrap_used, reason = "a test may panic, and so may the functions that its rows share")]

mod sigv4;
mod service_account;
