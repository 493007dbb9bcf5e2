//! A model at a provider, and everything that holds for it alone.

use super::provider::{Provider, Timeouts};
use crate::config::{self, Config, DeploymentSettings, is_model_name};
use crate::health::{DeploymentHealth, HealthTable};
use crate::models::{self, Capability};
use crate::prices::PriceTable;
use indexmap::IndexMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// Clients may name any model of a provider; so many of them are kept between requests.
const MAX_KEPT: usize = 2_000;

/// A model at a provider.
#[derive(Debug)]
pub struct Deployment {
    /// Who serves it.
    pub provider: Arc<Provider>,
    /// What the provider calls it.
    pub model: Arc<str>,
    /// What Tiercel calls it: `openai/gpt-4o-mini`.
    pub name: Arc<str>,
    /// Its share of requests beside others: 1 to 100.
    pub weight: u8,
    /// How long it may take.
    pub timeouts: Timeouts,
    /// How it does.
    pub health: Arc<DeploymentHealth>,
    context_window: OnceLock<Option<u64>>,
    /// `None` where nobody knows.
    capabilities: Option<Box<[Capability]>>,
}

impl Deployment {
    /// How many tokens the model reads at most; `None` where that is not known. `unix` is now, since the Unix epoch.
    pub fn context_window(&self, prices: &PriceTable, unix: Duration) -> Option<u64> {
        let find = || models::find(&self.provider.name, &self.model, prices, unix).context_window;
        *self.context_window.get_or_init(find)
    }

    /// Whether the model can do this, as far as is known.
    pub fn can(&self, capability: Capability) -> bool {
        self.capabilities.as_ref().is_none_or(|known| known.contains(&capability))
    }
}

/// Names every deployment, of the configuration or not.
#[derive(Debug)]
pub(crate) struct Deployments {
    providers: IndexMap<Arc<str>, Arc<Provider>>,
    settings: IndexMap<String, DeploymentSettings>,
    /// What the configuration names.
    configured: BTreeSet<String>,
    health: Arc<HealthTable>,
    kept: Mutex<BTreeMap<Arc<str>, Arc<Deployment>>>,
}

impl Deployments {
    pub(super) fn new(config: &Config, providers: IndexMap<Arc<str>, Arc<Provider>>, health: Arc<HealthTable>) -> Self {
        let in_tiers = config.tiers.values().flatten().cloned();
        let of_provider = |(name, provider): (&String, &config::Provider)| {
            provider.models.iter().map(|model| format!("{name}/{model}")).collect::<Vec<_>>()
        };
        let in_providers = config.providers.iter().flat_map(of_provider);
        let configured = in_tiers.chain(in_providers).collect();
        Self { providers, settings: config.deployments.clone(), configured, health, kept: Mutex::default() }
    }

    pub(crate) fn providers(&self) -> &IndexMap<Arc<str>, Arc<Provider>> {
        &self.providers
    }

    pub(crate) fn health(&self) -> &Arc<HealthTable> {
        &self.health
    }

    /// The deployment called `name`, which is `provider/model`: any model of a configured provider.
    pub(crate) fn find(&self, name: &str) -> Option<Arc<Deployment>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(deployment) = kept.get(name) {
            return Some(Arc::clone(deployment));
        }
        let (provider, model) = name.split_once('/')?;
        let provider = self.providers.get(provider).filter(|_| is_model_name(model))?;
        let deployment = Arc::new(self.build(provider, model, name));
        if kept.len() < MAX_KEPT {
            kept.insert(Arc::clone(&deployment.name), Arc::clone(&deployment));
        }
        Some(deployment)
    }

    /// Every deployment that is kept.
    pub(crate) fn kept(&self) -> Vec<Arc<Deployment>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    fn build(&self, provider: &Arc<Provider>, model: &str, name: &str) -> Deployment {
        let name: Arc<str> = name.into();
        let usual = DeploymentSettings::default();
        let settings = self.settings.get(&*name).unwrap_or(&usual);
        let max_in_flight = settings.max_in_flight.map_or(provider.max_connections, std::num::NonZero::get);
        let context_window = OnceLock::new();
        if let Some(window) = settings.context_window {
            let _ = context_window.set(Some(u64::from(window.get())));
        }
        let health = if self.configured.contains(&*name) {
            self.health.deployment(&name, provider.n_keys(), max_in_flight)
        } else {
            self.health.named_deployment(&name, provider.n_keys(), max_in_flight)
        };
        Deployment {
            health,
            provider: Arc::clone(provider),
            model: model.into(),
            weight: settings.weight,
            timeouts: Timeouts::new(&settings.timeouts.or(&provider.written_timeouts), models::reasons(model)),
            context_window,
            capabilities: settings.capabilities.as_deref().or(models::capabilities(model)).map(Box::from),
            name,
        }
    }
}
