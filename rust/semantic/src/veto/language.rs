//! Another language: the answer would be in the wrong one.

use super::Veto;
use crate::Comparison;

pub(super) fn veto(comparison: &Comparison<'_>) -> Option<Veto> {
    let [left, right] = comparison.questions.map(crate::Question::language);
    left.differs(right).then_some(Veto::Language)
}
