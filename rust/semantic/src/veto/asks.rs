//! Another thing that is asked for about the same: why, when, where, how many.

use super::Veto;
use crate::Comparison;

pub(super) fn veto(comparison: &Comparison<'_>) -> Option<Veto> {
    let [left, right] = comparison.questions.map(crate::Question::asks);
    left.differs(right).then_some(Veto::QuestionType)
}
