//! How large a share may be, of which a sample is known.

/// The one-sided upper bound of Clopper and Pearson (1934) on a share of which `n_wrong` of `n` were seen: the largest share
/// that would show so few with a probability of `risk` or more. No wrong ones in 299 give 1 % at a risk of 5 %.
pub fn upper_bound(n_wrong: u32, n: u32, risk: f64) -> f64 {
    if n_wrong >= n {
        return 1.0;
    }
    let (mut low, mut high) = (f64::from(n_wrong) / f64::from(n), 1.0);
    // Each step halves what is left; after these it is smaller than the steps of a float.
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if at_most(n_wrong, n, middle) > risk {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// How likely at most `k` of `n` are, each with the probability `p`: the complement of `I_p(k + 1, n - k)` (DLMF 8.17.5).
fn at_most(k: u32, n: u32, p: f64) -> f64 {
    1.0 - incomplete_beta(f64::from(k + 1), f64::from(n - k), p)
}

/// The regularised incomplete beta function, by its continued fraction (DLMF 8.17.22) from front to back (Lentz 1976).
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return f64::from(u8::from(x >= 1.0));
    }
    // It converges fast on this side of the mean; the other side is its complement.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let front = (a * x.ln() + b * (1.0 - x).ln() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b)).exp() / a;
    let nonzero = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let (mut fraction, mut numerator, mut denominator) = (1.0, 1.0, 0.0);
    for step in 0..10_000 {
        let m = f64::from(step / 2);
        let coefficient = match step {
            0 => 1.0,
            _ if step % 2 == 0 => m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            _ => -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        };
        denominator = 1.0 / nonzero(1.0 + coefficient * denominator);
        numerator = nonzero(1.0 + coefficient / numerator);
        fraction *= numerator * denominator;
        if (numerator * denominator - 1.0).abs() < 1e-15 {
            break;
        }
    }
    front * (fraction - 1.0)
}

/// By Stirling's series (DLMF 5.11.1), which is exact to a float's last digits from 20 on.
fn ln_gamma(x: f64) -> f64 {
    if x < 20.0 {
        return ln_gamma(x + 1.0) - x.ln();
    }
    let square = x * x;
    let series = (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / 1680.0 / square) / square) / square) / x;
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + series
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bounds_are_those_of_closed_forms_and_of_tables() {
        let check = |name: &str, expected: f64, n_wrong, n, risk| {
            let found = upper_bound(n_wrong, n, risk);
            assert!((expected - found).abs() < 1e-9, "{name}: {found}");
        };
        check("nothing is known", 1.0, 0, 0, 0.05);
        check("all are wrong", 1.0, 7, 7, 0.05);
        check("none of 299: 1 - .05^(1/299)", 1.0 - 0.05_f64.powf(1.0 / 299.0), 0, 299, 0.05);
        check("none of a million", 1.0 - 0.05_f64.powf(1e-6), 0, 1_000_000, 0.05);
        check("one of two: p^2 is .95", 0.95_f64.sqrt(), 1, 2, 0.05);
        check("all but one of nine: p^9 is .99", 0.99_f64.powf(1.0 / 9.0), 8, 9, 0.01);
    }

    proptest! {
        /// The tail as a sum of terms, each made from the last.
        #[test]
        fn the_tail_is_the_sum_of_its_terms(n in 1..2_000_u32, k in 0..2_000_u32, p in 0.0001..0.9999_f64) {
            let k = k % n;
            let mut term = f64::from(n) * (1.0 - p).ln();
            let mut sum = term.exp();
            for i in 0..k {
                term += (f64::from(n - i) / f64::from(i + 1) * p / (1.0 - p)).ln();
                sum += term.exp();
            }
            prop_assert!((sum - at_most(k, n, p)).abs() < 1e-9, "{sum} {}", at_most(k, n, p));
        }

        #[test]
        fn a_bound_falls_with_checks_and_rises_with_wrong_ones(n in 2..5_000_u32, k in 0..5_000_u32) {
            let k = k % (n - 1);
            let bound = upper_bound(k, n, 0.05);
            prop_assert!((at_most(k, n, bound) - 0.05).abs() < 1e-9);
            prop_assert!(upper_bound(k, n + 1, 0.05) < bound && bound < upper_bound(k + 1, n, 0.05));
            prop_assert!(upper_bound(k, n, 0.01) > bound);
        }
    }
}
