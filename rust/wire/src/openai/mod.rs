//! The dialect of OpenAI's chat completions, legacy completions, embeddings and list of models, which a hundred other
//! providers speak with small differences.

mod scan;
mod foreign;
mod developer;
mod read_request;
mod read_message;
mod write_request;
mod write_message;
mod thoughts;
mod answer;
mod choice;
mod read_answer;
mod write_answer;
mod stream;
mod relay;
mod chunk;
mod progress;
mod read_stream;
mod write_stream;
mod recast;
mod style;
mod finish;
mod usage;
pub(crate) mod embed;
pub(crate) mod error;
pub(crate) mod models;

#[cfg(test)]
mod tests;

pub use answer::Answer;
pub(crate) use developer::developer_roles;
pub use error::class as error_class;
pub(crate) use foreign::foreign_thoughts;
pub(crate) use read_answer::read_answer;
pub(crate) use read_request::read_request;
pub(crate) use read_stream::EventReader;
pub(crate) use recast::{created, knows_stream, knows_whole};
pub(crate) use scan::scan;
pub use stream::StreamReader;
pub(crate) use usage::usage;
pub(crate) use write_answer::write_answer;
pub(crate) use write_request::write_request;
pub(crate) use write_stream::EventWriter;
