//! What a stream says, piece by piece.
//!
//! The order within a choice: text, thoughts and calls in any order, then why it ends. A piece belongs to the block of
//! its kind that is open; a piece of another kind closes that block and opens one. Pieces of calls name their call.

use super::{Finish, Signature};
use crate::Usage;

/// One piece. Choices are numbered from 0, and so are the calls of each choice, in the order in which they begin.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Event<'a> {
    /// What the provider calls the answer and the model; either may be empty. Comes at most once, and first.
    Start {
        id: &'a str,
        model: &'a str,
    },
    Text {
        choice: u32,
        text: &'a str,
    },
    Thought {
        choice: u32,
        text: &'a str,
    },
    /// The signature of the thought before.
    ThoughtSignature {
        choice: u32,
        signature: Signature<'a>,
    },
    RedactedThought {
        choice: u32,
        signature: Signature<'a>,
    },
    Refusal {
        choice: u32,
        text: &'a str,
    },
    CallStart {
        choice: u32,
        call: u32,
        id: &'a str,
        name: &'a str,
        signature: Option<Signature<'a>>,
    },
    /// A piece of the arguments of a call that has started.
    CallArguments {
        choice: u32,
        call: u32,
        json: &'a str,
    },
    /// OpenAI's `logprobs` object of the piece that follows.
    Logprobs {
        choice: u32,
        json: &'a str,
    },
    Finish {
        choice: u32,
        finish: Finish,
    },
    /// Everything used so far; the last one counts.
    Usage(Usage),
    /// The stream is whole. Comes last; a stream without it was cut short.
    End,
}

impl Event<'_> {
    /// Whether the model says something here: nothing may be retried once this was passed on.
    pub(crate) fn is_meaningful(&self) -> bool {
        match self {
            Self::Text { text, .. } | Self::Thought { text, .. } | Self::Refusal { text, .. } => !text.is_empty(),
            Self::CallStart { .. }
            | Self::CallArguments { .. }
            | Self::RedactedThought { .. }
            | Self::Finish { .. } => true,
            Self::Start { .. } | Self::ThoughtSignature { .. } | Self::Logprobs { .. } | Self::Usage(_) | Self::End => {
                false
            }
        }
    }

    /// Bytes of text that the model wrote.
    pub(crate) fn n_content_bytes(&self) -> u64 {
        let n_bytes = match self {
            Self::Text { text, .. } | Self::Thought { text, .. } | Self::Refusal { text, .. } => text.len(),
            Self::CallStart { name, .. } => name.len(),
            Self::CallArguments { json, .. } => json.len(),
            Self::Start { .. }
            | Self::ThoughtSignature { .. }
            | Self::RedactedThought { .. }
            | Self::Logprobs { .. }
            | Self::Finish { .. }
            | Self::Usage(_)
            | Self::End => 0,
        };
        n_bytes as u64
    }
}
