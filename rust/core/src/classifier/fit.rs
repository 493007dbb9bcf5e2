//! Learns weights from examples: multinomial logistic regression by stochastic gradient descent.
//!
//! # Why here and not in Python
//! Features are made here, so those of training and of serving cannot differ, and a pass over ten thousand prompts takes
//! a fraction of a second; without a sparse matrix, which numpy lacks, it takes tens of seconds there.
//!
//! Steps are `AdaGrad`'s (Duchi, Hazan, Singer, 2011): a rare word's weight moves as far as a common one's in the end.

use crate::health::Random;

use super::features::{Features, ROWS};

/// Most columns that are learned at once.
pub const WIDTH: usize = 16;

/// What is learned from: the features of a text, how likely each column is (together 1), and how much it counts.
#[derive(Debug, Clone)]
pub struct Example {
    /// What is seen.
    pub features: Features,
    /// What should be said.
    pub target: [f32; WIDTH],
    /// How much it counts.
    pub weight: f32,
}

/// How it is learned.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Columns, at most [`WIDTH`].
    pub n_columns: usize,
    /// Passes over the examples.
    pub n_epochs: usize,
    /// Length of a step.
    pub rate: f32,
    /// How strongly weights are drawn to zero (L2).
    pub decay: f32,
    /// Share of features that are left out, others each time, so that none is relied on alone.
    pub dropout: f64,
    /// Of the order of examples and of what is left out.
    pub seed: u64,
}

/// What was learned: a weight a row and column, and what each column begins with.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// [`ROWS`] times [`WIDTH`].
    pub weights: Vec<[f32; WIDTH]>,
    /// Of each column.
    pub bias: [f32; WIDTH],
}

impl Fitted {
    /// Nothing learned yet.
    pub fn empty() -> Self {
        Self { weights: vec![[0.0; WIDTH]; ROWS], bias: [0.0; WIDTH] }
    }

    /// The score of each column.
    pub fn scores(&self, features: &Features) -> [f32; WIDTH] {
        let mut scores = self.bias;
        for (row, value) in features.values() {
            add(&mut scores, self.weights.get(row), value);
        }
        scores
    }

    /// Goes on learning from `examples`. The same arguments give the same weights.
    pub fn learn(&mut self, examples: &[Example], options: &Options) {
        let mut random = Random::new(options.seed);
        let mut seen = vec![[1e-3_f32; WIDTH]; ROWS];
        let mut seen_bias = [1e-3_f32; WIDTH];
        let mut order: Vec<usize> = (0..examples.len()).collect();
        let mut kept: Vec<(usize, f32)> = Vec::new();
        for _ in 0..options.n_epochs {
            for last in (1..order.len()).rev() {
                order.swap(last, random.below(last + 1));
            }
            for example in order.iter().filter_map(|&at| examples.get(at)) {
                kept.clear();
                kept.extend(example.features.values().filter(|_| random.fraction() >= options.dropout));
                let mut scores = self.bias;
                for &(row, value) in &kept {
                    add(&mut scores, self.weights.get(row), value);
                }
                let gradient = gradient(&scores, example, options.n_columns);
                for &(row, value) in &kept {
                    if let (Some(weights), Some(seen)) = (self.weights.get_mut(row), seen.get_mut(row)) {
                        step(weights, seen, &gradient, value, options.rate, options.decay);
                    }
                }
                step(&mut self.bias, &mut seen_bias, &gradient, 1.0, options.rate, 0.0);
            }
        }
    }
}

/// The probabilities that scores come to; columns from `n` on get none.
pub(super) fn softmax(scores: &[f32; WIDTH], n: usize) -> [f32; WIDTH] {
    let most = scores.iter().take(n).copied().fold(f32::NEG_INFINITY, f32::max);
    let mut shares = [0.0; WIDTH];
    for (share, score) in shares.iter_mut().zip(scores).take(n) {
        *share = (score - most).exp();
    }
    let sum: f32 = shares.iter().sum();
    shares.map(|share| share / sum)
}

/// How far what is said is from what should be said.
fn gradient(scores: &[f32; WIDTH], example: &Example, n_columns: usize) -> [f32; WIDTH] {
    let mut gradient = softmax(scores, n_columns);
    for (said, target) in gradient.iter_mut().zip(&example.target) {
        *said = (*said - target) * example.weight;
    }
    gradient
}

fn add(scores: &mut [f32; WIDTH], weights: Option<&[f32; WIDTH]>, value: f32) {
    if let Some(weights) = weights {
        for (score, weight) in scores.iter_mut().zip(weights) {
            *score += weight * value;
        }
    }
}

fn step(
    weights: &mut [f32; WIDTH],
    seen: &mut [f32; WIDTH],
    gradient: &[f32; WIDTH],
    value: f32,
    rate: f32,
    decay: f32,
) {
    for ((weight, seen), gradient) in weights.iter_mut().zip(seen).zip(gradient) {
        let slope = gradient * value + decay * *weight;
        *seen += slope * slope;
        *weight -= rate * slope / seen.sqrt();
    }
}
