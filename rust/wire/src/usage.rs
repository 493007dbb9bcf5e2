//! What an answer used, in tokens, the same for every dialect.

/// Tokens that an upstream says it used, in parts that do not overlap, as they have different prices.
///
/// A provider's report is money, and not to be trusted blindly: counts below zero are taken for zero, counts above
/// 100 million for 100 million, and a part that exceeds its whole is cut to it. `is_suspect` tells that this happened,
/// so that the ledger can flag the entry. What is absent, or zero throughout as no real call is, is no `Usage` at all: then the caller estimates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Prompt tokens that were neither read from nor written to the provider's prompt cache.
    pub n_input: u64,
    /// Prompt tokens read from the provider's prompt cache.
    pub n_cache_read: u64,
    /// Prompt tokens written to the provider's prompt cache.
    pub n_cache_write: u64,
    /// How many of `n_cache_write` are kept for an hour, which costs more.
    pub n_cache_write_1h: u64,
    /// Tokens generated, thoughts included.
    pub n_output: u64,
    /// How many of `n_output` were thoughts.
    pub n_reasoning: u64,
    /// The report could not be true as it stood.
    pub is_suspect: bool,
}

/// More tokens than one call can use: the longest context windows hold 10 million.
pub(crate) const MAX_TOKENS: u64 = 100_000_000;

impl Usage {
    /// All tokens of the prompt, cached or not.
    pub fn n_prompt(&self) -> u64 {
        self.n_input + self.n_cache_read + self.n_cache_write
    }

    /// Of counts in which the prompt includes what was read from the cache and written to it, and the output includes
    /// thoughts. A part that exceeds its whole is cut to it.
    pub(crate) fn of_wholes(prompt: u64, [read, write]: [u64; 2], output: u64, reasoning: u64) -> Self {
        let n_cache_read = read.min(prompt);
        let n_cache_write = write.min(prompt - n_cache_read);
        let n_reasoning = reasoning.min(output);
        Self {
            n_input: prompt - n_cache_read - n_cache_write,
            n_cache_read,
            n_cache_write,
            n_cache_write_1h: 0,
            n_output: output,
            n_reasoning,
            is_suspect: (n_cache_read, n_cache_write, n_reasoning) != (read, write, reasoning),
        }
    }

    /// Whether every count is zero, which no real call is.
    pub fn is_zero(&self) -> bool {
        self.n_prompt() == 0 && self.n_output == 0
    }
}

/// The count that is spelt `json`, clamped to what can be, and whether it had to be. `null` counts nothing, and what is
/// no number is suspect.
pub(crate) fn count(json: &str) -> (u64, bool) {
    if json == "null" {
        return (0, false);
    }
    match json.parse::<u64>() {
        Ok(n_tokens) => (n_tokens.min(MAX_TOKENS), n_tokens > MAX_TOKENS),
        // Fractions and exponents.
        Err(_) => match json.parse::<f64>() {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "not negative, and the cast saturates"
            )]
            Ok(number) if number >= 0.0 => ((number as u64).min(MAX_TOKENS), number as u64 > MAX_TOKENS),
            Ok(_) | Err(_) => (0, true),
        },
    }
}
