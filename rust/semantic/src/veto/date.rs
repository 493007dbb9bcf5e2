//! Another time: a month, a day, last year and next, what was and what will be.

use super::Veto;
use crate::Comparison;
use crate::lexicon::{Kind, words};
use crate::question::{Question, is_any};

/// Words that say which of many: those in a row are the same.
const WHICH: [&[u64]; 3] =
    [words!["last", "past", "previous"], words!["next", "coming", "upcoming", "following"], words!["this", "current"]];

pub(super) fn veto(comparison: &Comparison<'_>) -> Option<Veto> {
    let differ =
        comparison.all_loose().any(|word| word.kind == Kind::Date) || are_others(comparison) || are_apart(comparison);
    differ.then_some(Veto::Date)
}

/// Whether the same day, month or year is meant of another time.
fn are_others(comparison: &Comparison<'_>) -> bool {
    let [left, right] = comparison.questions;
    let which = |question: &Question, at: usize| {
        let before = at.checked_sub(1).and_then(|at| question.words().get(at))?;
        WHICH.iter().position(|list| is_any(before, list))
    };
    let mut times = comparison.pairs().filter(|pair| matches!(pair.words.0.kind, Kind::Unit | Kind::Date));
    times.any(|pair| which(left, pair.at.0) != which(right, pair.at.1))
}

/// Whether one speaks of the future and one of the past.
fn are_apart(comparison: &Comparison<'_>) -> bool {
    let has = |side: usize, list: &[u64]| comparison.loose(side).any(|(_, word)| is_any(word, list));
    let future = words!["will", "shall"];
    let past = words!["did", "was", "were", "had"];
    (has(0, future) && has(1, past)) || (has(1, future) && has(0, past))
}
