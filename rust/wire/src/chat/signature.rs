//! Signatures of thoughts, each readable only by the provider that made it.
//!
//! A client hands back what it was given. So that a later turn may go to another provider, a signature that crosses
//! dialects is marked with the dialect that made it, and given only to that one again. One without a mark was made by
//! a provider of the client's own dialect.

use std::borrow::Cow;

use crate::Upstream;

const PREFIX: &str = "tiercel.";

/// A signature, or sealed bytes that serve as one.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Signature<'a> {
    pub(crate) made_by: Upstream,
    pub(crate) text: Cow<'a, str>,
}

impl<'a> Signature<'a> {
    pub(crate) fn new(made_by: Upstream, text: impl Into<Cow<'a, str>>) -> Self {
        Self { made_by, text: text.into() }
    }

    /// Reads what a client hands back, whose own dialect is `native`.
    pub(crate) fn of_client(text: Cow<'a, str>, native: Upstream) -> Self {
        let marked = text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('.'));
        match marked.and_then(|(word, signature)| Some((Upstream::of_word(word)?, signature.to_owned()))) {
            Some((made_by, signature)) => Self { made_by, text: signature.into() },
            None => Self { made_by: native, text },
        }
    }

    /// As a client of another dialect gets it.
    pub(crate) fn for_client(&self) -> String {
        [PREFIX, self.made_by.word(), ".", &self.text].concat()
    }

    /// The signature for a provider of the dialect `upstream`, if it made it.
    pub(crate) fn for_upstream(&self, upstream: Upstream) -> Option<&str> {
        (self.made_by == upstream).then_some(&*self.text)
    }
}
