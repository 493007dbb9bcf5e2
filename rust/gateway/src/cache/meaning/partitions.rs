//! The questions of each partition, by what they mean.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use tiercel_semantic::bound::{Evidence, History, Nearby};
use tiercel_semantic::{Comparison, Embedder, Embedding, Index, Question, Settings, Verifier, Veto};

use crate::digest::Digest;

/// Questions that are looked at: the nearest that may serve, and those around it. Forms of one answer count apart.
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
    group: Group,
    history: History,
}

/// A question that was answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Near {
    /// Of the row with its answer.
    pub(crate) id: Digest,
    /// How near it is, up to 1.
    pub(crate) cosine: f32,
    /// What is known of its answer before it is given.
    pub(crate) evidence: Evidence,
    /// Which answer it is.
    pub(crate) group: Group,
}

/// Those that were found to say the same, by the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Group(u64);

impl Partitions {
    /// What was asked in `partition` and is nearest to `question`, of what `read` can have and no veto speaks against; at
    /// least as near as `min_cosine`. If the nearest of all is vetoed, by what.
    pub(crate) fn near<T>(
        &self,
        partition: &Digest,
        question: &str,
        min_cosine: f32,
        mut read: impl FnMut(&Digest) -> Option<T>,
    ) -> (Option<(Near, T)>, Option<Veto>) {
        let Some(partition) = self.get(partition) else { return (None, None) };
        let asked = Question::new(question);
        if !asked.is_whole() {
            return (None, None);
        }
        let around = partition.around(&Embedder::shipped().embed(asked.text()));
        let mut veto_of_nearest = None;
        for (place, (cosine, stored)) in around.iter().enumerate().take_while(|(_, (cosine, _))| *cosine >= min_cosine)
        {
            // Of the nearest alone it is told why not.
            if place > 0 && asked.is_another(&stored.question) {
                continue;
            }
            let probability = match judge(&asked, &stored.question, *cosine) {
                Ok(probability) => probability,
                Err(veto) => {
                    veto_of_nearest = veto_of_nearest.or((place == 0).then_some(veto));
                    continue;
                }
            };
            let Some(found) = read(&stored.id) else { continue };
            let nearby = around.iter().map(|(cosine, other)| Nearby {
                cosine: *cosine,
                is_alike: other.group == stored.group,
                history: other.history,
            });
            let evidence = Evidence::of(*cosine, probability, nearby);
            let near = Near { id: stored.id, cosine: *cosine, evidence, group: stored.group };
            return (Some((near, found)), veto_of_nearest);
        }
        (None, veto_of_nearest)
    }

    /// Has the question with the answer at `id` found. `is_alike` says of other rows whether their answers say the same.
    pub(super) fn insert(&self, partition: &Digest, id: &Digest, question: &str, is_alike: impl Fn(&Digest) -> bool) {
        let question = Question::new(question);
        if !question.is_whole() {
            return;
        }
        let known = self.get(partition);
        let partition = known.unwrap_or_else(|| {
            let mut partitions = self.0.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(partitions.entry(*partition).or_insert_with(|| Arc::new(Partition::new())))
        });
        let embedding = Embedder::shipped().embed(question.text());
        let alike = partition.around(&embedding).into_iter().find(|(_, stored)| is_alike(&stored.id));
        let group = alike.map_or(Group(number(id)), |(_, stored)| stored.group);
        let stored = Stored { id: *id, question: Arc::new(question), group, history: History::default() };
        partition.questions.write().unwrap_or_else(PoisonError::into_inner).insert(number(id), stored);
        // One without a word that is known has no direction, and is found by its letters alone.
        let _ = partition.index.insert(number(id), &embedding);
    }

    /// Learns that the answer at `id` was compared with the model's.
    pub(crate) fn note_check(&self, partition: &Digest, id: &Digest, is_wrong: bool) {
        self.change(partition, id, |stored| stored.history.add(is_wrong));
    }

    /// Learns that the answer at `id` says what those of `group` do.
    pub(crate) fn join(&self, partition: &Digest, id: &Digest, group: Group) {
        self.change(partition, id, |stored| stored.group = group);
    }

    fn change(&self, partition: &Digest, id: &Digest, change: impl FnOnce(&mut Stored)) {
        let Some(partition) = self.get(partition) else { return };
        let mut questions = partition.questions.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(stored) = questions.get_mut(&number(id)) {
            change(stored);
        }
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

    /// What is nearest to `embedding`, with its cosine.
    fn around(&self, embedding: &Embedding) -> Vec<(f32, Stored)> {
        let nearest = self.index.search(embedding, N_CANDIDATES, MIN_COSINE);
        let questions = self.questions.read().unwrap_or_else(PoisonError::into_inner);
        nearest.into_iter().filter_map(|it| Some((it.cosine.min(1.0), questions.get(&it.id)?.clone()))).collect()
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

    const PARTITION: Digest = [1; 32];

    /// A partition with a question of each number, and which of them have the answer of an earlier one.
    fn partitions(questions: &[(u8, &str, Option<u8>)]) -> Partitions {
        let partitions = Partitions::default();
        for (number, question, alike) in questions {
            partitions.insert(&PARTITION, &[*number; 32], question, |id| alike.is_some_and(|it| *id == [it; 32]));
        }
        partitions
    }

    fn near(partitions: &Partitions, question: &str) -> Option<Near> {
        partitions.near(&PARTITION, question, 0.0, |_| Some(())).0.map(|(near, ())| near)
    }

    const REFUND: (u8, &str, Option<u8>) = (1, "How do I get a refund?", None);

    #[test]
    fn the_nearest_that_may_serve_is_found() {
        let check = |case: &str, expected: Option<u8>, question: &str| {
            let known = partitions(&[REFUND, (2, "How do I get a refund for order 7?", None)]);
            assert_eq!(expected, near(&known, question).map(|near| near.id[0]), "{case}");
        };
        check("the same", Some(1), "how do i get a refund");
        check("another number", None, "How do I get a refund for order 8?");
        check("that number", Some(2), "How could I get a refund for order 7");
        check("something else", None, "When do shops close in Paris?");
    }

    #[test]
    fn what_has_too_many_words_to_be_compared_is_not_looked_for() {
        let check = |expected: bool, n_words: usize| {
            let known = partitions(&[(1, &"refund ".repeat(n_words), None)]);
            assert_eq!(expected, near(&known, &"Refund ".repeat(n_words)).is_some(), "{n_words}");
        };
        check(true, 96);
        check(false, 97);
    }

    #[test]
    fn what_cannot_be_read_is_passed_over() {
        let known = partitions(&[REFUND, (2, "How can I get a refund?", None)]);
        let (found, _) = known.near(&PARTITION, "how do i get a refund", 0.0, |id| (*id != [1; 32]).then_some(()));

        assert_eq!(Some([2; 32]), found.map(|(near, ())| near.id));
    }

    #[test]
    fn answers_that_say_the_same_are_a_group() {
        let known =
            partitions(&[REFUND, (2, "How can I get a refund?", Some(1)), (3, "How do I get a refund in cash?", None)]);
        let group = |question| near(&known, question).map(|near| near.group);
        assert_eq!(group(REFUND.1), group("How can I get a refund?"));
        let apart = near(&known, "How do I get a refund in cash?").unwrap();
        assert_ne!(group(REFUND.1), Some(apart.group));
        known.join(&PARTITION, &[3; 32], group(REFUND.1).unwrap());
        let joined = near(&known, "How do I get a refund in cash?").unwrap();

        assert_eq!(group(REFUND.1), Some(joined.group));
        assert_ne!(apart.evidence, joined.evidence, "what lies around it is alike now");
    }

    #[test]
    fn what_checks_found_is_known_of_an_answer() {
        let known = partitions(&[REFUND]);
        let before = near(&known, REFUND.1).unwrap();
        known.note_check(&PARTITION, &[1; 32], true);
        known.note_check(&PARTITION, &[9; 32], true);

        assert_ne!(before.evidence, near(&known, REFUND.1).unwrap().evidence);
        known.remove(&PARTITION, &[1; 32]);
        assert!(near(&known, REFUND.1).is_none());
    }
}
