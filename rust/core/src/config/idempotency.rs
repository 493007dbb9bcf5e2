//! What a configuration may say of requests that are sent again with the same `Idempotency-Key`.

use super::values::{ByteSize, Interval};
use schemars::JsonSchema;
use serde::Deserialize;
use std::num::NonZeroU32;

/// Whether a request that comes again with the same `Idempotency-Key` gets the answer that was given before.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Idempotency {
    /// Whether the header is heeded. Otherwise it is only passed on to the provider.
    pub enabled: bool,
    /// How long an answer is kept.
    pub ttl: Interval,
    /// How many bytes of answers are kept, by all workers together; beyond it, the oldest are forgotten.
    pub max_bytes: ByteSize,
    /// The largest answer that is kept.
    pub max_answer: ByteSize,
    /// How many answers are kept, by all workers together; beyond it, the oldest are forgotten.
    pub max_answers: NonZeroU32,
}

impl Default for Idempotency {
    fn default() -> Self {
        Self {
            enabled: true,
            // What Stripe, from whom the header comes, promises.
            ttl: Interval::from_secs(24 * 3_600),
            max_bytes: ByteSize::megabytes(256),
            max_answer: ByteSize::megabytes(4),
            max_answers: NonZeroU32::MIN.saturating_add(99_999),
        }
    }
}
