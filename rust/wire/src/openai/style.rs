//! Which of OpenAI's forms an answer has, by what the client asked.

use crate::Endpoint;
use crate::translation::Context;

/// The form of an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Messages with calls of tools.
    Chat,
    /// Messages with the one call of a function that the older form has.
    Functions,
    /// Bare text.
    Text,
}

impl Style {
    pub(super) fn of(context: &Context<'_>) -> Self {
        match context.request.endpoint() {
            Endpoint::Completions => Self::Text,
            _ if context.request.field("functions").is_some() => Self::Functions,
            _ => Self::Chat,
        }
    }

    /// The value of `object`, for an answer that comes whole and for one in pieces.
    pub(super) fn object(self) -> [&'static str; 2] {
        match self {
            Self::Chat | Self::Functions => ["chat.completion", "chat.completion.chunk"],
            Self::Text => ["text_completion"; 2],
        }
    }

    /// The id of an answer to which its provider gave none.
    pub(super) fn id(self, context: &Context<'_>) -> String {
        let prefix = if self == Self::Text { "cmpl-" } else { "chatcmpl-" };
        [prefix, context.id].concat()
    }

    /// `reason` as this form says it.
    pub(super) fn finish_reason(self, reason: &'static str) -> &'static str {
        if self == Self::Functions && reason == "tool_calls" { "function_call" } else { reason }
    }
}
