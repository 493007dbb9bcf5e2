//! How probable it is that an answer serves, learned from the checks of a class.
//!
//! # Why learned anew for each class
//! Which likeness is enough depends on what is asked: where intents are far apart a cosine of 0.8 is, where they differ in a
//! word none is. No weights can be shipped that know it. What is known before the answer is the same everywhere, and seven
//! weights for it are learned from some hundred checks, which are made in any case.
//!
//! # What tells most
//! Not the two questions, but those around them: if what lies nearest was answered alike, a question amid it is hardly about
//! something else; between two answers it may be about either. And how often the answers around here served before.
//!
//! # How it learns
//! Logistic regression, a check at a time: the weights are normally distributed, and each check moves their mean and narrows
//! them (Spiegelhalter and Lauritzen 1990; as an extended Kalman filter: Penny and Roberts 1999). It is scored first and learned
//! from after, so that no score knows its own answer. It begins with signs that everybody expects, fitted on nothing.

/// What is known of a stored answer before it is given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence([f64; N_SIGNS]);

/// A stored question near the one that is asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nearby {
    /// How near, up to 1.
    pub cosine: f32,
    /// Whether it has the answer that is looked at, as far as is known.
    pub is_alike: bool,
    /// How often its answer was checked, and was right or wrong.
    pub history: History,
}

/// How often an answer was compared with the model's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct History {
    /// Both said the same.
    pub n_right: u16,
    /// They did not.
    pub n_wrong: u16,
}

impl History {
    /// Counts a check.
    pub fn add(&mut self, is_wrong: bool) {
        let count = if is_wrong { &mut self.n_wrong } else { &mut self.n_right };
        *count = count.saturating_add(1);
    }
}

const N_SIGNS: usize = 8;
/// A constant, cosine, verifier, right ones, wrong ones, share of near questions by nearness and by number, margin.
const BEGINNING: [f64; N_SIGNS] = [1.0, 1.0, 0.3, 0.5, -1.0, 1.0, 0.5, 1.0];
/// How far from the beginning weights are thought to be: that of numbers which are themselves about one.
const VARIANCE: f64 = 1.0;
/// By how much weights may change from check to check: what was learned long ago gives way within some thousands.
const CHANGE: f64 = 3e-5;
/// A question that is nearer by a tenth counts for as much as seven.
const NEARNESS: f64 = 20.0;
/// As many as are looked at besides.
const USUAL: f64 = 5.0;

impl Evidence {
    /// Of an answer whose question has this cosine and probability by the verifier; `nearby` are that question and
    /// those around it.
    pub fn of(cosine: f32, probability: f32, nearby: impl IntoIterator<Item = Nearby>) -> Self {
        let cosine = f64::from(cosine);
        let (mut alike, mut others, mut n_alike, mut nearest_other) = (0.0, 0.0, 0.0, 0.5);
        let (mut n_right, mut n_wrong) = (0.0, 0.0);
        for one in nearby {
            let nearness = (NEARNESS * (f64::from(one.cosine) - cosine)).exp();
            if one.is_alike {
                alike += nearness;
                n_alike += 1.0;
                n_right += f64::from(one.history.n_right);
                n_wrong += f64::from(one.history.n_wrong);
            } else {
                others += nearness;
                nearest_other = f64::from(one.cosine).max(nearest_other);
            }
        }
        let probability = f64::from(probability).clamp(0.01, 0.99);
        // Each is about one where it tells something.
        Self([
            1.0,
            5.0 * (cosine - 0.8),
            (probability / (1.0 - probability)).ln() / 3.0,
            f64::ln_1p(n_right) / 2.0,
            f64::ln_1p(n_wrong) / 2.0,
            (alike / (alike + others + 0.1)).ln(),
            (n_alike - 1.0) / USUAL,
            5.0 * ((cosine - nearest_other).min(0.4) - 0.1),
        ])
    }
}

/// What was learned of a class: some six hundred bytes.
#[derive(Debug, Clone)]
pub struct Odds {
    weights: [f64; N_SIGNS],
    covariance: [[f64; N_SIGNS]; N_SIGNS],
}

impl Default for Odds {
    /// Nothing yet.
    fn default() -> Self {
        let row = |at: usize| std::array::from_fn(|column| if at == column { VARIANCE } else { 0.0 });
        Self { weights: BEGINNING, covariance: std::array::from_fn(row) }
    }
}

impl Odds {
    /// The probability that the answer serves.
    #[expect(clippy::cast_possible_truncation, reason = "a probability")]
    pub fn score(&self, evidence: &Evidence) -> f32 {
        self.probability(evidence) as f32
    }

    /// Learns what a check has shown.
    pub fn learn(&mut self, evidence: &Evidence, is_wrong: bool) {
        let probability = self.probability(evidence);
        // What is nearly certain tells little, but never nothing.
        let information = (probability * (1.0 - probability)).max(1e-4);
        let direction = self.covariance.map(|row| dot(&row, &evidence.0));
        let gain = 1.0 / (1.0 + information * dot(&direction, &evidence.0));
        let surprise = f64::from(u8::from(!is_wrong)) - probability;
        for ((weight, row), one) in self.weights.iter_mut().zip(&mut self.covariance).zip(direction) {
            *weight += gain * surprise * one;
            row.iter_mut().zip(direction).for_each(|(cell, other)| *cell -= information * gain * one * other);
        }
        for (at, row) in self.covariance.iter_mut().enumerate() {
            row.iter_mut().skip(at).take(1).for_each(|cell| *cell = (*cell + CHANGE).min(VARIANCE));
        }
    }

    fn probability(&self, evidence: &Evidence) -> f64 {
        1.0 / (1.0 + (-dot(&self.weights, &evidence.0)).exp())
    }
}

fn dot(left: &[f64; N_SIGNS], right: &[f64; N_SIGNS]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearby(cosine: f32, is_alike: bool) -> Nearby {
        Nearby { cosine, is_alike, history: History::default() }
    }

    #[test]
    fn what_is_expected_before_anything_is_learned() {
        let score = |cosine, probability, others: &[Nearby]| {
            let around = [&[nearby(cosine, true)], others].concat();
            Odds::default().score(&Evidence::of(cosine, probability, around))
        };
        let alone = score(0.9, 0.8, &[]);

        assert!(score(0.8, 0.8, &[]) < alone, "farther");
        assert!(score(0.9, 0.5, &[]) < alone, "its words differ more");
        assert!(score(0.9, 0.8, &[nearby(0.89, true)]) > alone, "another with the same answer");
        assert!(score(0.9, 0.8, &[nearby(0.89, false)]) < alone, "another with another answer");
        let known = |n_right, n_wrong| {
            let itself = Nearby { history: History { n_right, n_wrong }, ..nearby(0.9, true) };
            Odds::default().score(&Evidence::of(0.9, 0.8, [itself]))
        };
        assert!(known(2, 0) > alone && known(0, 2) < alone, "what checks of the answer found");
    }

    #[test]
    fn which_likeness_is_enough_is_learned() {
        // Right above a cosine that differs from class to class.
        let learned = |least: f32| {
            let mut odds = Odds::default();
            for at in 0..2_000_u16 {
                let cosine = 0.6 + 0.4 * f32::from(at % 101) / 100.0;
                odds.learn(&Evidence::of(cosine, 0.5, [nearby(cosine, true)]), cosine < least);
            }
            move |cosine: f32| odds.score(&Evidence::of(cosine, 0.5, [nearby(cosine, true)]))
        };
        let (easy, hard) = (learned(0.7), learned(0.9));

        assert!(easy(0.8) > 0.9 && hard(0.8) < 0.1, "{} {}", easy(0.8), hard(0.8));
        assert!(easy(0.62) < 0.3 && hard(0.98) > 0.7, "{} {}", easy(0.62), hard(0.98));
    }

    #[test]
    fn numbers_stay_numbers() {
        let mut odds = Odds::default();
        let surely = Evidence::of(1.0, 1.0, [nearby(1.0, true); 6]);
        for at in 0..100_000 {
            odds.learn(&surely, at % 1_000 == 0);
        }

        assert!((0.99..1.0).contains(&odds.score(&surely)), "{}", odds.score(&surely));
        assert!(odds.covariance.iter().flatten().chain(&odds.weights).all(|it| it.is_finite()));
        assert!((0..N_SIGNS).all(|at| odds.covariance[at][at] > 0.0));
    }

    #[test]
    fn a_history_has_a_bound() {
        let mut history = History { n_right: u16::MAX, n_wrong: 0 };
        history.add(false);
        history.add(true);

        assert_eq!(History { n_right: u16::MAX, n_wrong: 1 }, history);
    }
}
