//! DECIDES: who may ask, which deployments are tried, what it cost. Pure: no socket, no clock, no Python.

pub mod config;
pub mod catalogue;
pub mod secrets;
pub mod keys;
pub mod registry;
pub mod health;
pub mod rules;
pub mod plan;
pub mod routing;
pub mod money;
pub mod prices;
pub mod models;
pub mod tokens;
pub mod settlement;
pub mod metrics;
pub mod access_log;
pub mod classifier;
mod names;
mod base_url;
mod pattern;
mod nearest;
