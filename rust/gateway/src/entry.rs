//! Which part of the gateway a path leads to.
//!
//! Paths are compared as they came: `//v1`, `/v1/../x`, `/V1` and `/v1/models/` are unknown, since every rule that makes
//! two paths one is a way around a check that knows only one of them.

use tiercel_wire::openai::Endpoint;

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
    /// The models that the caller may use.
    Models,
    /// One of them.
    Model(&'a str),
    /// Something that a model answers.
    Endpoint(Endpoint),
}

impl<'a> Entry<'a> {
    /// Where `path` leads.
    pub(crate) fn find(path: &'a str) -> Result<Self, Error> {
        match path {
            "/health/live" => return Ok(Self::Live),
            "/health/ready" => return Ok(Self::Ready),
            "/metrics" => return Ok(Self::Metrics),
            _ => {}
        }
        let resource = path.strip_prefix("/openai").unwrap_or(path).strip_prefix("/v1").unwrap_or_default();
        let endpoints = [Endpoint::ChatCompletions, Endpoint::Completions, Endpoint::Embeddings];
        if let Some(endpoint) = endpoints.into_iter().find(|endpoint| endpoint.path() == resource) {
            return Ok(Self::Endpoint(endpoint));
        }
        match resource.strip_prefix("/models") {
            Some("") => Ok(Self::Models),
            Some(id) if id.len() > 1 && id.starts_with('/') => Ok(Self::Model(&id[1..])),
            _ => Err(Error::new(
                Kind::UnknownPath,
                "there is nothing at this path; the OpenAI API is under /v1, e.g. POST /v1/chat/completions",
            )),
        }
    }

    /// Refuses a method that the entry does not take.
    pub(crate) fn check_method(self, method: &str) -> Result<(), Error> {
        let taken = if matches!(self, Self::Endpoint(_)) { "POST" } else { "GET" };
        if method == taken {
            return Ok(());
        }
        Err(Error::new(Kind::MethodNotAllowed, format!("this path takes {taken} only")))
    }

    /// Whether anyone may ask: a load balancer has no key.
    pub(crate) fn is_public(self) -> bool {
        matches!(self, Self::Live | Self::Ready)
    }

    /// What the metrics and the log call it: the operation names of OpenTelemetry where there is one.
    pub(crate) fn operation(self) -> &'static str {
        match self {
            Self::Live | Self::Ready => "health",
            Self::Metrics => "metrics",
            Self::Models | Self::Model(_) => "models",
            Self::Endpoint(Endpoint::ChatCompletions) => "chat",
            Self::Endpoint(Endpoint::Completions) => "text_completion",
            Self::Endpoint(Endpoint::Embeddings) => "embeddings",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_paths_lead() {
        let check = |path, expected| assert_eq!(expected, Entry::find(path).ok(), "{path}");
        check("/v1/chat/completions", Some(Entry::Endpoint(Endpoint::ChatCompletions)));
        check("/openai/v1/completions", Some(Entry::Endpoint(Endpoint::Completions)));
        check("/v1/embeddings", Some(Entry::Endpoint(Endpoint::Embeddings)));
        check("/v1/models", Some(Entry::Models));
        check("/v1/models/openai/gpt-4o", Some(Entry::Model("openai/gpt-4o")));
        check("/health/live", Some(Entry::Live));
        check("/metrics", Some(Entry::Metrics));
        check("//v1/models", None);
        check("/v1/../x", None);
        check("/v1/models/", None);
        check("/V1/models", None);
        check("/v1%2fmodels", None);
        check("/openai/metrics", None);
        check("/v1/chat/completions/", None);
        check("/openai/openai/v1/models", None);
        check("", None);
    }

    #[test]
    fn which_methods_are_taken() {
        let check = |path: &str, method, expected| {
            let taken = Entry::find(path).and_then(|entry| entry.check_method(method)).is_ok();
            assert_eq!(expected, taken, "{method} {path}");
        };
        check("/v1/chat/completions", "POST", true);
        check("/v1/chat/completions", "GET", false);
        check("/v1/chat/completions", "OPTIONS", false);
        check("/v1/models", "GET", true);
        check("/v1/models", "HEAD", false);
        check("/metrics", "POST", false);
    }
}
