//! The list of models, in each client's dialect.

use crate::{Client, anthropic, gemini, openai};

/// A model that a client may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Model<'a> {
    /// What to ask for.
    pub id: &'a str,
    /// Whose it is.
    pub owned_by: &'a str,
    /// Seconds since the Unix epoch.
    pub created: u64,
}

/// The body of the list.
pub fn list(client: Client, models: &[Model<'_>]) -> Vec<u8> {
    match client {
        Client::OpenAi | Client::Responses => openai::models::list(models),
        Client::Anthropic => anthropic::models::list(models),
        Client::Gemini => gemini::models::list(models),
    }
}

/// The body for one model.
pub fn item(client: Client, model: &Model<'_>) -> Vec<u8> {
    match client {
        Client::OpenAi | Client::Responses => openai::models::item(model),
        Client::Anthropic => anthropic::models::item(model),
        Client::Gemini => gemini::models::item(model),
    }
}
