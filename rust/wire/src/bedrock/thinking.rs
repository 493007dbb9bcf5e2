//! How each family of models is told to think.
//!
//! Converse has no field for it but an effort; the rest is said as each family has it in its own dialect: "Extended
//! thinking" of Nova 2's user guide, "OpenAI models" of Bedrock's, and Claude as Anthropic's own API has it.

use super::family::Family;
use crate::Upstream;
use crate::anthropic::Thoughts;
use crate::chat::{Effort, Feature, Lost, Request};
use crate::json::ObjectWriter;

/// What is said about thinking.
#[derive(Clone, Copy)]
pub(super) enum Thinking {
    /// Nothing.
    Unsaid,
    Claude {
        thoughts: Thoughts,
        /// As `Reasoning` has it.
        is_shown: Option<bool>,
    },
    /// Nova is to, with this effort.
    Nova(&'static str),
    /// An open model of OpenAI's is to, with this effort.
    GptOss(&'static str),
}

impl Thinking {
    /// `takes_tools`: whether the provider takes `toolConfig`.
    pub(super) fn of(form: &Request<'_>, family: Family, takes_tools: bool, lost: &mut Lost) -> Self {
        let Some(reasoning) = form.reasoning else { return Self::Unsaid };
        let effort = reasoning.effort();
        let is_off = effort == Some(Effort::None);
        match (family, effort) {
            (Family::Claude(model), _) => {
                let max_tokens = form.max_tokens.unwrap_or(model.max_tokens);
                let thoughts = Thoughts::of(reasoning, &model, max_tokens, lost);
                let is_forced = form.forces_call() && model.is_forced && takes_tools;
                let thoughts = thoughts.around_calls(&form.messages, is_forced, Upstream::Bedrock, lost);
                Self::Claude { thoughts, is_shown: reasoning.is_shown }
            }
            // Off unless it is asked for.
            (Family::Nova | Family::Nova2, _) if is_off => Self::Unsaid,
            (Family::Nova2, _) => Self::Nova(three_levels(effort.unwrap_or(Effort::Medium))),
            (Family::GptOss, Some(effort)) if !is_off => Self::GptOss(three_levels(effort)),
            (Family::Nova | Family::GptOss | Family::Other, Some(_)) => {
                lost.field(Feature::Reasoning);
                Self::Unsaid
            }
            (Family::Nova | Family::GptOss | Family::Other, None) => {
                lost.hint(Feature::Reasoning);
                Self::Unsaid
            }
        }
    }

    /// `outputConfig.effort`.
    pub(super) fn effort(self) -> Option<&'static str> {
        match self {
            Self::Claude { thoughts, .. } => thoughts.effort(),
            Self::Unsaid | Self::Nova(_) | Self::GptOss(_) => None,
        }
    }

    /// Whether Claude is told to think, and so to use its own sampling.
    pub(super) fn is_claudes(self) -> bool {
        matches!(self, Self::Claude { thoughts, .. } if thoughts.are_wanted())
    }

    /// Writes its members of `additionalModelRequestFields`.
    pub(super) fn write(self, fields: &mut ObjectWriter<'_>) {
        match self {
            Self::Unsaid => {}
            Self::Claude { thoughts, is_shown } => thoughts.write(is_shown, fields),
            Self::Nova(effort) => fields.object("reasoningConfig", |config| {
                config.string("type", "enabled");
                config.string("maxReasoningEffort", effort);
            }),
            Self::GptOss(effort) => fields.string("reasoning_effort", effort),
        }
    }
}

fn three_levels(effort: Effort) -> &'static str {
    effort.clamp(Effort::Low, Effort::High).word()
}
