use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

use super::*;

/// 2026-11-25T03:45:35Z, a Wednesday.
const NOW: Duration = Duration::from_secs(1_795_578_335);

fn wait(headers: &[(&str, &str)], body: &str) -> Option<Duration> {
    retry_after(headers.iter().map(|(name, value)| (*name, value.as_bytes())), body.as_bytes(), NOW)
}

#[test]
fn how_long_an_upstream_wants_to_be_left_alone() {
    let check = |name: &str, headers: &[(&str, &str)], expected: Option<u64>| {
        assert_eq!(expected.map(Duration::from_millis), wait(headers, ""), "{name}");
    };
    check("nothing is said", &[("date", "now")], None);
    check("seconds", &[("retry-after", "7")], Some(7_000));
    check("seconds and a fraction", &[("retry-after", " 0.25 ")], Some(250));
    check("no time at all", &[("retry-after", "0")], Some(0));
    check("more than is heeded", &[("retry-after", "3600")], Some(60_000));
    check("more than can be counted", &[("retry-after", "99999999999999999999999999")], Some(60_000));
    check("less than nothing", &[("retry-after", "-1")], None);
    check("no number", &[("retry-after", "NaN")], None);
    check("a word", &[("retry-after", "soon")], None);
    check("a date", &[("retry-after", "Wed, 25 Nov 2026 03:45:45 GMT")], Some(10_000));
    check("a date long ago", &[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")], Some(0));
    check("a date far off", &[("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT")], Some(60_000));
    check("milliseconds", &[("retry-after-ms", "1500")], Some(1_500));
    check("the shorter of two", &[("retry-after", "2"), ("retry-after-ms", "1500")], Some(1_500));
    check("the well-formed of two", &[("retry-after", "2"), ("retry-after-ms", "x")], Some(2_000));
    check("OpenAI's requests", &[("x-ratelimit-reset-requests", "6m0s")], Some(60_000));
    check("OpenAI's tokens", &[("x-ratelimit-reset-tokens", "20ms")], Some(20));
    check("Cerebras's day", &[("x-ratelimit-reset-requests-day", "33.5")], Some(33_500));
    check("OpenRouter's milliseconds since 1970", &[("x-ratelimit-reset", "1795578336500")], Some(1_500));
    check("seconds since 1970", &[("x-ratelimit-reset", "1795578340")], Some(5_000));
    check("seconds since 1970, passed", &[("x-ratelimit-reset", "1795578330")], Some(0));
    check("seconds from now", &[("x-ratelimit-reset", "5")], Some(5_000));
    check("Anthropic's", &[("anthropic-ratelimit-input-tokens-reset", "2026-11-25T03:45:50Z")], Some(15_000));
    check("Anthropic's, passed", &[("anthropic-ratelimit-requests-reset", "2026-11-25T03:45:00Z")], Some(0));
    check("not a reset", &[("x-ratelimit-limit-tokens", "5"), ("anthropic-ratelimit-tokens-limit", "5")], None);
    check("another vendor's", &[("ratelimit-reset", "5")], None);
}

#[test]
fn the_reset_of_a_limit_that_is_not_used_up_says_nothing() {
    let check = |name: &str, headers: &[(&str, &str)], expected: Option<u64>| {
        assert_eq!(expected.map(Duration::from_secs), wait(headers, ""), "{name}");
    };
    let requests = ("x-ratelimit-reset-requests", "1s");
    let tokens = ("x-ratelimit-reset-tokens", "30s");
    let remains = |n_tokens| ("x-ratelimit-remaining-tokens", n_tokens);
    check("both used up", &[requests, ("x-ratelimit-remaining-requests", "0"), tokens, remains("0")], Some(1));
    check("requests remain", &[requests, ("x-ratelimit-remaining-requests", "9"), tokens, remains("0")], Some(30));
    check("it is not said", &[requests, tokens], Some(1));
    check("it is said of another", &[tokens, ("x-ratelimit-remaining-requests", "9")], Some(30));
    check("it is said badly", &[tokens, remains("many")], Some(30));
    check("it is overdrawn", &[tokens, remains("-5")], Some(30));
    check("in any order", &[remains("7"), tokens], None);
    check("beside what is always heeded", &[remains("7"), tokens, ("retry-after", "40")], Some(40));
    check("without a name", &[("x-ratelimit-remaining", "3"), ("x-ratelimit-reset", "5")], None);
    let anthropic = ("anthropic-ratelimit-requests-reset", "2026-11-25T03:45:36Z");
    check("Anthropic's remain", &[anthropic, ("anthropic-ratelimit-requests-remaining", "9")], None);
    check("Anthropic's are used up", &[anthropic, ("anthropic-ratelimit-requests-remaining", "0")], Some(1));
}

#[test]
fn what_a_body_says() {
    let check = |name: &str, headers: &[(&str, &str)], body: &str, expected: Option<u64>| {
        assert_eq!(expected.map(Duration::from_millis), wait(headers, body), "{name}");
    };
    let body = |delay: &str| {
        format!(r#"[{{"error":{{"code":429,"message":"Slow.","details":[{{"@type":"x","retryDelay":"{delay}"}}]}}}}]"#)
    };
    check("Google's delay", &[], &body("34.07s"), Some(34_070));
    check("a long one", &[], &body("3600s"), Some(60_000));
    check("beside a header that is shorter", &[("retry-after", "3")], &body("34s"), Some(3_000));
    check("beside a header that is longer", &[("retry-after", "50")], &body("34s"), Some(34_000));
    check("one of no form", &[], &body("-1s"), None);
    check("an error without one", &[], r#"{"error":{"message":"Slow."}}"#, None);
    check("a page", &[], "<html>", None);
}

#[test]
fn whether_the_upstream_says_to_try_again() {
    let check = |name: &str, headers: &[(&str, &str)], expected| {
        let said = should_retry(headers.iter().map(|(name, value)| (*name, value.as_bytes())));

        assert_eq!(expected, said, "{name}");
    };
    check("yes", &[("x-should-retry", "true")], Some(true));
    check("no", &[("date", "now"), ("x-should-retry", " false ")], Some(false));
    check("something else", &[("x-should-retry", "1")], None);
    check("nothing", &[("retry-after", "1")], None);
}

fn headers() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    let name = prop_oneof![
        "retry-after(-ms)?",
        "x-ratelimit-(reset|remaining)(-tokens)?",
        "anthropic-ratelimit-tokens-(reset|remaining)",
        any::<String>(),
    ];
    let value = prop_oneof![
        any::<Vec<u8>>(),
        "[0-9]{1,30}([.][0-9]{1,9})?".prop_map(String::into_bytes),
        "[0-9]{1,4}(h|m|s|ms)".prop_map(String::into_bytes),
        "20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:00Z".prop_map(String::into_bytes),
    ];
    proptest::collection::vec((name, value), 0..6)
}

proptest! {
    #![proptest_config(Config { rng_seed: RngSeed::Fixed(2), failure_persistence: None, ..Config::with_cases(2_000) })]

    #[test]
    fn no_wait_is_longer_than_a_minute(headers in headers(), body in any::<Vec<u8>>(), unix in any::<Duration>()) {
        let headers = || headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));

        prop_assert!(retry_after(headers(), &body, unix).is_none_or(|wait| wait <= MAX_WAIT));
        let _ = should_retry(headers());
    }
}
