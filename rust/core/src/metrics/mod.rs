//! What a worker counts, and the text that Prometheus reads.
//!
//! Each worker is a process with its own counters. Whichever worker is asked for the metrics answers for all: it merges
//! its siblings' snapshots into its own counts. Values are integers (nanoseconds, nano-dollars, tokens), so
//! that merging is exact and does not depend on the order.
//!
//! Labels come from the configuration or from closed lists of words, never from a client. Should a configuration
//! make more series of one metric than [`MAX_SERIES`], later ones are counted under `other`.
//!
//! Names follow OpenTelemetry's conventions for generative AI where there are some.

mod family;
mod buckets;
mod series;
mod snapshot;
mod render;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::health::{Row, State};
use crate::settlement::Settlement;

use family::Family;
pub use series::MAX_SERIES;
use series::Store;

/// The counters of one worker.
#[derive(Debug)]
pub struct Metrics {
    version: String,
    build_info: Mutex<String>,
    store: Mutex<Store>,
}

/// What is not counted here but read off when somebody asks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Levels {
    /// Calls begun and not ended.
    pub in_flight: u64,
    /// Calls that wait for a permit.
    pub queue_length: u64,
    /// Open sockets to providers.
    pub open_connections: u64,
    /// `AccessLog::n_dropped`.
    pub access_log_dropped: u64,
}

/// What the cache keeps.
#[derive(Debug, Clone, Copy, Default)]
pub struct CacheLevels {
    /// Answers.
    pub n_entries: u64,
    /// Their bytes.
    pub n_bytes: u64,
    /// Answers that had to make room.
    pub n_evicted: u64,
    /// Answers that this worker could not keep.
    pub n_unwritten: u64,
}

/// What came of reading the configuration again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reload {
    /// It is served.
    Accepted,
    /// It cannot be served, and the one before it still is.
    Refused,
}

impl Reload {
    const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
        }
    }
}

/// The snapshot of another worker.
#[derive(Debug, Clone, Copy)]
pub enum Sibling<'a> {
    /// Of one that runs.
    Alive(&'a [u8]),
    /// Of one that ended: what it counted still counts, but nothing is in flight there.
    Gone(&'a [u8]),
}

impl Metrics {
    /// Empty counters. `version` is the program's, `price_table` that of the prices.
    pub fn new(version: &str, price_table: &str) -> Self {
        let version = version.to_owned();
        let metrics = Self { version, build_info: Mutex::default(), store: Mutex::default() };
        metrics.set_configuration(price_table, Duration::ZERO);
        metrics.set_levels(Levels::default());
        // Whoever watches for refusals needs the count from which the first one differs.
        for outcome in [Reload::Accepted, Reload::Refused] {
            metrics.lock().add(Family::Reloads, &[outcome.word()], 0);
        }
        metrics
    }

    /// Takes note that a configuration is served since `unix`, the time since the Unix epoch, with such prices.
    pub fn set_configuration(&self, price_table: &str, unix: Duration) {
        let build_info = series::labels(&["version", "price_table"], &[&self.version, price_table]);
        *self.build_info.lock().unwrap_or_else(PoisonError::into_inner) = build_info;
        self.lock().set(Family::ConfigLoaded, unix.as_secs());
    }

    /// Counts one reload.
    pub fn count_reload(&self, outcome: Reload) {
        self.lock().add(Family::Reloads, &[outcome.word()], 1);
    }

    /// Counts one ended call.
    pub fn record(&self, call: &Settlement<'_>) {
        let (route, tier) = (call.route.unwrap_or_default(), call.tier.unwrap_or_default());
        let outcome = call.outcome.word();
        let error_kind = call.outcome.error_kind().unwrap_or_default();
        let store = &mut *self.lock();

        store.add(Family::Requests, &[call.endpoint, route, tier, &call.status.to_string(), outcome], 1);
        store.add(Family::Overhead, &[call.endpoint], nanoseconds(call.overhead));
        if !error_kind.is_empty() {
            store.add(Family::Errors, &[outcome, error_kind], 1);
        }
        if let Some(word) = call.idempotent {
            store.add(Family::Idempotent, &[word], 1);
        }
        if let Some(word) = call.cache {
            store.add(Family::CacheLookups, &[route, word], 1);
        }
        if let Some(saved) = call.saved {
            store.add(Family::CacheSaved, &[route], saved.0);
        }
        if let Some(check) = call.check {
            store.add(Family::CacheChecks, &[route, if check.is_wrong { "wrong" } else { "right" }], 1);
        }
        for rule in call.undecided_rules {
            store.add(Family::UndecidedRules, &[route, rule], 1);
        }
        for attempt in call.attempts {
            store.add(Family::Attempts, &[attempt.deployment, attempt.outcome], 1);
        }

        let (Some(provider), Some(model)) = (call.provider, call.model) else { return };
        let requested_model = if call.is_known_model { call.requested_model } else { series::OTHER };
        let called = |detail| [call.endpoint, provider, requested_model, model, detail];
        store.add(Family::Duration, &called(error_kind), nanoseconds(call.duration));
        if let Some(duration) = call.time_to_first_token {
            store.add(Family::TimeToFirstToken, &called("")[..4], nanoseconds(duration));
        }
        let (n_input, n_output) = (call.usage.all_input(), call.usage.output);
        if n_input > 0 {
            store.add(Family::Tokens, &called("input"), n_input);
        }
        if n_output > 0 {
            store.add(Family::Tokens, &called("output"), n_output);
        }
        match call.cost {
            Some(cost) => {
                store.add(Family::Cost, &[route, tier, provider, model], cost.0);
                let payer = [call.tenant.unwrap_or_default(), call.principal.unwrap_or_default()];
                store.add(Family::PrincipalCost, &payer, cost.0);
            }
            None if n_input > 0 || n_output > 0 => store.add(Family::Unpriced, &[provider, model], 1),
            None => {}
        }
    }

    /// Brings the levels up to date; call it before `snapshot` and `render`.
    pub fn set_levels(&self, levels: Levels) {
        let store = &mut *self.lock();
        store.set(Family::InFlight, levels.in_flight);
        store.set(Family::QueueLength, levels.queue_length);
        store.set(Family::OpenConnections, levels.open_connections);
        store.set(Family::AccessLogDropped, levels.access_log_dropped);
    }

    /// Brings up to date how deployments do, as this worker knows it.
    pub fn set_health(&self, rows: &[Row]) {
        let store = &mut *self.lock();
        let mut set = store.replace(Family::DeploymentState);
        for row in rows {
            set(&[&row.deployment, &row.key.to_string(), row.state.word()], 1);
        }
        drop(set);
        // What is in flight is told with each key.
        let first = || rows.iter().filter(|row| row.key == 1);
        let mut set = store.replace(Family::DeploymentInFlight);
        first().for_each(|row| set(&[&row.deployment], row.in_flight.into()));
        drop(set);
        let mut set = store.replace(Family::DeploymentLimit);
        first().for_each(|row| set(&[&row.deployment], row.limit.into()));
    }

    /// Counts a change of a deployment's state.
    pub fn count_change(&self, deployment: &str, state: State) {
        self.lock().add(Family::HealthChanges, &[deployment, state.word()], 1);
    }

    /// Counts an answer that the cache could have kept.
    pub fn count_kept(&self, outcome: &'static str) {
        self.lock().add(Family::CacheKept, &[outcome], 1);
    }

    /// Counts a near question whose answer must not serve.
    pub fn count_veto(&self, word: &'static str) {
        self.lock().add(Family::CacheVetoes, &[word], 1);
    }

    /// Brings up to date what the cache keeps and promises. `bounds` are by the name of the model or route that is asked
    /// for: how many of the answers given to other words are wrong, at most.
    pub fn set_cache(&self, levels: CacheLevels, bounds: &[(&str, f64)]) {
        let store = &mut *self.lock();
        store.set(Family::CacheEntries, levels.n_entries);
        store.set(Family::CacheBytes, levels.n_bytes);
        store.set(Family::CacheEvicted, levels.n_evicted);
        store.set(Family::CacheUnwritten, levels.n_unwritten);
        let mut set = store.replace(Family::CacheBound);
        for (model, bound) in bounds {
            set(&[model], nanoseconds(Duration::from_secs_f64(bound.clamp(0.0, 1.0))));
        }
    }

    /// Counts a call that could have been tried again and was not.
    pub fn count_refused_retry(&self, reason: &'static str) {
        self.lock().add(Family::RefusedRetries, &[reason], 1);
    }

    /// Everything counted so far, for a sibling to merge. JSON, versioned.
    pub fn snapshot(&self) -> Vec<u8> {
        snapshot::encode(&self.lock())
    }

    /// Prometheus' text format 0.0.4, for this worker and its siblings together. What cannot be read is left out and
    /// counted.
    pub fn render(&self, siblings: &[Sibling<'_>]) -> String {
        let mut n_malformed = 0;
        let mut readable = Vec::new();
        for sibling in siblings {
            let (json, is_alive) = match sibling {
                Sibling::Alive(json) => (json, true),
                Sibling::Gone(json) => (json, false),
            };
            match snapshot::decode(json) {
                Some(families) => readable.push((families, is_alive)),
                None => n_malformed += 1,
            }
        }
        let mut total = {
            let mut store = self.lock();
            store.add(Family::MalformedSnapshots, &[], n_malformed);
            store.clone()
        };
        for (families, is_alive) in readable {
            total.merge(families, is_alive);
        }
        render::exposition(&total, &self.build_info.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn lock(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
