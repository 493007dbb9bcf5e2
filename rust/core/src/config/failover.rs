//! What a configuration may say of where else a request may go, and of single deployments.

use super::provider::Timeouts;
use crate::models::Capability;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// Where a request goes when the first choice fails.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Failover {
    /// How many upstream attempts are made for one request at most, everything included: 1 to 3.
    #[schemars(range(min = 1, max = 3))]
    pub max_attempts: u8,
    /// How a tier's deployments share the requests.
    pub balance: Balance,
    /// Whether a request that waits longer for its first token than 95 % of its tier's do is also sent to another
    /// deployment, and the first to answer is taken. At most 2 % of requests are, and both answers are paid for.
    pub hedge: bool,
}

impl Default for Failover {
    fn default() -> Self {
        Self { max_attempts: 3, balance: Balance::Load, hedge: false }
    }
}

/// How a tier's deployments share the requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Balance {
    /// One at random by weight, unless a second one clearly has less to do, is sooner with its first token, or cheaper.
    Load,
    /// The first of the tier that is healthy.
    Order,
}

/// What holds for one deployment alone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DeploymentSettings {
    /// Its share of requests, beside the weights of the tier's others: 1 to 100.
    #[schemars(range(min = 1, max = 100))]
    pub weight: u8,
    /// How many requests a worker has in flight there at most; fewer while it is slow. As many as the provider's
    /// `max_connections` by default.
    pub max_in_flight: Option<NonZeroU32>,
    /// How many tokens the model reads. By default what is known of the model.
    pub context_window: Option<NonZeroU32>,
    /// What the model can do. By default what is known of the model; of what is not known, everything is expected.
    pub capabilities: Option<Vec<Capability>>,
    /// How long it may take. What is not set here is the provider's.
    pub timeouts: Timeouts,
}

impl Default for DeploymentSettings {
    fn default() -> Self {
        Self { weight: 1, max_in_flight: None, context_window: None, capabilities: None, timeouts: Timeouts::default() }
    }
}
