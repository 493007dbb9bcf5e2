//! Lines of the access log.
#![expect(clippy::unwrap_used, reason = "a test may panic, and so may the functions that its rows share")]

mod fixture;

use proptest::prelude::*;
use serde_json::Value;
use tiercel_core::access_log::AccessLog;
use tiercel_core::settlement::{Outcome, Settlement, TokenUsage};

use fixture::answered;

fn line(call: &Settlement<'_>) -> String {
    let log = AccessLog::new(1, 100_000);
    log.push(call);
    let mut lines = String::from_utf8(log.drain()).unwrap();

    assert_eq!(Some('\n'), lines.pop());
    assert!(!lines.contains('\n'));
    lines
}

fn value(call: &Settlement<'_>) -> Value {
    serde_json::from_str(&line(call)).unwrap()
}

#[test]
fn a_line_holds_the_whole_settlement() {
    let expected = concat!(
        r#"{"request_id":"request-1","unix_us":1793491200000000,"principal":"shop","tenant":"acme","endpoint":"chat","#,
        r#""requested_model":"auto","route":"auto","task":"chat_command","#,
        r#""reason":"route:auto:task:chat_command:0.93","tier":"cheap","provider":"openai","model":"gpt-4o-mini","#,
        r#""status":200,"outcome":"answered","is_stream":true,"#,
        r#""attempts":[{"deployment":"local/small","outcome":"connect","duration_us":1000},"#,
        r#"{"deployment":"openai/gpt-4o-mini","outcome":"answered","duration_us":812000}],"#,
        r#""usage":{"input":1000,"cache_read":24,"cache_write":0,"cache_write_1h":0,"input_audio":0,"#,
        r#""output":100,"reasoning":10,"output_audio":0,"is_estimated":false,"is_suspect":false},"#,
        r#""cost_nano_dollars":211800,"price_version":"genai-prices-0.2.1","overhead_us":37,"#,
        r#""time_to_first_token_us":300000,"duration_us":830000,"bytes_in":2048,"bytes_out":4096}"#,
    );

    assert_eq!(expected, line(&answered()));
}

#[test]
fn outcomes_say_why() {
    for (outcome, word, error_kind) in [
        (Outcome::Answered, "answered", None),
        (Outcome::Rejected { error_kind: "unauthorized" }, "rejected", Some("unauthorized")),
        (Outcome::Failed { error_kind: "timeout" }, "failed", Some("timeout")),
        (Outcome::Interrupted { error_kind: "reset" }, "interrupted", Some("reset")),
        (Outcome::ClientGone, "client_gone", None),
    ] {
        let line = value(&Settlement { outcome, ..answered() });

        assert_eq!(word, line["outcome"]);
        assert_eq!(error_kind, line["error_kind"].as_str());
        assert_eq!(word, outcome.word());
    }
}

#[test]
fn what_is_not_known_is_null() {
    let refused = Settlement {
        principal: None,
        task: None,
        reason: "",
        model: None,
        cost: None,
        time_to_first_token: None,
        ..answered()
    };
    let line = value(&refused);

    for field in ["principal", "task", "model", "cost_nano_dollars", "time_to_first_token_us"] {
        assert_eq!(Some(&Value::Null), line.get(field), "{field}");
    }
    assert_eq!(None, line.get("reason"));
}

#[test]
fn text_that_may_be_long_is_escaped_and_cut() {
    // The last character that fits has three bytes, of which one would be beyond the limit.
    let long = format!("{}{}", "x".repeat(254), "€€");
    for (text, expected) in [
        ("a\"b\\c\n\u{0}d", "a\"b\\c\n\u{0}d"),
        (long.as_str(), &long[..254]),
        (&"y".repeat(256), &"y".repeat(256)),
        (&"z".repeat(10_000), &"z".repeat(256)),
    ] {
        let line = value(&Settlement { request_id: text, requested_model: text, reason: text, ..answered() });

        for field in ["request_id", "requested_model", "reason"] {
            assert_eq!(expected, line[field], "{field}");
        }
    }
}

#[test]
fn what_does_not_fit_is_dropped_and_counted() {
    let length = line(&answered()).len() + 1;
    for (max_lines, max_bytes, n_kept) in
        [(3, 100_000, 3), (100, 2 * length, 2), (100, 2 * length - 1, 1), (0, 100_000, 0), (100, 0, 0)]
    {
        let log = AccessLog::new(max_lines, max_bytes);
        for _ in 0..5 {
            log.push(&answered());
        }

        assert_eq!(n_kept * length, log.drain().len(), "{max_lines} lines, {max_bytes} bytes");
        assert_eq!(5 - n_kept as u64, log.n_dropped());
        assert!(log.drain().is_empty());
    }
}

#[test]
fn a_drained_log_has_room_again() {
    let log = AccessLog::new(1, 100_000);
    for _ in 0..3 {
        log.push(&answered());
        log.drain();
    }

    assert_eq!(0, log.n_dropped());
}

proptest! {
    #[test]
    fn every_line_is_json(text: String, tokens: [u64; 5], status: u16) {
        let [input, cache_read, cache_write, output, reasoning] = tokens;
        let usage = TokenUsage { input, cache_read, cache_write, output, reasoning, ..TokenUsage::default() };
        let line = value(&Settlement { request_id: &text, principal: Some(&text), status, usage, ..answered() });

        prop_assert_eq!(text, line["principal"].as_str().unwrap());
        prop_assert_eq!(output, line["usage"]["output"].as_u64().unwrap());
    }
}
