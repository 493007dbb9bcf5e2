//! How long a credential is left alone: parked when the provider refuses it, throttled when it asks for a pause.
//!
//! # Why two
//! A refused key (401, 402, 403, no quota) is wrong until a person mends it: asking again in seconds only earns
//! more refusals, so it is parked for long, and longer each time. A throttled one (429) works, only not yet, and the
//! provider mostly says from when on. Neither is a failure of the deployment, so neither touches its breaker.
//!
//! # When it recovers
//! When the time has passed, the next request finds out. A success forgets how often it was left alone in a row. A new
//! configuration, which may hold a new key, begins with nothing to forget.

use super::budget::{BASE_BUSY, backoff};
use std::time::Duration;

/// How long a refused credential is parked first, and at most: the specification of failover, "Classes of outcome".
const SHORTEST_PARKING: Duration = Duration::from_secs(30);
const LONGEST_PARKING: Duration = Duration::from_secs(15 * 60);
/// No provider's word parks a credential for longer: a limit of a minute is the longest that providers count in
/// before they speak of quotas. The specification of failover, "Classes of outcome".
const LONGEST_THROTTLE: Duration = Duration::from_secs(60);

/// A credential that the provider may have refused.
#[derive(Debug, Clone, Default)]
pub(super) struct Parking {
    /// How long it was parked last; zero where never.
    pause: Duration,
    until: Duration,
}

impl Parking {
    /// Parks it, for twice as long as the last time, and says for how long it is parked from `now` on.
    ///
    /// Calls that were under way when it was parked are refused too, and tell nothing new: they leave it as it is.
    pub(super) fn park(&mut self, now: Duration) -> Duration {
        if self.until(now).is_none() {
            self.pause = (self.pause * 2).clamp(SHORTEST_PARKING, LONGEST_PARKING);
            self.until = now.saturating_add(self.pause);
        }
        self.until.saturating_sub(now)
    }

    /// Until when it is parked; `None` when it is free.
    pub(super) fn until(&self, now: Duration) -> Option<Duration> {
        (now < self.until).then_some(self.until)
    }

    /// Forgets that it was ever parked, and says whether it was.
    pub(super) fn clear(&mut self) -> bool {
        !std::mem::take(self).pause.is_zero()
    }
}

/// A credential at a deployment that the provider may have asked to pause.
#[derive(Debug, Clone, Default)]
pub(super) struct Throttle {
    n_in_a_row: u32,
    until: Duration,
}

impl Throttle {
    /// Throttles it for as long as the provider asks, or backs off with full jitter where it does not say, and tells
    /// for how long it is throttled from `now` on.
    ///
    /// Of several calls that are throttled at once the longest pause counts, but they count as one in a row: they
    /// were sent before anyone knew.
    pub(super) fn throttle(&mut self, wait: Option<Duration>, now: Duration, fraction: f64) -> Duration {
        if self.until(now).is_none() {
            self.n_in_a_row = self.n_in_a_row.saturating_add(1);
        }
        let wait = wait.unwrap_or_else(|| backoff(self.n_in_a_row.saturating_sub(1), BASE_BUSY, fraction));
        self.until = self.until.max(now.saturating_add(wait.min(LONGEST_THROTTLE)));
        self.until.saturating_sub(now)
    }

    /// Until when it is throttled; `None` when it is free.
    pub(super) fn until(&self, now: Duration) -> Option<Duration> {
        (now < self.until).then_some(self.until)
    }

    /// A call succeeded: the next throttle is the first in a row again. What the provider asked for still stands, since
    /// the call may have begun before.
    pub(super) fn clear(&mut self) {
        self.n_in_a_row = 0;
    }
}

#[cfg(test)]
mod tests;
