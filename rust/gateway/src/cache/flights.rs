//! Which questions are being answered right now, so that others who ask the same can wait for it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::digest::Digest;

/// Calls that may wait for one answer; more ask on their own.
const MAX_WAITING: usize = 256;

/// By the question, who has to do with its answer.
#[derive(Default)]
pub(crate) struct Flights(Mutex<HashMap<Digest, Flight>>);

#[derive(Default)]
struct Flight {
    n_waiting: usize,
    has_leader: bool,
    /// The answer streams out already, and will take as long as it takes.
    has_begun: bool,
}

/// A call's place among those who ask the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It has not been looked for.
    Nowhere,
    /// The others wait for it.
    Leading,
    /// It waits for another one.
    Waiting,
    /// It asks on its own.
    Alone,
}

impl Flights {
    /// The place of a call that asks `question` and would wait, if `is_patient`; `is_back` if it was waiting.
    pub(super) fn enter(&self, question: &Digest, is_patient: bool, is_back: bool) -> Place {
        let mut flights = self.lock();
        let flight = flights.entry(*question).or_default();
        flight.n_waiting -= usize::from(is_back);
        if !flight.has_leader {
            *flight = Flight { has_leader: true, has_begun: false, ..*flight };
            return Place::Leading;
        }
        if flight.has_begun || !is_patient || flight.n_waiting >= MAX_WAITING {
            return Place::Alone;
        }
        flight.n_waiting += 1;
        Place::Waiting
    }

    /// Takes note that the answer of the one who leads streams out.
    pub(super) fn begin(&self, question: &Digest) {
        self.lock().entry(*question).and_modify(|flight| flight.has_begun = true);
    }

    /// A call leaves its `place`.
    pub(super) fn leave(&self, question: &Digest, place: Place) {
        let mut flights = self.lock();
        let Some(flight) = flights.get_mut(question) else { return };
        match place {
            Place::Leading => *flight = Flight { n_waiting: flight.n_waiting, ..Flight::default() },
            Place::Waiting => flight.n_waiting -= 1,
            Place::Nowhere | Place::Alone => return,
        }
        if !flight.has_leader && flight.n_waiting == 0 {
            flights.remove(question);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Digest, Flight>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUESTION: Digest = [1; 32];

    #[test]
    fn one_leads_and_others_wait() {
        let flights = Flights::default();
        let enter = |is_patient, is_back| flights.enter(&QUESTION, is_patient, is_back);

        assert_eq!(Place::Leading, enter(true, false));
        assert_eq!([Place::Waiting, Place::Waiting], [enter(true, false), enter(true, false)]);
        assert_eq!(Place::Alone, enter(false, false), "an impatient one");
        assert_eq!(Place::Leading, flights.enter(&[2; 32], true, false), "of another question");
        assert_eq!(Place::Waiting, enter(true, true), "it is not answered yet");
        flights.leave(&QUESTION, Place::Leading);
        assert_eq!(Place::Leading, enter(true, true), "somebody has to");
        flights.begin(&QUESTION);
        assert_eq!([Place::Alone, Place::Alone], [enter(true, true), enter(true, false)], "it streams out");
        flights.leave(&QUESTION, Place::Leading);
        flights.leave(&[2; 32], Place::Leading);
        assert!(flights.lock().is_empty());
    }

    #[test]
    fn not_too_many_wait() {
        let flights = Flights::default();
        flights.enter(&QUESTION, true, false);
        let places: Vec<_> = (0..=MAX_WAITING).map(|_| flights.enter(&QUESTION, true, false)).collect();

        assert_eq!((Place::Waiting, Place::Alone), (places[MAX_WAITING - 1], places[MAX_WAITING]));
    }

    #[test]
    fn nothing_is_left_of_those_who_give_up() {
        let flights = Flights::default();
        let places = [flights.enter(&QUESTION, true, false), flights.enter(&QUESTION, true, false)];
        for place in places {
            flights.leave(&QUESTION, place);
        }

        assert!(flights.lock().is_empty());
    }
}
