//! COMPARES: whether two questions ask the same. Pure: no socket, no file, no clock, no Python.
//!
//! A question is normalised, embedded, and looked up among the embeddings of those that were answered. The nearest one is
//! then judged, since nearness alone takes "in 2023" for "in 2024": vetoes and a verifier look at the words themselves.

mod embedding;
pub mod index;
pub mod bound;

pub use embedding::{DIMENSIONS, Embedding};
pub use index::{Index, Neighbour, Refused, Settings, SnapshotError};
