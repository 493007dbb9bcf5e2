//! What a run has seen, and the report on it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::Failure;

/// Times from a microsecond to a minute, kept to three digits.
const RANGE_NS: (u64, u64) = (1_000, 60_000_000_000);

/// Counts and times of a run, shared by its connections.
pub(super) struct Tally(RefCell<Counts>);

struct Counts {
    n_requests: u64,
    n_events: u64,
    errors: BTreeMap<String, u64>,
    cache: BTreeMap<&'static str, u64>,
    latency: Histogram<u64>,
    first_event: Histogram<u64>,
    gap: Histogram<u64>,
}

/// What a run has found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Answers that were whole.
    pub requests: u64,
    /// All others, by what was wrong.
    pub errors: BTreeMap<String, u64>,
    /// Whole answers that say what came of a look into a cache, by that.
    pub cache: BTreeMap<&'static str, u64>,
    /// From the first request to the last answer.
    pub seconds: f64,
    /// Whole answers a second.
    pub requests_per_second: f64,
    /// Events of all streams.
    pub events: u64,
    /// From the request, in an open loop from when it was due, to the end of its answer.
    pub latency_us: Option<Percentiles>,
    /// From the request to its first event.
    pub first_event_us: Option<Percentiles>,
    /// Between two reads that brought events.
    pub gap_us: Option<Percentiles>,
}

/// Of a set of times, in microseconds.
#[derive(Debug, Serialize)]
pub struct Percentiles {
    /// All together by how many there are.
    pub mean: f64,
    /// The median.
    pub p50: f64,
    /// Of a hundred, the longest but one.
    pub p99: f64,
    /// Of a thousand, the longest but one.
    pub p999: f64,
    /// The longest.
    pub max: f64,
}

impl Report {
    /// The report as JSON.
    ///
    /// # Errors
    /// Never: it has neither maps with odd keys nor anything that fails to be written.
    pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(self)
    }
}

impl Tally {
    /// # Errors
    /// When the histograms cannot be made, which their constant range rules out.
    pub(super) fn new() -> io::Result<Self> {
        let histogram = || Histogram::new_with_bounds(RANGE_NS.0, RANGE_NS.1, 3).map_err(io::Error::other);
        Ok(Self(RefCell::new(Counts {
            n_requests: 0,
            n_events: 0,
            errors: BTreeMap::new(),
            cache: BTreeMap::new(),
            latency: histogram()?,
            first_event: histogram()?,
            gap: histogram()?,
        })))
    }

    pub(super) fn first_event(&self, after: Duration, n_events: u64) {
        let counts = &mut *self.0.borrow_mut();
        counts.n_events += n_events;
        counts.first_event.saturating_record(nanoseconds(after));
    }

    pub(super) fn next_event(&self, gap: Duration, n_events: u64) {
        let counts = &mut *self.0.borrow_mut();
        counts.n_events += n_events;
        counts.gap.saturating_record(nanoseconds(gap));
    }

    /// A whole answer with what it says of a cache, or none.
    pub(super) fn answer(&self, outcome: Result<(Duration, Option<&'static str>), Failure>) {
        let counts = &mut *self.0.borrow_mut();
        match outcome {
            Ok((latency, cache)) => {
                counts.n_requests += 1;
                if let Some(word) = cache {
                    *counts.cache.entry(word).or_default() += 1;
                }
                counts.latency.saturating_record(nanoseconds(latency));
            }
            Err(failure) => *counts.errors.entry(failure.to_string()).or_default() += 1,
        }
    }

    pub(super) fn report(&self, elapsed: Duration) -> Report {
        let counts = self.0.borrow();
        let seconds = elapsed.as_secs_f64();
        Report {
            requests: counts.n_requests,
            errors: counts.errors.clone(),
            cache: counts.cache.clone(),
            seconds,
            requests_per_second: float(counts.n_requests) / seconds,
            events: counts.n_events,
            latency_us: percentiles(&counts.latency),
            first_event_us: percentiles(&counts.first_event),
            gap_us: percentiles(&counts.gap),
        }
    }
}

fn percentiles(histogram: &Histogram<u64>) -> Option<Percentiles> {
    let at = |quantile| float(histogram.value_at_quantile(quantile)) / 1e3;
    (!histogram.is_empty()).then(|| Percentiles {
        mean: histogram.mean() / 1e3,
        p50: at(0.5),
        p99: at(0.99),
        p999: at(0.999),
        max: float(histogram.max()) / 1e3,
    })
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "no count or time of a run comes near 2^52")]
fn float(number: u64) -> f64 {
    number as f64
}
