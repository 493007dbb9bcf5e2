//! What a provider's table may say. Most of it the catalogue knows already, and what is not written comes from there.

use super::authentication::Authentication;
use super::tables::SecretSource;
use super::values::{ByteSize, Interval};
use crate::catalogue::{self, Entry};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::num::NonZeroU32;

/// Somebody who serves models.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Provider {
    /// What the provider speaks. From the catalogue by default, and `openai` where that does not know the provider.
    pub dialect: Option<Dialect>,
    /// Where the provider is reached, such as `http://127.0.0.1:8000/v1`. From the catalogue by default.
    pub base_url: Option<String>,
    /// What the catalogue's `base_url` leaves open, such as `region` or `resource`. By default from the catalogue's
    /// variables.
    pub parameters: IndexMap<String, String>,
    /// How keys are shown: `bearer`, `aws`, `service-account`, `none`, or the name of the header that holds the key.
    /// From the catalogue by default, and what is usual in the dialect elsewhere.
    pub authentication: Option<Authentication>,
    /// The keys to show to the provider. By default the catalogue's variable, where `base_url` is the catalogue's too.
    pub keys: Vec<ProviderKey>,
    /// The version of Azure's API, such as `2024-10-21`: then models are asked for under `/openai/deployments/`, and
    /// under `/openai/v1` without.
    pub api_version: Option<String>,
    /// Names of models that it serves beside those in tiers, which clients may then ask for without the provider's name.
    pub models: Vec<String>,
    /// How many connections a worker opens to it at most.
    pub max_connections: NonZeroU32,
    /// How long an unused connection is kept.
    pub idle_timeout: Interval,
    /// A file of PEM certificates to trust beside `roots`. A relative path starts at the configuration's folder.
    pub ca_file: Option<String>,
    /// Whose certificates are trusted.
    pub roots: Roots,
    /// Whether the provider has OpenAI's `/responses`. From the catalogue by default, and false elsewhere.
    pub responses: Option<bool>,
    /// Whether the provider has embeddings. From the catalogue by default, and what is usual in the dialect elsewhere.
    pub embeddings: Option<bool>,
    /// Whether the provider takes `stream_options.include_usage`. From the catalogue by default, and true elsewhere.
    pub stream_usage: Option<bool>,
    /// The only spelling of a limit on the answer that the provider takes. By default the catalogue's, and either
    /// elsewhere.
    pub max_tokens: Option<MaxTokens>,
    /// Fields of a request that the provider refuses. From the catalogue by default.
    pub refuses: Option<Vec<String>>,
    /// Whether the provider takes messages of the role `developer`. From the catalogue by default, and false elsewhere.
    pub developer_role: Option<bool>,
    /// How long this provider may take.
    pub timeouts: Timeouts,
    /// The largest answer that is read from it.
    pub max_answer: ByteSize,
}

impl Default for Provider {
    fn default() -> Self {
        Self {
            dialect: None,
            base_url: None,
            parameters: IndexMap::new(),
            authentication: None,
            keys: Vec::new(),
            api_version: None,
            models: Vec::new(),
            max_connections: NonZeroU32::MIN.saturating_add(255),
            idle_timeout: Interval::from_secs(30),
            ca_file: None,
            roots: Roots::Mozilla,
            responses: None,
            embeddings: None,
            stream_usage: None,
            max_tokens: None,
            refuses: None,
            developer_role: None,
            timeouts: Timeouts::default(),
            max_answer: ByteSize::megabytes(64),
        }
    }
}

impl Provider {
    /// What the provider that is configured as `name` speaks.
    pub(crate) fn dialect(&self, name: &str) -> Dialect {
        self.dialect.or(catalogue::entry(name).map(|entry| entry.dialect)).unwrap_or(Dialect::Openai)
    }

    /// How it is shown keys.
    pub(crate) fn authentication(&self, name: &str) -> Authentication {
        let dialect = self.dialect(name);
        // What the catalogue says of one dialect of a provider does not hold for another.
        let known = catalogue::entry(name).filter(|entry| entry.dialect == dialect);
        let own = self.authentication.clone();
        own.unwrap_or_else(|| known.map_or_else(|| dialect.authentication(), Entry::authentication))
    }

    /// The parameters that it must have: those of its address, and those that its requests are made with.
    pub(crate) fn needed_parameters(&self, name: &str) -> Vec<&'static str> {
        let known = catalogue::entry(name).filter(|_| self.base_url.is_none());
        let mut needed: Vec<_> = known.iter().flat_map(|entry| entry.parameters.keys()).map(String::as_str).collect();
        if self.authentication(name) == Authentication::Aws {
            needed.push("region");
        }
        if self.dialect(name) == Dialect::Vertex {
            needed.extend(["project", "location"]);
        }
        let mut seen = BTreeSet::new();
        needed.retain(|parameter| seen.insert(*parameter));
        needed
    }
}

/// Where one of a provider's keys is found, and how much of the traffic it takes. For `aws` it is the secret access
/// key, or a Bedrock API key where it has no `access_key_id`; for `service-account` the JSON that Google Cloud gives, or
/// a variable with the path of that.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a secret's source")]
pub struct ProviderKey {
    /// The environment variable that holds it.
    pub env: Option<String>,
    /// The file that holds it, which only its owner may read. A relative path starts at the configuration's folder.
    pub file: Option<String>,
    /// The share of requests that this key takes, beside the weights of the others: 1 to 100.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 100))]
    pub weight: u8,
    /// The id that belongs to a secret access key of `aws`.
    pub access_key_id: Option<SecretSource>,
    /// The token that belongs to a temporary key of `aws`.
    pub session_token: Option<SecretSource>,
}

fn one() -> u8 {
    1
}

impl ProviderKey {
    /// The variables that it is read from.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &String> {
        let parts = [&self.access_key_id, &self.session_token].into_iter().flatten();
        self.env.iter().chain(parts.filter_map(|part| part.env.as_ref()))
    }

    pub(crate) fn variable(name: &str) -> Self {
        Self { env: Some(name.to_owned()), file: None, weight: one(), access_key_id: None, session_token: None }
    }
}

/// What a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// OpenAI's chat completions, or an API compatible with them.
    Openai,
    /// OpenAI's responses.
    Responses,
    /// Anthropic's messages.
    Anthropic,
    /// Google's Gemini API.
    Gemini,
    /// Amazon Bedrock's converse.
    Bedrock,
    /// Version 2 of Cohere's API.
    Cohere,
    /// OpenAI's API as Microsoft Azure has it.
    Azure,
    /// Google's Vertex AI: Gemini, and the models of Anthropic.
    Vertex,
}

impl Dialect {
    /// The one word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::Responses => "responses",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Bedrock => "bedrock",
            Self::Cohere => "cohere",
            Self::Azure => "azure",
            Self::Vertex => "vertex",
        }
    }

    /// How a key is usually shown.
    pub fn authentication(self) -> Authentication {
        let header = |name: &str| Authentication::Header(name.to_owned());
        match self {
            Self::Openai | Self::Responses | Self::Cohere => Authentication::Bearer,
            Self::Anthropic => header("x-api-key"),
            Self::Gemini => header("x-goog-api-key"),
            Self::Bedrock => Authentication::Aws,
            Self::Azure => header("api-key"),
            Self::Vertex => Authentication::ServiceAccount,
        }
    }

    /// Whether providers usually have embeddings.
    pub fn embeddings(self) -> bool {
        match self {
            Self::Openai | Self::Gemini | Self::Cohere | Self::Azure => true,
            Self::Responses | Self::Anthropic | Self::Bedrock | Self::Vertex => false,
        }
    }
}

/// How a limit on the tokens of an answer is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MaxTokens {
    /// As OpenAI spelled it first.
    MaxTokens,
    /// As OpenAI spells it now.
    MaxCompletionTokens,
}

impl MaxTokens {
    /// The name of the field.
    pub fn word(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
        }
    }
}

/// Whose certificates are trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Roots {
    /// Those that Mozilla trusts, which Tiercel carries along.
    Mozilla,
    /// Those that this machine trusts.
    System,
}

/// How long a provider may take. What is not set here comes from the configuration's own `[timeouts]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// To accept a connection. `2s` by default.
    pub connect: Option<Interval>,
    /// To agree on TLS. `3s` by default.
    pub tls: Option<Interval>,
    /// To send the head of a stream. `30s` by default.
    pub head: Option<Interval>,
    /// To send the whole of an answer that is no stream: its head comes when the model is done. `5m` by default.
    pub answer: Option<Interval>,
    /// To send the first event that means something. `30s` by default, `120s` for models that think first.
    pub first_token: Option<Interval>,
    /// Between two such events. `20s` by default.
    pub between_tokens: Option<Interval>,
    /// For everything together. `10m` by default.
    pub total: Option<Interval>,
}

impl Timeouts {
    /// What is set here, and what `general` sets where this does not.
    pub(crate) fn or(&self, general: &Self) -> Self {
        Self {
            connect: self.connect.or(general.connect),
            tls: self.tls.or(general.tls),
            head: self.head.or(general.head),
            answer: self.answer.or(general.answer),
            first_token: self.first_token.or(general.first_token),
            between_tokens: self.between_tokens.or(general.between_tokens),
            total: self.total.or(general.total),
        }
    }
}
