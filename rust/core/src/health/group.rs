//! What is known of deployments that stand in for one another: a tier, or those that have one model.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::budget::{Cost, RetryBudget};
use super::latency::Window;

/// Of a hundred requests, so many may be sent twice (specification "Health": hedging, at most 2 %).
const HEDGES_PER_HUNDRED: u32 = 2;
/// Hedges that may be saved up: what a hundred requests earn.
const MAX_HEDGES: u32 = 2 * 100;
/// The time to first token of deployments that nobody knows, before any has told: about that of the large providers.
pub(super) const USUAL: Duration = Duration::from_secs(1);

/// What their requests share.
#[derive(Clone, Debug, Default)]
pub struct GroupHealth(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    retries: RetryBudget,
    first_tokens: Window,
    answers: Window,
    /// In hundredths of a hedge.
    hedges: u32,
}

impl GroupHealth {
    /// Takes note of a client's request.
    pub fn request(&self, now: Duration) {
        let mut held = self.lock();
        held.retries.request(now);
        held.hedges = (held.hedges + HEDGES_PER_HUNDRED).min(MAX_HEDGES);
    }

    /// Pays for a retry, where that is still within the budget.
    pub fn withdraw(&self, cost: Cost, now: Duration) -> bool {
        self.lock().retries.withdraw(cost, now)
    }

    /// Takes note that a request was answered, by a retry of that cost or at the first attempt.
    pub fn succeed(&self, cost: Option<Cost>) {
        self.lock().retries.refund(cost);
    }

    /// Takes note of how long an answer took: a stream to its first token, another to its end.
    pub fn took(&self, is_stream: bool, time: Duration) {
        self.lock().window(is_stream).record(time);
    }

    /// How long 95 % of such answers take at most; `None` before there were twenty.
    pub fn hedge_after(&self, is_stream: bool) -> Option<Duration> {
        self.lock().window(is_stream).quantile(0.95)
    }

    /// Pays for sending a request twice, where that is still within the budget.
    pub fn withdraw_hedge(&self) -> bool {
        let mut held = self.lock();
        let rest = held.hedges.checked_sub(100);
        held.hedges = rest.unwrap_or(held.hedges);
        rest.is_some()
    }

    /// What is left for retries, of 500.
    pub fn level(&self) -> u32 {
        self.lock().retries.level()
    }

    pub(super) fn median(&self) -> Duration {
        self.lock().first_tokens.median().unwrap_or(USUAL)
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn window(&mut self, is_stream: bool) -> &mut Window {
        if is_stream { &mut self.first_tokens } else { &mut self.answers }
    }
}
