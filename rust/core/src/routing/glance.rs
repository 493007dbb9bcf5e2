//! What the classifier sees in a text, looked at once and only if somebody asks.

use crate::classifier::{Classified, Classifier};
use std::cell::OnceCell;

/// A text before a classifier.
pub struct Glance<'a> {
    classifier: &'a Classifier,
    text: &'a str,
    classified: OnceCell<Classified>,
}

impl<'a> Glance<'a> {
    pub(super) fn new(classifier: &'a Classifier, text: &'a str) -> Self {
        Self { classifier, text, classified: OnceCell::new() }
    }

    /// The most probable kind of request, and how probable it is, from 0 to 1; `None` where there is nothing to go by.
    pub fn task(&self) -> Option<(&'a str, f32)> {
        if self.text.trim().is_empty() {
            return None;
        }
        let probabilities = self.look().probabilities().iter().copied();
        let likeliest =
            self.classifier.labels().iter().zip(probabilities).max_by(|one, other| one.1.total_cmp(&other.1));
        likeliest.map(|(label, confidence)| (&**label, confidence))
    }

    /// How probable it is that a cheap answer does, from 0 to 1.
    pub fn p_cheap(&self) -> f32 {
        self.look().p_cheap
    }

    fn look(&self) -> &Classified {
        self.classified.get_or_init(|| self.classifier.classify(self.text))
    }
}
