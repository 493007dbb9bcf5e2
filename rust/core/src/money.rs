//! Money is an integer of nano-dollars.
//!
//! One token of the cheapest models costs tens of nano-dollars, so a float would be exact enough for one call; sums of
//! millions of floats would not be, and would differ with their order. 64 bits hold 18 billion dollars.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An amount in billionths of a US dollar. JSON carries it as an integer; `Display` writes dollars: `0.000123400`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NanoDollars(pub u64);

impl NanoDollars {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// So many dollars, rounded; nothing for less than half a nano-dollar, and at most what fits.
    pub fn from_dollars(dollars: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is cut to what fits")]
        Self((dollars * 1e9).round() as u64)
    }

    /// The sum, or `None` when it does not fit.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, or `None` when `other` is greater.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

impl fmt::Display for NanoDollars {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const PER_DOLLAR: u64 = 1_000_000_000;
        write!(formatter, "{}.{:09}", self.0 / PER_DOLLAR, self.0 % PER_DOLLAR)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::NanoDollars;

    fn check(nano_dollars: u64, expected: &str) {
        assert_eq!(expected, NanoDollars(nano_dollars).to_string());
    }

    #[test]
    fn dollars_are_written_with_nine_decimals() {
        check(0, "0.000000000");
        check(123_400, "0.000123400");
        check(1_000_000_000, "1.000000000");
        check(u64::MAX, "18446744073.709551615");
    }

    #[test]
    fn dollars_are_rounded_to_nano_dollars() {
        let check = |dollars, expected| assert_eq!(NanoDollars(expected), NanoDollars::from_dollars(dollars));
        check(0.05, 50_000_000);
        check(1e-9, 1);
        check(-1.0, 0);
        check(f64::NAN, 0);
        check(1e30, u64::MAX);
    }

    #[test]
    fn arithmetic_refuses_what_does_not_fit() {
        let (one, two) = (NanoDollars(1), NanoDollars(2));

        assert_eq!(Some(NanoDollars(3)), one.checked_add(two));
        assert_eq!(None, NanoDollars(u64::MAX).checked_add(one));
        assert_eq!(Some(one), two.checked_sub(one));
        assert_eq!(None, one.checked_sub(two));
    }

    proptest! {
        #[test]
        fn display_loses_nothing(amount: u64) {
            let digits = NanoDollars(amount).to_string().replace('.', "");

            prop_assert_eq!(Ok(amount), digits.parse());
        }

        #[test]
        fn json_is_the_integer(amount: u64) {
            let json = serde_json::to_string(&NanoDollars(amount)).unwrap();

            prop_assert_eq!(amount.to_string(), json.clone());
            prop_assert_eq!(NanoDollars(amount), serde_json::from_str(&json).unwrap());
        }
    }
}
