//! What is known of providers and of their models, for the command line.

use std::path::PathBuf;

use pyo3::prelude::*;
use tiercel_core::catalogue::{self, Entry};
use tiercel_core::config::MaxTokens;
use tiercel_core::models;
use tiercel_core::prices::{PriceTable, Rates};

use crate::clock::Clock;
use crate::environment::Process;

/// Rates are in nano-dollars per million tokens.
const NANO: f64 = 1e9;

/// A provider of the catalogue.
#[pyclass(frozen, get_all, module = "tiercel._core")]
#[expect(clippy::struct_excessive_bools, reason = "facts that have nothing to do with one another")]
pub(crate) struct KnownProvider {
    id: &'static str,
    name: &'static str,
    base_url: &'static str,
    dialect: &'static str,
    authentication: String,
    key_variables: Vec<String>,
    missing_variables: Vec<String>,
    parameters: Vec<(&'static str, Option<&'static str>, Option<&'static str>)>,
    responses: bool,
    embeddings: bool,
    stream_usage: bool,
    max_tokens: Option<&'static str>,
    refuses: Vec<&'static str>,
    developer_role: bool,
    patterns: Vec<&'static str>,
    defaults: Vec<(&'static str, &'static str)>,
    docs: Option<&'static str>,
    tried: bool,
}

impl KnownProvider {
    fn new(id: &'static str, entry: &'static Entry, environment: &Process) -> Self {
        let parameters = entry.parameters.iter();
        Self {
            id,
            name: &entry.name,
            base_url: &entry.base_url,
            dialect: entry.dialect.word(),
            authentication: entry.authentication().into(),
            key_variables: entry.key_variables(environment),
            missing_variables: entry.missing_variables(environment),
            parameters: parameters
                .map(|(name, it)| (name.as_str(), it.env.as_deref(), it.default.as_deref()))
                .collect(),
            responses: entry.responses,
            embeddings: entry.embeddings.unwrap_or(entry.dialect.embeddings()),
            stream_usage: entry.stream_usage,
            max_tokens: entry.max_tokens.map(MaxTokens::word),
            refuses: entry.refuses.iter().map(String::as_str).collect(),
            developer_role: entry.developer_role,
            patterns: entry.models.iter().map(String::as_str).collect(),
            defaults: entry.defaults.iter().map(|(tier, model)| (tier.as_str(), model.as_str())).collect(),
            docs: entry.docs.as_deref(),
            tried: entry.tried,
        }
    }
}

/// A model of a provider. Prices are in dollars per million tokens.
#[pyclass(frozen, get_all, module = "tiercel._core")]
pub(crate) struct KnownModel {
    provider: String,
    name: String,
    context_window: Option<u64>,
    input: Option<f64>,
    output: Option<f64>,
    cache_read: Option<f64>,
    cache_write: Option<f64>,
    capabilities: Option<Vec<&'static str>>,
}

impl KnownModel {
    pub(crate) fn new(provider: &str, model: models::Model) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a rate has at most 16 digits")]
        let price = |rate: fn(Rates) -> u64| model.rates.map(|rates| rate(rates) as f64 / NANO);
        Self {
            provider: provider.to_owned(),
            context_window: model.context_window,
            input: price(|rates| rates.input),
            output: price(|rates| rates.output),
            cache_read: price(|rates| rates.cache_read),
            cache_write: price(|rates| rates.cache_write),
            capabilities: model.capabilities.map(|can| can.iter().map(|it| it.word()).collect()),
            name: model.name,
        }
    }
}

/// Every provider of the catalogue.
#[pyfunction]
pub(crate) fn known_providers() -> Vec<KnownProvider> {
    let environment = Process { folder: PathBuf::new() };
    catalogue::entries().iter().map(|(id, entry)| KnownProvider::new(id, entry, &environment)).collect()
}

/// The models that are known of the provider that the catalogue calls `provider`.
#[pyfunction]
pub(crate) fn known_models(provider: &str) -> Vec<KnownModel> {
    let models = models::of_provider(provider, &PriceTable::bundled(), Clock::new().now().unix);
    models.into_iter().map(|model| KnownModel::new(provider, model)).collect()
}
