//! How long answers are, by task and tier: what an answer will cost is mostly its length.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What an answer counts for beside those before it.
const SHARE: f64 = 0.05;
/// Until something is known of a task and tier: a little more than the usual answer of a chat model, so that a limit is
/// rather kept than broken. The mean in LMSYS-Chat-1M is 215 tokens (Zheng et al., 2023, table 1).
const USUAL: f64 = 300.0;
/// Pairs of tasks and tiers; more than a configuration has.
const MAX_KEPT: usize = 1_000;

/// Tokens of answers, as they were lately.
#[derive(Debug, Default)]
pub(super) struct Lengths(Mutex<HashMap<Key, f64>>);

/// A task and a tier.
type Key = (Arc<str>, Arc<str>);

impl Lengths {
    /// An answer of the tier `tier` to a request of kind `task` had so many tokens.
    pub(super) fn record(&self, task: &Arc<str>, tier: &Arc<str>, n_tokens: u64) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = kept.len() >= MAX_KEPT;
        let key = (Arc::clone(task), Arc::clone(tier));
        if is_full && !kept.contains_key(&key) {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "answers are shorter than 2^53 tokens")]
        let n_tokens = n_tokens as f64;
        let mean = kept.entry(key).or_insert(USUAL);
        *mean += SHARE * (n_tokens - *mean);
    }

    /// How many tokens to expect, at most as many as the request allows.
    pub(super) fn expected(&self, task: &Arc<str>, tier: &Arc<str>, max_tokens: Option<u64>) -> u64 {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mean = kept.get(&(Arc::clone(task), Arc::clone(tier))).copied().unwrap_or(USUAL);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of counts of tokens")]
        let mean = mean.ceil() as u64;
        max_tokens.map_or(mean, |max_tokens| mean.min(max_tokens))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_learns_what_answers_of_a_task_and_tier_are_like() {
        let lengths = Lengths::default();
        let [code, chat, cheap, premium] = ["code", "chat", "cheap", "premium"].map(Arc::from);
        for _ in 0..200 {
            lengths.record(&code, &cheap, 1_000);
        }

        let code_length = lengths.expected(&code, &cheap, None);
        assert!((990..=1_000).contains(&code_length), "{code_length}");
        assert_eq!(400, lengths.expected(&code, &cheap, Some(400)));
        assert_eq!(300, lengths.expected(&chat, &cheap, None));
        assert_eq!(300, lengths.expected(&code, &premium, None));
        assert_eq!(20, lengths.expected(&chat, &cheap, Some(20)));
    }
}
