//! The one place in the project that reads a clock.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tiercel_gateway::Moment;
use tiercel_upstream::tls::{TimeProvider, UnixTime};

/// The machine's clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
}

#[expect(clippy::disallowed_methods, reason = "this is where time is read, for all other code to be given it")]
impl Clock {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now() }
    }

    pub(crate) fn now(&self) -> Moment {
        Moment { monotonic: self.start.elapsed(), unix: unix_time() }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is where time is read, for all other code to be given it")]
fn unix_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(unix_time()))
    }
}
