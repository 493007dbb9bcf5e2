//! How each family of models is told to think.
//!
//! Converse has no field for it but an effort, which adaptive models take; the rest is said as each family has it in its
//! own dialect, in `additionalModelRequestFields`: "Adaptive thinking" and "Extended thinking" of Bedrock's user guide,
//! "Extended thinking" of Nova 2's, "OpenAI models" of Bedrock's.

use super::family::Family;
use crate::chat::{Effort, Feature, Lost, Reasoning, Request};
use crate::json::ObjectWriter;

/// The least that Claude takes.
const MIN_BUDGET: u64 = 1_024;

/// What is said about thinking.
#[derive(Clone, Copy)]
pub(super) enum Thinking {
    /// Claude is not to.
    Off,
    /// Claude may, for so many tokens.
    Budget(u64),
    /// Claude may, as it sees fit; `is_shown` as `Reasoning` has it.
    Adaptive { effort: Option<&'static str>, is_shown: Option<bool> },
    /// Nova is to, with this effort.
    Nova(&'static str),
    /// An open model of OpenAI's is to, with this effort.
    GptOss(&'static str),
}

impl Thinking {
    /// `None` where nothing needs to be said, or nothing can be.
    pub(super) fn of(form: &Request<'_>, family: Family, lost: &mut Lost) -> Option<Self> {
        let reasoning = form.reasoning?;
        let effort = reasoning.effort();
        let is_off = effort == Some(Effort::None);
        match family {
            // Off unless it is asked for.
            Family::EarlyClaude | Family::Claude45 | Family::Nova | Family::Nova2 if is_off => None,
            Family::EarlyClaude | Family::Claude45 => Some(Self::Budget(budget(reasoning, form.max_tokens))),
            Family::Claude if is_off => Some(Self::Off),
            Family::Claude => {
                // Only some models take more than `high`, so a number of tokens never turns into that.
                let of_budget = reasoning.budget.map(|n_tokens| Effort::of_budget(n_tokens).min(Effort::High));
                let effort = reasoning.effort.or(of_budget).map(|effort| effort.max(Effort::Low).word());
                Some(Self::Adaptive { effort, is_shown: reasoning.is_shown })
            }
            Family::Nova2 => Some(Self::Nova(three_levels(effort.unwrap_or(Effort::Medium)))),
            Family::GptOss if !is_off => effort.map(three_levels).map(Self::GptOss),
            Family::Nova | Family::GptOss | Family::Other => {
                match effort {
                    Some(_) => lost.field(Feature::Reasoning),
                    None => lost.hint(Feature::Reasoning),
                }
                None
            }
        }
    }

    /// `outputConfig.effort`.
    pub(super) fn effort(self) -> Option<&'static str> {
        match self {
            Self::Adaptive { effort, .. } => effort,
            Self::Off | Self::Budget(_) | Self::Nova(_) | Self::GptOss(_) => None,
        }
    }

    /// Writes its members of `additionalModelRequestFields`.
    pub(super) fn write(self, fields: &mut ObjectWriter<'_>) {
        match self {
            Self::Off => fields.object("thinking", |thinking| thinking.string("type", "disabled")),
            Self::Budget(n_tokens) => fields.object("thinking", |thinking| {
                thinking.string("type", "enabled");
                thinking.number("budget_tokens", n_tokens);
            }),
            Self::Adaptive { is_shown, .. } => fields.object("thinking", |thinking| {
                thinking.string("type", "adaptive");
                let display = is_shown.map(|is_shown| if is_shown { "summarized" } else { "omitted" });
                thinking.optional_string("display", display);
            }),
            Self::Nova(effort) => fields.object("reasoningConfig", |config| {
                config.string("type", "enabled");
                config.string("maxReasoningEffort", effort);
            }),
            Self::GptOss(effort) => fields.string("reasoning_effort", effort),
        }
    }
}

/// The client's own number, or one that an effort stands for: that one leaves room for the answer, since the client's
/// bound holds both.
fn budget(reasoning: Reasoning, max_tokens: Option<u64>) -> u64 {
    let room = max_tokens.map_or(u64::MAX, |n_tokens| n_tokens.saturating_sub(1));
    let of_effort = || reasoning.effort.unwrap_or(Effort::Medium).budget().min(room);
    reasoning.budget.unwrap_or_else(of_effort).max(MIN_BUDGET)
}

fn three_levels(effort: Effort) -> &'static str {
    effort.clamp(Effort::Low, Effort::High).word()
}
