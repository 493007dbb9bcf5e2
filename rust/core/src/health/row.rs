//! What is shown of a deployment and a key, and what workers tell one another.

use serde::{Deserialize, Serialize};

/// Whether a deployment may be asked with a key. What is further down is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It may.
    Closed,
    /// One request may, to see whether it is well again.
    HalfOpen,
    /// It wants to be left alone, and said for how long.
    Throttled,
    /// The provider does not take the key.
    Parked,
    /// It failed too often.
    Open,
}

impl State {
    /// The one word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half_open",
            Self::Throttled => "throttled",
            Self::Parked => "parked",
            Self::Open => "open",
        }
    }
}

/// A deployment asked with one of its provider's keys. Times are in milliseconds, and tell how long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// `provider/model`.
    pub deployment: String,
    /// The key's number, from 1, in the order of the configuration.
    pub key: usize,
    /// How many keys there are.
    pub n_keys: usize,
    /// Whether it may be asked.
    pub state: State,
    /// Why it may not, or last might not; `None` where it always might.
    pub why: Option<String>,
    /// For how long it has been so; `None` where it always was.
    pub since_ms: Option<u64>,
    /// Until it is tried again; `None` where it may be asked, or is being tried.
    pub retry_in_ms: Option<u64>,
    /// How many workers know it.
    pub n_workers: u32,
    /// How many of them have found it in a state other than closed.
    pub n_workers_away: u32,
    /// Requests in flight at the deployment, whatever the key.
    pub in_flight: u32,
    /// How many may be.
    pub limit: u32,
    /// Requests of the last ten seconds that succeeded.
    pub n_successes: u32,
    /// Requests of the last ten seconds that succeeded or were the deployment's failure.
    pub n_samples: u32,
    /// The deployment's usual time to first token; `None` when no stream has told.
    pub time_to_first_token_ms: Option<u64>,
}

impl Row {
    /// Adds what another worker knows of the same: the worst state is that of all.
    pub(super) fn add(&mut self, other: Self) {
        self.n_workers = self.n_workers.saturating_add(other.n_workers);
        self.n_workers_away = self.n_workers_away.saturating_add(other.n_workers_away);
        self.in_flight = self.in_flight.saturating_add(other.in_flight);
        self.limit = self.limit.saturating_add(other.limit);
        // Of who has more to go by.
        let times = [(self.n_samples, self.time_to_first_token_ms), (other.n_samples, other.time_to_first_token_ms)];
        self.time_to_first_token_ms = times.into_iter().filter(|it| it.1.is_some()).max().and_then(|it| it.1);
        self.n_successes = self.n_successes.saturating_add(other.n_successes);
        self.n_samples = self.n_samples.saturating_add(other.n_samples);
        if (other.state, other.retry_in_ms) > (self.state, self.retry_in_ms) {
            self.state = other.state;
            self.why = other.why;
            self.since_ms = other.since_ms;
            self.retry_in_ms = other.retry_in_ms;
        }
    }
}
