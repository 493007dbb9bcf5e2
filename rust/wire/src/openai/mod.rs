//! The dialect of OpenAI's chat completions, legacy completions, embeddings and list of models, which a hundred other
//! providers speak with small differences.

mod request;
mod fields;
mod parameters;
mod answer;
mod choice;
mod stream;
mod relay;
mod chunk;
mod progress;
mod usage;
pub mod error;
pub mod models;

pub use answer::{Answer, AnswerError};
pub use error::{ClientError, UpstreamError};
pub use fields::Field;
pub use request::{Edits, Request};
pub use stream::{Interruption, State, StreamReader};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// The next message of a conversation.
    ChatCompletions,
    /// The rest of a text: the older form, still what many local servers speak.
    Completions,
    /// Vectors.
    Embeddings,
}

impl Endpoint {
    /// The path after the base URL, with its slash.
    pub fn path(self) -> &'static str {
        match self {
            Self::ChatCompletions => "/chat/completions",
            Self::Completions => "/completions",
            Self::Embeddings => "/embeddings",
        }
    }
}
