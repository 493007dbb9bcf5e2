//! What is answered.

use std::borrow::Cow;

use super::Part;
use crate::Usage;

/// An answer that came whole.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Answer<'a> {
    /// The provider's id for it; empty where it gives none.
    pub(crate) id: Cow<'a, str>,
    /// The model as the provider names it; empty where it does not.
    pub(crate) model: Cow<'a, str>,
    /// At least one.
    pub(crate) choices: Vec<Choice<'a>>,
    pub(crate) usage: Option<Usage>,
}

/// One of several answers to the same question.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Choice<'a> {
    /// Text, thoughts, calls, refusals.
    pub(crate) parts: Vec<Part<'a>>,
    pub(crate) finish: Finish,
    /// OpenAI's `logprobs` object, as it is spelt.
    pub(crate) logprobs: Option<Cow<'a, str>>,
}

/// Why an answer ends. A model that gave up is no end but an error of the provider's.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Finish {
    /// The model was done.
    Stop,
    /// It wrote one of the client's stop sequences; which one, where the provider tells.
    StopSequence(Option<String>),
    /// There was no room for more.
    Length,
    /// It calls tools.
    Calls,
    /// The provider keeps the rest to itself, or the model declined.
    Filter,
}

impl Answer<'_> {
    /// Bytes of text that the model wrote, thoughts and calls included.
    pub(crate) fn n_content_bytes(&self) -> u64 {
        let mut n_bytes = 0;
        for part in self.choices.iter().flat_map(|choice| &choice.parts) {
            part.content.texts(&mut |text| n_bytes += text.len() as u64);
        }
        n_bytes
    }
}
