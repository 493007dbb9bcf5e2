//! From which score on a cache may be trusted, by checks that were made before.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tiercel_semantic::bound::{Check, Rungs, upper_bound};

/// A threshold, how many checks reached it and how many of these were wrong, and the bound on their share.
type Trusted = (f32, u32, u32, f64);

/// The risk that a threshold is trusted which should not be.
const RISK: f64 = 0.05;

/// The loosest that is trusted at any time, as the gateway's guard would.
#[pyfunction]
pub(crate) fn trusted_threshold(checks: Vec<(f32, bool)>, max_error: f64) -> PyResult<Option<Trusted>> {
    if !(max_error > 0.0 && max_error < 1.0) {
        return Err(PyValueError::new_err("max_error is above 0 and below 1"));
    }
    if checks.iter().any(|(score, _)| score.is_nan()) {
        return Err(PyValueError::new_err("a score is no number"));
    }
    let mut rungs = Rungs::default();
    let trusted = checks.iter().filter_map(|&(score, is_wrong)| {
        rungs.add(Check { score, is_wrong });
        rungs.trusted(max_error, RISK).last()
    });
    let Some((threshold, _)) = trusted.min_by(|left, right| left.0.total_cmp(&right.0)) else { return Ok(None) };
    let reached = || checks.iter().filter(|(score, _)| *score >= threshold);
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let (n, n_wrong) = (count(reached().count()), count(reached().filter(|(_, is_wrong)| *is_wrong).count()));
    Ok(Some((threshold, n, n_wrong, upper_bound(n_wrong, n, RISK))))
}
