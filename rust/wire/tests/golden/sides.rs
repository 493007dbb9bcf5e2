//! Who talks to whom: each dialect's client and provider, with the names that the pages have for them.

use std::sync::Arc;

use serde_json::Value;
use tiercel_wire::{Client, Endpoint, Hosting, MaxTokens, Quirks, Reading, Request, Target, Upstream};

use crate::cases::{self, EMBEDDINGS};

pub(crate) const CLIENTS: [Client; 4] = [Client::OpenAi, Client::Responses, Client::Anthropic, Client::Gemini];
pub(crate) const UPSTREAMS: [Upstream; 6] =
    [Upstream::OpenAi, Upstream::Responses, Upstream::Anthropic, Upstream::Gemini, Upstream::Bedrock, Upstream::Cohere];
pub(crate) const ID: &str = "req_12ae30237b17df14";
/// What a client of Gemini's has in its path.
const PATH_MODEL: &str = "auto";
/// The first of November 2026.
const UNIX_SECONDS: u64 = 1_793_491_200;

/// Whether the client waits for the whole answer or reads it as it comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Whole,
    Stream,
}

pub(crate) fn word(client: Client) -> &'static str {
    match client {
        Client::OpenAi => "openai",
        Client::Responses => "responses",
        Client::Anthropic => "anthropic",
        Client::Gemini => "gemini",
    }
}

/// The provider that speaks as the client does.
pub(crate) fn native(client: Client) -> Upstream {
    match client {
        Client::OpenAi => Upstream::OpenAi,
        Client::Responses => Upstream::Responses,
        Client::Anthropic => Upstream::Anthropic,
        Client::Gemini => Upstream::Gemini,
    }
}

/// A current model of each provider, with its quirks as the catalogue has them.
pub(crate) fn target(upstream: Upstream, case: &str) -> Target<'static> {
    let model = match upstream {
        Upstream::OpenAi if case == EMBEDDINGS => "text-embedding-3-small",
        Upstream::Gemini if case == EMBEDDINGS => "gemini-embedding-001",
        Upstream::Cohere if case == EMBEDDINGS => "embed-v4.0",
        Upstream::OpenAi | Upstream::Responses => "gpt-5-mini",
        Upstream::Anthropic => "claude-sonnet-4-5",
        Upstream::Gemini => "gemini-2.5-flash",
        Upstream::Bedrock => "anthropic.claude-sonnet-4-5-20250929-v1:0",
        Upstream::Cohere => "command-a-03-2025",
    };
    let quirks = match upstream {
        Upstream::OpenAi => {
            Quirks { max_tokens: Some(MaxTokens::MaxCompletionTokens), developer_role: true, ..Quirks::default() }
        }
        _ => Quirks::default(),
    };
    Target { upstream, hosting: Hosting::Own, model, quirks }
}

/// The client's request of a case, if it has that case.
pub(crate) fn request(client: Client, case: &str, manner: Manner) -> Option<Request> {
    let mut body = cases::request(word(client), case)?;
    let endpoint = match (client, manner) {
        (Client::OpenAi, _) if case == EMBEDDINGS => Endpoint::Embeddings,
        (Client::Gemini, _) if case == EMBEDDINGS => Endpoint::BatchEmbedContents,
        (Client::OpenAi, _) => Endpoint::ChatCompletions,
        (Client::Responses, _) => Endpoint::Responses,
        (Client::Anthropic, _) => Endpoint::Messages,
        (Client::Gemini, Manner::Whole) => Endpoint::GenerateContent,
        (Client::Gemini, Manner::Stream) => Endpoint::StreamGenerateContent,
    };
    if client != Client::Gemini && manner == Manner::Stream {
        let mut value: Value = serde_json::from_str(&body).unwrap();
        value["stream"] = true.into();
        if client == Client::OpenAi {
            value["stream_options"]["include_usage"] = true.into();
        }
        body = value.to_string();
    }
    let request = Request::parse(endpoint, Some(PATH_MODEL), body.as_bytes());
    Some(request.unwrap_or_else(|error| panic!("{}/{case}.request.json: {error}", word(client))))
}

/// How the provider's answer of a case is read for the client: as one to its request of that case, or else to its
/// plainest.
pub(crate) fn reading(client: Client, upstream: Upstream, case: &str, manner: Manner) -> Reading {
    let request = request(client, case, manner).or_else(|| request(client, "text", manner)).unwrap();
    Reading::new(Arc::new(request), upstream, ID.to_owned(), UNIX_SECONDS)
}
