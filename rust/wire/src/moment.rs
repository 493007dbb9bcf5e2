//! Moments and spans of time, in the forms in which headers and bodies spell them.
//!
//! # Why no crate
//! Four forms are read, and none is written; the crates for dates bring clocks, time zones and much else.

use std::time::Duration;

const SECONDS_A_DAY: u64 = 86_400;
/// Bytes of a text that is read: the longest date, with the weekday in full, has 40.
const MAX_TEXT: usize = 64;
/// As RFC 9110 has them in dates (section 5.6.7).
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A number that is not negative, with or without a fraction: `1`, `0.25`. Too large a one is `Duration::MAX`.
pub(crate) fn read_seconds(text: &str) -> Option<Duration> {
    let is_number = text.len() <= MAX_TEXT && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let seconds: f64 = text.parse().ok().filter(|_| is_number)?;
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

/// Numbers with units, the largest first as Go writes them: `20ms`, `6m0s`, `1h2m3.5s`; also Google's `34.074824224s`.
pub(crate) fn read_span(text: &str) -> Option<Duration> {
    let mut rest = Some(text).filter(|text| !text.is_empty() && text.len() <= MAX_TEXT)?;
    let mut span = Duration::ZERO;
    while !rest.is_empty() {
        let n_number = rest.find(|character: char| character != '.' && !character.is_ascii_digit())?;
        let (number, after) = rest.split_at(n_number);
        let n_unit = after.find(|character: char| character.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(n_unit);
        let seconds = read_seconds(number)?.as_secs_f64() * seconds_a(unit)?;
        span = span.saturating_add(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
        rest = after;
    }
    Some(span)
}

/// Seconds of a unit of Go's `time.Duration`, which OpenAI's gateway writes, or of a day.
fn seconds_a(unit: &str) -> Option<f64> {
    match unit {
        "d" => Some(86_400.0),
        "h" => Some(3_600.0),
        "m" => Some(60.0),
        "s" => Some(1.0),
        "ms" => Some(1e-3),
        "us" | "µs" | "μs" => Some(1e-6),
        "ns" => Some(1e-9),
        _ => None,
    }
}

/// A date of HTTP as the time since 1970, in the three forms that RFC 9110 demands of recipients (section 5.6.7):
/// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`.
pub(crate) fn read_http_date(text: &str) -> Option<Duration> {
    let text = Some(text).filter(|text| text.len() <= MAX_TEXT)?;
    let words: Vec<&str> = text.split([' ', ',', '-']).filter(|word| !word.is_empty()).collect();
    let ([_, day, month, year, time, "GMT"] | [_, month, day, time, year]) = words[..] else { return None };
    let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
    let year = match (digits(year)?, year.len()) {
        // Two digits stand for the last century from 1970 on: nothing was throttled before.
        (year @ 0..70, 2) => year + 2000,
        (year, 2) => year + 1900,
        (year, _) => year,
    };
    Some(Duration::from_secs(seconds_of(year, month, digits(day)?, time)?))
}

/// A time stamp of RFC 3339 as the time since 1970: `2026-11-25T03:45:35.5Z`, `2026-11-25T05:45:35+02:00`.
pub(crate) fn read_rfc3339(text: &str) -> Option<Duration> {
    let text = Some(text).filter(|text| text.len() <= MAX_TEXT && text.is_ascii())?;
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let [year, month, day] = fields(date, '-')?;
    let (time, offset) = rest.split_at(rest.find(['Z', 'z', '+', '-'])?);
    let (time, fraction) = time.split_once('.').map_or((time, Some(Duration::ZERO)), |(time, fraction)| {
        (time, digits(fraction).and_then(|_| read_seconds(&format!("0.{fraction}"))))
    });
    let local = Duration::from_secs(seconds_of(year, month, day, time)?).checked_add(fraction?)?;
    let (sign, offset) = offset.split_at(1);
    let [hours, minutes] = if offset.is_empty() { [0, 0] } else { fields(offset, ':')? };
    let offset = Duration::from_secs((hours <= 23 && minutes <= 59).then_some(hours * 3_600 + minutes * 60)?);
    match sign {
        "+" => local.checked_sub(offset),
        "-" => local.checked_add(offset),
        _ => offset.is_zero().then_some(local),
    }
}

/// Seconds since 1970 at `time`, as in `08:49:37`, of a day of the Gregorian calendar.
fn seconds_of(year: u64, month: u64, day: u64, time: &str) -> Option<u64> {
    let [hour, minute, second] = fields(time, ':')?;
    // RFC 3339 and RFC 9110 both let a second be a leap second.
    let is_time = hour <= 23 && minute <= 59 && second <= 60;
    let seconds = is_time.then_some(hour * 3_600 + minute * 60 + second)?;
    Some(days_until(year, month, day)? * SECONDS_A_DAY + seconds)
}

/// Days from the first of 1970, by Howard Hinnant's `days_from_civil`, in which years begin in March.
fn days_until(year: u64, month: u64, day: u64) -> Option<u64> {
    const DAYS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let n_days = DAYS.get(usize::try_from(month.checked_sub(1)?).ok()?)? + u64::from(is_leap && month == 2);
    if !(1970..=9999).contains(&year) || !(1..=n_days).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    // 719,468 days lie between the first of March of the year 0 and 1970.
    Some(year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468)
}

/// Numbers with `separator` between them.
fn fields<const N: usize>(text: &str, separator: char) -> Option<[u64; N]> {
    text.split(separator).map(digits).collect::<Option<Vec<_>>>()?.try_into().ok()
}

fn digits(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests;
