//! How a worker learns what has become of answers, whichever worker did it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::Meanings;
use crate::cache::negative;
use crate::cache::row::Row;
use crate::cache::{Change, Store};
use crate::digest::Digest;

/// Changes that are taken in at once.
const MOST: usize = 256;

#[derive(Default)]
pub(super) struct Follower(Mutex<State>);

#[derive(Default)]
struct State {
    /// Up to which change all is known.
    next: u64,
    /// Rows that are still to be looked at, where changes were missed.
    backlog: Vec<Digest>,
    /// In which partition a row's question is.
    places: HashMap<Digest, Digest>,
}

impl Follower {
    /// Takes in some of what is new; whether there is more. From `answer_similarity` on, two answers are one.
    pub(super) fn follow(&self, entries: &dyn Store, meanings: &Meanings, answer_similarity: f64) -> bool {
        let state = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changes = Vec::new();
        if state.backlog.is_empty() {
            let tail = entries.tail(state.next, MOST, &mut |id, change| changes.push((*id, change)));
            state.next = tail.next;
            if !tail.is_whole {
                meanings.partitions.clear();
                state.places.clear();
                state.backlog = entries.ids();
                changes.clear();
            }
        }
        let n_left = state.backlog.len().saturating_sub(MOST);
        changes.extend(state.backlog.drain(n_left..).map(|id| (id, Change::Kept)));
        let secret = entries.secret();
        for (id, change) in &changes {
            match change {
                Change::Kept if !state.places.contains_key(id) => {
                    state.take(id, entries, &secret, meanings, answer_similarity);
                }
                // The same question again, with another answer.
                Change::Kept => {}
                Change::Gone => {
                    if let Some(partition) = state.places.remove(id) {
                        meanings.partitions.remove(&partition, id);
                    }
                }
            }
        }
        changes.len() >= MOST || !state.backlog.is_empty()
    }
}

impl State {
    fn take(
        &mut self,
        id: &Digest,
        entries: &dyn Store,
        secret: &[u8; 32],
        meanings: &Meanings,
        answer_similarity: f64,
    ) {
        let Some(bytes) = entries.peek(id) else { return };
        if let Some((partition, row)) = Row::read(&bytes, id, secret) {
            if row.serves_other_words {
                let gist = |id: &Digest| Row::decode(&entries.peek(id)?, id, &partition, secret)?.gist;
                let is_alike = |other: &Digest| {
                    let both = row.gist.as_ref().zip(gist(other));
                    both.is_some_and(|(one, other)| one.agrees(&other, answer_similarity) == Some(true))
                };
                meanings.partitions.insert(&partition, id, &row.question, is_alike);
                self.places.insert(*id, partition);
            }
        } else if let Some(name) = negative::read(&bytes, id, secret) {
            meanings.classes.take_negative(&name);
        }
    }
}
