//! What the operator is told of changes, one line each, kept until somebody writes it out.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Mutex, PoisonError};

use super::row::State;

/// More lines than a second of the worst outage makes; what comes beyond is counted, and the oldest stay.
const MAX_NOTES: usize = 1_000;

/// A change of state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Which deployment, or provider.
    pub subject: String,
    /// What its state is now.
    pub state: State,
    /// A sentence.
    pub text: String,
}

#[derive(Debug, Default)]
pub(super) struct Notes(Mutex<Lines>);

#[derive(Debug, Default)]
struct Lines {
    notes: VecDeque<Note>,
    n_dropped: u64,
}

impl Notes {
    pub(super) fn push(&self, note: Note) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.notes.len() < MAX_NOTES {
            lines.notes.push_back(note);
        } else {
            lines.n_dropped += 1;
        }
    }

    /// All since the last time, and how many found no room.
    pub(super) fn take(&self) -> (Vec<Note>, u64) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = mem::take(&mut *lines);
        (lines.notes.into(), lines.n_dropped)
    }
}
