//! Whether a deployment may be asked, and how it compares with others.

use std::time::Duration;

/// How a request would be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    /// Which of the provider's credentials is shown.
    pub(super) turn: usize,
    /// Which key that is, counted from 0.
    pub(super) key: usize,
}

/// Whether a deployment may be asked, and how. What comes first is better.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Availability {
    /// It may.
    Ready(Ask),
    /// One request may, to find out whether it is well again.
    Probe(Ask),
    /// Its breaker is open, but too many of its group's are.
    Readmitted(Ask),
    /// Its breaker is open until then; it may be asked where nothing else is left.
    Ejected(Ask, Duration),
    /// Every key is throttled, until then the first.
    Throttled(Duration),
    /// No key is taken, until then the first.
    Unkeyed(Duration),
    /// The call has tried it with every key.
    Tried,
    /// It does not take this request.
    Unfit,
}

/// A deployment beside others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    pub(super) availability: Availability,
    /// Whether it takes one more request beside those in flight.
    pub(super) has_room: bool,
    pub(super) in_flight: u32,
    pub(super) time_to_first_token: Duration,
    /// Micro-dollars per million tokens of the usual mixture; `None` when not known.
    pub(super) price: Option<u32>,
    /// Above 0, at most 1: less for what is slow, or just well again.
    pub(super) share: f64,
}

impl Availability {
    /// How a request would be made, where one may be.
    pub(super) fn ask(self) -> Option<Ask> {
        match self {
            Self::Ready(ask) | Self::Probe(ask) | Self::Readmitted(ask) => Some(ask),
            Self::Ejected(..) | Self::Throttled(_) | Self::Unkeyed(_) | Self::Tried | Self::Unfit => None,
        }
    }

    /// The sooner it may be asked, the better; and rather as one that failed than against its word.
    pub(super) fn is_better_than(self, other: Self) -> bool {
        let rank = |it: Self| match it {
            Self::Ready(_) | Self::Probe(_) | Self::Readmitted(_) => (0, Duration::ZERO),
            Self::Ejected(_, until) => (1, until),
            Self::Throttled(until) => (2, until),
            Self::Unkeyed(until) => (3, until),
            Self::Tried | Self::Unfit => (4, Duration::ZERO),
        };
        rank(self) < rank(other)
    }
}
