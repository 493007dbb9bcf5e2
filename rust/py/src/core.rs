//! A worker's gateway, as Python holds it.

use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use tiercel_core::config::{Changes, Config, Interface, Overrides};
use tiercel_core::models;
use tiercel_core::prices::PriceTable;
use tiercel_core::registry::Provider;
use tiercel_gateway::{CacheFollower, CacheLimits, Error, Gateway, Incoming, Reload};
use tiercel_upstream::tls::TimeProvider;

use crate::answers::Files;
use crate::call::Call;
use crate::catalogue::KnownModel;
use crate::clock::Clock;
use crate::connection::Connection;
use crate::convert::Headers;
use crate::entries::Entries;
use crate::environment::Process;
use crate::errors;

/// One worker's gateway.
#[pyclass(frozen, module = "tiercel._core")]
pub(crate) struct Core {
    gateway: Arc<Gateway>,
    path: Option<String>,
    overrides: Overrides,
    config: Config,
    changes: Changes,
    clock: Clock,
}

#[pymethods]
impl Core {
    #[new]
    #[pyo3(signature = (path, overrides, text=None, state=None))]
    fn new(
        path: Option<String>,
        overrides: &Bound<'_, PyDict>,
        text: Option<String>,
        state: Option<PathBuf>,
    ) -> PyResult<Self> {
        let overrides = read_overrides(overrides)?;
        let (config, environment) = read_config(path.as_deref(), text, &overrides)?;
        let clock = Clock::new();
        let time: Arc<dyn TimeProvider> = Arc::new(clock);
        let gateway =
            Gateway::new(&config, &environment, &time, seed()?).map_err(|error| errors::configuration(&error))?;
        if let Some(folder) = state {
            gateway.keep_answers_in(Box::new(Files::new(folder.join("answers"))));
        }
        Ok(Self { gateway: Arc::new(gateway), path, overrides, config, changes: Changes::default(), clock })
    }

    #[pyo3(signature = (text=None))]
    fn renew(&self, text: Option<String>) -> PyResult<Self> {
        let (mut config, environment) = read_config(self.path.as_deref(), text, &self.overrides)?;
        let changes = config.follow(&self.config).map_err(|error| errors::configuration(&error))?;
        let time: Arc<dyn TimeProvider> = Arc::new(self.clock);
        let gateway =
            self.gateway.renew(&config, &environment, &time).map_err(|error| errors::configuration(&error))?;
        let (path, overrides) = (self.path.clone(), self.overrides.clone());
        Ok(Self { gateway: Arc::new(gateway), path, overrides, config, changes, clock: self.clock })
    }

    /// Has the cache kept where the configuration says, for all workers: to be called by each, before it serves.
    fn open_cache(&self) -> PyResult<()> {
        let cache = &self.config.cache;
        if let Some(path) = &cache.path {
            let max_entries = usize::try_from(cache.max_entries.get()).unwrap_or(usize::MAX);
            let limits = CacheLimits { max_entries, max_bytes: cache.max_bytes.get() };
            let folder = folder(self.path.as_deref()).join(path);
            self.gateway.keep_entries_in(Box::new(Entries::open(folder, limits, self.clock)?));
        }
        follow_cache(self.gateway.cache_follower())
    }

    // The path of a request.

    fn open(
        &self,
        py: Python<'_>,
        method: &str,
        path: &str,
        query: &[u8],
        headers: &Bound<'_, PyAny>,
        body: &[u8],
    ) -> PyResult<Py<Call>> {
        let now = self.clock.now();
        let headers = Headers::new(headers)?;
        let incoming = Incoming { method, path, query, headers: &headers.borrow()?, body };
        Py::new(py, Call::new(self.gateway.open(&incoming, now), self.clock))
    }

    fn reject(
        &self,
        py: Python<'_>,
        method: &str,
        path: &str,
        headers: &Bound<'_, PyAny>,
        code: &str,
        message: String,
    ) -> PyResult<Py<Call>> {
        let now = self.clock.now();
        let headers = Headers::new(headers)?;
        let incoming = Incoming { method, path, query: b"", headers: &headers.borrow()?, body: b"" };
        let error = Error::new(errors::kind(code), message);
        Py::new(py, Call::new(self.gateway.reject(&incoming, &error, now), self.clock))
    }

    fn connect(&self, py: Python<'_>, origin: usize) -> PyResult<Connection> {
        let connection = self.gateway.connect(origin).map_err(|error| errors::request(py, &error))?;
        Ok(Connection::new(connection, self.clock))
    }

    // What the owner of the sockets needs to know.

    #[getter]
    fn origins(&self) -> Vec<(String, u16, u32, f64)> {
        let origins = self.gateway.registry().origins().iter();
        origins
            .map(|origin| (origin.host.clone(), origin.port, origin.max_connections, origin.idle_timeout.as_secs_f64()))
            .collect()
    }

    #[getter]
    fn max_body(&self) -> u64 {
        self.config.server.max_body.get()
    }

    #[getter]
    fn body_timeout(&self) -> f64 {
        self.config.server.body_timeout.get().as_secs_f64()
    }

    #[getter]
    fn drain_timeout(&self) -> f64 {
        self.config.server.drain_timeout.get().as_secs_f64()
    }

    // What `tiercel serve` needs to know.

    #[getter]
    fn host(&self) -> &str {
        &self.config.server.host
    }

    #[getter]
    fn port(&self) -> u16 {
        self.config.server.port.get()
    }

    #[getter]
    fn workers(&self) -> u16 {
        self.config.server.workers.get()
    }

    #[getter]
    fn interface(&self) -> &'static str {
        match self.config.server.interface {
            Interface::Asgi => "asgi",
            Interface::Rsgi => "rsgi",
        }
    }

    #[getter]
    fn access_log(&self) -> String {
        self.config.log.access.clone().into()
    }

    #[getter]
    fn config_text(&self) -> &str {
        self.config.text()
    }

    #[getter]
    fn changes(&self) -> Vec<String> {
        self.changes.applied.clone()
    }

    #[getter]
    fn deferred_changes(&self) -> Vec<String> {
        self.changes.deferred.clone()
    }

    #[pyo3(signature = (*, accepted))]
    fn count_reload(&self, accepted: bool) {
        self.gateway.count_reload(if accepted { Reload::Accepted } else { Reload::Refused });
    }

    /// Where the chat completion `body` would go, and why, as JSON.
    fn explain<'py>(&self, py: Python<'py>, body: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let explained = self.gateway.explain(body, self.clock.now()).map_err(|error| errors::request(py, &error))?;
        Ok(PyBytes::new(py, &explained))
    }

    /// The models that a client may ask for, with whose they are.
    fn models(&self) -> Vec<(String, String)> {
        let models = self.gateway.models();
        models.into_iter().map(|model| (model.id.to_string(), model.owned_by.to_string())).collect()
    }

    /// The providers that are configured: their names, dialects, and where they are reached.
    fn providers(&self) -> Vec<(String, &'static str, String)> {
        let registry = self.gateway.registry();
        let reached = |provider: &Provider| {
            let is_tls = registry.origins().get(provider.origin.0).is_some_and(|origin| origin.is_tls);
            let scheme = if is_tls { "https" } else { "http" };
            format!("{scheme}://{}{}", provider.host_header, provider.base_path)
        };
        let providers = registry.providers();
        providers.map(|it| (it.name.to_string(), it.dialect.word(), reached(it))).collect()
    }

    /// What is known of the models that the configuration names.
    fn configured_models(&self) -> Vec<KnownModel> {
        let prices = PriceTable::new(&self.config);
        let unix = self.clock.now().unix;
        let names = self.gateway.models().into_iter();
        let deployments = names.filter_map(|entry| Some((entry.owned_by, entry.id.split_once('/')?.1.to_owned())));
        deployments
            .map(|(provider, model)| KnownModel::new(&provider, models::find(&provider, &model, &prices, unix)))
            .collect()
    }

    // The chores of every second.

    fn drain(&self) {
        self.gateway.drain();
    }

    fn interrupt(&self) {
        self.gateway.interrupt();
    }

    fn tick(&self) {
        self.gateway.tick(self.clock.now());
    }

    fn health_snapshot<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.gateway.health_snapshot(self.clock.now()))
    }

    fn set_sibling_health(&self, siblings: Vec<Vec<u8>>) {
        self.gateway.set_sibling_health(&siblings, self.clock.now());
    }

    fn take_notes(&self) -> Vec<String> {
        self.gateway.take_notes()
    }

    fn set_connections(&self, n_open: usize, n_waiting: usize) {
        self.gateway.set_connections(n_open, n_waiting);
    }

    fn take_access_log<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.gateway.take_access_log())
    }

    fn metrics_snapshot<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.gateway.metrics_snapshot(self.clock.now()))
    }

    fn set_sibling_metrics(&self, siblings: Vec<(Vec<u8>, bool)>) {
        self.gateway.set_sibling_metrics(siblings);
    }
}

/// The configuration of `text`, or else of the file at `path`, or else of the environment; and what it may refer to.
pub(crate) fn read_config(
    path: Option<&str>,
    text: Option<String>,
    overrides: &Overrides,
) -> PyResult<(Config, Process)> {
    let environment = Process { folder: folder(path).to_owned() };
    let config = match path {
        Some(path) => {
            let text = text.map_or_else(|| std::fs::read_to_string(path), Ok);
            let text = text.map_err(|error| errors::ConfigurationError::new_err(format!("{path}: {error}")))?;
            Config::parse(&text, path, overrides)
        }
        None => Config::from_environment(&environment, overrides)
            .and_then(|config| config.map_or_else(|| Config::parse("", "(nothing)", overrides), Ok)),
    };
    Ok((config.map_err(|error| errors::configuration(&error))?, environment))
}

/// Where the relative paths of the configuration at `path` begin.
fn folder(path: Option<&str>) -> &Path {
    path.and_then(|path| Path::new(path).parent()).unwrap_or(Path::new(""))
}

fn read_overrides(overrides: &Bound<'_, PyDict>) -> PyResult<Overrides> {
    let get = |name: &str| overrides.get_item(name);
    let port: Option<u16> = get("port")?.map(|port| port.extract()).transpose()?;
    let workers: Option<u16> = get("workers")?.map(|workers| workers.extract()).transpose()?;
    let interface: Option<String> = get("interface")?.map(|interface| interface.extract()).transpose()?;
    Ok(Overrides {
        host: get("host")?.map(|host| host.extract()).transpose()?,
        port: port.and_then(NonZeroU16::new),
        workers: workers.and_then(NonZeroU16::new),
        interface: interface.map(|name| if name == "rsgi" { Interface::Rsgi } else { Interface::Asgi }),
    })
}

/// In a thread of its own, which ends with the gateway.
fn follow_cache(follower: CacheFollower) -> PyResult<()> {
    let follow = move || {
        while let Some(pause) = follower.follow() {
            thread::sleep(pause);
        }
    };
    thread::Builder::new().name("cache follower".to_owned()).spawn(follow)?;
    Ok(())
}

fn seed() -> PyResult<u64> {
    getrandom::u64().map_err(|error| PyOSError::new_err(error.to_string()))
}
