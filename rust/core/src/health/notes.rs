//! What the operator is told of changes, one line each, kept until somebody writes it out.

use std::mem;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::row::State;

/// More lines than a second of the worst outage makes; what comes beyond is counted, and the oldest stay.
const MAX_NOTES: usize = 1_000;

/// A change of state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Which deployment.
    pub subject: String,
    /// What its state is now.
    pub state: State,
    /// A sentence.
    pub text: String,
}

/// The same, of whoever it may be: a sentence without its subject.
pub(super) struct News {
    state: State,
    text: String,
}

impl News {
    pub(super) fn of(state: State, text: &str) -> Self {
        Self { state, text: text.to_owned() }
    }

    pub(super) fn left_alone(state: State, wait: Duration, why: &str) -> Self {
        Self { state, text: format!("is left alone for {:.1} s: {why}", wait.as_secs_f64()) }
    }

    /// Of a deployment; of one of its keys, counted from 0, where there are several.
    pub(super) fn of_deployment(self, name: &str, key: Option<usize>) -> Note {
        let Self { state, text } = self;
        let text = match key {
            Some(key) => format!("{name} (key {}) {text}", key + 1),
            None => format!("{name} {text}"),
        };
        Note { subject: name.to_owned(), state, text }
    }
}

#[derive(Debug, Default)]
pub(super) struct Notes(Mutex<Lines>);

#[derive(Debug, Default)]
struct Lines {
    notes: Vec<Note>,
    n_dropped: u64,
}

impl Notes {
    pub(super) fn push(&self, note: Note) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.notes.len() < MAX_NOTES {
            lines.notes.push(note);
        } else {
            lines.n_dropped += 1;
        }
    }

    /// All since the last time, and how many found no room.
    pub(super) fn take(&self) -> (Vec<Note>, u64) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = mem::take(&mut *lines);
        (lines.notes, lines.n_dropped)
    }
}
