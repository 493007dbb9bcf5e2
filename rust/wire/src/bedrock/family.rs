//! What only some of Bedrock's models know, told from their names.
//!
//! A model that is named by the ARN of a profile tells nothing of itself: it counts as none of these, and what only
//! they know is refused rather than guessed at.

use crate::anthropic;

/// Models that are asked alike.
#[derive(Clone, Copy)]
pub(super) enum Family {
    Claude(anthropic::Model),
    /// Nova of the first generation.
    Nova,
    /// Nova 2, which thinks.
    Nova2,
    /// OpenAI's open models.
    GptOss,
    Other,
}

impl Family {
    pub(super) fn of(model: &str) -> Self {
        if model.contains("anthropic.claude") {
            Self::Claude(anthropic::Model::of(model))
        } else if model.contains("amazon.nova-2") {
            Self::Nova2
        } else if model.contains("amazon.nova") {
            Self::Nova
        } else if model.contains("openai.gpt-oss") {
            Self::GptOss
        } else {
            Self::Other
        }
    }

    pub(super) fn is_claude(self) -> bool {
        matches!(self, Self::Claude(_))
    }

    pub(super) fn is_nova(self) -> bool {
        matches!(self, Self::Nova | Self::Nova2)
    }

    /// Whether it may be held to a schema ("Get validated JSON results from models", Bedrock's user guide). Of the
    /// others some are and some are not; Bedrock then says so.
    pub(super) fn takes_schemas(self) -> bool {
        match self {
            Self::Claude(model) => model.has_schemas,
            Self::Nova | Self::Nova2 => false,
            Self::GptOss | Self::Other => true,
        }
    }

    /// Whether it can be made to call a tool.
    pub(super) fn is_forced(self) -> bool {
        match self {
            Self::Claude(model) => model.is_forced,
            Self::Nova | Self::Nova2 | Self::GptOss | Self::Other => true,
        }
    }
}
