//! Embeddings in no dialect in particular.

use std::borrow::Cow;

use crate::Usage;

/// Texts to be turned into vectors.
#[derive(Clone, PartialEq, Default)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Request<'a> {
    /// At least one.
    pub(crate) inputs: Vec<Cow<'a, str>>,
    pub(crate) dimensions: Option<u64>,
    /// What the vectors are for.
    pub(crate) purpose: Option<Purpose>,
    /// Fields of the client's body, by their paths there, that have no place in this form.
    pub(crate) unknown: Vec<String>,
    /// As `unknown`, of fields that do not change the vectors.
    pub(crate) hints: Vec<String>,
}

/// What vectors are for, where a provider makes different ones.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Purpose {
    Query,
    Document,
    Classification,
    Clustering,
}

/// Vectors, one an input, in order.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Answer<'a> {
    /// The model as the provider names it; empty where it does not.
    pub(crate) model: Cow<'a, str>,
    /// Finite numbers.
    pub(crate) vectors: Vec<Vec<f32>>,
    pub(crate) usage: Option<Usage>,
}
