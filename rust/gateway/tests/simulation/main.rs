//! The whole gateway under virtual time: scripted providers on one side, a client on the other, and no socket.
//!
//! What Python does around the core is done here in a few lines (`world.rs`): connections are kept and taken again,
//! reads are handed over, timers go off. Nothing waits; a pause only moves the clock.
#![expect(clippy::unwrap_used, reason = "a test may panic, and so may the functions that its rows share")]
#![expect(clippy::needless_raw_string_hashes, reason = "this is how `make bless` writes expected texts")]

mod upstream;
mod world;
mod transcript;
mod admission;
mod answers;
mod dialects;
mod tokens;
mod passthrough;
mod failures;
mod timeouts;
mod settlement;
mod idempotency;
mod cache;
mod meaning;
mod renewal;
mod routing;
mod provider;
mod properties;
