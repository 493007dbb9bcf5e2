//! Two questions side by side: which word of the one stands for which of the other, and which stand for none.
//!
//! Words are paired greedily, first those of the same meaning, then those that look as if one were misspelt or written
//! apart. The two questions are put in one order first, so that a comparison says the same whoever asked first.

use crate::lexicon::Kind;
use crate::question::{MAX_WORDS, Question, Word};

/// In place of a word's counterpart: it has none, or is a part of one.
const NONE: u8 = u8::MAX;

/// How two words were paired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Likeness {
    /// The same word, or a form of it.
    Same,
    /// Another word of the same meaning.
    Synonym,
    /// One looks like a misspelling of the other.
    Typo,
    /// One is derived from the other: "inflation", "inflationary".
    Kin,
    /// Written as one word and as several: "log in", "login"; "United Nations", "UN".
    Compound,
}

/// A word and its counterpart, by their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair<'a> {
    pub(crate) at: (usize, usize),
    pub(crate) words: (&'a Word, &'a Word),
    pub(crate) likeness: Likeness,
}

/// Two questions side by side.
#[derive(Debug)]
pub struct Comparison<'a> {
    pub(crate) questions: [&'a Question; 2],
    counterparts: [[u8; MAX_WORDS]; 2],
    likeness: [Likeness; MAX_WORDS],
    /// Words of each that are neither paired nor a part of a pair.
    loose: [Places; 2],
    /// Words of the first that have a counterpart.
    paired: Places,
}

impl<'a> Comparison<'a> {
    /// Puts two questions side by side, in either order.
    pub fn between(one: &'a Question, other: &'a Question) -> Self {
        let questions = if one.text() <= other.text() { [one, other] } else { [other, one] };
        let mut made = Self {
            questions,
            counterparts: [[NONE; MAX_WORDS]; 2],
            likeness: [Likeness::Same; MAX_WORDS],
            loose: questions.map(|it| Places::first(it.words().len())),
            paired: Places::default(),
        };
        made.pair_meanings();
        made.pair_spellings();
        made
    }

    /// Whether the normalised texts are equal.
    pub(crate) fn are_equal(&self) -> bool {
        self.questions[0].text() == self.questions[1].text()
    }

    /// Words with a counterpart, in the order of the first question.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = Pair<'_>> + Clone {
        let [left, right] = self.questions.map(Question::words);
        self.paired.clone().filter_map(move |at| {
            let to = self.counterpart(at)?;
            Some(Pair { at: (at, to), words: (left.get(at)?, right.get(to)?), likeness: *self.likeness.get(at)? })
        })
    }

    /// The place of the word of the second question that stands for the one at a place of the first.
    pub(crate) fn counterpart(&self, at: usize) -> Option<usize> {
        self.counterparts[0].get(at).copied().filter(|to| *to != NONE).map(usize::from)
    }

    /// Words of a question (0 or 1) without counterpart, and their places.
    pub(crate) fn loose(&self, side: usize) -> impl Iterator<Item = (usize, &'a Word)> + Clone + use<'a> {
        let side = usize::from(side != 0);
        let words = self.questions[side].words();
        self.loose[side].clone().filter_map(move |at| Some((at, words.get(at)?)))
    }

    /// Words of both questions without counterpart.
    pub(crate) fn all_loose(&self) -> impl Iterator<Item = &'a Word> + use<'a> {
        self.loose(0).chain(self.loose(1)).map(|(_, word)| word)
    }

    /// Each word without counterpart beside each such word of the other question.
    pub(crate) fn loose_pairs(&self) -> impl Iterator<Item = (&'a Word, &'a Word)> {
        self.loose(0).flat_map(|(_, left)| self.loose(1).map(move |(_, right)| (left, right)))
    }

    /// Whether the word at a place of a question has a counterpart that is a name.
    pub(crate) fn is_paired_name(&self, side: usize, at: usize) -> bool {
        let word = self.questions.get(side).and_then(|it| it.words().get(at));
        word.is_some_and(|word| word.is_name) && !self.is_loose(side, at)
    }

    fn pair_meanings(&mut self) {
        let mut expected = 0;
        for (at, word) in self.questions[0].words().iter().enumerate() {
            let free = self.loose(1).filter(|(_, it)| it.class == word.class);
            // The same word before a synonym, and the nearest before one farther off.
            let Some((to, other)) = free.min_by_key(|(to, it)| (it.stem != word.stem, to.abs_diff(expected))) else {
                continue;
            };
            let likeness = if other.stem == word.stem { Likeness::Same } else { Likeness::Synonym };
            self.pair(at, to, likeness);
            expected = to + 1;
        }
    }

    fn pair_spellings(&mut self) {
        for (at, word) in self.loose(0) {
            let mut free = self.loose(1);
            if let Some((to, likeness)) = free.find_map(|(to, other)| Some((to, self.spelling(word, other)?))) {
                self.pair(at, to, likeness);
            }
        }
        self.pair_compounds(0);
        self.pair_compounds(1);
    }

    fn spelling(&self, one: &Word, other: &Word) -> Option<Likeness> {
        let [left, right] = self.questions;
        let are_words = one.kind == Kind::Content && other.kind == Kind::Content;
        // Two words that are both known are two words.
        if !are_words || (one.is_known && other.is_known) {
            return None;
        }
        let (one, other) = (left.letters(one), right.letters(other));
        let shorter = one.len().min(other.len());
        if shorter >= 5 && is_typo(one.as_bytes(), other.as_bytes()) {
            return Some(Likeness::Typo);
        }
        let common = one.bytes().zip(other.bytes()).take_while(|(left, right)| left == right).count();
        (common >= 5 && 10 * common >= 6 * one.len().max(other.len())).then_some(Likeness::Kin)
    }

    /// Pairs words of one side with two or more words of the other that make it up, or that it abbreviates.
    fn pair_compounds(&mut self, side: usize) {
        let [whole, parts] = if side == 0 { self.questions } else { [self.questions[1], self.questions[0]] };
        for (at, word) in self.loose(side) {
            let letters = whole.letters(word);
            if !word.is_content() || !letters.is_ascii() || letters.len() < 2 {
                continue;
            }
            let n_parts = |from: usize| {
                let rest = parts.words().get(from..).unwrap_or_default();
                if rest.first().is_none_or(|it| it.is_known && it.kind == Kind::Number) {
                    return None;
                }
                let joined = rest.iter().take(3).scan(letters, |left, part| {
                    *left = left.strip_prefix(parts.letters(part))?;
                    Some(left.len())
                });
                let joined = joined.enumerate().find(|(_, left)| *left == 0).map(|(number, _)| number + 1);
                let initials = rest
                    .iter()
                    .zip(letters.bytes())
                    .take_while(|(part, byte)| parts.letters(part).as_bytes().first() == Some(byte))
                    .count();
                let is_acronym = word.is_name && (2..=5).contains(&letters.len()) && initials == letters.len();
                joined.filter(|count| *count > 1).or(is_acronym.then_some(initials))
            };
            let found = self.loose(1 - side).find_map(|(from, _)| {
                let count = n_parts(from)?;
                let are_free = (from..from + count).all(|it| self.is_loose(1 - side, it));
                are_free.then_some((from, count))
            });
            if let Some((from, count)) = found {
                let (left, right) = if side == 0 { (at, from) } else { (from, at) };
                self.pair(left, right, Likeness::Compound);
                for part in from + 1..from + count {
                    self.loose[1 - side].remove(part);
                }
            }
        }
    }

    fn is_loose(&self, side: usize, at: usize) -> bool {
        self.loose.get(side).is_some_and(|it| it.has(at))
    }

    fn pair(&mut self, at: usize, to: usize, likeness: Likeness) {
        let place = |it: usize| u8::try_from(it).unwrap_or(NONE);
        for (side, from, to) in [(0, at, to), (1, to, at)] {
            if let Some(counterpart) = self.counterparts[side].get_mut(from) {
                *counterpart = place(to);
            }
            self.loose[side].remove(from);
        }
        self.paired.insert(at);
        if let Some(it) = self.likeness.get_mut(at) {
            *it = likeness;
        }
    }
}

/// Places of words, a bit each; and those that are left of them, in order.
#[derive(Debug, Clone, Default)]
struct Places(u128);

const _: () = assert!(MAX_WORDS < u128::BITS as usize);

impl Places {
    /// The first `n`, at most `MAX_WORDS`.
    fn first(n: usize) -> Self {
        Self((1 << n.min(MAX_WORDS)) - 1)
    }

    fn has(&self, at: usize) -> bool {
        at < MAX_WORDS && self.0 >> at & 1 == 1
    }

    fn insert(&mut self, at: usize) {
        self.0 |= 1 << at.min(MAX_WORDS);
    }

    fn remove(&mut self, at: usize) {
        self.0 &= !(1 << at.min(MAX_WORDS));
    }
}

impl Iterator for Places {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let at = (self.0 != 0).then_some(self.0.trailing_zeros() as usize)?;
        self.0 &= self.0 - 1;
        Some(at)
    }
}

/// Whether two words differ in one letter: another, one more, or two that changed places. The first letter is right, and
/// in words under seven letters so is the last.
fn is_typo(one: &[u8], other: &[u8]) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let same = short.iter().zip(long).take_while(|(left, right)| left == right).count();
    let (short_rest, long_rest) = (short.get(same..).unwrap_or_default(), long.get(same..).unwrap_or_default());
    let is_near = match (short_rest, long_rest) {
        ([], [_]) => true,
        ([a, b, rest @ ..], [c, d, others @ ..]) if a == d && b == c && rest == others => true,
        ([_, rest @ ..], [_, others @ ..]) if short.len() == long.len() => rest == others,
        (rest, [_, others @ ..]) => rest == others,
        _ => false,
    };
    same > 0 && is_near && (short.len() >= 7 || short.last() == long.last())
}
