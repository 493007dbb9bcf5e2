//! What providers do: how they are for a while, and so what each request comes to.

use std::time::Duration;

use tiercel_core::health::Random;

use crate::scene::{LAST_ARRIVAL, milliseconds};

/// How a provider is from when on.
#[derive(Clone, Debug)]
pub(crate) struct Moods(Vec<(Duration, Mood)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Well,
    /// One request in three comes to something else.
    Flaky,
    /// Always the same fault.
    Broken(Fault),
}

/// What goes wrong. With `None`, nothing is said of when to come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    Refuses,
    Ignores,
    /// Every connection of the pool stays in use.
    Busy,
    Throttles(Option<u64>),
    Overloaded(u16, Option<u64>),
    Fails,
    RefusesKey,
    RefusesRequest,
    HasNoModel,
    ReadsLess,
    Silent,
    SilentAfterHead,
    SilentAfterFirst,
    DiesBeforeFirst,
    DiesAfterFirst,
    ResetsAfterFirst,
    Garbles,
    GarblesAfterFirst,
    ErrorInside,
    /// The body ends as it should, and what it says does not.
    Truncates,
    /// As a connection that was about to be closed.
    HangsUp,
    Trickles,
    Slow,
    /// It closes the connection once it has answered.
    ClosesAfterwards,
}

const FAULTS: [Fault; 28] = [
    Fault::Refuses,
    Fault::Ignores,
    Fault::Busy,
    Fault::Throttles(None),
    Fault::Throttles(Some(1)),
    Fault::Throttles(Some(20)),
    Fault::Overloaded(503, None),
    Fault::Overloaded(503, Some(2)),
    Fault::Overloaded(529, None),
    Fault::Overloaded(529, Some(2)),
    Fault::Fails,
    Fault::RefusesKey,
    Fault::RefusesRequest,
    Fault::HasNoModel,
    Fault::ReadsLess,
    Fault::Silent,
    Fault::SilentAfterHead,
    Fault::SilentAfterFirst,
    Fault::DiesBeforeFirst,
    Fault::DiesAfterFirst,
    Fault::ResetsAfterFirst,
    Fault::Garbles,
    Fault::GarblesAfterFirst,
    Fault::ErrorInside,
    Fault::Truncates,
    Fault::HangsUp,
    Fault::Trickles,
    Fault::Slow,
];

impl Moods {
    pub(crate) fn draw(random: &mut Random) -> Self {
        let mut moods = Vec::new();
        let mut from = Duration::ZERO;
        while from < LAST_ARRIVAL {
            let mood = match random.below(6) {
                0 | 1 => Mood::Well,
                2 | 3 => Mood::Flaky,
                _ => Mood::Broken(FAULTS[random.below(FAULTS.len())]),
            };
            moods.push((from, mood));
            from += Duration::from_secs(2) + milliseconds(random, 20_000);
        }
        Self(moods)
    }

    /// What becomes of the next request.
    pub(crate) fn fault(&self, now: Duration, random: &mut Random) -> Option<Fault> {
        let mood = self.0.iter().rev().find(|(from, _)| *from <= now).map_or(Mood::Well, |(_, mood)| *mood);
        match mood {
            Mood::Well => (random.below(20) == 0).then_some(Fault::ClosesAfterwards),
            Mood::Flaky => (random.below(3) == 0).then(|| FAULTS[random.below(FAULTS.len())]),
            Mood::Broken(fault) => Some(fault),
        }
    }
}

impl Fault {
    /// Whether it is one of making the connection.
    pub(crate) fn is_of_connecting(self) -> bool {
        matches!(self, Self::Refuses | Self::Ignores | Self::Busy)
    }

    /// The word for it, for counting.
    pub(crate) fn word(self) -> String {
        match self {
            Self::Throttles(_) => "Throttles".to_owned(),
            Self::Overloaded(status, _) => format!("Overloaded {status}"),
            other => format!("{other:?}"),
        }
    }
}
