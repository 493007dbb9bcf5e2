//! How likely it is that the answer to one question serves another that is near it.
//!
//! # Why trees over features of both
//! A threshold on the cosine serves few of the questions that it could, since one on which few wrong ones pass is high.
//! What separates them is what the words say beside the cosine. Boosted trees over some forty such numbers weigh that in
//! microseconds, and can be held to what everyone expects: a greater cosine or more common words never make a pair less
//! likely, a word without counterpart never more.
//!
//! It judges candidates that a search found; it does not search, and what it says of questions that are far apart means
//! little.

pub mod features;
mod trees;
mod forest;
mod weights;

use std::sync::LazyLock;

pub use crate::weights::WeightsError;
pub use features::{FEATURES, Features, NAMES};
pub use trees::Tree;

use crate::{Comparison, Question};
use forest::Forest;

/// Rows of the table of how rare words are.
pub const RARITIES: usize = 4096;

static SHIPPED: &[u8] = include_bytes!("shipped.weights");

/// Trees whose leaves add up to the logit of a probability.
#[derive(Debug, Clone, PartialEq)]
pub struct Verifier {
    rarities: Box<[u8]>,
    trees: Vec<Tree>,
    forest: Forest,
}

impl Verifier {
    /// Those that are compiled in. Their first use reads and checks them.
    pub fn shipped() -> &'static Self {
        static VERIFIER: LazyLock<Verifier> =
            LazyLock::new(|| Verifier::read(SHIPPED).unwrap_or_else(|_| Verifier::empty()));
        &VERIFIER
    }

    /// The probability that the answer to the one question serves the other, whose embeddings have this cosine. Vetoes are
    /// asked apart, see [`Comparison::veto`]. Without trees nothing is likely.
    pub fn score(&self, comparison: &Comparison<'_>, cosine: f32) -> f32 {
        if self.trees.is_empty() {
            return 0.0;
        }
        let features = self.features(comparison, cosine);
        1.0 / (1.0 + (-self.forest.value(&features)).exp())
    }

    /// What the trees see of two questions.
    pub fn features(&self, comparison: &Comparison<'_>, cosine: f32) -> Features {
        features::of(comparison, cosine, &self.rarities)
    }

    /// Its trees.
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// Makes a verifier of what was learned. Without trees it only gives features, which is what training begins with.
    ///
    /// # Errors
    /// There are not [`RARITIES`] rarities, or a tree is none.
    pub fn build(rarities: &[u8], trees: Vec<Tree>) -> Result<Self, WeightsError> {
        weights::check(rarities, &trees)?;
        Ok(Self { rarities: rarities.into(), forest: Forest::new(&trees), trees })
    }

    fn empty() -> Self {
        Self { rarities: vec![0; RARITIES].into(), trees: Vec::new(), forest: Forest::default() }
    }
}

/// How rare the words of some texts are: of each row of the table 16 times the natural logarithm of the number of texts
/// over that of the texts with a word of the row, at most 255.
pub fn rarities<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut counts = vec![0_u32; RARITIES];
    let mut n_texts = 0_u32;
    for text in texts {
        n_texts += 1;
        let question = Question::new(text);
        let mut rows: Vec<usize> = question.words().iter().map(|word| features::row(word.class)).collect();
        rows.sort_unstable();
        rows.dedup();
        for row in rows {
            if let Some(count) = counts.get_mut(row) {
                *count += 1;
            }
        }
    }
    let rarity =
        |count: u32| (16.0 * (f64::from(n_texts.max(1)) / f64::from(count.max(1))).ln()).round().clamp(0.0, 255.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
    counts.into_iter().map(|count| rarity(count) as u8).collect()
}
