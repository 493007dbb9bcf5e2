//! Who a request is written for: the dialect of the provider, its name for the model, and how it differs from others.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::endpoint::Task;
use crate::{Endpoint, Upstream};

/// A model at a provider.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// What the provider speaks.
    pub upstream: Upstream,
    /// How its paths are made.
    pub hosting: Hosting<'a>,
    /// The provider's name for the model.
    pub model: &'a str,
    /// How it differs from others of its dialect.
    pub quirks: Quirks<'a>,
}

/// Whose paths a provider has: the dialect's own, or those of a cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hosting<'a> {
    /// The dialect's own.
    Own,
    /// Azure's, as OpenAI's under a prefix.
    Azure,
    /// Azure's of the time when a deployment stood in the path, with this `api-version`.
    AzureDeployments(&'a str),
    /// Google Cloud's, in this project and location.
    Vertex {
        /// The project's id.
        project: &'a str,
        /// Such as `us-central1`, or `global`.
        location: &'a str,
    },
}

/// How a provider differs from others of its dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quirks<'a> {
    /// Whether it takes `stream_options.include_usage`.
    pub stream_usage: bool,
    /// The only one of `max_tokens` and `max_completion_tokens` that it takes; `None` where it takes both.
    pub max_tokens: Option<MaxTokens>,
    /// Whether it takes messages of the role `developer`.
    pub developer_role: bool,
    /// Top-level fields that it is known to refuse.
    pub refuses: &'a [String],
}

/// How the bound on tokens is spelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaxTokens {
    /// `max_tokens`
    MaxTokens,
    /// `max_completion_tokens`
    MaxCompletionTokens,
}

impl Default for Quirks<'_> {
    fn default() -> Self {
        Self { stream_usage: true, max_tokens: None, developer_role: false, refuses: &[] }
    }
}

impl Quirks<'_> {
    /// Whether it takes the top-level field `field`, as far as is known.
    pub(crate) fn takes(&self, field: &str) -> bool {
        self.refuses.iter().all(|refused| refused != field)
    }
}

impl MaxTokens {
    /// The field's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
        }
    }
}

/// RFC 3986's unreserved characters stand for themselves in a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Target<'_> {
    /// The path and query of a request, to follow the provider's base path.
    pub(crate) fn path(&self, endpoint: Endpoint, is_stream: bool) -> String {
        let model = self.model;
        match (self.upstream, self.hosting) {
            (Upstream::OpenAi | Upstream::Responses, Hosting::AzureDeployments(version)) => {
                let resource = openai_path(self.upstream, endpoint);
                format!("/openai/deployments/{}{resource}?api-version={}", segment(model), segment(version))
            }
            (Upstream::OpenAi | Upstream::Responses, Hosting::Azure) => {
                ["/openai/v1", openai_path(self.upstream, endpoint)].concat()
            }
            (Upstream::OpenAi | Upstream::Responses, _) => openai_path(self.upstream, endpoint).to_owned(),
            (Upstream::Anthropic, Hosting::Vertex { project, location }) => {
                let action = match (endpoint.task(), is_stream) {
                    (Task::Count, _) => return vertex(project, location, "anthropic", "count-tokens", "rawPredict"),
                    (_, true) => "streamRawPredict",
                    (_, false) => "rawPredict",
                };
                vertex(project, location, "anthropic", model, action)
            }
            (Upstream::Anthropic, _) if endpoint.task() == Task::Count => "/v1/messages/count_tokens".to_owned(),
            (Upstream::Anthropic, _) => "/v1/messages".to_owned(),
            (Upstream::Gemini, hosting) => {
                let action = match (endpoint.task(), is_stream) {
                    (Task::Count, _) => "countTokens",
                    (Task::Embed, _) if endpoint == Endpoint::EmbedContent => "embedContent",
                    // Vertex has batches of texts only in the form of its own that it has for all models.
                    (Task::Embed, _)
                        if endpoint == Endpoint::Embeddings && matches!(hosting, Hosting::Vertex { .. }) =>
                    {
                        "predict"
                    }
                    (Task::Embed, _) => "batchEmbedContents",
                    (Task::Generate, false) => "generateContent",
                    (Task::Generate, true) => "streamGenerateContent?alt=sse",
                };
                match hosting {
                    Hosting::Vertex { project, location } => vertex(project, location, "google", model, action),
                    _ => format!("/v1beta/models/{}:{action}", segment(model)),
                }
            }
            (Upstream::Bedrock, _) => {
                format!("/model/{}/{}", segment(model), if is_stream { "converse-stream" } else { "converse" })
            }
            (Upstream::Cohere, _) if endpoint.task() == Task::Embed => "/v2/embed".to_owned(),
            (Upstream::Cohere, _) => "/v2/chat".to_owned(),
        }
    }
}

fn openai_path(upstream: Upstream, endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Completions if upstream == Upstream::OpenAi => "/completions",
        Endpoint::Embeddings | Endpoint::EmbedContent | Endpoint::BatchEmbedContents => "/embeddings",
        _ if upstream == Upstream::Responses => "/responses",
        _ => "/chat/completions",
    }
}

fn vertex(project: &str, location: &str, publisher: &str, model: &str, action: &str) -> String {
    let [project, location, model] = [project, location, model].map(segment);
    format!("/v1/projects/{project}/locations/{location}/publishers/{publisher}/models/{model}:{action}")
}

fn segment(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, SEGMENT).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: Hosting<'static> = Hosting::Own;
    const AZURE: Hosting<'static> = Hosting::AzureDeployments("2024-10-21");
    const VERTEX: Hosting<'static> = Hosting::Vertex { project: "p", location: "us-central1" };
    const GLOBAL: &str = "/v1/projects/p/locations/us-central1/publishers";

    fn check(upstream: Upstream, hosting: Hosting<'_>, endpoint: Endpoint, is_stream: bool, expected: &str) {
        let target = Target { upstream, hosting, model: "a/b:1 é", quirks: Quirks::default() };

        assert_eq!(expected, target.path(endpoint, is_stream));
    }

    #[test]
    fn paths_of_openai() {
        use Endpoint::{ChatCompletions, Completions, EmbedContent, Embeddings, Messages, Responses};
        let check = |upstream, hosting, endpoint, expected: &str| check(upstream, hosting, endpoint, true, expected);
        check(Upstream::OpenAi, OWN, ChatCompletions, "/chat/completions");
        check(Upstream::OpenAi, OWN, Messages, "/chat/completions");
        check(Upstream::OpenAi, OWN, Responses, "/chat/completions");
        check(Upstream::OpenAi, OWN, Completions, "/completions");
        check(Upstream::OpenAi, OWN, Embeddings, "/embeddings");
        check(Upstream::OpenAi, OWN, EmbedContent, "/embeddings");
        check(Upstream::Responses, OWN, Responses, "/responses");
        check(Upstream::Responses, OWN, ChatCompletions, "/responses");
        check(Upstream::Responses, OWN, Completions, "/responses");
        check(Upstream::OpenAi, Hosting::Azure, ChatCompletions, "/openai/v1/chat/completions");
        let path = "/openai/deployments/a%2Fb%3A1%20%C3%A9/chat/completions?api-version=2024-10-21";
        check(Upstream::OpenAi, AZURE, ChatCompletions, path);
    }

    #[test]
    fn paths_of_anthropic() {
        use Endpoint::{CountMessageTokens, Messages};
        check(Upstream::Anthropic, OWN, Messages, false, "/v1/messages");
        check(Upstream::Anthropic, OWN, CountMessageTokens, false, "/v1/messages/count_tokens");
        let path = |action: &str| format!("{GLOBAL}/anthropic/models/{action}");
        check(Upstream::Anthropic, VERTEX, Messages, false, &path("a%2Fb%3A1%20%C3%A9:rawPredict"));
        check(Upstream::Anthropic, VERTEX, Messages, true, &path("a%2Fb%3A1%20%C3%A9:streamRawPredict"));
        check(Upstream::Anthropic, VERTEX, CountMessageTokens, false, &path("count-tokens:rawPredict"));
    }

    #[test]
    fn paths_of_gemini() {
        use Endpoint::{BatchEmbedContents, CountTokens, EmbedContent, Embeddings, GenerateContent, Messages};
        let own = |action: &str| format!("/v1beta/models/a%2Fb%3A1%20%C3%A9:{action}");
        check(Upstream::Gemini, OWN, GenerateContent, false, &own("generateContent"));
        check(Upstream::Gemini, OWN, Messages, true, &own("streamGenerateContent?alt=sse"));
        check(Upstream::Gemini, OWN, CountTokens, false, &own("countTokens"));
        check(Upstream::Gemini, OWN, EmbedContent, false, &own("embedContent"));
        check(Upstream::Gemini, OWN, BatchEmbedContents, false, &own("batchEmbedContents"));
        check(Upstream::Gemini, OWN, Embeddings, false, &own("batchEmbedContents"));
        let vertex = format!("{GLOBAL}/google/models/a%2Fb%3A1%20%C3%A9:generateContent");
        check(Upstream::Gemini, VERTEX, GenerateContent, false, &vertex);
    }

    #[test]
    fn paths_of_the_others() {
        use Endpoint::{ChatCompletions, Embeddings};
        check(Upstream::Bedrock, OWN, ChatCompletions, false, "/model/a%2Fb%3A1%20%C3%A9/converse");
        check(Upstream::Bedrock, OWN, ChatCompletions, true, "/model/a%2Fb%3A1%20%C3%A9/converse-stream");
        check(Upstream::Cohere, OWN, ChatCompletions, true, "/v2/chat");
        check(Upstream::Cohere, OWN, Embeddings, false, "/v2/embed");
    }

    #[test]
    fn which_fields_are_taken() {
        let refuses = ["seed".to_owned()];
        let quirks = Quirks { refuses: &refuses, ..Quirks::default() };

        assert_eq!((false, true), (quirks.takes("seed"), quirks.takes("seeds")));
    }
}
