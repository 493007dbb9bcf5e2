//! How much a model is to think, for Anthropic: in the way that the model takes, as near to the wish as that gets.

use super::model::{Efforts, Model, Off, Thinking};
use crate::Upstream;
use crate::chat::{Content, Effort, Feature, Lost, Message, Part, Reasoning, Role};
use crate::json::ObjectWriter;

/// The fewest tokens of thought that can be asked for (Anthropic's API reference).
const MIN_BUDGET: u64 = 1_024;

/// What is written: `thinking`, and the word of `output_config.effort`. By default nothing, which leaves it to the model.
#[derive(Clone, Copy, Default)]
pub(crate) struct Thoughts {
    mode: Option<Mode>,
    effort: Option<&'static str>,
}

#[derive(Clone, Copy)]
enum Mode {
    Disabled,
    BetweenTools,
    Enabled { budget: u64 },
    Adaptive,
}

impl Thoughts {
    /// For a wish, and for an answer of at most `max_tokens`, thoughts included.
    pub(crate) fn of(reasoning: Reasoning, model: &Model, max_tokens: u64, lost: &mut Lost) -> Self {
        if reasoning.effort() == Some(Effort::None) {
            return Self::none(model.off, lost);
        }
        let is_in_tokens = match model.thinking {
            Thinking::Never => {
                lost.field(Feature::Reasoning);
                return Self::default();
            }
            Thinking::Budget => true,
            Thinking::Either => reasoning.budget.is_some(),
            Thinking::Effort => false,
        };
        if !is_in_tokens {
            let effort = reasoning.effort().map(|effort| word(effort, model.efforts));
            return Self { mode: Some(Mode::Adaptive), effort };
        }
        // They must leave room for the answer.
        if max_tokens <= MIN_BUDGET {
            lost.hint(Feature::Reasoning);
            return Self::default();
        }
        let budget = reasoning.budget().unwrap_or(Effort::Medium.budget()).clamp(MIN_BUDGET, max_tokens - 1);
        Self { mode: Some(Mode::Enabled { budget }), effort: None }
    }

    /// Without those that the provider, of the dialect `upstream`, would refuse: where they are told in tokens, they
    /// cannot begin between a call and its result, nor before a call to which the model is forced.
    pub(crate) fn around_calls(
        self,
        messages: &[Message<'_>],
        is_forced: bool,
        upstream: Upstream,
        lost: &mut Lost,
    ) -> Self {
        if matches!(self.mode, Some(Mode::Enabled { .. })) && (is_forced || has_thoughtless_call(messages, upstream)) {
            lost.hint(Feature::Reasoning);
            return Self::default();
        }
        self
    }

    fn none(off: Off, lost: &mut Lost) -> Self {
        let mode = match off {
            Off::Default => None,
            Off::Disabled => Some(Mode::Disabled),
            Off::BetweenTools => Some(Mode::BetweenTools),
            Off::Never => {
                lost.hint(Feature::Reasoning);
                return Self { mode: None, effort: Some(Effort::Low.word()) };
            }
        };
        Self { mode, effort: None }
    }

    pub(crate) fn effort(self) -> Option<&'static str> {
        self.effort
    }

    /// Whether the model is told to think, and so to use its own sampling.
    pub(crate) fn are_wanted(self) -> bool {
        matches!(self.mode, Some(Mode::Enabled { .. } | Mode::Adaptive))
    }

    /// Writes `thinking`; `is_shown` says whether the client wants to read it, if it does say so.
    pub(crate) fn write(self, is_shown: Option<bool>, body: &mut ObjectWriter<'_>) {
        let Some(mode) = self.mode else { return };
        body.object("thinking", |thinking| {
            match mode {
                Mode::Disabled => return thinking.string("type", "disabled"),
                Mode::BetweenTools => return thinking.string("type", "between_tools"),
                Mode::Adaptive => thinking.string("type", "adaptive"),
                Mode::Enabled { budget } => {
                    thinking.string("type", "enabled");
                    thinking.number("budget_tokens", budget);
                }
            }
            if let Some(is_shown) = is_shown {
                thinking.string("display", if is_shown { "summarized" } else { "omitted" });
            }
        });
    }
}

/// Whether the last turn of the assistant has calls and does not begin with a thought that `upstream` can read, as it
/// does where the client keeps no thoughts.
fn has_thoughtless_call(messages: &[Message<'_>], upstream: Upstream) -> bool {
    let messages = messages.iter().rev().filter(|message| message.role != Role::System);
    let parts = messages.flat_map(|message| message.parts.iter().rev().map(|part| (message.role, part)));
    let said = parts.filter(|(_, part)| is_said(part, upstream)).skip_while(|(role, _)| *role == Role::User);
    let turn: Vec<_> = said.take_while(|(role, _)| *role == Role::Assistant).map(|(_, part)| &part.content).collect();
    let first = turn.last();
    let begins_with_thought =
        first.is_some_and(|content| matches!(content, Content::Thought { .. } | Content::RedactedThought(_)));
    !begins_with_thought && turn.iter().any(|content| matches!(content, Content::Call(_)))
}

/// Whether a part is not left out, as thoughts of others and empty texts are.
fn is_said(part: &Part<'_>, upstream: Upstream) -> bool {
    match &part.content {
        Content::Text(text) => !text.trim().is_empty(),
        Content::Thought { signature, .. } => signature.as_ref().is_some_and(|signature| signature.made_by == upstream),
        Content::RedactedThought(signature) => signature.made_by == upstream,
        _ => true,
    }
}

/// The nearest word that the model knows.
fn word(effort: Effort, known: Efforts) -> &'static str {
    match (effort, known) {
        (Effort::None | Effort::Minimal, _) => Effort::Low.word(),
        (Effort::ExtraHigh, Efforts::High | Efforts::Max) | (Effort::Max, Efforts::High) => Effort::High.word(),
        (effort, _) => effort.word(),
    }
}
