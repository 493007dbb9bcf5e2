//! The questions of each partition, by what they mean.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use tiercel_semantic::{Comparison, Embedder, Index, Neighbour, Question, Settings, Verifier, Veto};

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
    /// Taken apart once, since that takes longer than comparing it: 615 bytes where there are ten words, 94 of which a text takes.
    question: Arc<Question>,
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
        let mut found: Vec<Near> = Vec::new();
        let mut is_certain = false;
        let mut last: Option<(Arc<Question>, Result<f32, Veto>)> = None;
        let nearest = partition.index.search(&embedding, N_CANDIDATES, min_cosine.max(MIN_COSINE));
        let stored = partition.stored(&nearest);
        for (place, (neighbour, stored)) in nearest.iter().zip(stored).enumerate() {
            let Some(Stored { id, question }) = stored else { continue };
            let cosine = neighbour.cosine.min(1.0);
            let judged = match last.take() {
                // Another form of the same answer.
                Some((last, judged)) if last == question => judged,
                // Nothing is more probable than the same words.
                _ if is_certain && !asked.is_same(&question) => continue,
                // Of the nearest alone it is told why not.
                _ if place > 0 && asked.is_another(&question) => continue,
                _ => judge(&asked, &question, cosine),
            };
            match judged {
                Ok(score) => found.push(Near { id, cosine, score }),
                Err(veto) => veto_of_nearest = veto_of_nearest.or((place == 0).then_some(veto)),
            }
            is_certain |= judged == Ok(1.0);
            last = Some((question, judged));
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
        let question = Question::new(question);
        let embedding = Embedder::shipped().embed(question.text());
        let stored = Stored { id: *id, question: Arc::new(question) };
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

    /// Each of the neighbours, if it is still there.
    fn stored(&self, nearest: &[Neighbour]) -> Vec<Option<Stored>> {
        let questions = self.questions.read().unwrap_or_else(PoisonError::into_inner);
        nearest.iter().map(|it| questions.get(&it.id).cloned()).collect()
    }
}

/// How probable it is that the answer to what is stored serves, or why it does not.
fn judge(asked: &Question, stored: &Question, cosine: f32) -> Result<f32, Veto> {
    if asked.is_same(stored) {
        return Ok(1.0);
    }
    let comparison = Comparison::between(asked, stored);
    comparison.veto().map_or_else(|| Ok(Verifier::shipped().score(&comparison, cosine)), Err)
}

/// What an index knows a row by: ids are evenly spread, and a row that is taken for another is not found.
fn number(id: &Digest) -> u64 {
    id.first_chunk().copied().map_or(0, u64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTITION: Digest = [7; 32];
    const QUESTIONS: [&str; 8] = [
        "How do I reset my password?",
        "How can I reset my password?",
        "How do I reset my password, please?",
        "How do I not reset my password?",
        "Why do I reset my password?",
        "How do I change the password of my account?",
        "How do I reset my 2 passwords?",
        "What is the capital of France?",
    ];

    /// What is found without any short cut: of each that is near enough its id and score; and why not the nearest.
    fn expected(asked: &str, stored: &[(Digest, &str)]) -> (Vec<(Digest, f32)>, Option<Veto>) {
        let embed = |question: &Question| Embedder::shipped().embed(question.text());
        let asked = Question::new(asked);
        let mut near: Vec<_> = stored.iter().map(|(id, text)| (*id, Question::new(text))).collect();
        near.retain(|(_, question)| embed(question).cosine(&embed(&asked)) >= MIN_COSINE);
        near.sort_by(|(_, one), (_, other)| {
            embed(other).cosine(&embed(&asked)).total_cmp(&embed(one).cosine(&embed(&asked)))
        });
        let veto = |question: &Question| Comparison::between(&asked, question).veto();
        let veto_of_nearest = near.first().and_then(|(_, question)| veto(question));
        let is_certain = near.iter().any(|(_, question)| question.text() == asked.text());
        near.retain(|(_, question)| veto(question).is_none() && (!is_certain || question.text() == asked.text()));
        let score = |question: &Question| {
            let cosine = embed(question).cosine(&embed(&asked)).min(1.0);
            if is_certain { 1.0 } else { Verifier::shipped().score(&Comparison::between(&asked, question), cosine) }
        };
        (near.iter().map(|(id, question)| (*id, score(question))).collect(), veto_of_nearest)
    }

    #[test]
    fn short_cuts_change_nothing() {
        for stored in [&QUESTIONS[1..3], &QUESTIONS[3..], &QUESTIONS[2..6]] {
            let stored: Vec<(Digest, &str)> = (0_u8..).map(|id| [id; 32]).zip(stored.iter().copied()).collect();
            let partitions = Partitions::default();
            for (id, question) in &stored {
                partitions.insert(&PARTITION, id, question);
            }
            for asked in QUESTIONS {
                let (mut expected, expected_veto) = expected(asked, &stored);
                let (found, veto) = partitions.near(&PARTITION, asked, 0.0);
                let mut ids: Vec<Digest> = found.iter().map(|near| near.id).collect();
                assert!(found.is_sorted_by(|one, other| one.score >= other.score), "{asked}");
                assert_eq!(expected_veto, veto, "{asked}");
                ids.sort_unstable();
                expected.sort_unstable_by_key(|(id, _)| *id);
                assert_eq!(expected.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids, "{asked}");
                for (id, score) in expected {
                    let near = found.iter().find(|near| near.id == id).unwrap();
                    assert!((near.score - score).abs() < 0.01, "{asked}: {} for {score}", near.score);
                }
            }
        }
    }

    #[test]
    fn forms_of_an_answer_are_as_probable() {
        let partitions = Partitions::default();
        for id in 0..3 {
            partitions.insert(&PARTITION, &[id; 32], QUESTIONS[0]);
        }
        let scores = |asked: &str| -> Vec<u32> {
            partitions.near(&PARTITION, asked, 0.0).0.iter().map(|near| near.score.to_bits()).collect()
        };
        let other = scores("How can I reset a password?");

        assert_eq!(vec![1.0_f32.to_bits(); 3], scores("Please, how do I reset my password"));
        assert_eq!(vec![other[0]; 3], other);
    }
}
