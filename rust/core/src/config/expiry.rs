//! The moment from which a key is refused, written as TOML and RFC 3339 write it.

use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::time::Duration;
use toml::value::{Date, Datetime, Offset};

/// A moment since the Unix epoch, written as `2026-12-31` or `2026-12-31T18:00:00Z`, bare or quoted.
///
/// A day is its midnight in UTC, and a time without an offset is in UTC too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(with = "String")]
pub struct Expiry(Duration);

impl Expiry {
    /// The time since the Unix epoch.
    pub const fn unix(self) -> Duration {
        self.0
    }

    fn new(moment: &Datetime) -> Option<Self> {
        let days = days_since_epoch(moment.date?);
        let seconds_of_day = moment.time.map_or(0, |time| {
            i64::from(time.hour) * 3_600 + i64::from(time.minute) * 60 + i64::from(time.second.unwrap_or(0))
        });
        let offset_minutes = match moment.offset {
            Some(Offset::Custom { minutes }) => i64::from(minutes),
            Some(Offset::Z) | None => 0,
        };
        let seconds = days * 86_400 + seconds_of_day - offset_minutes * 60;
        u64::try_from(seconds).ok().map(Duration::from_secs).map(Self)
    }
}

/// Howard Hinnant's `days_from_civil` (<https://howardhinnant.github.io/date_algorithms.html>): the year starts in
/// March, so that the leap day is its last.
fn days_since_epoch(date: Date) -> i64 {
    let (month, day) = (i64::from(date.month), i64::from(date.day));
    let year = i64::from(date.year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

impl<'de> Deserialize<'de> for Expiry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Moment)
    }
}

struct Moment;

impl<'de> Visitor<'de> for Moment {
    type Value = Expiry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a day such as `2026-12-31` or a moment such as `2026-12-31T18:00:00Z`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Expiry, E> {
        let moment = text.parse().ok().as_ref().and_then(Expiry::new);
        moment.ok_or_else(|| {
            E::custom("this is neither a day such as `2026-12-31` nor a moment such as `2026-12-31T18:00:00Z`")
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Expiry, A::Error> {
        let moment = Datetime::deserialize(MapAccessDeserializer::new(map))?;
        Expiry::new(&moment).ok_or_else(|| A::Error::custom("a time of day alone is no moment, nor is one before 1970"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_counted_from_1970_in_utc() {
        let check = |text: &str, expected: Option<u64>| {
            let moment = text.parse().ok().as_ref().and_then(Expiry::new);

            assert_eq!(moment.map(|it| it.unix().as_secs()), expected, "{text}");
        };
        check("1970-01-01", Some(0));
        check("2000-02-29", Some(951_782_400));
        check("2026-12-31", Some(1_798_675_200));
        check("2026-12-31T18:00:00Z", Some(1_798_740_000));
        check("2026-12-31T18:00:00", Some(1_798_740_000));
        check("2026-12-31T18:00:00+05:30", Some(1_798_720_200));
        check("1969-12-31", None);
        check("18:00:00", None);
        check("tomorrow", None);
    }
}
