//! COMPARES: whether two questions ask the same. Pure: no socket, no file, no clock, no Python.
//!
//! A question is normalised, embedded, and looked up among the embeddings of those that were answered. The nearest one is
//! then judged, since nearness alone takes "in 2023" for "in 2024": vetoes and a verifier look at the words themselves.

mod weights;
mod normalise;
mod tokenizer;
pub mod embedder;
mod embedding;
mod simd;
pub mod index;
mod lexicon;
mod question;
mod comparison;
mod veto;
pub mod verifier;
pub mod bound;

pub use comparison::Comparison;
pub use embedder::Embedder;
pub use embedding::{DIMENSIONS, Embedding};
pub use index::{Index, Neighbour, Refused, Settings, SnapshotError};
pub use normalise::normalise;
pub use question::Question;
pub use simd::dot_i8;
pub use verifier::Verifier;
pub use veto::Veto;
