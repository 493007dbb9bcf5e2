//! What is known of providers beforehand, so that a configuration need only name them.

use crate::config::{Authentication, Dialect, MaxTokens, ProviderKey, SecretSource};
use crate::secrets::Environment;
use indexmap::IndexMap;
use serde::Deserialize;
use std::sync::LazyLock;

/// The tiers that a configuration made from the environment has, the cheapest first.
pub(crate) const DEFAULT_TIERS: [&str; 3] = ["cheap", "mid", "premium"];

/// The variables that Amazon's own SDKs read. Where there is a Bedrock API key, they prefer it.
const BEDROCK_API_KEY: &str = "AWS_BEARER_TOKEN_BEDROCK";
const ACCESS_KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";

/// What is known of a provider.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "facts that have nothing to do with one another")]
pub struct Entry {
    /// How people call it.
    pub name: String,
    /// Where it is reached, with the names of `parameters` in braces.
    pub base_url: String,
    /// What it speaks.
    #[serde(default = "openai")]
    pub dialect: Dialect,
    /// How a key is shown where that is not as usual in the dialect.
    pub authentication: Option<Authentication>,
    /// The environment variable that holds its key; none for what needs no key. For `aws` that of the secret access
    /// key, for `service-account` that of the path to the account's JSON.
    pub env: Option<String>,
    /// What `base_url` leaves open.
    #[serde(default)]
    pub parameters: IndexMap<String, Parameter>,
    /// Whether it has OpenAI's `/responses` beside what `dialect` says.
    #[serde(default)]
    pub responses: bool,
    /// Whether it has embeddings, where that is not as usual in the dialect.
    pub embeddings: Option<bool>,
    /// Whether it takes `stream_options.include_usage`.
    #[serde(default = "yes")]
    pub stream_usage: bool,
    /// The only spelling of a limit on the answer that it takes; any, where there is none.
    pub max_tokens: Option<MaxTokens>,
    /// Fields of a request that it is known to refuse.
    #[serde(default)]
    pub refuses: Vec<String>,
    /// Whether it takes messages of the role `developer`.
    #[serde(default)]
    pub developer_role: bool,
    /// Patterns of the models that are asked of this provider when a client names none.
    #[serde(default)]
    pub models: Vec<String>,
    /// From a tier to the model that serves it when there is no configuration.
    #[serde(default)]
    pub defaults: IndexMap<String, String>,
    /// What the data set of prices calls it, where that is not the entry's own name.
    pub prices: Option<String>,
    /// Where the facts are from.
    pub docs: Option<String>,
    /// Whether it was ever driven, and not only described.
    #[serde(default)]
    pub tried: bool,
}

/// Where a part of a base URL comes from when the configuration does not say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// The environment variable that holds it.
    pub env: Option<String>,
    /// What it is otherwise.
    pub default: Option<String>,
}

fn openai() -> Dialect {
    Dialect::Openai
}

fn yes() -> bool {
    true
}

impl Entry {
    /// How a key is shown.
    pub fn authentication(&self) -> Authentication {
        self.authentication.clone().unwrap_or_else(|| self.dialect.authentication())
    }

    /// The key of a configuration that names none; nothing where none is needed.
    pub(crate) fn key(&self, environment: &dyn Environment) -> Option<ProviderKey> {
        let key = ProviderKey::variable(self.env.as_deref()?);
        if self.authentication() != Authentication::Aws {
            return Some(key);
        }
        if is_set(environment, BEDROCK_API_KEY) {
            return Some(ProviderKey::variable(BEDROCK_API_KEY));
        }
        Some(ProviderKey {
            access_key_id: Some(SecretSource::variable(ACCESS_KEY_ID)),
            session_token: is_set(environment, SESSION_TOKEN).then(|| SecretSource::variable(SESSION_TOKEN)),
            ..key
        })
    }

    /// The variables that the key of a configuration is read from which names none.
    pub fn key_variables(&self, environment: &dyn Environment) -> Vec<String> {
        self.key(environment).iter().flat_map(ProviderKey::variables).cloned().collect()
    }

    /// The variables that are still to be set for it to be used with no configuration.
    pub fn missing_variables(&self, environment: &dyn Environment) -> Vec<String> {
        let of_parameters = self.parameters.values().filter(|it| it.default.is_none()).filter_map(|it| it.env.clone());
        let needed = self.key_variables(environment).into_iter().chain(of_parameters);
        needed.filter(|name| !is_set(environment, name)).collect()
    }
}

/// Whether the variable `name` holds something.
fn is_set(environment: &dyn Environment, name: &str) -> bool {
    environment.variable(name).is_some_and(|text| !text.trim().is_empty())
}

/// Every known provider, by the name that configurations use.
pub fn entries() -> &'static IndexMap<String, Entry> {
    // A test parses it: an embedded file that cannot be read never gets as far as this.
    static ENTRIES: LazyLock<IndexMap<String, Entry>> =
        LazyLock::new(|| toml::from_str(include_str!("catalogue.toml")).unwrap_or_default());
    &ENTRIES
}

/// What is known of the provider that configurations call `name`.
pub fn entry(name: &str) -> Option<&'static Entry> {
    entries().get(name)
}

/// What the data set of prices calls the provider `name`.
pub(crate) fn prices_id(name: &str) -> &str {
    entry(name).and_then(|entry| entry.prices.as_deref()).unwrap_or(name)
}
