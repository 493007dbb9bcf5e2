//! Times of day and days of the week, as rules name them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

const MINUTES_A_DAY: u16 = 24 * 60;
/// No offset is further from UTC: Kiribati's is +14:00.
const LARGEST_OFFSET: i32 = 14 * 60;

/// A part of each day, written as `09:00-18:00`. Its end is not in it; one that is not after its start is on the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("pattern" = "^[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}$"))]
pub struct Hours {
    from: u16,
    to: u16,
}

impl Hours {
    /// Whether the minute of the day, from 0, is in it.
    pub const fn contains(self, minute: u16) -> bool {
        if self.from < self.to {
            self.from <= minute && minute < self.to
        } else {
            self.from <= minute || minute < self.to
        }
    }
}

impl TryFrom<String> for Hours {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const WHY: &str = "this is not a time of day\nhint: it is written as `09:00-18:00`";
        let (from, to) = text.split_once('-').ok_or(WHY)?;
        let (from, to) = (minutes(from).ok_or(WHY)?, minutes(to).ok_or(WHY)?);
        if from >= MINUTES_A_DAY || to > MINUTES_A_DAY {
            return Err("a day has 24 hours");
        }
        if from == to {
            return Err("a time of day must not end as it starts");
        }
        Ok(Self { from, to })
    }
}

/// How far local time is ahead of UTC, written as `+05:30`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("pattern" = "^[+-][0-9]{2}:[0-9]{2}$"))]
pub struct UtcOffset {
    minutes: i32,
}

impl UtcOffset {
    /// The minute of the day, from 0, and the day of the week, at `unix`, the time since the Unix epoch.
    pub fn local(self, unix: Duration) -> (u16, Weekday) {
        let minutes = i64::try_from(unix.as_secs() / 60).unwrap_or(i64::MAX).saturating_add(i64::from(self.minutes));
        let (day, minute) =
            (minutes.div_euclid(i64::from(MINUTES_A_DAY)), minutes.rem_euclid(i64::from(MINUTES_A_DAY)));
        // The first of January 1970 was a Thursday.
        let weekday = usize::try_from((day + 3).rem_euclid(7)).unwrap_or(0);
        (u16::try_from(minute).unwrap_or(0), Weekday::ALL[weekday])
    }
}

impl TryFrom<String> for UtcOffset {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const WHY: &str = "this is not an offset from UTC\nhint: it is written as `+05:30`, without summer time";
        let sign = match text.as_bytes().first() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Err(WHY),
        };
        let minutes = i32::from(minutes(&text[1..]).ok_or(WHY)?);
        if minutes > LARGEST_OFFSET {
            Err("no offset from UTC is that large")
        } else {
            Ok(Self { minutes: sign * minutes })
        }
    }
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Weekday {
    const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    /// As it is written.
    pub const fn name(self) -> &'static str {
        ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][self as usize]
    }
}

/// `09:30` in minutes.
fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |digits: &str| {
        let is_number = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { digits.parse::<u16>().ok() } else { None }
    };
    let minutes = number(minutes).filter(|minutes| *minutes < 60)?;
    Some(number(hours)? * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_day_has_its_start_and_not_its_end() {
        let check = |hours: &str, minute: u16, expected: bool| {
            let is_in = Hours::try_from(hours.to_owned()).map(|hours| hours.contains(minute));

            assert_eq!(is_in, Ok(expected), "{hours} {minute}");
        };
        check("09:00-18:00", 539, false);
        check("09:00-18:00", 540, true);
        check("09:00-18:00", 1_079, true);
        check("09:00-18:00", 1_080, false);
        check("00:00-24:00", 0, true);
        check("00:00-24:00", 1_439, true);
        check("22:00-06:00", 1_320, true);
        check("22:00-06:00", 0, true);
        check("22:00-06:00", 360, false);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in
            ["", "9:00-18:00", "09:00", "09:00-25:00", "24:00-09:00", "09:60-10:00", "09:00-09:00", "+9:00-10:00"]
        {
            assert!(Hours::try_from(text.to_owned()).is_err(), "{text}");
        }
        for text in ["", "05:30", "+5:30", "+15:00", "+05:61", "Europe/Berlin", "é05:30", "+é:30"] {
            assert!(UtcOffset::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn local_time_is_told_by_an_offset() {
        let check = |seconds: u64, offset: &str, expected: (u16, Weekday)| {
            let local = UtcOffset::try_from(offset.to_owned()).map(|offset| offset.local(Duration::from_secs(seconds)));

            assert_eq!(local, Ok(expected), "{seconds} {offset}");
        };
        check(0, "+00:00", (0, Weekday::Thu));
        check(0, "-00:30", (1_410, Weekday::Wed));
        // 2026-12-31T18:30:00Z
        check(1_798_741_800, "+00:00", (1_110, Weekday::Thu));
        check(1_798_741_800, "+05:30", (0, Weekday::Fri));
        check(u64::MAX, "+14:00", UtcOffset { minutes: 840 }.local(Duration::MAX));
    }
}
