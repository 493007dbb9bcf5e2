//! A word of one question is replaced by its opposite in the other.

use super::Veto;
use crate::Comparison;
use crate::lexicon::{Kind, are_opposites};
use crate::question::{Question, Word};

/// What makes the opposite of a word.
const PREFIXES: &[&str] =
    &["un", "in", "im", "il", "ir", "dis", "non", "de", "mis", "anti", "counter", "under", "over", "a"];
/// Endings that are each other's opposite.
const SUFFIXES: (&str, &str) = ("ful", "less");

pub(super) fn veto(comparison: &Comparison<'_>) -> Option<Veto> {
    let [left, right] = comparison.questions;
    let mut pairs = comparison.loose_pairs();
    let is_opposite = |(one, other): (&Word, &Word)| {
        are_opposites(one.class, other.class) || negates(left, one, right, other) || negates(right, other, left, one)
    };
    pairs.any(is_opposite).then_some(Veto::Antonym)
}

/// Whether a word is the other with a prefix that turns it, or with the opposite ending.
fn negates(question: &Question, word: &Word, other_question: &Question, other: &Word) -> bool {
    if word.kind < Kind::Light || other.kind < Kind::Light {
        return false;
    }
    let (word, other) = (question.letters(word), other_question.letters(other));
    // "In-ner" and "a-mount" have no word behind their beginning; four letters are one.
    let is_prefixed = other.len() >= 4 && PREFIXES.iter().any(|prefix| word.strip_prefix(prefix) == Some(other));
    let stem = |text: &'static str, of: &str| of.strip_suffix(text).map(str::len);
    let (full, less) = (stem(SUFFIXES.0, word), stem(SUFFIXES.1, other));
    is_prefixed || full.is_some_and(|length| Some(length) == less && word.get(..length) == other.get(..length))
}
