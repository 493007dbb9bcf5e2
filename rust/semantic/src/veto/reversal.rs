//! Two things changed places, and it matters which comes first.
//!
//! The order of words alone says little: "the time zone of Paris" is "Paris's time zone". It matters where a word that
//! has a direction governs one of them ("PDF *to* Word", "older *than*"), and where both stand on the two sides of a verb.
//! It matters, too, where nothing but the two moved, around a word that holds them together ("Linux *for* Android").

use super::Veto;
use crate::Comparison;
use crate::comparison::Pair;
use crate::lexicon::Kind;
use crate::question::Role;

pub(super) fn veto(comparison: &Comparison<'_>) -> Option<Veto> {
    let things = || comparison.pairs().filter(|pair| pair.words.0.is_content() && pair.words.1.is_content());
    let is_turned = things().any(|pair| {
        matches!(
            (pair.words.0.role, pair.words.1.role),
            (Role::From, Role::To) | (Role::To, Role::From) | (Role::Before, Role::After) | (Role::After, Role::Before)
        )
    });
    let is_reversed = things().enumerate().any(|(number, first)| {
        things().skip(number + 1).any(|second| first.at.1 > second.at.1 && changes(comparison, &first, &second))
    });
    (is_turned || is_reversed || is_plain_exchange(comparison)).then_some(Veto::Reversal)
}

/// Whether two words stand in each other's place, all others where they were, and around something that is not the same
/// from both sides: "Panera's bread", "a job in Germany as an engineer", but not "rain in Rome in winter". Names need
/// nothing to hold them together: "Leonardo da Vinci".
fn is_plain_exchange(comparison: &Comparison<'_>) -> bool {
    let [left, right] = comparison.questions;
    let mut moved = comparison.pairs().filter(|pair| pair.at.0 != pair.at.1);
    let (Some(first), Some(second), None) = (moved.next(), moved.next(), moved.next()) else { return false };
    let are_things = [first, second].iter().all(|pair| pair.words.0.is_content() && pair.words.1.is_content());
    let n_pairs = comparison.pairs().count();
    if !are_things
        || first.at != (second.at.1, second.at.0)
        || [left, right].iter().any(|it| it.words().len() != n_pairs)
    {
        return false;
    }
    let between = || left.words().iter().take(second.at.0).skip(first.at.0 + 1);
    let is_joined = between().any(|word| word.kind == Kind::Function && word.role == Role::Joined);
    let are_owners = left.is_possessive(first.words.0) && right.is_possessive(second.words.1);
    let are_names =
        [first, second].iter().all(|pair| pair.words.0.is_name) && !left.has_comma(first.words.0, second.words.0);
    let holds_together = are_owners || are_names || between().any(|word| word.kind == Kind::Function);
    let before = |pair: &Pair<'_>| pair.at.0.checked_sub(1).and_then(|at| left.words().get(at)).map(|it| it.form);
    holds_together && !is_joined && before(&first) != before(&second)
}

/// Whether the meaning changes as two words, `first` before `second`, stand the other way round.
fn changes(comparison: &Comparison<'_>, first: &Pair<'_>, second: &Pair<'_>) -> bool {
    let differs = |pair: &Pair<'_>| direction(pair.words.0.role) != direction(pair.words.1.role);
    if differs(first) || differs(second) || exchange(first, second) {
        return true;
    }
    let is_free = |pair: &Pair<'_>| pair.words.0.role == Role::Free && pair.words.1.role == Role::Free;
    let is_between = |pair: Pair<'_>| {
        let is_left = first.at.0 < pair.at.0 && pair.at.0 < second.at.0;
        is_left && second.at.1 < pair.at.1 && pair.at.1 < first.at.1 && pair.words.0.kind != Kind::Function
    };
    let is_list = || comparison.questions[0].has_comma(first.words.0, second.words.0);
    is_free(first) && is_free(second) && comparison.pairs().any(is_between) && !is_list()
}

/// Whether each of two words took the other's role: "the president of the bank", "the bank of the president".
fn exchange(first: &Pair<'_>, second: &Pair<'_>) -> bool {
    let roles = |pair: &Pair<'_>| (pair.words.0.role, pair.words.1.role);
    let ((before, after), (other_before, other_after)) = (roles(first), roles(second));
    let are_joined = [before, after].contains(&Role::Joined);
    before != after && (before, after) == (other_after, other_before) && !are_joined
}

/// The role, if it has a direction. "From" is as good as none beside a "to": "to Word from PDF" is "PDF to Word".
fn direction(role: Role) -> Option<Role> {
    matches!(role, Role::To | Role::Than | Role::By | Role::Before | Role::After).then_some(role)
}
