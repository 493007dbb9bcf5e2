//! One question denies what the other does not, or denies something else.

use super::Veto;
use crate::Comparison;
use crate::lexicon::{Kind, words};
use crate::question::{Word, is_any};

/// Words that turn what follows into its opposite.
const TURNING: &[u64] = words![
    "avoid",
    "avoiding",
    "avoids",
    "prevent",
    "preventing",
    "prevents",
    "stop",
    "stopping",
    "stops",
    "quit",
    "quitting",
    "refuse",
    "refuses",
    "refusing",
    "fail",
    "fails",
    "failing",
    "failed",
    "lack",
    "lacks",
    "lacking",
    "ignore",
    "ignoring",
    "exclude",
    "excludes",
    "excluding",
    "forbid",
    "forbidden",
    "ban",
    "banned",
    "unable",
    "instead",
    "skip",
    "skipping",
    "against",
    "anti",
    "non",
    "free",
    "cancel",
    "undo",
    "reverse",
];

pub(super) fn veto(comparison: &Comparison<'_>) -> Option<Veto> {
    let [left, right] = comparison.questions;
    let n_negations = |side: usize| comparison.questions.get(side).map_or(0, |it| it.negated().count());
    let counterpart = |at: usize| comparison.pairs().find(|pair| pair.at.0 == at).map(|pair| pair.at.1);
    let is_negated = |at: Option<usize>| match at {
        Some(at) => counterpart(at).is_some_and(|to| right.negated().any(|it| it == Some(to))),
        None => right.negated().any(|it| it.is_none()),
    };
    let differ = n_negations(0) != n_negations(1) || !left.negated().all(is_negated);
    (differ || is_turned(comparison)).then_some(Veto::Negation)
}

/// Whether one question has a word more, which turns the meaning. Where the other has a word in its place, that may be a
/// synonym.
fn is_turned(comparison: &Comparison<'_>) -> bool {
    let turning = |side: usize| comparison.loose(side).filter(|(_, word)| is_any(word, TURNING)).count();
    let others =
        |side: usize| comparison.loose(side).filter(|(_, word): &(usize, &Word)| word.kind == Kind::Content).count();
    (turning(0) > 0 && others(0) > others(1)) || (turning(1) > 0 && others(1) > others(0))
}
