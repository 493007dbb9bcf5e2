//! Another number, unit or version.
//!
//! A number that one question has and the other has not counts as well: "the best phones" are not "the best phones of
//! 2024". So does the order, since numbers are told apart by their places alone.

use super::Veto;
use crate::Comparison;
use crate::lexicon::{Kind, words};
use crate::question::{Question, Word, is_any};

/// Signs that calculate. `/` and `&` also stand for "or" and "and".
const OPERATORS: &[u64] = words!["+", "-", "*", "=", "<", ">", "^", "!"];

pub(super) fn veto(comparison: &Comparison<'_>) -> Option<Veto> {
    for (side, question) in comparison.questions.iter().enumerate() {
        if let Some((at, word)) = comparison.loose(side).find(|(_, word)| word.kind == Kind::Number) {
            return Some(sort(question, at, word));
        }
    }
    let is_sign = |word: &Word| word.kind == Kind::Symbol && is_any(word, OPERATORS);
    if comparison.all_loose().any(is_sign) || are_reordered(comparison) {
        return Some(Veto::Number);
    }
    comparison.all_loose().any(|word| word.kind == Kind::Unit).then_some(Veto::Unit)
}

/// What a number is: a year, a version of what stands before it, or just a number.
fn sort(question: &Question, at: usize, word: &Word) -> Veto {
    let letters = question.letters(word);
    let before = at.checked_sub(1).and_then(|at| question.words().get(at));
    let is_behind_name = before.is_some_and(|it| it.is_name || is_any(it, words!["version", "v", "release"]));
    if letters.len() == 4
        && (letters.starts_with('1') || letters.starts_with("20"))
        && letters.bytes().all(|it| it.is_ascii_digit())
    {
        Veto::Date
    } else if is_behind_name || letters.matches('.').count() > 1 {
        Veto::Version
    } else {
        Veto::Number
    }
}

fn are_reordered(comparison: &Comparison<'_>) -> bool {
    let numbers = comparison.pairs().filter(|pair| pair.words.0.kind == Kind::Number).map(|pair| pair.at.1);
    !numbers.is_sorted()
}
