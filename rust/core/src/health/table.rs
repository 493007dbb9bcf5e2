//! Everything that is known of deployments, by name.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;

use super::credentials::Credentials;
use super::deployment::DeploymentHealth;
use super::gossip::Told;
use super::group::GroupHealth;
use super::notes::{Note, Notes};
use super::random::Random;
use super::row::{Row, State};

/// Clients may ask for any model of a provider. What they name beyond has a health of its own that nobody else sees.
const MAX_NAMED: usize = 2_000;

/// The health of all deployments that a worker knows.
#[derive(Debug)]
pub struct HealthTable {
    notes: Arc<Notes>,
    random: Mutex<Random>,
    known: Mutex<Known>,
    /// What siblings told last.
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

/// What the operator is shown.
#[derive(Serialize)]
struct Page {
    /// `well`, or `degraded` where any row is away.
    status: &'static str,
    /// How many rows are in a state other than closed.
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

    /// The health of a deployment that the configuration names.
    pub(crate) fn deployment(&self, name: &Arc<str>, n_keys: usize, max_in_flight: u32) -> Arc<DeploymentHealth> {
        self.bounded_deployment(name, n_keys, max_in_flight, usize::MAX)
    }

    /// The health of a deployment that a client names.
    pub(crate) fn named_deployment(&self, name: &Arc<str>, n_keys: usize, max_in_flight: u32) -> Arc<DeploymentHealth> {
        self.bounded_deployment(name, n_keys, max_in_flight, MAX_NAMED)
    }

    fn bounded_deployment(
        &self,
        name: &Arc<str>,
        n_keys: usize,
        max_in_flight: u32,
        max_known: usize,
    ) -> Arc<DeploymentHealth> {
        let mut known = self.lock();
        if let Some(health) = known.deployments.get(name) {
            health.reconfigure(n_keys, max_in_flight);
            return Arc::clone(health);
        }
        let health = Arc::new(DeploymentHealth::new(Arc::clone(name), n_keys, max_in_flight, Arc::clone(&self.notes)));
        if known.deployments.len() < max_known {
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
        if known.groups.len() < MAX_NAMED {
            known.groups.insert(Arc::clone(name), group.clone());
        }
        group
    }

    /// Takes over the keys of a new configuration, by provider, once that is known to be good.
    pub(crate) fn set_credentials(&self, credentials: impl Iterator<Item = (Arc<str>, Credentials)>) {
        self.lock().credentials = credentials.collect();
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
        // Later than the last time, even where the clock was set back: others go by that.
        let next = known.forgotten.saturating_add(Duration::from_nanos(1));
        known.forget(unix.max(next));
        drop(known);
        self.lock_told().clear();
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
        let told = self.lock_told().clone();
        for row in self.rows(now).into_iter().chain(told) {
            match rows.entry((row.deployment.clone(), row.key)) {
                Entry::Vacant(place) => drop(place.insert(row)),
                Entry::Occupied(mut place) => place.get_mut().add(row),
            }
        }
        rows.into_values().collect()
    }

    /// Every deployment with every key, by name, as this worker alone has found them.
    pub fn rows(&self, now: Duration) -> Vec<Row> {
        let mut known = self.lock();
        known.forget_unused();
        let credentials = |name: &str| known.credentials.get(provider_of(name));
        known.deployments.iter().flat_map(|(name, health)| health.rows(credentials(name), now)).collect()
    }

    /// What this worker found, for its siblings. JSON, versioned.
    pub fn tell(&self, now: Duration) -> Vec<u8> {
        let rows = self.rows(now);
        let forgotten = self.lock().forgotten;
        Told { forgotten, rows }.write()
    }

    /// Takes what siblings found, in the place of all that they told before. What cannot be read is left out.
    pub fn hear(&self, siblings: &[Vec<u8>], now: Duration) {
        let told: Vec<Told> = siblings.iter().filter_map(|text| Told::read(text)).collect();
        let mut known = self.lock();
        let forgotten = told.iter().map(|told| told.forgotten).max().unwrap_or_default();
        if forgotten > known.forgotten {
            known.forget(forgotten);
        }
        // Who has not heard of that yet tells what was before.
        let told = told.into_iter().filter(|told| told.forgotten >= known.forgotten);
        let rows: Vec<Row> = told.flat_map(|told| told.rows).collect();
        known.hear(&rows, now);
        drop(known);
        *self.lock_told() = rows;
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_told(&self) -> MutexGuard<'_, Vec<Row>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn hear(&self, rows: &[Row], now: Duration) {
        self.deployments.values().for_each(|health| health.forget_elsewhere());
        self.credentials.values().for_each(Credentials::forget_elsewhere);
        for row in rows {
            let (Some(key), Some(until)) = (row.key.checked_sub(1), row.retry_at(now)) else { continue };
            if row.state == State::Parked {
                self.credentials.get(provider_of(&row.deployment)).iter().for_each(|it| it.hear(key, until));
            } else if let Some(health) = self.deployments.get(row.deployment.as_str()) {
                health.hear(key, row.state, until);
            }
        }
    }

    fn forget(&mut self, forgotten: Duration) {
        self.forgotten = forgotten;
        self.deployments.values().for_each(|health| health.forget());
        self.credentials.values().for_each(Credentials::forget);
    }

    /// Forgets deployments that no configuration has any more: nobody would ever find out whether they are well again.
    fn forget_unused(&mut self) {
        self.deployments.retain(|_, health| Arc::strong_count(health) > 1);
    }
}

fn provider_of(deployment: &str) -> &str {
    deployment.split_once('/').map_or("", |(provider, _)| provider)
}
