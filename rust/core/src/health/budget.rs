//! How many retries a tier may make, and how long each waits.
//!
//! # Why a budget and not only a number of attempts
//! Three attempts a call are harmless while few calls fail. When all do, they are three times the load, on whatever is
//! failing because of load. So retries are paid for from what the whole tier has.
//!
//! # Why both a bucket of tokens and a ratio
//! The bucket counts failures: a retry that succeeds gets its tokens back, so it empties only when retrying does not
//! help, and then after 35 retries, however few requests there are. But it never runs dry while every second attempt
//! succeeds, which doubles the load. The ratio counts retries whatever comes of them, so it sees that; but it alone
//! would let ten retries a second go to a provider that is down. A retry needs both.
//!
//! # When it recovers
//! A success at the first attempt gives a token back, so a tier that is down earns no retries and one that is up again
//! earns them in proportion to its traffic. The ratio forgets after ten seconds.

use super::random::part;
use super::recent::Recent;
use std::time::Duration;

/// The bucket and what is taken out of it: "Retry behavior", AWS SDKs and Tools Reference Guide, 2026.
const CAPACITY: u32 = 500;
const RETRY_COST: u32 = 14;
const THROTTLED_COST: u32 = 5;
/// What a success without a retry gives back: the same source.
const REWARD: u32 = 1;
/// One retry for so many requests, and retries in ten seconds that are always allowed, so that the first failure of a
/// quiet tier is retried: 20 % and ten a second, Finagle's `RetryBudget`, whose numbers linkerd and tower took over.
const REQUESTS_FOR_A_RETRY: u32 = 5;
const ALWAYS_ALLOWED: u32 = 10 * 10;

/// The base of the back-off: the same guide, 2026.
pub const BASE: Duration = Duration::from_millis(50);
/// The base where the upstream is throttling or overloaded: the same guide, 2026.
pub const BASE_BUSY: Duration = Duration::from_secs(1);
/// No back-off is longer. Less than the guide's 20 s, since someone waits: the specification of failover, "Attempts".
const LONGEST_BACKOFF: Duration = Duration::from_secs(8);

/// What the retries of a tier are paid from.
#[derive(Debug, Clone)]
pub(super) struct RetryBudget {
    tokens: u32,
    requests: Recent,
    retries: Recent,
}

/// What a retry costs, by what it follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// A failure.
    Retry,
    /// An upstream that asked for a pause. It is alive and says so: cheaper.
    Throttled,
}

impl RetryBudget {
    /// A call of a client began.
    pub(super) fn request(&mut self, now: Duration) {
        self.requests.add(now);
    }

    /// Pays for a retry. False, and nothing is paid, where there is not enough.
    pub(super) fn withdraw(&mut self, cost: Cost, now: Duration) -> bool {
        let n_allowed = (self.requests.sum(now) / REQUESTS_FOR_A_RETRY).max(ALWAYS_ALLOWED);
        if self.tokens < tokens(cost) || self.retries.sum(now) >= n_allowed {
            return false;
        }
        self.tokens -= tokens(cost);
        self.retries.add(now);
        true
    }

    /// A call succeeded: at its first attempt, or at a retry that cost so much.
    ///
    /// The cost of a retry that ends in a failure is not refunded; that of one whose client left should be.
    pub(super) fn refund(&mut self, cost: Option<Cost>) {
        self.tokens = (self.tokens + cost.map_or(REWARD, tokens)).min(CAPACITY);
    }

    /// How many tokens are left, of 500.
    pub(super) fn level(&self) -> u32 {
        self.tokens
    }
}

impl Default for RetryBudget {
    /// A full bucket: a gateway that has just started may retry.
    fn default() -> Self {
        Self { tokens: CAPACITY, requests: Recent::default(), retries: Recent::default() }
    }
}

/// How long to wait before the retry after `n` others, at most 8 s.
///
/// Full jitter: `fraction`, in [0, 1), of `base` doubled `n` times. Of the jitters it makes the fewest calls for the
/// same time to success, since calls that failed together come back apart. Brooker: "Exponential backoff and jitter",
/// AWS Architecture Blog, 2015.
pub fn backoff(n: u32, base: Duration, fraction: f64) -> Duration {
    part(base.saturating_mul(2_u32.saturating_pow(n)).min(LONGEST_BACKOFF), fraction)
}

fn tokens(cost: Cost) -> u32 {
    match cost {
        Cost::Retry => RETRY_COST,
        Cost::Throttled => THROTTLED_COST,
    }
}

#[cfg(test)]
mod tests;
