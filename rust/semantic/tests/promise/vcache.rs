//! The rule of vCache, to compare with: an entry learns from which score on it is right, and is asked about with what probability.
//!
//! Schroeder et al. 2025, "vCache: Verified Semantic Prompt Caching" (arXiv:2502.03771), section 4: a logistic curve is fitted to the
//! entry's own checks; with the confidence 1 - e its middle is at most t(e); the request is checked with the probability
//! min over e of 1 - d / (1 - (1 - e) L(s, t(e))), where d is the error that is allowed and L the curve. Two choices are ours: where
//! no check contradicts a step, the variance of its middle is 0.2 / n, near to what its authors tabulate; and a curve is fitted anew
//! when an eighth more checks are there.

use crate::streams::{Candidate, Policy, Step};

pub(crate) struct Verified {
    max_error: f64,
    entries: Vec<Entry>,
}

struct Entry {
    /// Scores, and 1 where right. Two are given at the beginning, as in the authors' program: 0 is wrong and 1 is right.
    checks: Vec<(f64, f64)>,
    n_fitted: usize,
    curve: Curve,
}

/// The chance of being right at a score s: 1 / (1 + exp(steepness * (middle - s))).
#[derive(Clone, Copy)]
struct Curve {
    middle: f64,
    steepness: f64,
    variance: f64,
}

impl Verified {
    pub(crate) fn new(max_error: f64) -> Self {
        Self { max_error, entries: Vec::new() }
    }

    fn entry(&mut self, at: usize) -> &mut Entry {
        while self.entries.len() <= at {
            let curve = Curve { middle: 1.0, steepness: 1.0, variance: 1.0 };
            self.entries.push(Entry { checks: vec![(0.0, 0.0), (1.0, 1.0)], n_fitted: 0, curve });
        }
        &mut self.entries[at]
    }
}

impl Policy for Verified {
    fn decide(&mut self, candidate: &Candidate, draw: f64) -> Step {
        let max_error = self.max_error;
        let entry = self.entry(candidate.entry);
        if entry.checks.len() < 6 {
            return Step::Check;
        }
        if entry.checks.len() * 8 >= entry.n_fitted * 9 {
            entry.n_fitted = entry.checks.len();
            entry.curve = Curve::fit(&entry.checks);
        }
        if draw <= entry.curve.exploration(f64::from(candidate.score), max_error) { Step::Check } else { Step::Serve }
    }

    fn learn(&mut self, candidate: &Candidate) {
        let right = if candidate.is_wrong { 0.0 } else { 1.0 };
        self.entry(candidate.entry).checks.push((f64::from(candidate.score), right));
    }
}

impl Curve {
    /// Newton's steps on the likelihood, held back by a weak pull to zero, without which a step would be infinitely steep.
    fn fit(checks: &[(f64, f64)]) -> Self {
        const PULL: f64 = 1e-3;
        let (mut offset, mut steepness) = (0.0, 0.0);
        let mut hessian = (1.0, 0.0, 1.0);
        for _ in 0..30 {
            let (mut g0, mut g1) = (-PULL * offset, -PULL * steepness);
            hessian = (PULL, 0.0, PULL);
            for (score, right) in checks {
                let p = sigmoid(offset + steepness * score);
                let weight = p * (1.0 - p);
                g0 += right - p;
                g1 += (right - p) * score;
                hessian = (hessian.0 + weight, hessian.1 + weight * score, hessian.2 + weight * score * score);
            }
            let determinant = hessian.0 * hessian.2 - hessian.1 * hessian.1;
            let step =
                ((hessian.2 * g0 - hessian.1 * g1) / determinant, (hessian.0 * g1 - hessian.1 * g0) / determinant);
            // A full step may leap beyond the optimum where the curve is flat.
            let length = (20.0 / (step.0.abs() + step.1.abs())).min(1.0);
            offset += length * step.0;
            steepness += length * step.1;
            if step.0.abs() + step.1.abs() < 1e-6 {
                break;
            }
        }
        let steepness = steepness.max(1e-6);
        let lowest_right = checks.iter().filter(|it| it.1 == 1.0).map(|it| it.0).fold(f64::INFINITY, f64::min);
        let highest_wrong = checks.iter().filter(|it| it.1 == 0.0).map(|it| it.0).fold(0.0, f64::max);
        let variance = if lowest_right > highest_wrong {
            0.2 / checks.len() as f64
        } else {
            let gradient = (-1.0 / steepness, offset / (steepness * steepness));
            let determinant = hessian.0 * hessian.2 - hessian.1 * hessian.1;
            (gradient.0 * gradient.0 * hessian.2 - 2.0 * gradient.0 * gradient.1 * hessian.1
                + gradient.1 * gradient.1 * hessian.0)
                / determinant
        };
        Self { middle: (-offset / steepness).clamp(0.0, 1.0), steepness, variance: variance.max(0.0) }
    }

    fn exploration(&self, score: f64, max_error: f64) -> f64 {
        let at = |(e, quantile): &(f64, f64)| {
            let middle = (self.middle + quantile * self.variance.sqrt()).clamp(0.0, 1.0);
            let surely_right = (1.0 - e) * sigmoid(self.steepness * (score - middle));
            1.0 - max_error / (1.0 - surely_right)
        };
        CONFIDENCES.iter().map(at).fold(f64::INFINITY, f64::min)
    }
}

/// Values of e, and by how many deviations the middle may be beyond its estimate with the confidence 1 - e.
const CONFIDENCES: [(f64, f64); 12] = [
    (0.0001, 3.719),
    (0.0005, 3.291),
    (0.001, 3.090),
    (0.0025, 2.807),
    (0.005, 2.576),
    (0.01, 2.326),
    (0.02, 2.054),
    (0.05, 1.645),
    (0.1, 1.282),
    (0.2, 0.842),
    (0.35, 0.385),
    (0.5, 0.0),
];

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}
