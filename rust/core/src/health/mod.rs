//! Which deployments are well: what every attempt tells of them, and where the next one goes.
//!
//! # Who knows what
//! A breaker and a throttle belong to a deployment and the key that it is asked with, since quotas and faults are of
//! both; a key that a provider refuses is refused for all of its deployments; load, latency and the limit in flight
//! are a deployment's; the budget of retries and the usual time to first token are those of the group of deployments
//! that stand in for one another.
//!
//! # Why it is not in the configuration
//! It outlives it: a reload that changes a price must not forget that a provider is down. Only keys that were refused
//! are tried anew, since a reload is how an operator replaces them.

mod random;
mod recent;
mod breaker;
mod parking;
mod budget;
mod latency;
mod limit;
mod credentials;
mod availability;
mod key;
mod deployment;
mod group;
mod balance;
mod choice;
mod notes;
mod row;
mod gossip;
mod table;

pub use budget::{BASE, BASE_BUSY, Cost, backoff};
pub use choice::{Choice, Chosen, Parked, Tried};
pub use credentials::Credentials;
pub use deployment::{DeploymentHealth, Slot, Verdict};
pub use group::GroupHealth;
pub use notes::Note;
pub use random::{Random, STEP, mix};
pub use row::{Row, State};
pub use table::HealthTable;
