//! Which part of the gateway a path leads to, and whose dialect is spoken there.
//!
//! Paths are compared as they came: `//v1`, `/v1/../x`, `/V1` and `/v1/models/` are unknown, since every rule that makes
//! two paths one is a way around a check that knows only one of them. A model's name in a path may be escaped, as SDKs
//! escape its slash.

use tiercel_wire::passthrough::Operation;
use tiercel_wire::{Client, Endpoint};

use crate::cache::Management;
use crate::error::{Error, Kind};

/// What a request asks the gateway for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry<'a> {
    /// Whether the process lives.
    Live,
    /// Whether it takes requests.
    Ready,
    /// The metrics.
    Metrics,
    /// How deployments do.
    Health,
    /// To forget how they did.
    ForgetHealth,
    /// Where a request would go.
    Route,
    /// Something about the cache.
    Cache(Management),
    /// To read the configuration again.
    Reload,
    /// The models that the caller may use.
    Models,
    /// One of them, escaped.
    Model(&'a str),
    /// Something that a model answers; the model, escaped, where the path names it.
    Endpoint(Endpoint, Option<&'a str>),
    /// Something that goes through to a provider, at this path behind the version.
    Passthrough(&'static Operation, &'a str),
}

/// Where a path leads, before the method is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    /// Whose dialect errors are told in.
    pub(crate) client: Client,
    /// The path without the prefix that chose the dialect.
    path: &'a str,
    /// Whether there was one: the gateway's own pages have no other spelling.
    has_prefix: bool,
}

impl<'a> Place<'a> {
    /// Whose dialect is spoken at `path`; the list of models, whose path is shared, is told to `owner`.
    pub(crate) fn of(path: &'a str, owner: Client) -> Self {
        let place = |client, path| Self { client, path, has_prefix: true };
        if let Some(path) = path.strip_prefix("/openai/") {
            return place(openai(path), path);
        }
        if let Some(path) = path.strip_prefix("/anthropic/") {
            return place(Client::Anthropic, path);
        }
        if let Some(path) = path.strip_prefix("/genai/") {
            return place(Client::Gemini, path);
        }
        let path = path.strip_prefix('/').unwrap_or_default();
        let is_gemini = path.starts_with("v1beta/") || path.strip_prefix("v1/models/").and_then(action).is_some();
        let client = match path {
            _ if is_gemini => Client::Gemini,
            _ if path == "v1/messages" || path.starts_with("v1/messages/") => Client::Anthropic,
            _ if path == "v1/models" || path.starts_with("v1/models/") => owner,
            _ => openai(path),
        };
        Self { has_prefix: false, ..place(client, path) }
    }

    /// What is there for `method`.
    pub(crate) fn find(self, method: &str) -> Result<Entry<'a>, Error> {
        let entry = self.entry(method)?;
        let taken = match entry {
            Entry::Endpoint(..)
            | Entry::Route
            | Entry::Reload
            | Entry::ForgetHealth
            | Entry::Cache(Management::Purge | Management::Wrong) => "POST",
            _ => "GET",
        };
        if method == taken || matches!(entry, Entry::Passthrough(..)) {
            return Ok(entry);
        }
        Err(Error::new(Kind::MethodNotAllowed, format!("this path takes {taken} only")))
    }

    fn entry(self, method: &str) -> Result<Entry<'a>, Error> {
        match self.path {
            "health/live" if !self.has_prefix => return Ok(Entry::Live),
            "health/ready" if !self.has_prefix => return Ok(Entry::Ready),
            "metrics" if !self.has_prefix => return Ok(Entry::Metrics),
            "tiercel/route" if !self.has_prefix => return Ok(Entry::Route),
            "tiercel/reload" if !self.has_prefix => return Ok(Entry::Reload),
            "tiercel/cache" if !self.has_prefix => return Ok(Entry::Cache(Management::Report)),
            "tiercel/cache/purge" if !self.has_prefix => return Ok(Entry::Cache(Management::Purge)),
            "tiercel/cache/wrong" if !self.has_prefix => return Ok(Entry::Cache(Management::Wrong)),
            "tiercel/health" if !self.has_prefix => return Ok(Entry::Health),
            "tiercel/health/forget" if !self.has_prefix => return Ok(Entry::ForgetHealth),
            _ => {}
        }
        let resource = match self.client {
            Client::Gemini => self.path.strip_prefix("v1beta").or(self.path.strip_prefix("v1")),
            Client::OpenAi | Client::Responses | Client::Anthropic => self.path.strip_prefix("v1"),
        };
        let resource = resource.unwrap_or_default();
        let model = resource.strip_prefix("/models/").filter(|model| !model.is_empty());
        let entry = match (self.client, resource) {
            (_, "/models") => Some(Entry::Models),
            (Client::Gemini, _) => {
                model.and_then(|model| action(model).or((method == "GET").then_some(Entry::Model(model))))
            }
            (Client::Anthropic, "/messages") => Some(Entry::Endpoint(Endpoint::Messages, None)),
            (Client::Anthropic, "/messages/count_tokens") => Some(Entry::Endpoint(Endpoint::CountMessageTokens, None)),
            (Client::Anthropic, _) => model.map(Entry::Model),
            (_, "/chat/completions") => Some(Entry::Endpoint(Endpoint::ChatCompletions, None)),
            (_, "/completions") => Some(Entry::Endpoint(Endpoint::Completions, None)),
            (_, "/embeddings") => Some(Entry::Endpoint(Endpoint::Embeddings, None)),
            (_, "/responses") => Some(Entry::Endpoint(Endpoint::Responses, None)),
            (_, path) if Operation::is_path(path) => {
                let operation = Operation::find(method, path);
                let wrong_method = || Error::new(Kind::MethodNotAllowed, "this path does not take this method");
                return Ok(Entry::Passthrough(operation.ok_or_else(wrong_method)?, path));
            }
            (_, _) => model.map(Entry::Model),
        };
        entry.ok_or_else(|| Error::new(Kind::UnknownPath, self.directions()))
    }

    fn directions(self) -> &'static str {
        match self.client {
            Client::OpenAi | Client::Responses => {
                "there is nothing at this path; the OpenAI API is under /v1, e.g. POST /v1/chat/completions"
            }
            Client::Anthropic => {
                "there is nothing at this path; the Anthropic API is at POST /v1/messages and /v1/messages/count_tokens"
            }
            Client::Gemini => {
                "there is nothing at this path; the Gemini API is under /v1beta, e.g. POST /v1beta/models/{model}:generateContent"
            }
        }
    }
}

impl Entry<'_> {
    /// Whether anyone may ask: a load balancer has no key.
    pub(crate) fn is_public(self) -> bool {
        matches!(self, Self::Live | Self::Ready)
    }

    /// What the metrics and the log call it: the operation names of OpenTelemetry where there is one.
    pub(crate) fn operation(self) -> &'static str {
        match self {
            Self::Live | Self::Ready => "health",
            Self::Metrics => "metrics",
            Self::Health | Self::ForgetHealth => "deployments",
            Self::Route => "route",
            Self::Reload => "reload",
            Self::Cache(_) => "cache",
            Self::Models | Self::Model(_) => "models",
            Self::Passthrough(operation, _) => operation.name,
            Self::Endpoint(endpoint, _) => match endpoint {
                Endpoint::ChatCompletions | Endpoint::Messages => "chat",
                Endpoint::Responses => "responses",
                Endpoint::Completions => "text_completion",
                Endpoint::GenerateContent | Endpoint::StreamGenerateContent => "generate_content",
                Endpoint::Embeddings | Endpoint::EmbedContent | Endpoint::BatchEmbedContents => "embeddings",
                Endpoint::CountMessageTokens | Endpoint::CountTokens => "count_tokens",
            },
        }
    }
}

/// OpenAI's two dialects differ in what errors inside streams look like.
fn openai(path: &str) -> Client {
    if path == "v1/responses" { Client::Responses } else { Client::OpenAi }
}

/// `{model}:{action}`; a model's name may have colons too.
fn action(resource: &str) -> Option<Entry<'_>> {
    let (model, action) = resource.rsplit_once(':').filter(|(model, _)| !model.is_empty())?;
    let endpoint = match action {
        "generateContent" => Endpoint::GenerateContent,
        "streamGenerateContent" => Endpoint::StreamGenerateContent,
        "countTokens" => Endpoint::CountTokens,
        "embedContent" => Endpoint::EmbedContent,
        "batchEmbedContents" => Endpoint::BatchEmbedContents,
        _ => return None,
    };
    Some(Entry::Endpoint(endpoint, Some(model)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find<'a>(method: &str, path: &'a str) -> Result<(Client, Entry<'a>), Kind> {
        let place = Place::of(path, Client::OpenAi);
        place.find(method).map(|entry| (place.client, entry)).map_err(|error| error.kind)
    }

    #[test]
    fn where_paths_lead() {
        let check = |method, path, expected| assert_eq!(Ok(expected), find(method, path), "{path}");
        let chat = Entry::Endpoint(Endpoint::ChatCompletions, None);
        check("POST", "/v1/chat/completions", (Client::OpenAi, chat));
        check("POST", "/openai/v1/chat/completions", (Client::OpenAi, chat));
        check("POST", "/openai/v1/completions", (Client::OpenAi, Entry::Endpoint(Endpoint::Completions, None)));
        check("POST", "/v1/embeddings", (Client::OpenAi, Entry::Endpoint(Endpoint::Embeddings, None)));
        check("POST", "/v1/responses", (Client::Responses, Entry::Endpoint(Endpoint::Responses, None)));
        check("GET", "/v1/models", (Client::OpenAi, Entry::Models));
        check("GET", "/v1/models/openai/gpt-4o", (Client::OpenAi, Entry::Model("openai/gpt-4o")));
        check("POST", "/v1/messages", (Client::Anthropic, Entry::Endpoint(Endpoint::Messages, None)));
        check("POST", "/anthropic/v1/messages", (Client::Anthropic, Entry::Endpoint(Endpoint::Messages, None)));
        let count = Entry::Endpoint(Endpoint::CountMessageTokens, None);
        check("POST", "/v1/messages/count_tokens", (Client::Anthropic, count));
        let generate = |model| (Client::Gemini, Entry::Endpoint(Endpoint::GenerateContent, Some(model)));
        check("POST", "/v1beta/models/auto:generateContent", generate("auto"));
        check("POST", "/v1/models/openai%2Fgpt-4o:generateContent", generate("openai%2Fgpt-4o"));
        check("POST", "/genai/v1beta/models/openai/gpt-4o:generateContent", generate("openai/gpt-4o"));
        check("POST", "/v1/models/llama3:8b:generateContent", generate("llama3:8b"));
        let stream = Entry::Endpoint(Endpoint::StreamGenerateContent, Some("auto"));
        check("POST", "/v1beta/models/auto:streamGenerateContent", (Client::Gemini, stream));
        check("GET", "/v1beta/models", (Client::Gemini, Entry::Models));
        check("GET", "/v1beta/models/auto", (Client::Gemini, Entry::Model("auto")));
        check("GET", "/v1beta/models/llama3:8b", (Client::Gemini, Entry::Model("llama3:8b")));
        check("GET", "/v1/models/llama3:8b", (Client::OpenAi, Entry::Model("llama3:8b")));
        check("GET", "/health/live", (Client::OpenAi, Entry::Live));
        check("GET", "/metrics", (Client::OpenAi, Entry::Metrics));
        check("POST", "/tiercel/route", (Client::OpenAi, Entry::Route));
        check("POST", "/tiercel/reload", (Client::OpenAi, Entry::Reload));
        check("GET", "/tiercel/cache", (Client::OpenAi, Entry::Cache(Management::Report)));
        check("POST", "/tiercel/cache/purge", (Client::OpenAi, Entry::Cache(Management::Purge)));
        check("POST", "/tiercel/cache/wrong", (Client::OpenAi, Entry::Cache(Management::Wrong)));
        check("GET", "/tiercel/health", (Client::OpenAi, Entry::Health));
        check("POST", "/tiercel/health/forget", (Client::OpenAi, Entry::ForgetHealth));
        let files = Operation::find("GET", "/files/file-1").unwrap();
        check("GET", "/v1/files/file-1", (Client::OpenAi, Entry::Passthrough(files, "/files/file-1")));
    }

    #[test]
    fn where_nothing_is() {
        let check = |path| assert_eq!(Err(Kind::UnknownPath), find("POST", path), "{path}");
        check("//v1/models");
        check("/v1/../x");
        check("/v1/models/");
        check("/V1/models");
        check("/v1%2fmodels");
        check("/openai/metrics");
        check("/genai/health/live");
        check("/openai/tiercel/reload");
        check("/v1/tiercel/reload");
        check("/tiercel/reload/");
        check("/v1/chat/completions/");
        check("/openai/openai/v1/models");
        check("/anthropic/v1/chat/completions");
        check("/genai/v1/chat/completions");
        check("/v1beta/models/auto:destroy");
        check("/v1beta/models/:generateContent");
        check("/v1beta/chat/completions");
        check("");
    }

    #[test]
    fn which_methods_are_taken() {
        let check = |path, method, expected: bool| {
            let is_refused = find(method, path) == Err(Kind::MethodNotAllowed);
            assert_eq!((expected, !expected), (find(method, path).is_ok(), is_refused), "{method} {path}");
        };
        check("/v1/chat/completions", "POST", true);
        check("/v1/chat/completions", "GET", false);
        check("/v1/chat/completions", "OPTIONS", false);
        check("/v1/models", "GET", true);
        check("/v1/models", "HEAD", false);
        check("/metrics", "POST", false);
        check("/tiercel/reload", "POST", true);
        check("/tiercel/reload", "GET", false);
        check("/tiercel/health", "POST", false);
        check("/tiercel/cache", "POST", false);
        check("/tiercel/cache/purge", "GET", false);
        check("/tiercel/health/forget", "GET", false);
        check("/v1/files", "GET", true);
        check("/v1/files", "PATCH", false);
    }

    #[test]
    fn clients_are_told_apart_where_paths_are_shared() {
        let check = |path, owner, expected| assert_eq!(expected, Place::of(path, owner).client, "{path} {owner:?}");
        for owner in [Client::OpenAi, Client::Anthropic, Client::Gemini] {
            check("/v1/models", owner, owner);
            check("/v1/models/auto", owner, owner);
            check("/v1/models/llama3:8b", owner, owner);
            check("/v1/chat/completions", owner, Client::OpenAi);
            check("/openai/v1/models", owner, Client::OpenAi);
        }
    }
}
