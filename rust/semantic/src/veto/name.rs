//! Another name, or another thing of the same kind.
//!
//! Names are those that capitals show and those that a list has, since few who type into a box write capitals. A name
//! that only one question has makes another question, unless it belongs to one that both have: "Trump" is "Donald Trump".

use super::Veto;
use crate::Comparison;
use crate::question::Word;

pub(super) fn veto(comparison: &Comparison<'_>) -> Option<Veto> {
    let n_names = |side: usize| comparison.loose(side).filter(|(_, word)| word.is_name).count();
    let are_both = n_names(0) > 0 && n_names(1) > 0;
    let is_other = |side: usize| {
        let is_replaced = are_both || comparison.loose(1 - side).any(|(_, word)| word.is_content());
        comparison.loose(side).any(|(at, word)| word.is_name && (is_replaced || !is_part(comparison, side, at)))
    };
    if is_other(0) || is_other(1) {
        return Some(Veto::Name);
    }
    let are_siblings = |(one, other): (&Word, &Word)| one.family != 0 && one.family == other.family;
    comparison.loose_pairs().any(are_siblings).then_some(Veto::Kind)
}

/// Whether the name stands beside one that both questions have.
fn is_part(comparison: &Comparison<'_>, side: usize, at: usize) -> bool {
    comparison.is_paired_name(side, at + 1) || at.checked_sub(1).is_some_and(|it| comparison.is_paired_name(side, it))
}
