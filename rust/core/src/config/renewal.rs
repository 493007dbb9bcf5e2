//! What a configuration comes to that takes the place of another while the gateway runs.
//!
//! # Why some settings take a restart
//! The socket is bound, the processes are there, and they share the folder of the cache. Replacing them is what a restart is for, and only a restart lets
//! whoever supervises the gateway see it fail. So these settings stay as they are, and that is said.
//!
//! # Why exposure is checked a second time
//! A file that moves to a loopback address and drops its keys is sound for a gateway that starts. The running one goes
//! on listening where it did, and would be open to everybody.

use super::{Config, ConfigError};
use indexmap::IndexMap;

/// So many changes are named; the line that tells them stays readable.
const MAX_NAMED: usize = 20;

/// How a configuration differs from the one whose place it takes, each difference in a few words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// What is different now: `provider openai added`, `key shop removed`, `tier cheap changed`.
    pub applied: Vec<String>,
    /// What is not, before a restart: `server.port takes a restart`.
    pub deferred: Vec<String>,
}

impl Config {
    /// Makes of this, which was read while `running` is served, what can take its place.
    ///
    /// # Errors
    /// It has no client key, and others can reach the gateway where it listens until it is restarted.
    pub fn follow(&mut self, running: &Self) -> Result<Changes, ConfigError> {
        let deferred = self.keep_what_takes_a_restart(running);
        if self.check_exposure(&[]).is_err() {
            let host = &self.server.host;
            let message = format!("there is no client key, and the gateway listens on `{host}` until it is restarted");
            return Err(self.error(&["server", "host"], message).hint("leave a key in, or restart the gateway"));
        }
        Ok(Changes { applied: self.changes_from(running), deferred })
    }

    fn keep_what_takes_a_restart(&mut self, running: &Self) -> Vec<String> {
        let is_elsewhere = self.cache.path != running.cache.path;
        self.cache.path.clone_from(&running.cache.path);
        let (server, running) = (&mut self.server, &running.server);
        let differences = [
            ("server.host", server.host != running.host),
            ("server.port", server.port != running.port),
            ("server.workers", server.workers != running.workers),
            ("server.interface", server.interface != running.interface),
            ("cache.path", is_elsewhere),
        ];
        server.host.clone_from(&running.host);
        server.port = running.port;
        server.workers = running.workers;
        server.interface = running.interface;
        let differences = differences.into_iter().filter(|(_, differs)| *differs);
        differences.map(|(name, _)| format!("{name} takes a restart")).collect()
    }

    fn changes_from(&self, running: &Self) -> Vec<String> {
        let keys = |config: &Self| config.keys.iter().map(|key| (key.name.clone(), key.clone())).collect();
        let mut changes = compare("key", &keys(running), &keys(self));
        changes.extend(compare("provider", &running.providers, &self.providers));
        changes.extend(compare("tier", &running.tiers, &self.tiers));
        changes.extend(compare("route", &running.routes, &self.routes));
        let tables = [
            ("server", running.server != self.server),
            ("log", running.log != self.log),
            ("timeouts", running.timeouts != self.timeouts),
            ("failover", running.failover != self.failover),
            ("deployments", running.deployments != self.deployments),
            ("idempotency", running.idempotency != self.idempotency),
            ("cache", running.cache != self.cache),
            ("prices", running.prices != self.prices),
        ];
        changes.extend(tables.iter().filter(|(_, differs)| *differs).map(|(name, _)| format!("[{name}] changed")));
        let n_more = changes.len().saturating_sub(MAX_NAMED);
        if n_more > 0 {
            changes.truncate(MAX_NAMED);
            changes.push(format!("{n_more} more"));
        }
        changes
    }
}

fn compare<T: PartialEq>(kind: &str, old: &IndexMap<String, T>, new: &IndexMap<String, T>) -> Vec<String> {
    let removed = old.keys().filter(|name| !new.contains_key(*name)).map(|name| format!("{kind} {name} removed"));
    let others = new.iter().filter_map(|(name, value)| match old.get(name) {
        None => Some(format!("{kind} {name} added")),
        Some(other) if other != value => Some(format!("{kind} {name} changed")),
        Some(_) => None,
    });
    removed.chain(others).collect()
}
