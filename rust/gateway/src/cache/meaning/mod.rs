//! Answers for whoever asks the same in other words.
//!
//! # What must be so before one is given
//! It was given to a question of the same *partition*: everything but the last words is equal, to the letter. Among these
//! the nearest are looked at word by word: a veto for what differs in a number, a name, a negation; of the rest the most
//! probable. And its *class*, those who share answers and the model that they ask for, must have shown that answers of such
//! a probability are seldom wrong ([`classes`]).
//!
//! # What is one answer
//! Stored answers that say the same, by the words of both or by a judge, are one *group*. What lies around a question is
//! then known to be answered alike or not, which tells more than how near it is.
//!
//! # Who knows what was asked
//! Each worker keeps the questions of all, by what they mean, in its own memory, and follows the store, which workers may
//! share ([`follow`]). What a look-up finds there may be gone in the store: then it is not found.

mod agreement;
mod classes;
mod follow;
mod partitions;

pub(crate) use agreement::Gist;
pub(crate) use classes::{Class, Classes, Trial};
pub(crate) use partitions::{Near, Partitions};

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use crate::Gateway;
use crate::shared::Shared;
use follow::Follower;

/// How soon a worker looks again, where it had seen all: workers see one another's answers within a second.
const CAUGHT_UP: Duration = Duration::from_millis(50);
/// And where answers are given to the same words alone, until the configuration says otherwise.
const UNWANTED: Duration = Duration::from_secs(1);

/// What a worker knows of what questions mean.
#[derive(Default)]
pub(crate) struct Meanings {
    /// From which cosine on two answers are one; `None` where nobody looks for them.
    answer_similarity: Mutex<Option<f64>>,
    pub(crate) partitions: Partitions,
    pub(crate) classes: Classes,
    follower: Follower,
}

impl Meanings {
    /// Has questions known by what they mean, where it is said from which cosine on two answers are one.
    pub(crate) fn set_wanted(&self, answer_similarity: Option<f64>) {
        *self.answer_similarity.lock().unwrap_or_else(PoisonError::into_inner) = answer_similarity;
    }

    fn answer_similarity(&self) -> Option<f64> {
        *self.answer_similarity.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps a worker's questions up to date with the store. It is for a thread of its own: a new question takes some
/// microseconds, among many a tenth of a millisecond.
pub struct CacheFollower(Weak<Shared>);

impl CacheFollower {
    /// Takes in what is new, and not too much at once. After how long to call it again; `None` when the gateway is no more.
    pub fn follow(&self) -> Option<Duration> {
        let shared = self.0.upgrade()?;
        let meanings = &shared.meanings;
        let Some(answer_similarity) = meanings.answer_similarity() else { return Some(UNWANTED) };
        Some(if meanings.follower.follow(shared.entries(), meanings, answer_similarity) {
            Duration::ZERO
        } else {
            CAUGHT_UP
        })
    }
}

impl Gateway {
    /// What has to be called every now and then, so that what is kept is found in other words.
    pub fn cache_follower(&self) -> CacheFollower {
        CacheFollower(Arc::downgrade(&self.shared))
    }
}
