//! How durations and sizes are written: a whole number and a unit.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::time::Duration;

const DURATION_UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
const SIZE_UNITS: [(&str, u64); 7] = [
    ("B", 1),
    ("KB", 1_000),
    ("KiB", 1 << 10),
    ("MB", 1_000_000),
    ("MiB", 1 << 20),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
];

/// A time that something may take, such as `800ms`, `2s`, `10m` or `1h`: longer than nothing, at most a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(extend("pattern" = "^[0-9]+(ms|s|m|h)$"))]
pub struct Interval(Duration);

impl Interval {
    const LONGEST_MS: u64 = 24 * 3_600_000;

    pub(crate) const fn from_secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    pub(crate) const fn from_millis(milliseconds: u64) -> Self {
        Self(Duration::from_millis(milliseconds))
    }

    /// The same as the standard library's type.
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl TryFrom<String> for Interval {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let milliseconds = quantity(&text, &DURATION_UNITS).ok_or(concat!(
            "this is not a duration",
            "\nhint: durations are a whole number and a unit: `800ms`, `2s`, `10m`, `1h`"
        ))?;
        if milliseconds == 0 {
            return Err("a duration must be longer than zero".to_owned());
        }
        if milliseconds > Self::LONGEST_MS {
            return Err("a duration must be at most `24h`".to_owned());
        }
        Ok(Self(Duration::from_millis(milliseconds)))
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        f.write_str(&in_largest_unit(milliseconds, &DURATION_UNITS))
    }
}

impl Serialize for Interval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A number of bytes, such as `64KiB`, `10MB` or `1GiB`: at least one, at most `1024GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(extend("pattern" = "^[0-9]+(B|KB|KiB|MB|MiB|GB|GiB)$"))]
pub struct ByteSize(u64);

impl ByteSize {
    const LARGEST: u64 = 1024 << 30;

    pub(crate) const fn megabytes(count: u64) -> Self {
        Self(count * 1_000_000)
    }

    /// How many bytes.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl TryFrom<String> for ByteSize {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bytes = quantity(&text, &SIZE_UNITS).ok_or(concat!(
            "this is not a size",
            "\nhint: sizes are a whole number and a unit: `512B`, `64KiB`, `10MB`, `1GiB`"
        ))?;
        if bytes == 0 || bytes > Self::LARGEST {
            return Err("a size must be at least `1B` and at most `1024GiB`".to_owned());
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&in_largest_unit(self.0, &SIZE_UNITS))
    }
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `text` in the smallest unit; nothing when it is not digits and a unit, or is beyond 64 bits.
fn quantity(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.find(|character: char| !character.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let (_, scale) = units.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*scale)
}

fn in_largest_unit(quantity: u64, units: &[(&str, u64)]) -> String {
    let whole = units.iter().rev().find(|(_, scale)| quantity.is_multiple_of(*scale));
    let (unit, scale) = whole.copied().unwrap_or(units[0]);
    format!("{}{unit}", quantity / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_meant() {
        let interval =
            |text: &str| Interval::try_from(text.to_owned()).map(|it| (it.get().as_millis(), it.to_string()));
        let size = |text: &str| ByteSize::try_from(text.to_owned()).map(|it| (it.get(), it.to_string()));

        assert_eq!(interval("800ms"), Ok((800, "800ms".to_owned())));
        assert_eq!(interval("120s"), Ok((120_000, "2m".to_owned())));
        assert_eq!(interval("24h"), Ok((86_400_000, "24h".to_owned())));
        assert_eq!(size("10MB"), Ok((10_000_000, "10MB".to_owned())));
        assert_eq!(size("1024KiB"), Ok((1 << 20, "1MiB".to_owned())));
    }

    #[test]
    fn what_is_not_a_quantity_is_refused() {
        for text in
            ["", "s", "10", "-1s", "1.5s", "0s", "25h", "1 s", "1S", "99999999999999999999s", "9999999999999999h"]
        {
            assert!(Interval::try_from(text.to_owned()).is_err(), "{text}");
        }
        for text in ["", "MB", "10", "0B", "10mb", "1 MB", "1025GiB", "99999999999GiB"] {
            assert!(ByteSize::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
