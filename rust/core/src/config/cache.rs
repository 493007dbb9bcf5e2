//! What a configuration may say of answers that are given again.

use super::routing::LlmSettings;
use super::values::{ByteSize, Interval};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// Whether a question that was answered before is answered from the cache.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cache {
    /// What is answered from the cache: nothing, requests that are the same to the letter, or also those that ask the same.
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
    /// Above it, only requests that are the same to the letter are answered: whoever asks for variety wants no other's words.
    #[schemars(range(min = 0, max = 2))]
    pub max_semantic_temperature: f64,
    /// How many of the answers that are given to other words may be wrong: 0.01 is one in a hundred of them. Until so much
    /// is known of a model's answers, nothing of it is given to other words.
    #[schemars(range(min = 0.001, max = 0.5))]
    pub max_error: f64,
    /// The share of the requests with a near question whose answer the model is asked for all the same, to compare.
    #[schemars(range(min = 0.001, max = 1))]
    pub check_rate: f64,
    /// From which cosine on two answers with the same numbers say the same, where their words differ.
    #[schemars(range(min = 0, max = 1))]
    pub answer_similarity: f64,
    /// The model that is asked whether two answers say the same, where neither their words nor their cosine tell.
    pub judge: Option<LlmSettings>,
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
            max_semantic_temperature: 0.3,
            max_error: 0.01,
            check_rate: 0.05,
            // Answers to questions of one topic are at .7 to .9.
            answer_similarity: 0.95,
            judge: None,
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
    /// The same; and of those that ask the same in other words, it is found out how many would be answered wrongly.
    Shadow,
    /// Also requests that ask the same in other words, once it is known how many are answered wrongly.
    Semantic,
}

impl CacheMode {
    /// Whether questions in other words are looked for.
    pub fn is_by_meaning(self) -> bool {
        matches!(self, Self::Shadow | Self::Semantic)
    }
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
