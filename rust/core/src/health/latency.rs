//! How long a deployment takes to its first token, and how long its tier does.
//!
//! # Why the first token
//! The whole answer takes as long as the answer is long, which is the client's doing. The first token comes when the
//! provider has found a place for the request and read the prompt, which tells how loaded it is.
//!
//! # Why the average relaxes
//! A deployment that was slow gets few requests, so it would be remembered as slow for want of anything newer. With
//! nothing new its value tends to that of its tier, until it gets another look.
//!
//! # Why the tier has a window and not an average
//! Time-outs and "slow" are about the usual and the nearly worst, which are quantiles; a few long prompts would move
//! an average.

use std::time::Duration;

/// What a sample counts for at least: an eighth, as in TCP's smoothed round trip, RFC 6298, section 2.3.
const SHARE: f64 = 1.0 / 8.0;
/// In how long all but 1/e of a value is forgotten: as long as a first token may take before it is given up, so that a
/// deployment gets another look about when its slow answers are over. The specification of failover, "Time-outs".
const TIME_CONSTANT: Duration = Duration::from_secs(30);
/// How many samples a window has: enough for a 99th percentile, and some minutes of a quiet tier.
const WINDOW: usize = 256;
/// Below so many samples a quantile is a guess: the specification of failover, "Health".
const MIN_SAMPLES: u32 = 20;

/// The usual time to first token of a deployment.
#[derive(Debug, Clone, Default)]
pub(super) struct Latency {
    /// In seconds.
    average: f64,
    n_samples: u32,
    updated: Duration,
}

impl Latency {
    /// A first token took so long.
    pub(super) fn record(&mut self, value: Duration, now: Duration) {
        // The longer the silence before a sample, the more it counts, because the more of the old is forgotten.
        let share = if self.n_samples == 0 { 1.0 } else { SHARE.max(1.0 - self.remembered(now)) };
        self.average += share * (value.as_secs_f64() - self.average);
        self.n_samples = self.n_samples.saturating_add(1);
        self.updated = self.updated.max(now);
    }

    /// What to expect now: the average, or the nearer to `rest` the longer nothing has been heard. `rest` where nothing
    /// ever was.
    pub(super) fn value(&self, now: Duration, rest: Duration) -> Duration {
        if self.n_samples == 0 {
            return rest;
        }
        let rest_seconds = rest.as_secs_f64();
        let seconds = rest_seconds + self.remembered(now) * (self.average - rest_seconds);
        Duration::try_from_secs_f64(seconds).unwrap_or(rest)
    }

    /// How many samples there have been.
    pub(super) fn n_samples(&self) -> u32 {
        self.n_samples
    }

    /// The share of the average that the time since the last sample leaves.
    fn remembered(&self, now: Duration) -> f64 {
        let silence = now.saturating_sub(self.updated);
        (-silence.as_secs_f64() / TIME_CONSTANT.as_secs_f64()).exp()
    }
}

/// The last times to first token of a tier.
///
/// They are kept in order, so that a quantile is exact and costs nothing. Putting a new one in its place costs some
/// 50 ns, measured; sorting them anew after every sixteenth would cost more.
#[derive(Debug, Clone, Default)]
pub(super) struct Window {
    /// In microseconds, in a ring.
    samples: Vec<u32>,
    /// Where in the ring the oldest is, once it is full.
    oldest: usize,
    /// The same samples, the shortest first.
    in_order: Vec<u32>,
}

impl Window {
    /// A first token took so long. Kept to the microsecond, and at most 71 minutes.
    pub(super) fn record(&mut self, value: Duration) {
        let value = u32::try_from(value.as_micros()).unwrap_or(u32::MAX);
        let to = self.place(value);
        if self.samples.len() < WINDOW {
            self.samples.push(value);
            self.in_order.insert(to, value);
            return;
        }
        let oldest = std::mem::replace(&mut self.samples[self.oldest], value);
        let from = self.place(oldest);
        self.oldest = (self.oldest + 1) % WINDOW;
        // Only what lies between the old one's place and the new one's moves, by one.
        if from < to {
            self.in_order.copy_within(from + 1..to, from);
            self.in_order[to - 1] = value;
        } else {
            self.in_order.copy_within(to..from, to + 1);
            self.in_order[to] = value;
        }
    }

    /// The shortest of the last 256 that a share `q`, in [0, 1], of them does not exceed; `None` below 20 samples.
    pub(super) fn quantile(&self, q: f64) -> Option<Duration> {
        let n = u32::try_from(self.in_order.len()).ok().filter(|n| *n >= MIN_SAMPLES)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the window's size")]
        let rank = (q.clamp(0.0, 1.0) * f64::from(n)).ceil() as usize;
        self.in_order.get(rank.saturating_sub(1)).map(|micros| Duration::from_micros(u64::from(*micros)))
    }

    /// The usual time; `None` below 20 samples.
    pub(super) fn median(&self) -> Option<Duration> {
        self.quantile(0.5)
    }

    fn place(&self, value: u32) -> usize {
        self.in_order.partition_point(|other| *other < value)
    }
}

#[cfg(test)]
mod tests;
