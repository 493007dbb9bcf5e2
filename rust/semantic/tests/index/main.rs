//! The index beside looking at everything, on vectors made up by a fixed seed.
#![expect(clippy::unwrap_used, reason = "a test may panic, and so may what it is made of")]

mod vectors;
mod recall;
mod sequences;
mod readers;
mod snapshots;
