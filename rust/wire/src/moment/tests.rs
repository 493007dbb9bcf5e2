use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

use super::*;

#[test]
fn seconds() {
    let check = |text: &str, expected: Option<f64>| {
        assert_eq!(expected, read_seconds(text).map(|span| span.as_secs_f64()), "{text}");
    };
    check("0", Some(0.0));
    check("30", Some(30.0));
    check("0.25", Some(0.25));
    check("33011.382867097855", Some(33_011.382_867_098));
    check("99999999999999999999999", Some(Duration::MAX.as_secs_f64()));
    check(&"9".repeat(65), None);
    for malformed in ["", ".", "-1", "+1", "1e3", "NaN", "inf", "1.2.3", "1s", " 1"] {
        check(malformed, None);
    }
}

#[test]
fn spans() {
    let check = |text: &str, expected: Option<u64>| {
        assert_eq!(expected.map(Duration::from_millis), read_span(text), "{text}");
    };
    check("1s", Some(1_000));
    check("20ms", Some(20));
    check("6m0s", Some(360_000));
    check("1h2m3.5s", Some(3_723_500));
    check("9m38.016s", Some(578_016));
    check("2d", Some(172_800_000));
    assert_eq!(Some(Duration::from_micros(500)), read_span("500µs"));
    assert_eq!(Some(Duration::MAX), read_span("99999999999999999999999h"));
    for malformed in ["", "1", "s", "-1s", "1s2", "1 s", "1w", "1.2.3s", "..s", "1sm"] {
        check(malformed, None);
    }
}

#[test]
fn dates() {
    let check = |text: &str, expected: Option<u64>| {
        assert_eq!(expected.map(Duration::from_secs), read_http_date(text), "{text}");
    };
    check("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777));
    check("Sunday, 06-Nov-94 08:49:37 GMT", Some(784_111_777));
    check("Sun Nov  6 08:49:37 1994", Some(784_111_777));
    check("Thu, 01 Jan 1970 00:00:00 GMT", Some(0));
    check("Thu, 29 Feb 2024 23:59:60 GMT", Some(1_709_251_200));
    check("Friday, 01-Jan-27 00:00:00 GMT", Some(1_798_761_600));
    for malformed in [
        "",
        "GMT",
        "Wed, 31 Dec 1969 23:59:59 GMT",
        "Wed, 29 Feb 2023 00:00:00 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, +6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT",
    ] {
        check(malformed, None);
    }
}

#[test]
fn time_stamps() {
    let check = |text: &str, expected: Option<f64>| {
        assert_eq!(expected, read_rfc3339(text).map(|moment| moment.as_secs_f64()), "{text}");
    };
    check("1994-11-06T08:49:37Z", Some(784_111_777.0));
    check("1994-11-06t08:49:37.5z", Some(784_111_777.5));
    check("1994-11-06 10:49:37+02:00", Some(784_111_777.0));
    check("1994-11-06T07:19:37-01:30", Some(784_111_777.0));
    for malformed in [
        "",
        "Z",
        "1994-11-06",
        "1994-11-06T08:49:37",
        "1994-13-06T08:49:37Z",
        "1994-00-06T08:49:37Z",
        "1994-11-31T08:49:37Z",
        "1994-11-06T08:49:37.Z",
        "1994-11-06T08:49:37.+5Z",
        "1994-11-06T08:49:37Z01:00",
        "1994-11-06T08:49:37+24:00",
        "1970-01-01T00:00:00+00:01",
        "1994-11-06T08:49:37é",
    ] {
        check(malformed, None);
    }
}

/// The calendar, counted day by day.
fn calendar() -> impl Iterator<Item = (u64, u64, u64)> {
    (1970..=2100).flat_map(|year| (1..=12).flat_map(move |month| (1..=31).map(move |day| (year, month, day))))
}

#[test]
fn days_follow_one_another_without_a_gap() {
    let days: Vec<u64> = calendar().filter_map(|(year, month, day)| days_until(year, month, day)).collect();

    assert_eq!((0..days.len() as u64).collect::<Vec<_>>(), days);
}

proptest! {
    #![proptest_config(Config { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..Config::default() })]

    #[test]
    fn what_is_written_is_read(index in 0_usize..47_000, second in 0_u64..86_400, offset in 0_u64..1_440) {
        let dates: Vec<_> = calendar().filter(|(year, month, day)| days_until(*year, *month, *day).is_some()).collect();
        let (year, month, day) = dates[index];
        let time = format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60);
        let name = MONTHS[usize::try_from(month).unwrap() - 1];
        let expected = Duration::from_secs(index as u64 * SECONDS_A_DAY + second);

        prop_assert_eq!(Some(expected), read_http_date(&format!("Sun, {day:02} {name} {year} {time} GMT")));
        prop_assert_eq!(Some(expected), read_http_date(&format!("Sun {name} {day:2} {time} {year}")));
        prop_assert_eq!(Some(expected), read_rfc3339(&format!("{year}-{month:02}-{day:02}T{time}Z")));
        let shifted = format!("{year}-{month:02}-{day:02}T{time}-{:02}:{:02}", offset / 60, offset % 60);
        prop_assert_eq!(Some(expected + Duration::from_secs(offset * 60)), read_rfc3339(&shifted));
    }

    #[test]
    fn spans_are_read_as_they_are_written(hours in 0_u64..1_000, minutes in 0_u64..60, milliseconds in 0_u64..60_000) {
        let text = format!("{hours}h{minutes}m{}.{:03}s", milliseconds / 1_000, milliseconds % 1_000);
        let expected = Duration::from_millis((hours * 60 + minutes) * 60_000 + milliseconds);

        let read = read_span(&text).unwrap();

        prop_assert!(read.abs_diff(expected) < Duration::from_micros(1), "{} {:?}", text, read);
    }

    #[test]
    fn no_text_is_too_strange(text in any::<String>()) {
        let _ = (read_seconds(&text), read_span(&text), read_http_date(&text), read_rfc3339(&text));
    }

    #[test]
    fn no_text_that_is_nearly_one_is_too_strange(text in "[0-9TZ:.+, -]{0,40}") {
        let _ = (read_seconds(&text), read_span(&text), read_http_date(&text), read_rfc3339(&text));
    }
}
