//! The questions of each partition, by what they mean.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use tiercel_semantic::{Comparison, Embedder, Index, Question, Settings, Verifier, Veto};

use crate::digest::Digest;

/// Questions that are looked at word by word: the verifier judges few. Forms of one answer count apart.
const N_CANDIDATES: usize = 6;
/// Farther ones ask for something else.
const MIN_COSINE: f32 = 0.6;

/// By partition. A look-up waits for a writer no longer than it takes to add a number to a table.
#[derive(Default)]
pub(crate) struct Partitions(RwLock<HashMap<Digest, Arc<Partition>>>);

/// The questions that differ in nothing but their last words.
struct Partition {
    index: Index,
    questions: RwLock<HashMap<u64, Stored>>,
}

#[derive(Clone)]
struct Stored {
    id: Digest,
    text: Arc<str>,
}

/// A question that was answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Near {
    /// Of the row with its answer.
    pub(crate) id: Digest,
    /// How near it is, up to 1.
    pub(crate) cosine: f32,
    /// How probable it is that its answer serves.
    pub(crate) score: f32,
}

impl Partitions {
    /// What was asked in `partition` that may be what `question` asks, the most probable first; all at least as near as
    /// `min_cosine`. If the nearest is vetoed, by what.
    pub(crate) fn near(&self, partition: &Digest, question: &str, min_cosine: f32) -> (Vec<Near>, Option<Veto>) {
        let Some(partition) = self.get(partition) else { return (Vec::new(), None) };
        let asked = Question::new(question);
        let embedding = Embedder::shipped().embed(asked.text());
        let mut veto_of_nearest = None;
        let mut found = Vec::new();
        let nearest = partition.index.search(&embedding, N_CANDIDATES, min_cosine.max(MIN_COSINE));
        for (place, neighbour) in nearest.into_iter().enumerate() {
            let Some(Stored { id, text }) = partition.stored(neighbour.id) else { continue };
            let stored = Question::new(&text);
            let comparison = Comparison::between(&asked, &stored);
            if let Some(veto) = comparison.veto() {
                veto_of_nearest = veto_of_nearest.or((place == 0).then_some(veto));
                continue;
            }
            let cosine = neighbour.cosine.min(1.0);
            let is_same = asked.text() == stored.text();
            let score = if is_same { 1.0 } else { Verifier::shipped().score(&comparison, cosine) };
            found.push(Near { id, cosine, score });
        }
        found.sort_by_key(|near| Reverse(near.score.to_bits()));
        (found, veto_of_nearest)
    }

    /// Has the question with the answer at `id` found.
    pub(super) fn insert(&self, partition: &Digest, id: &Digest, question: &str) {
        let known = self.get(partition);
        let partition = known.unwrap_or_else(|| {
            let mut partitions = self.0.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(partitions.entry(*partition).or_insert_with(|| Arc::new(Partition::new())))
        });
        let embedding = Embedder::shipped().embed(Question::new(question).text());
        let stored = Stored { id: *id, text: question.into() };
        partition.questions.write().unwrap_or_else(PoisonError::into_inner).insert(number(id), stored);
        // One without a word that is known has no direction, and is found by its letters alone.
        let _ = partition.index.insert(number(id), &embedding);
    }

    pub(super) fn remove(&self, partition: &Digest, id: &Digest) {
        let Some(known) = self.get(partition) else { return };
        known.index.remove(number(id));
        let is_empty = {
            let mut questions = known.questions.write().unwrap_or_else(PoisonError::into_inner);
            questions.remove(&number(id));
            questions.is_empty()
        };
        if is_empty {
            self.0.write().unwrap_or_else(PoisonError::into_inner).remove(partition);
        }
    }

    pub(super) fn clear(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn get(&self, partition: &Digest) -> Option<Arc<Partition>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(partition).cloned()
    }
}

impl Partition {
    fn new() -> Self {
        Self { index: Index::new(Settings::default()), questions: RwLock::default() }
    }

    fn stored(&self, number: u64) -> Option<Stored> {
        self.questions.read().unwrap_or_else(PoisonError::into_inner).get(&number).cloned()
    }
}

/// What an index knows a row by: ids are evenly spread, and a row that is taken for another is not found.
fn number(id: &Digest) -> u64 {
    id.first_chunk().copied().map_or(0, u64::from_be_bytes)
}
