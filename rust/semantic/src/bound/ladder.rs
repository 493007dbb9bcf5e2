//! Which threshold may be trusted.
//!
//! # Why not simply the loosest whose bound is small enough
//! Of many thresholds that are tried on the same checks, one looks good by luck: each bound alone is wrong in one case of twenty,
//! the best of ten far more often. Dividing the risk by ten makes all of them need half as many checks again. Here the thresholds
//! are tested in an order that is fixed before any check is seen, strict to loose, each at the full risk, up to the first that
//! fails (fixed-sequence testing: Maurer, Hothorn and Lehmacher 1995; for risks of models: Angelopoulos, Bates, Candès, Jordan and
//! Lei 2021, "Learn then Test", arXiv:2110.01052). A threshold that should fail is reached first by one of them alone, and only if
//! that one passes by luck is anything promised that does not hold.
//!
//! # Where the thresholds come from
//! The scores of earlier candidates, whose answers nobody looked at: of them an eighth are above the strictest, all are
//! above the loosest. So each rung stands for a known share of the traffic, whatever the scale of scores.
//!
//! # Why there are two beginnings
//! The strictest rung sees an eighth of the checks: waiting for it would take eight times as long as the loosest needs. So
//! the sequence is begun twice, at an eighth and at a half, each with half the risk: what is easy is found soon, what is
//! hard is found at all.

use super::binomial::upper_bound;

/// Whether an answer that would have been served was wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Check {
    /// How alike the questions are, by whatever judges them; not a NaN.
    pub score: f32,
    /// Whether the model answered otherwise.
    pub is_wrong: bool,
}

pub(super) const N_RUNGS: usize = 8;
/// Rungs from which on thresholds are tested.
const BEGINNINGS: [usize; 2] = [0, N_RUNGS / 2 - 1];
/// What each beginning may risk of the whole.
pub(super) const SHARE_OF_RISK: f64 = 0.5;
/// Of so many checks the sooner beginning sees one.
pub(super) const CHECKS_TO_ONE: u32 = 2;

/// Thresholds, the strictest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Ladder([f32; N_RUNGS]);

/// Checks at a threshold or above.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) n: u32,
    pub(super) n_wrong: u32,
}

impl Count {
    pub(super) fn add(&mut self, is_wrong: bool) {
        self.n = self.n.saturating_add(1);
        self.n_wrong = self.n_wrong.saturating_add(u32::from(is_wrong));
    }
}

impl Ladder {
    /// The thresholds that leave an eighth of `scores`, two eighths, and so on. `None` without scores.
    pub fn of(mut scores: Vec<f32>) -> Option<Self> {
        scores.sort_unstable_by(|left, right| right.total_cmp(left));
        let rungs = std::array::from_fn(|rung| scores.get((scores.len() * (rung + 1)).div_ceil(N_RUNGS).max(1) - 1));
        rungs.iter().all(Option::is_some).then(|| Self(rungs.map(|score| score.copied().unwrap_or(f32::INFINITY))))
    }

    /// The loosest threshold at which at most `max_error` of all answers are wrong, as far as `checks` show at a risk of `risk`;
    /// `None` where none can be trusted. The checks must be drawn evenly from what reaches the loosest threshold, and the
    /// ladder must not depend on them.
    pub fn choose(&self, checks: &[Check], max_error: f64, risk: f64) -> Option<f32> {
        let mut counts = [Count::default(); N_RUNGS];
        for check in checks {
            self.count(*check, &mut counts);
        }
        self.loosest(&counts, max_error, risk).map(|(threshold, _)| threshold)
    }

    pub(super) fn count(&self, check: Check, counts: &mut [Count; N_RUNGS]) {
        for (threshold, count) in self.0.iter().zip(counts) {
            if check.score >= *threshold {
                count.add(check.is_wrong);
            }
        }
    }

    /// The threshold and what was seen at it.
    pub(super) fn loosest(&self, counts: &[Count; N_RUNGS], max_error: f64, risk: f64) -> Option<(f32, Count)> {
        let holds = |count: &Count| upper_bound(count.n_wrong, count.n, risk * SHARE_OF_RISK) <= max_error;
        let rungs = || self.0.iter().copied().zip(counts.iter().copied());
        let last_from = |beginning| rungs().skip(beginning).take_while(|(_, count)| holds(count)).last();
        BEGINNINGS.into_iter().filter_map(last_from).min_by(|left, right| left.0.total_cmp(&right.0))
    }
}
