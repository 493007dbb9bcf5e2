//! Everything that is known of deployments, by name; and what workers tell one another of it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::credentials::Credentials;
use super::deployment::DeploymentHealth;
use super::group::GroupHealth;
use super::notes::{Note, Notes};
use super::random::Random;
use super::row::{Row, State};

/// Names come from clients too, where any model of a provider may be asked for. What comes beyond has a health of its
/// own that nobody else sees.
const MAX_DEPLOYMENTS: usize = 2_000;
/// Bytes of what a sibling tells that are read.
const MAX_TOLD: usize = 4 * 1024 * 1024;
/// Nobody leaves anything alone for longer: a key that was refused again and again.
const MAX_WAIT: Duration = Duration::from_secs(15 * 60);
/// To be raised when a row changes.
const VERSION: u32 = 1;

/// The health of all deployments that a worker knows.
#[derive(Debug)]
pub struct HealthTable {
    notes: Arc<Notes>,
    random: Mutex<Random>,
    known: Mutex<Known>,
    told: Mutex<Vec<Row>>,
}

#[derive(Debug, Default)]
struct Known {
    deployments: BTreeMap<Arc<str>, Arc<DeploymentHealth>>,
    groups: BTreeMap<Arc<str>, GroupHealth>,
    credentials: BTreeMap<Arc<str>, Credentials>,
    /// When an operator last had everything forgotten, since the Unix epoch.
    forgotten: Duration,
}

/// What a worker tells its siblings.
#[derive(Serialize, Deserialize)]
struct Told {
    version: u32,
    forgotten: Duration,
    rows: Vec<Row>,
}

/// What the operator is shown.
#[derive(Serialize)]
struct Page {
    status: &'static str,
    n_away: usize,
    deployments: Vec<Row>,
}

impl HealthTable {
    /// Nothing is known. `seed` is that of all that is left to chance.
    pub fn new(seed: u64) -> Self {
        Self {
            notes: Arc::default(),
            random: Mutex::new(Random::new(seed)),
            known: Mutex::default(),
            told: Mutex::default(),
        }
    }

    /// The health of the deployment called `name`.
    pub(crate) fn deployment(&self, name: &Arc<str>, n_keys: usize, max_in_flight: u32) -> Arc<DeploymentHealth> {
        let mut known = self.lock();
        if let Some(health) = known.deployments.get(name) {
            health.reconfigure(n_keys, max_in_flight);
            return Arc::clone(health);
        }
        let health = Arc::new(DeploymentHealth::new(Arc::clone(name), n_keys, max_in_flight, Arc::clone(&self.notes)));
        if known.deployments.len() < MAX_DEPLOYMENTS {
            known.deployments.insert(Arc::clone(name), Arc::clone(&health));
        }
        health
    }

    /// What the deployments share that the name `name` stands for.
    pub(crate) fn group(&self, name: &Arc<str>) -> GroupHealth {
        let mut known = self.lock();
        if let Some(group) = known.groups.get(name) {
            return group.clone();
        }
        let group = GroupHealth::default();
        if known.groups.len() < MAX_DEPLOYMENTS {
            known.groups.insert(Arc::clone(name), group.clone());
        }
        group
    }

    /// Takes the keys of a provider in a new configuration, in the place of those that it had.
    pub(crate) fn set_credentials(&self, provider: &Arc<str>, credentials: Credentials) {
        self.lock().credentials.insert(Arc::clone(provider), credentials);
    }

    /// Draws by `draw`.
    pub fn random<R>(&self, draw: impl FnOnce(&mut Random) -> R) -> R {
        draw(&mut self.random.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes since the last time, and how many found no room.
    pub fn take_notes(&self) -> (Vec<Note>, u64) {
        self.notes.take()
    }

    /// Forgets all that speaks against anybody, here and, as they hear of it, in the other workers: the operator knows
    /// better. What is in flight stays so. `unix` is now, since the Unix epoch.
    pub fn forget(&self, unix: Duration) {
        let mut known = self.lock();
        known.forgotten = unix;
        known.deployments.values().for_each(|health| health.forget());
        known.credentials.values().for_each(Credentials::forget);
        drop(known);
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// How every deployment does, as JSON.
    pub fn page(&self, now: Duration) -> Vec<u8> {
        let deployments = self.all_rows(now);
        let n_away = deployments.iter().filter(|row| row.state != State::Closed).count();
        let status = if n_away == 0 { "well" } else { "degraded" };
        serde_json::to_vec(&Page { status, n_away, deployments }).unwrap_or_default()
    }

    /// Every deployment with every key, by name, as all workers know them together.
    pub fn all_rows(&self, now: Duration) -> Vec<Row> {
        let mut rows: BTreeMap<(String, usize), Row> = BTreeMap::new();
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for row in self.rows(now).into_iter().chain(told) {
            match rows.entry((row.deployment.clone(), row.key)) {
                Entry::Vacant(place) => drop(place.insert(row)),
                Entry::Occupied(mut place) => place.get_mut().add(row),
            }
        }
        rows.into_values().collect()
    }

    /// Every deployment with every key, by name, as this worker knows them.
    pub fn rows(&self, now: Duration) -> Vec<Row> {
        let known = self.lock();
        let credentials = |name: &str| name.split_once('/').and_then(|(provider, _)| known.credentials.get(provider));
        known.deployments.iter().flat_map(|(name, health)| health.rows(credentials(name), now)).collect()
    }

    /// What this worker found, for its siblings. JSON, versioned.
    pub fn tell(&self, now: Duration) -> Vec<u8> {
        let rows = self.rows(now);
        let forgotten = self.lock().forgotten;
        serde_json::to_vec(&Told { version: VERSION, forgotten, rows }).unwrap_or_default()
    }

    /// Takes what siblings found, in the place of all that they told before. What cannot be read is left out.
    pub fn hear(&self, siblings: &[Vec<u8>], now: Duration) {
        let told = siblings.iter().filter(|told| told.len() <= MAX_TOLD);
        let told = told.filter_map(|told| serde_json::from_slice::<Told>(told).ok());
        let told: Vec<Told> = told.filter(|told| told.version == VERSION).collect();
        let forgotten = told.iter().map(|told| told.forgotten).max().unwrap_or_default();
        if forgotten > self.lock().forgotten {
            self.forget(forgotten);
        }
        let told = told.into_iter().filter(|told| told.forgotten >= forgotten);
        let rows: Vec<Row> = told.flat_map(|told| told.rows).collect();
        let known = self.lock();
        known.deployments.values().for_each(|health| health.forget_elsewhere());
        known.credentials.values().for_each(Credentials::forget_elsewhere);
        for row in rows.iter().filter(|row| !row.is_hearsay) {
            let (Some(key), Some(wait)) = (row.key.checked_sub(1), row.retry_in_ms) else { continue };
            let until = now.saturating_add(Duration::from_millis(wait).min(MAX_WAIT));
            let provider = row.deployment.split_once('/').map_or("", |(provider, _)| provider);
            match row.state {
                State::Parked => {
                    if let Some(credentials) = known.credentials.get(provider) {
                        credentials.hear(key, until);
                    }
                }
                State::Open | State::Throttled | State::HalfOpen | State::Closed => {
                    if let Some(health) = known.deployments.get(row.deployment.as_str()) {
                        health.hear(key, row.state, until);
                    }
                }
            }
        }
        drop(known);
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = rows;
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
