//! Which threshold may be trusted.
//!
//! # How one is tested: by a wager
//! Somebody has 1 and stakes it on every check at a threshold or above, at the odds that are fair if as many are wrong as may be.
//! If so many or more are, what he has grows in no bet on average, and ever reaches 20 in at most one case of 20 (Ville
//! 1939; for shares: Waudby-Smith and Ramdas 2024, arXiv:2010.09686). So it may be looked at after every check, where a
//! bound that is made for one look holds by luck sooner or later. Not one wrong answer in 410 is enough for 1 %.
//!
//! # Why not simply the loosest threshold that passes
//! Of many that are tried on the same checks, one looks good by luck. Here they are tested in an order, strict to loose,
//! each at the full risk, up to the first that fails (fixed-sequence testing: Maurer, Hothorn and Lehmacher 1995; for risks of models:
//! Angelopoulos, Bates, Candès, Jordan and Lei 2021, arXiv:2110.01052). A threshold that should fail is
//! reached first by one of them alone, and only if that one passes by luck is anything promised that does not hold.
//!
//! # Where the thresholds are
//! At scores that are fixed, since a score is a probability: each leaves two thirds of the chance of being wrong that the
//! looser one leaves. The sequence begins at the strictest that a quarter of all checks reach, by their scores alone: what
//! fewer reach would make all others wait. It is taken no further than checks have been: a class in which all is alike
//! passes every test, and has shown nothing of what is not.

/// Whether an answer that would have been served was wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Check {
    /// How probable it was that the answer serves, before this check; not a NaN.
    pub score: f32,
    /// Whether the model answered otherwise.
    pub is_wrong: bool,
}

/// Thresholds, the strictest first.
pub(super) const THRESHOLDS: [f32; 16] =
    [0.998, 0.997, 0.995, 0.993, 0.99, 0.985, 0.977, 0.966, 0.95, 0.93, 0.9, 0.85, 0.79, 0.71, 0.6, LOOSEST];
/// Below it, an answer is more probably wrong than not.
pub const LOOSEST: f32 = 0.5;
/// Of so many checks one reaches the threshold that is tested first.
const CHECKS_TO_ONE: u32 = 4;
/// So many checks between two thresholds say what lies there.
const LEAST_BETWEEN: u32 = 10;
/// What is staked on, each with half of what there is: so many wrong ones, of the limit.
const STAKES: [f64; 2] = [0.1, 0.4];

/// Checks at a threshold or above.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Count {
    /// All.
    pub n: u32,
    /// Those where the answer was wrong.
    pub n_wrong: u32,
    /// How many were to be expected by the scores.
    pub n_expected: f64,
}

impl Count {
    pub(super) fn add(&mut self, check: Check) {
        self.n = self.n.saturating_add(1);
        self.n_wrong = self.n_wrong.saturating_add(u32::from(check.is_wrong));
        self.n_expected += 1.0 - f64::from(check.score);
    }

    /// Whether the scores let no more than `limit` be expected.
    pub(super) fn is_expected_below(self, limit: f64) -> bool {
        self.n_expected <= limit * f64::from(self.n)
    }

    /// What somebody has now who began with 1 and holds that fewer than `limit` are wrong.
    fn wealth(self, limit: f64) -> f64 {
        let (wrong, right) = (f64::from(self.n_wrong), f64::from(self.n) - f64::from(self.n_wrong));
        let won = |stake: f64| (wrong * stake.ln() + right * ((1.0 - stake * limit) / (1.0 - limit)).ln()).exp();
        STAKES.map(won).iter().sum::<f64>() / 2.0
    }
}

/// What checks say of each threshold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rungs([Count; THRESHOLDS.len()]);

impl Rungs {
    /// Takes a check into account. All checks of a class, or an even sample, are to be taken.
    pub fn add(&mut self, check: Check) {
        let reached = THRESHOLDS.iter().zip(&mut self.0).filter(|(threshold, _)| check.score >= **threshold);
        reached.for_each(|(_, count)| count.add(check));
    }

    /// Thresholds, strict to loose, at which at most `limit` of all answers are wrong, and the checks there. Looked at after every
    /// check, it ever trusts one that it should not in a share of `risk` at most.
    pub fn trusted(&self, limit: f64, risk: f64) -> impl Iterator<Item = (f32, Count)> {
        let enough = self.n_checks().div_ceil(CHECKS_TO_ONE).max(1);
        let rungs = THRESHOLDS.into_iter().zip(self.0);
        let mut n_stricter = 0;
        rungs
            .skip_while(move |(_, count)| count.n < enough)
            .take_while(move |(_, count)| count.wealth(limit) * risk >= 1.0)
            .filter(move |(_, count)| {
                let is_known = count.n >= n_stricter + LEAST_BETWEEN;
                n_stricter = if is_known { count.n } else { n_stricter };
                is_known
            })
    }

    /// How many were taken into account, but for those that reach no threshold.
    pub fn n_checks(&self) -> u32 {
        self.0.last().map_or(0, |count| count.n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rungs(checks: &[(f32, usize, usize)]) -> Rungs {
        let mut rungs = Rungs::default();
        for &(score, n, n_wrong) in checks {
            (0..n).for_each(|at| rungs.add(Check { score, is_wrong: at < n_wrong }));
        }
        rungs
    }

    #[test]
    fn which_threshold_is_trusted() {
        let check = |case: &str, expected: Option<f32>, checks: &[(f32, usize, usize)]| {
            assert_eq!(expected, rungs(checks).trusted(0.01, 0.05).last().map(|it| it.0), "{case}");
        };
        check("nothing is known", None, &[]);
        check("too little is", None, &[(0.999, 300, 0)]);
        check("none is wrong, and none is looser", Some(0.998), &[(0.999, 450, 0)]);
        check("none is wrong", Some(0.6), &[(0.999, 450, 0), (0.65, 10, 0)]);
        check("too few are looser", Some(0.998), &[(0.999, 450, 0), (0.65, 9, 0)]);
        check("few here and there are enough together", Some(0.6), &[(0.999, 450, 0), (0.8, 5, 0), (0.65, 5, 0)]);
        check("too many are", None, &[(0.999, 5_000, 60)]);
        check("those at 0.8 are", Some(0.9), &[(0.92, 900, 0), (0.8, 100, 40)]);
        check("so much is below that few reach what is good", None, &[(0.92, 900, 0), (0.8, 3_000, 1_200)]);
        check("what reaches nothing counts for nothing", Some(0.998), &[(0.999, 450, 0), (0.3, 5_000, 5_000)]);
    }

    #[test]
    fn the_count_is_of_the_threshold() {
        let (threshold, count) = rungs(&[(0.996, 900, 1), (0.8, 100, 40)]).trusted(0.01, 0.05).last().unwrap();

        assert_eq!((0.995, 900, 1), (threshold, count.n, count.n_wrong));
        assert!((count.n_expected - 3.6).abs() < 1e-3, "{}", count.n_expected);
    }

    #[test]
    fn wealth_does_not_grow_on_average_where_the_limit_is_reached() {
        // Over all numbers of wrong ones among 50, by how likely each is at the limit.
        let limit: f64 = 0.05;
        let mut likelihood = (1.0 - limit).powi(50);
        let mut mean = 0.0;
        for n_wrong in 0..=50_u32 {
            mean += likelihood * Count { n: 50, n_wrong, n_expected: 0.0 }.wealth(limit);
            likelihood *= f64::from(50 - n_wrong) / f64::from(n_wrong + 1) * limit / (1.0 - limit);
        }

        assert!((mean - 1.0).abs() < 1e-9, "{mean}");
    }
}
