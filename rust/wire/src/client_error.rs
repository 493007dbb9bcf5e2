//! Errors as clients see them.

use crate::{Client, anthropic, gemini, openai, responses};

/// An error that a client is told, in whichever dialect.
#[derive(Clone, Copy, Debug)]
pub struct ClientError<'a> {
    /// The HTTP status, from which each dialect takes its class. For an event inside a stream, the status that the
    /// answer would have had.
    pub status: u16,
    /// What is wrong and what to do.
    pub message: &'a str,
    /// The request's field that is to blame.
    pub parameter: Option<&'a str>,
    /// The machine-readable word, such as `model_not_found`.
    pub code: &'a str,
    /// The id of the request.
    pub request_id: &'a str,
}

impl ClientError<'_> {
    /// The body of an answer that is this error.
    pub fn body(&self, client: Client) -> Vec<u8> {
        match client {
            Client::OpenAi | Client::Responses => openai::error::body(self),
            Client::Anthropic => anthropic::error::body(self),
            Client::Gemini => gemini::error::body(self),
        }
    }

    /// The event that tells of it inside a stream. No terminal event must follow: the stream was not whole.
    pub fn event(&self, client: Client) -> Vec<u8> {
        match client {
            Client::OpenAi => openai::error::event(self),
            Client::Responses => responses::error::event(self),
            Client::Anthropic => anthropic::error::event(self),
            Client::Gemini => gemini::error::event(self),
        }
    }
}
