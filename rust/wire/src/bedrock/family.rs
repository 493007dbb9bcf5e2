//! What only some of Bedrock's models know, told from their names.
//!
//! A model that is named by the ARN of a profile tells nothing of itself: it counts as none of these, and what only
//! they know is refused rather than guessed at.

/// Models that are asked alike.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(super) enum Family {
    /// Claude up to 4.1: thinks within a budget.
    EarlyClaude,
    /// Claude 4.5: as before, but takes schemas.
    Claude45,
    /// Claude from 4.6 on: decides itself how much to think, within an effort.
    Claude,
    /// Nova of the first generation.
    Nova,
    /// Nova 2: thinks, by an effort.
    Nova2,
    /// OpenAI's open models.
    GptOss,
    Other,
}

impl Family {
    pub(super) fn of(model: &str) -> Self {
        /// Parts of names: `anthropic.claude-3-7-sonnet-20250219-v1:0`, `claude-opus-4-20250514-v1:0`,
        /// `claude-opus-4-1-20250805-v1:0`.
        const EARLY: [&str; 5] = ["claude-3", "claude-v2", "claude-instant", "-4-2025", "-4-1-"];

        let has = |part: &str| model.contains(part);
        if has("anthropic.claude") {
            if EARLY.into_iter().any(has) {
                Self::EarlyClaude
            } else if has("-4-5-") {
                Self::Claude45
            } else {
                Self::Claude
            }
        } else if has("amazon.nova-2") {
            Self::Nova2
        } else if has("amazon.nova") {
            Self::Nova
        } else if has("openai.gpt-oss") {
            Self::GptOss
        } else {
            Self::Other
        }
    }

    pub(super) fn is_claude(self) -> bool {
        matches!(self, Self::EarlyClaude | Self::Claude45 | Self::Claude)
    }

    pub(super) fn is_nova(self) -> bool {
        matches!(self, Self::Nova | Self::Nova2)
    }

    /// Whether it may be held to a schema ("Get validated JSON results from models", Bedrock's user guide). Of the
    /// others some are and some are not; Bedrock then says so.
    pub(super) fn takes_schemas(self) -> bool {
        self != Self::EarlyClaude && !self.is_nova()
    }
}
