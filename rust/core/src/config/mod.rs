//! What `tiercel.toml` may say. The types are the one definition: parser, JSON Schema and documentation of each field.
//!
//! Every table refuses fields that it does not know, since a mistyped limit that is silently ignored is no limit.
//! There is no `include` and no expansion of variables: what a file means can be read off that file. A secret is
//! only ever named, by its variable or its file, never written.

mod authentication;
mod cache;
mod environment;
mod error;
mod expiry;
mod failover;
mod hours;
mod inside;
mod idempotency;
mod locate;
mod parse;
mod provider;
mod renewal;
mod routing;
mod rules;
mod tables;
mod validate;
mod values;

pub use authentication::Authentication;
pub use cache::{Cache, CacheMode, CacheScope};
pub use error::ConfigError;
pub use expiry::Expiry;
pub use failover::{Balance, DeploymentSettings, Failover};
pub use hours::{Hours, UtcOffset, Weekday};
pub use idempotency::Idempotency;
pub use parse::Overrides;
pub use provider::{Dialect, MaxTokens, Provider, ProviderKey, Roots, Timeouts};
pub use renewal::Changes;
pub use routing::{ClassifierSettings, Dollars, LlmSettings, Mode, Route, Strategy, Threshold};
pub use rules::{ResponseFormat, Rule};
pub use tables::{AccessLog, ClientKey, Interface, Log, SecretSource, Server};
pub use values::{ByteSize, Interval};

pub(crate) use validate::{is_model_name, is_parameter};

use crate::prices::PriceOverride;
use error::{Reveal, Source};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use std::ops::Range;

/// The configuration of a Tiercel gateway.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Tiercel configuration")]
pub struct Config {
    /// Where the gateway listens, and what it takes from clients.
    #[serde(default)]
    pub server: Server,
    /// What is logged.
    #[serde(default)]
    pub log: Log,
    /// The clients. With none, only a loopback address is served, and any key is accepted there.
    #[serde(default)]
    pub keys: Vec<ClientKey>,
    /// Who serves the models. One that the catalogue knows by its name needs no more than a key.
    #[serde(default)]
    pub providers: IndexMap<String, Provider>,
    /// How long providers may take, for every provider that does not say otherwise.
    #[serde(default)]
    pub timeouts: Timeouts,
    /// From a tier's name, which is free, to its deployments as `provider/model`, the first choice first. Tiers stand
    /// in order of price, the cheapest first.
    #[serde(default)]
    pub tiers: IndexMap<String, Vec<String>>,
    /// Where a request goes when the first choice fails.
    #[serde(default)]
    pub failover: Failover,
    /// What holds for single deployments, by `provider/model`.
    #[serde(default)]
    pub deployments: IndexMap<String, DeploymentSettings>,
    /// Whether a request that comes again with the same `Idempotency-Key` gets the answer that was given before.
    #[serde(default)]
    pub idempotency: Idempotency,
    /// Whether a question that was answered before is answered from the cache.
    #[serde(default)]
    pub cache: Cache,
    /// The operator's own prices, by `provider/model`: for models that nobody lists, or at other terms than listed.
    #[serde(default)]
    pub prices: IndexMap<String, PriceOverride>,
    /// From a name that clients may ask for as a model to the tiers that may serve it.
    #[serde(default)]
    pub routes: IndexMap<String, Route>,
    #[serde(skip)]
    source: Source,
}

impl Config {
    /// The file that it was read from, as the caller named it.
    pub fn file(&self) -> &str {
        &self.source.file
    }

    /// The text that it was read from.
    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// An error at the setting that `path` leads to: names, and positions in arrays in decimal.
    pub fn error(&self, path: &[&str], message: impl Into<String>) -> ConfigError {
        self.error_revealing(Reveal::Line, path, message)
    }

    /// As [`error`](Self::error), where the setting itself may hold a secret.
    pub(crate) fn error_at_secret(&self, path: &[&str], message: impl Into<String>) -> ConfigError {
        self.error_revealing(Reveal::BeforeFault, path, message)
    }

    /// An error at `part`, in bytes, of the string that `path` leads to.
    pub(crate) fn error_inside(&self, path: &[&str], part: &Range<usize>, message: impl Into<String>) -> ConfigError {
        let Some(span) = locate::locate(&self.source.text, path) else { return self.error(path, message) };
        let raw = &self.source.text[span.clone()];
        let [start, end] = [part.start, part.end].map(|at| span.start + inside::position(raw, at));
        self.source.error(&(start..end), Reveal::Line, message)
    }

    fn error_revealing(&self, reveal: Reveal, path: &[&str], message: impl Into<String>) -> ConfigError {
        match locate::locate(&self.source.text, path) {
            Some(span) => self.source.error(&span, reveal, message),
            None => self.source.error_nowhere(message),
        }
    }
}

/// The JSON Schema of the configuration, for editors.
pub fn schema() -> String {
    format!("{:#}\n", serde_json::json!(schemars::schema_for!(Config)))
}
