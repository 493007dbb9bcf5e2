//! The configuration in the form that requests need: secrets read, URLs taken apart, defaults filled in. Immutable; a
//! reload builds a new one.

mod compile;
mod credential;
mod deployment;
mod origin;
mod provider;

pub use credential::{AwsKey, Credential, ServiceAccount, ServiceAccountId};
pub use deployment::Deployment;
pub(crate) use deployment::Deployments;
pub use origin::{Endpoint, Origin, OriginId};
pub use provider::{Provider, Quirks, Timeouts};

use crate::classifier::Classifier;
use crate::config::{Config, ConfigError};
use crate::health::HealthTable;
use crate::keys::Principal;
use crate::names::Names;
use crate::plan::{Group, Plan, PlanError};
use crate::secrets::Environment;
use compile::Compiler;
use indexmap::IndexMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A name that may be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelEntry {
    /// The name.
    pub id: Arc<str>,
    /// The provider's name, or `tiercel` for routes and tiers.
    pub owned_by: Arc<str>,
}

/// Providers, how to connect to them, and what every name means.
#[derive(Debug)]
pub struct Registry {
    origins: Vec<Origin>,
    service_accounts: Vec<ServiceAccount>,
    deployments: Deployments,
    names: Names,
}

impl Registry {
    /// Compiles `config`, and reads the secrets and certificates that it names. What `health` knows of deployments from
    /// an earlier configuration holds in this one.
    ///
    /// # Errors
    /// A secret or a certificate that cannot be had.
    pub fn new(config: &Config, environment: &dyn Environment, health: Arc<HealthTable>) -> Result<Self, ConfigError> {
        let mut compiler = Compiler { config, environment, origins: Vec::new(), service_accounts: Vec::new() };
        let mut providers = IndexMap::new();
        for (name, provider) in &config.providers {
            let provider = compiler.provider(name, provider)?;
            providers.insert(provider.name.clone(), Arc::new(provider));
        }
        let Compiler { origins, service_accounts, .. } = compiler;
        health.set_credentials(providers.values().map(|it| (it.name.clone(), it.health.clone())));
        let deployments = Deployments::new(config, providers, health);
        let names = Names::new(config, &deployments, &classifiers(config, environment)?)?;
        Ok(Self { origins, service_accounts, deployments, names })
    }

    /// Every way of connecting, by [`OriginId`].
    pub fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// Every account that tokens are to be had for, by [`ServiceAccountId`].
    pub fn service_accounts(&self) -> &[ServiceAccount] {
        &self.service_accounts
    }

    /// Every provider, in the order of the configuration.
    pub fn providers(&self) -> impl ExactSizeIterator<Item = &Arc<Provider>> {
        self.deployments.providers().values()
    }

    /// The deployment called `name`, which is `provider/model`.
    pub fn deployment(&self, name: &str) -> Option<Arc<Deployment>> {
        self.deployments.find(name)
    }

    /// Every deployment that was named so far, by the configuration or by a client.
    pub fn deployments(&self) -> Vec<Arc<Deployment>> {
        self.deployments.kept()
    }

    /// A group of that one deployment, as where it is asked for by its name.
    pub fn group_of(&self, deployment: Arc<Deployment>) -> Group {
        let health = self.deployments.health().group(&deployment.name);
        Group { tier: None, deployments: [deployment].into(), health }
    }

    /// How all deployments do.
    pub fn health(&self) -> &Arc<HealthTable> {
        self.deployments.health()
    }

    /// What to try for a request by `principal` for `model`.
    ///
    /// # Errors
    /// When there is no such model, or not for this principal.
    pub fn plan(&self, principal: &Principal, model: &str) -> Result<Plan, PlanError> {
        self.names.plan(&self.deployments, principal, model)
    }

    /// The names that `principal` may ask for: routes, tiers, deployments of tiers, then what providers serve beside.
    pub fn models_for(&self, principal: &Principal) -> Vec<ModelEntry> {
        self.names.known_to(principal).cloned().collect()
    }
}

/// The classifiers of the routes that have weights of their own.
fn classifiers(
    config: &Config,
    environment: &dyn Environment,
) -> Result<BTreeMap<Arc<str>, Arc<Classifier>>, ConfigError> {
    let written = config.routes.iter().filter_map(|(name, route)| Some((name, route.classifier.weights.as_ref()?)));
    let read = written.map(|(name, path)| {
        let wrong = |message: String| config.error(&["routes", name, "classifier", "weights"], message);
        let bytes = environment.file(path).map_err(wrong)?;
        let classifier = Classifier::read(&bytes).map_err(|error| wrong(format!("{path}: {error}")))?;
        Ok((Arc::from(&**name), Arc::new(classifier)))
    });
    read.collect()
}
