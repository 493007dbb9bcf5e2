//! What types cannot say of failover, of single deployments, and of where routes may turn to.

use crate::config::{Config, ConfigError, Route};

/// More than that would multiply what clients' own retries cost (specification "Failover").
const MAX_ATTEMPTS: u8 = 3;

impl Config {
    pub(super) fn check_failover(&self) -> Result<(), ConfigError> {
        if !(1..=MAX_ATTEMPTS).contains(&self.failover.max_attempts) {
            return Err(self.error(&["failover", "max_attempts"], "a request has from 1 to 3 attempts"));
        }
        for (name, settings) in &self.deployments {
            self.check_deployment(&["deployments", name], name)?;
            if !(1..=100).contains(&settings.weight) {
                return Err(self.error(&["deployments", name, "weight"], "a weight is from 1 to 100"));
            }
        }
        Ok(())
    }

    pub(super) fn check_turns(&self, name: &str, route: &Route) -> Result<(), ConfigError> {
        for (index, tier) in route.fallbacks.iter().enumerate() {
            self.check_tier(&["routes", name, "fallbacks", &index.to_string()], tier)?;
        }
        route.long_context.iter().try_for_each(|tier| self.check_tier(&["routes", name, "long_context"], tier))
    }

    pub(super) fn check_tier(&self, path: &[&str], tier: &str) -> Result<(), ConfigError> {
        if self.tiers.contains_key(tier) {
            return Ok(());
        }
        Err(self.unknown(path, "tier", tier, self.tiers.keys()))
    }
}
