//! Says what kind of request a text is, and how likely a cheap model's answer will do. In microseconds.
//!
//! A linear model over hashed words, pairs of them and the look of the text: `docs/models/classifier.md` says what it was
//! trained on and how often it is right. It looks at the first 1,500 and the last 500 characters, so its time is bounded.
//!
//! # Why linear
//! It takes as long as reading the text. What natural prompts of a known kind teach it is worth far more than what a
//! larger model learns of templates; and an operator's own log teaches it in seconds ([`fit`]).
//!
//! # Why whole numbers
//! Weights are a byte each with a scale a column: sums are exact, so they are the same in whatever order they are taken,
//! on every machine; and all columns of a row are in one read of 16 bytes.

mod features;
mod tokens;
mod shape;
mod weights;
pub mod fit;
#[cfg(test)]
mod tests;

use std::sync::{Arc, LazyLock};

pub use features::{Features, ROWS};
pub use weights::{Cheap, WeightsError};

use features::{EDGE, Feature, Sink, body_value, visit};
use fit::{WIDTH, softmax};
use weights::Row;

/// What the weights file that ships was made by: `python -m tiercel.training`.
const SHIPPED: &[u8] = include_bytes!("shipped.weights");

/// Most labels: one column is that of [`Classified::p_cheap`].
pub const MAX_LABELS: usize = WIDTH - 1;

/// A trained classifier. Immutable.
#[derive(Debug, Clone)]
pub struct Classifier {
    name: Arc<str>,
    labels: Vec<Arc<str>>,
    min_confidence: f32,
    bias: [f32; WIDTH],
    scale: [f32; WIDTH],
    rows: Vec<Row>,
}

/// What a text was taken for.
#[derive(Debug, Clone, PartialEq)]
pub struct Classified {
    /// The likeliest label; `None` where the text is empty or no label is likely enough.
    pub task: Option<Arc<str>>,
    /// The probability of the likeliest label, whether or not it was likely enough.
    pub confidence: f32,
    /// The probability that a cheap model's answer is right.
    pub p_cheap: f32,
    probabilities: [f32; WIDTH],
    n_labels: usize,
}

impl Classified {
    /// The probability of each of [`Classifier::labels`], together 1.
    pub fn probabilities(&self) -> &[f32] {
        self.probabilities.get(..self.n_labels).unwrap_or_default()
    }
}

impl Classifier {
    /// The one that ships.
    pub fn shipped() -> &'static Self {
        static CLASSIFIER: LazyLock<Classifier> = LazyLock::new(|| {
            // A test reads the file, so what stands in for it is never served.
            Classifier::read(SHIPPED).unwrap_or_else(|_| Classifier::unsure())
        });
        &CLASSIFIER
    }

    /// A classifier that takes every text for nothing.
    fn unsure() -> Self {
        let rows = vec![Row::default(); ROWS];
        let (bias, scale) = ([0.0; WIDTH], [0.0; WIDTH]);
        Self { name: "none".into(), labels: vec!["unknown".into()], min_confidence: 2.0, bias, scale, rows }
    }

    /// Which weights these are: a name and a version.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What texts may be taken for, at most [`MAX_LABELS`].
    pub fn labels(&self) -> &[Arc<str>] {
        &self.labels
    }

    /// The confidence below which no task is named.
    pub fn min_confidence(&self) -> f32 {
        self.min_confidence
    }

    /// Says what `text` is. Takes a few microseconds and allocates nothing.
    pub fn classify(&self, text: &str) -> Classified {
        let mut sums = Sums { rows: &self.rows, body: [0; WIDTH], edges: [0; WIDTH], n_body: 0 };
        visit(text, &mut sums);
        self.judge(&sums)
    }

    /// The probability that a cheap model's answer to `text` is right.
    pub fn p_cheap(&self, text: &str) -> f32 {
        self.classify(text).p_cheap
    }

    fn judge(&self, sums: &Sums<'_>) -> Classified {
        let n_labels = self.labels.len();
        let scores = self.scores(sums);
        let probabilities = softmax(&scores, n_labels);
        let likeliest = probabilities.iter().zip(&self.labels).max_by(|one, other| one.0.total_cmp(other.0));
        let confidence = likeliest.map_or(0.0, |(&confidence, _)| confidence);
        let is_sure = confidence >= self.min_confidence && sums.n_body > 0;
        let task = likeliest.filter(|_| is_sure).map(|(_, label)| Arc::clone(label));
        let p_cheap = 1.0 / (1.0 + (-scores.get(n_labels).copied().unwrap_or_default()).exp());
        Classified { task, confidence, p_cheap, probabilities, n_labels }
    }

    fn scores(&self, sums: &Sums<'_>) -> [f32; WIDTH] {
        let body = body_value(sums.n_body);
        let mut scores = self.bias;
        let columns = self.scale.iter().zip(sums.body.iter().zip(&sums.edges));
        for (score, (scale, (&in_body, &in_edges))) in scores.iter_mut().zip(columns) {
            *score += scale * (body * exact(in_body) + EDGE * exact(in_edges));
        }
        scores
    }
}

/// What the rows of a text's features come to, a column.
struct Sums<'a> {
    rows: &'a [Row],
    body: [i32; WIDTH],
    edges: [i32; WIDTH],
    n_body: usize,
}

impl Sink for Sums<'_> {
    fn body(&mut self, feature: Feature) {
        self.n_body += 1;
        add(&mut self.body, self.rows, feature);
    }

    fn edge(&mut self, feature: Feature) {
        add(&mut self.edges, self.rows, feature);
    }
}

fn add(sums: &mut [i32; WIDTH], rows: &[Row], feature: Feature) {
    let Some(row) = rows.get(feature.row()) else { return };
    let sign = if feature.is_negative() { -1 } else { 1 };
    for (sum, &weight) in sums.iter_mut().zip(row) {
        *sum += sign * i32::from(weight);
    }
}

/// A sum of some thousands of bytes, at most: a float holds it exactly.
fn exact(sum: i32) -> f32 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "less than 2^24, as the part of a text that is looked at is bounded"
    )]
    let sum = sum as f32;
    sum
}
