//! The index beside looking at everything, on vectors made up by a fixed seed.

mod vectors;
mod recall;
mod sequences;
mod readers;
mod snapshots;
