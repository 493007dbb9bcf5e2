//! What a configuration may say of answers that are given again.

use super::values::{ByteSize, Interval};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// Whether a question that was answered before is answered from the cache.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cache {
    /// What is answered from the cache: nothing, or requests that are the same to the letter.
    pub mode: CacheMode,
    /// Who shares answers.
    pub scope: CacheScope,
    /// The folder where answers are kept, for all workers and over restarts; without it, each worker has its own in memory.
    pub path: Option<String>,
    /// How long an answer may be given again. Each lives up to a tenth less, so that not all of them end at once.
    pub ttl: Interval,
    /// How many answers are kept; beyond it, those go that are worth least.
    pub max_entries: NonZeroU32,
    /// How many bytes of answers are kept.
    pub max_bytes: ByteSize,
    /// The largest answer that is kept.
    pub max_answer: ByteSize,
    /// Requests with a higher temperature are meant to be answered differently each time, and are not cached.
    #[schemars(range(min = 0, max = 2))]
    pub max_temperature: f64,
    /// Request headers on which an answer depends beside the body: who sends another value gets another answer.
    pub vary: Vec<String>,
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            mode: CacheMode::Off,
            scope: CacheScope::Key,
            path: None,
            ttl: Interval::from_secs(3_600),
            max_entries: NonZeroU32::MIN.saturating_add(99_999),
            max_bytes: ByteSize::megabytes(512),
            max_answer: ByteSize::megabytes(1),
            // What providers take where a request says nothing.
            max_temperature: 1.0,
            vary: Vec::new(),
        }
    }
}

/// What is answered from the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CacheMode {
    /// Nothing.
    #[default]
    Off,
    /// Requests that are the same to the letter.
    Exact,
}

/// Who shares answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CacheScope {
    /// Requests with the same client key.
    #[default]
    Key,
    /// Those of the same tenant.
    Tenant,
    /// Everybody.
    Global,
}
