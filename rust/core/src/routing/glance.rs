//! What the classifier sees in a text, looked at once and only if somebody asks.

use crate::classifier::{Classified, Classifier, Features};
use std::cell::OnceCell;

/// A text before a classifier.
pub struct Glance<'a> {
    classifier: Option<&'a Classifier>,
    text: &'a str,
    features: OnceCell<Features>,
    classified: OnceCell<Classified>,
}

impl<'a> Glance<'a> {
    /// Where there is no classifier, nothing is seen.
    pub(super) fn new(classifier: Option<&'a Classifier>, text: &'a str) -> Self {
        Self { classifier, text, features: OnceCell::new(), classified: OnceCell::new() }
    }

    /// The most probable kind of request, and how probable it is, from 0 to 1; `None` where it is none of those known.
    pub fn task(&self) -> Option<(&'a str, f32)> {
        let classifier = self.classifier?;
        let classified = self.classified.get_or_init(|| classifier.classify_features(self.features(classifier)));
        Some((classifier.label(classified.task?)?, classified.confidence))
    }

    /// How probable it is that a cheap answer does, from 0 to 1.
    pub fn p_cheap(&self) -> Option<f32> {
        let classifier = self.classifier?;
        Some(classifier.p_cheap(self.features(classifier)))
    }

    fn features(&self, classifier: &Classifier) -> &Features {
        self.features.get_or_init(|| classifier.features(self.text))
    }
}
