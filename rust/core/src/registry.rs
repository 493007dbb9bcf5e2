//! The configuration in the form that requests need: secrets read, URLs taken apart, defaults filled in. Immutable; a
//! reload builds a new one.

use crate::base_url::BaseUrl;
use crate::catalogue;
use crate::config::{self, Config, ConfigError, Interval, Roots};
use crate::keys::Principal;
use crate::names::Names;
use crate::plan::{Plan, PlanError};
use crate::secrets::{self, Environment, Secret};
use indexmap::IndexMap;
use std::sync::Arc;
use std::time::Duration;

/// A way of connecting, which providers that connect alike share, and whose connections they share with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// A name or an address; that of IPv6 without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether TLS is spoken.
    pub is_tls: bool,
    /// Certificates to trust beside `roots`, as PEM.
    pub ca: Option<Vec<u8>>,
    /// Whose certificates are trusted.
    pub roots: Roots,
    /// How many connections a worker opens at most.
    pub max_connections: u32,
    /// How long an unused connection is kept.
    pub idle_timeout: Duration,
}

/// The position of an [`Origin`] in [`Registry::origins`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OriginId(pub usize);

/// Somebody who serves models.
#[derive(Debug, PartialEq, Eq)]
pub struct Provider {
    /// What the configuration calls it.
    pub name: Arc<str>,
    /// How it is connected to.
    pub origin: OriginId,
    /// What goes before the path of each request: `/v1`, or nothing.
    pub base_path: String,
    /// What the `host` header says.
    pub host_header: String,
    /// Whether it takes `stream_options.include_usage`.
    pub stream_usage: bool,
    /// How long it may take.
    pub timeouts: Timeouts,
    /// The largest answer that is read from it, in bytes.
    pub max_answer: u64,
    /// Each key as often as it weighs.
    keys: Vec<Secret>,
}

impl Provider {
    /// The key for the `turn`th request, so that each key has its share of any run of turns; none for a provider that
    /// takes none.
    pub fn key(&self, turn: usize) -> Option<&Secret> {
        self.keys.get(turn.checked_rem(self.keys.len())?)
    }

    /// Every key, for finding them in what must not tell them.
    pub fn secrets(&self) -> &[Secret] {
        &self.keys
    }
}

/// How long a provider may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// To accept a connection.
    pub connect: Duration,
    /// To agree on TLS.
    pub tls: Duration,
    /// To send the head of its answer.
    pub head: Duration,
    /// To send the whole of an answer that is no stream.
    pub answer: Duration,
    /// To send the first event that means something.
    pub first_token: Duration,
    /// Between two such events.
    pub between_tokens: Duration,
    /// For everything together.
    pub total: Duration,
}

impl Timeouts {
    fn new(own: &config::Timeouts, general: &config::Timeouts) -> Self {
        let pick = |own: Option<Interval>, general: Option<Interval>, seconds| {
            own.or(general).map_or(Duration::from_secs(seconds), Interval::get)
        };
        Self {
            connect: pick(own.connect, general.connect, 2),
            tls: pick(own.tls, general.tls, 3),
            head: pick(own.head, general.head, 30),
            answer: pick(own.answer, general.answer, 300),
            first_token: pick(own.first_token, general.first_token, 30),
            between_tokens: pick(own.between_tokens, general.between_tokens, 20),
            total: pick(own.total, general.total, 600),
        }
    }
}

/// A model at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// Who serves it.
    pub provider: Arc<Provider>,
    /// What the provider calls it.
    pub model: Arc<str>,
    /// What Tiercel calls it: `openai/gpt-4o-mini`.
    pub name: Arc<str>,
}

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
    providers: IndexMap<Arc<str>, Arc<Provider>>,
    names: Names,
}

impl Registry {
    /// Compiles `config`, and reads the secrets and certificates that it names.
    ///
    /// # Errors
    /// A secret or a certificate that cannot be had.
    pub fn new(config: &Config, environment: &dyn Environment) -> Result<Self, ConfigError> {
        let mut origins = Vec::new();
        let mut providers = IndexMap::new();
        for (name, provider) in &config.providers {
            let provider = compile(config, environment, name, provider, &mut origins)?;
            providers.insert(provider.name.clone(), Arc::new(provider));
        }
        let names = Names::new(config, &providers);
        Ok(Self { origins, providers, names })
    }

    /// Every way of connecting, by [`OriginId`].
    pub fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// Every provider, in the order of the configuration.
    pub fn providers(&self) -> impl ExactSizeIterator<Item = &Arc<Provider>> {
        self.providers.values()
    }

    /// What to try for a request by `principal` for `model`.
    ///
    /// # Errors
    /// When there is no such model, or not for this principal.
    pub fn plan(&self, principal: &Principal, model: &str) -> Result<Plan, PlanError> {
        self.names.plan(&self.providers, principal, model)
    }

    /// The names that `principal` may ask for: routes, tiers, deployments of tiers, then what providers serve beside.
    pub fn models_for(&self, principal: &Principal) -> Vec<ModelEntry> {
        self.names.known_to(principal).cloned().collect()
    }
}

fn compile(
    config: &Config,
    environment: &dyn Environment,
    name: &str,
    provider: &config::Provider,
    origins: &mut Vec<Origin>,
) -> Result<Provider, ConfigError> {
    let known = catalogue::entry(name);
    let url = provider.base_url.as_deref().or(known.map(|entry| entry.base_url.as_str())).unwrap_or_default();
    let url = BaseUrl::parse(url).map_err(|why| config.error(&["providers", name], why))?;
    let origin = Origin {
        host: url.host,
        port: url.port,
        is_tls: url.is_tls,
        ca: provider.ca_file.as_deref().map(|path| certificates(config, environment, name, path)).transpose()?,
        roots: provider.roots,
        max_connections: provider.max_connections.get(),
        idle_timeout: provider.idle_timeout.get(),
    };
    let origin_id = origins.iter().position(|other| *other == origin).unwrap_or_else(|| {
        origins.push(origin);
        origins.len() - 1
    });
    Ok(Provider {
        name: name.into(),
        origin: OriginId(origin_id),
        base_path: url.path,
        host_header: url.host_header,
        stream_usage: provider.stream_usage.or(known.map(|entry| entry.stream_usage)).unwrap_or(true),
        timeouts: Timeouts::new(&provider.timeouts, &config.timeouts),
        max_answer: provider.max_answer.get(),
        keys: keys(config, environment, name, provider)?,
    })
}

fn certificates(
    config: &Config,
    environment: &dyn Environment,
    name: &str,
    path: &str,
) -> Result<Vec<u8>, ConfigError> {
    environment.file(path).map_err(|why| {
        config.error(&["providers", name, "ca_file"], format!("certificates {path} cannot be read: {why}"))
    })
}

fn keys(
    config: &Config,
    environment: &dyn Environment,
    name: &str,
    provider: &config::Provider,
) -> Result<Vec<Secret>, ConfigError> {
    if provider.keys.is_empty() {
        // The catalogue's key goes to the catalogue's address alone.
        let variable = catalogue::entry(name).and_then(|entry| entry.env.as_deref());
        return match variable.filter(|_| provider.base_url.is_none()) {
            Some(variable) => {
                let path = ["providers", name];
                Ok(vec![secrets::read(config, environment, &path, Some(variable), None)?])
            }
            None => Ok(Vec::new()),
        };
    }
    let mut keys = Vec::new();
    for (index, key) in provider.keys.iter().enumerate() {
        let path = ["providers", name, "keys", &index.to_string()];
        let secret = secrets::read(config, environment, &path, key.env.as_deref(), key.file.as_deref())?;
        keys.extend(std::iter::repeat_n(secret, usize::from(key.weight)));
    }
    Ok(keys)
}
