//! One question is about a special case of the other: "for students", "without sugar", "if it rains".
//!
//! Only restrictions that stand behind a preposition or in a clause of their own. An adjective may as well be idle
//! ("a real problem") as restrict ("a gaming laptop"); that is left to the verifier.

use super::Veto;
use crate::Comparison;
use crate::lexicon::words;
use crate::question::{Role, Word, is_any};

/// Where everything is: who adds one of these restricts nothing.
const EVERYWHERE: &[u64] = words![
    "world", "earth", "universe", "life", "history", "order", "case", "terms", "internet", "english", "fact",
    "example",
];

/// Words that begin a condition.
const CONDITIONS: &[u64] =
    words!["if", "unless", "while", "when", "whenever", "only", "except", "instead", "besides", "although"];

pub(super) fn veto(comparison: &Comparison<'_>) -> Option<Veto> {
    (is_narrower(comparison, 0) || is_narrower(comparison, 1)).then_some(Veto::Scope)
}

/// Whether a question has more restrictions than could stand for what the other has and it has not.
fn is_narrower(comparison: &Comparison<'_>, side: usize) -> bool {
    let restricts = |word: &Word| {
        let is_governed = !matches!(word.role, Role::Free | Role::Of | Role::Joined);
        is_governed && word.is_content() && !is_any(word, EVERYWHERE)
    };
    let content = |side: usize| comparison.loose(side).filter(|(_, word)| word.is_content()).count();
    let n_restrictions = comparison.loose(side).filter(|(_, word)| restricts(word)).count();
    let is_condition = comparison.loose(side).any(|(at, word)| at > 0 && is_any(word, CONDITIONS));
    n_restrictions > content(1 - side) || (is_condition && content(side) > content(1 - side))
}
