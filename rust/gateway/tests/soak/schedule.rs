//! What is to happen, the soonest first; of what happens at the same time, any first.

use std::collections::BTreeMap;
use std::time::Duration;

use tiercel_core::health::Random;

/// Events by when they are due. A number at random, and one that counts, tell those apart that are due at once.
pub(crate) struct Schedule<E> {
    events: BTreeMap<(Duration, u64, u64), E>,
    n_put: u64,
}

impl<E> Schedule<E> {
    pub(crate) fn new() -> Self {
        Self { events: BTreeMap::new(), n_put: 0 }
    }

    pub(crate) fn put(&mut self, at: Duration, event: E, random: &mut Random) {
        self.put_in_order(at, random.next(), event);
    }

    /// Those of the same `turn` happen in the order in which they were put, as bytes on a connection do.
    pub(crate) fn put_in_order(&mut self, at: Duration, turn: u64, event: E) {
        self.n_put += 1;
        self.events.insert((at, turn, self.n_put), event);
    }

    pub(crate) fn next(&mut self) -> Option<(Duration, E)> {
        self.events.pop_first().map(|((at, ..), event)| (at, event))
    }
}
