//! Providers that fail.

use expect_test::{Expect, expect};
use serde_json::Value;

use crate::upstream::*;
use crate::world::{Request, World};

fn check(case: &str, request: &Request, scripts: &[Script], expected: &Expect) {
    let seen = World::new().run(request, scripts);

    expected.assert_eq(&format!("{case}\n{seen}"));
}

/// What the first provider does is made good by the second, and the client sees nothing of it.
fn check_next(case: &str, request: &Request, script: Script, expected: &str) {
    let good = if request.body.contains("stream") { stream() } else { vec![completion()] };
    let mut world = World::new();
    let plain = world.run(request, &[vec![Act::Refuse], good.clone()]);
    let seen = World::new().run(request, &[script, good]);

    let names: Vec<_> = seen.asked.iter().map(|(name, ..)| *name).collect();
    assert_eq!(vec!["one", "two"], names, "{case}");
    assert_eq!(expected, seen.line["attempts"][0]["outcome"], "{case}");
    assert_eq!(plain.body, seen.body, "{case}");
    assert_eq!(plain.reply.map(|reply| reply.body), seen.reply.as_ref().map(|reply| reply.body.clone()), "{case}");
    assert_eq!(plain.line["usage"], seen.line["usage"], "{case}");
    assert_eq!("answered", seen.line["outcome"], "{case}");
}

#[test]
fn what_goes_wrong_before_the_first_event_is_made_good_elsewhere() {
    let plain = Request::chat("all");
    check_next("refused", &plain, vec![Act::Refuse], "connect");
    check_next("closed", &plain, vec![Act::Close], "truncated");
    check_next("reset", &plain, vec![Act::Reset], "truncated");
    check_next("500", &plain, vec![answer(500, "", "{}")], "status_500");
    check_next("503", &plain, vec![answer(503, "", "{}")], "status_503");
    check_next("529", &plain, vec![answer(529, "", "{}")], "overloaded");
    check_next("a redirect", &plain, vec![answer(302, "location: /\r\n", "")], "status_other");
    check_next("no content", &plain, vec![answer(204, "", "")], "status_other");
    check_next("401", &plain, vec![answer(401, "", "{}")], "credential");
    check_next("402", &plain, vec![answer(402, "", "{}")], "credential");
    check_next("429", &plain, vec![answer(429, "retry-after: 30\r\n", "{}")], "throttled");
    check_next("not HTTP", &plain, vec![Act::Send(b"SSH-2.0\r\n".to_vec())], "malformed");
    check_next("not JSON", &plain, vec![answer(200, "", "<html>")], "malformed");
    check_next("not an answer", &plain, vec![answer(200, "", "{}")], "malformed");
    check_next("an error in a 200", &plain, vec![answer(200, "", r#"{"error":{"message":"no"}}"#)], "error_in_answer");
    check_next("too large", &plain, vec![answer(200, "", &"x".repeat(10_001))], "too_large");
    let half = Act::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"choices\"".to_vec());
    check_next("closed half-way", &plain, vec![half.clone(), Act::Close], "truncated");
    check_next("reset half-way", &plain, vec![half, Act::Reset], "truncated");
    check_next("a stream that nobody wants", &plain, stream(), "malformed");

    let events = Request::stream("all");
    check_next("refused, of a stream", &events, vec![Act::Refuse], "connect");
    check_next("500, of a stream", &events, vec![answer(500, "", "{}")], "status_500");
    check_next("no stream", &events, vec![completion()], "malformed");
    check_next("closed after the head", &events, vec![stream_head(), Act::Close], "truncated");
    check_next("closed after the role", &events, vec![stream_head(), event(ROLE), Act::Close], "truncated");
    check_next("an end without a beginning", &events, vec![stream_head(), last_chunk()], "truncated");
    check_next("done without a beginning", &events, vec![stream_head(), event(DONE)], "truncated");
    check_next("an event that is no JSON", &events, vec![stream_head(), event("{")], "malformed");
    let error = r#"{"error":{"message":"overloaded"}}"#;
    check_next("an error event", &events, vec![stream_head(), event(ROLE), event(error)], "overloaded");
    let large = format!(r#"{{"choices":[{{"index":0,"delta":{{"content":"{}"}}}}]}}"#, "x".repeat(10_000));
    check_next("too large at once", &events, vec![stream_head(), event(&large)], "too_large");
    let both = [STREAM_HEAD, &chunk(&format!("data: {HEL}\n\ndata: {{\n\n"))].concat();
    check_next("content and nonsense in one read", &events, vec![Act::Send(both)], "malformed");
    let cut = [STREAM_HEAD, &chunk(&format!("data: {HEL}\n\n")), b"no chunk\r\n"].concat();
    check_next("content and broken framing in one read", &events, vec![Act::Send(cut)], "malformed");
}

/// The client keeps what it has got, gets one event that tells what happened, and pays for no more than it got.
fn check_interrupted(case: &str, script: Script, code: &str, kind: &str) {
    let seen = World::new().run(&Request::stream("all"), &[script, stream()]);
    let body = String::from_utf8(seen.body.clone()).unwrap();
    let (begun, rest) = body.split_once("\n\n").unwrap();

    assert_eq!(format!("data: {HEL}"), begun, "{case}");
    assert_eq!(1, rest.matches("\n\n").count(), "{case}");
    assert_eq!(("server_error", code), (text(&seen.error()["type"]), text(&seen.error()["code"])), "{case}");
    assert_eq!(1, seen.asked.len(), "{case}");
    assert_eq!(("interrupted", kind), (text(&seen.line["outcome"]), text(&seen.line["error_kind"])), "{case}");
    let tokens = ["input", "output"].map(|part| seen.line["usage"][part].as_u64());
    assert_eq!([Some(8), Some(1)], tokens, "{case}");
    assert_eq!(Some(10_000), seen.line["cost_nano_dollars"].as_u64(), "{case}");
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn what_goes_wrong_afterwards_is_told_and_not_retried() {
    let begun = |act| vec![stream_head(), event(HEL), act];
    let interrupted = "upstream_stream_interrupted";
    check_interrupted("closed", begun(Act::Close), "stream_truncated", "truncated");
    check_interrupted("reset", begun(Act::Reset), "stream_truncated", "truncated");
    check_interrupted("the end of the body", begun(last_chunk()), "stream_truncated", "truncated");
    check_interrupted("done too early", begun(event(DONE)), "stream_truncated", "truncated");
    check_interrupted("an event that is no JSON", begun(event("{")), interrupted, "malformed");
    let error = event(r#"{"error":{"message":"sk-own"}}"#);
    check_interrupted("an error event", begun(error), interrupted, "error_in_answer");
    check_interrupted("broken framing", begun(Act::Send(b"no chunk\r\n".to_vec())), interrupted, "malformed");
    let large = event(&format!(r#"{{"padding":"{}"}}"#, "x".repeat(10_000)));
    check_interrupted("too large", begun(large), interrupted, "too_large");
    check_interrupted("nothing more", begun(Act::Pause(1)), interrupted, "timeout_between_tokens");
    check_interrupted("shut down", begun(Act::Interrupt), interrupted, "draining");
}

#[test]
fn an_interrupted_stream() {
    let usage =
        r#"{"choices":[{"index":0,"delta":{"content":"lo"}}],"usage":{"prompt_tokens":5,"completion_tokens":2}}"#;
    let script = vec![stream_head(), event(HEL), event(usage), Act::Pause(70), Act::Close];
    check(
        "that told its usage so far",
        &Request::stream("all"),
        &[script],
        &expect![[r#"
        that told its usage so far
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"choices":[{"index":0,"delta":{"content":"lo"}}],"usage":{"prompt_tokens":5,"completion_tokens":2}}

        data: {"error":{"message":"the provider's answer ended before it was whole","type":"server_error","param":null,"code":"stream_truncated"}}
        log 200 interrupted truncated, one/small truncated 70 ms; 5 + 2 tokens, 9000 n$
    "#]],
    );
}

/// The answer after all that `scripts` do, and the header that says how long to wait.
fn check_outline(case: &str, scripts: &[Script], expected: &str) {
    let seen = World::new().run(&Request::chat("all"), scripts);

    let wait = seen.header("retry-after").unwrap_or("never");
    let outline = format!("{}, {}, retry {wait}", seen.outline(), text(&seen.error()["code"]));
    assert_eq!(expected, outline, "{case}");
    assert_eq!(Some("false"), seen.header("x-should-retry"), "{case}");
    assert_eq!(("failed", Some(0)), (text(&seen.line["outcome"]), seen.line["usage"]["input"].as_u64()), "{case}");
}

#[test]
fn three_attempts_are_made_and_no_more() {
    let bad = || vec![Act::Pause(10), answer(500, "", "{}")];
    let refused = || vec![answer(401, "", "{}")];
    let wait = |seconds: &str| vec![answer(429, &format!("retry-after: {seconds}\r\n"), "{}")];
    let good = || vec![completion()];
    check_outline(
        "500 everywhere",
        &[bad(), bad(), bad(), good()],
        "one, two, three: 502 (one: status_500, two: status_500, three: status_500), upstream_failed, retry never",
    );
    check_outline(
        "no connection",
        &[vec![Act::Ignore], vec![Act::Refuse], vec![Act::Ignore], good()],
        "one, two, three: 504 (one: timeout_connect, two: connect, three: timeout_connect), upstream_timeout, retry never",
    );
    check_outline(
        "nobody takes the key",
        &[refused(), refused(), refused()],
        "one, two, three: 503 (one: credential, two: credential, three: credential), upstream_credentials_unavailable, retry never",
    );
    check_outline(
        "slow down, everywhere",
        &[wait("1"), wait("2"), wait("7.5")],
        "one, two, three: 429 (one: throttled, two: throttled, three: throttled), upstream_throttled, retry 8",
    );
    check_outline(
        "for a minute",
        &[wait("1"), wait("1"), wait("60")],
        "one, two, three: 429 (one: throttled, two: throttled, three: throttled), upstream_throttled, retry 60",
    );
    check_outline(
        "for a little longer",
        &[wait("1"), wait("1"), wait("60.5")],
        "one, two, three: 429 (one: throttled, two: throttled, three: throttled), upstream_throttled, retry 60",
    );
    check_outline(
        "for nobody knows how long",
        &[wait("1"), wait("1"), wait("soon")],
        "one, two, three: 429 (one: throttled, two: throttled, three: throttled), upstream_throttled, retry never",
    );
    check_outline(
        "until somebody fails",
        &[wait("1"), wait("1"), bad()],
        "one, two, three: 502 (one: throttled, two: throttled, three: status_500), upstream_failed, retry never",
    );
}

#[test]
fn a_call_that_failed() {
    let script = vec![Act::Pause(30), answer(502, "", "{}")];
    check(
        "one deployment is all there is",
        &Request::chat("one/small"),
        &[script],
        &expect![[r#"
            one deployment is all there is
            ask one at 0 ms
            ask one at 30 ms
            answer 504, x-should-retry false
            {"error":{"message":"the provider did not answer in time; tried one/small: status_502, one/small: timeout_answer","type":"server_error","param":null,"code":"upstream_timeout"}}
            log 504 failed upstream_timeout, one/small status_502 30 ms, one/small timeout_answer 6000 ms; 0 + 0 tokens, 0 n$
        "#]],
    );
}

#[test]
fn nobody_is_asked_again_before_the_time_that_they_asked_for() {
    let check = |model, waits: &[(u16, &str)], expected: &[(&str, u128)], outline: &str| {
        let refusal = |&(status, wait): &(u16, &str)| vec![answer(status, &format!("retry-after: {wait}\r\n"), "{}")];
        let scripts: Vec<Script> = waits.iter().map(refusal).chain([vec![completion()]]).collect();
        let seen = World::new().run(&Request::chat(model), &scripts);

        let asked: Vec<_> = seen.asked.iter().map(|(name, time, _)| (*name, time.as_millis())).collect();
        assert_eq!((expected, outline), (&*asked, &*seen.outline()));
    };
    for status in [429, 500, 503, 529] {
        let outcome = match status {
            429 => "throttled",
            529 => "overloaded",
            _ => &format!("status_{status}"),
        };
        check(
            "one/small",
            &[(status, "2")],
            &[("one", 0), ("one", 2000)],
            &format!("one, one: 200 (one: {outcome}, one: answered)"),
        );
    }
    check(
        "pair",
        &[(503, "3"), (503, "2")],
        &[("two", 0), ("three", 0), ("three", 2000)],
        "two, three, three: 200 (two: status_503, three: status_503, three: answered)",
    );
    check("one/small", &[(503, "9")], &[("one", 0)], "one: 502 (one: status_503)");
}

#[test]
fn a_stale_connection_is_replaced_once() {
    let check = |scripts: &[Script], expected: &str| {
        let mut world = World::new();
        world.run(&Request::chat("all"), &[vec![completion()]]);
        assert_eq!(expected, world.run(&Request::chat("all"), scripts).outline());
    };
    let bad = || vec![answer(500, "", "{}")];
    let good = || vec![completion()];
    check(&[vec![Act::Close], good()], "one, one anew: 200 (one: answered)");
    check(&[vec![Act::Reset], good()], "one, one anew: 200 (one: answered)");
    check(&[vec![Act::Close], vec![Act::Close], good()], "one, one anew, two: 200 (one: truncated, two: answered)");
    check(&[vec![Act::Close], vec![Act::Refuse], good()], "one, one anew, two: 200 (one: connect, two: answered)");
    check(
        &[vec![Act::Close], bad(), bad(), bad(), good()],
        "one, one anew, two, three: 502 (one: status_500, two: status_500, three: status_500)",
    );
    // Whoever has begun to answer has seen the request.
    check(
        &[vec![Act::Send(b"HTTP/1.1 200".to_vec()), Act::Close], good()],
        "one, two: 200 (one: truncated, two: answered)",
    );
    check(&[vec![], good()], "one, two: 200 (one: timeout_answer, two: answered)");
}

#[test]
fn the_clients_own_fault_comes_in_the_providers_words_but_for_its_key() {
    let said = r#"{"error":{"message":"sk-own may not; use sk-own","type":"invalid_request_error"}}"#;
    let check = |case, request: Request, status, expected: Expect| {
        check(case, &request, &[vec![answer(status, "retry-after: 9\r\n", said)]], &expected);
    };
    check(
        "400",
        Request::chat("all"),
        400,
        expect![[r#"
        400
        ask one at 0 ms
        answer 400, x-should-retry false
        {"error":{"message":"[redacted] may not; use [redacted]","type":"invalid_request_error"}}
        log 400 rejected upstream_refused, one/small answered 0 ms; 0 + 0 tokens, 0 n$
    "#]],
    );
    check(
        "422, of a stream",
        Request::stream("all"),
        422,
        expect![[r#"
        422, of a stream
        ask one at 0 ms
        answer 422, x-should-retry false
        {"error":{"message":"[redacted] may not; use [redacted]","type":"invalid_request_error"}}
        log 422 rejected upstream_refused, one/small answered 0 ms; 0 + 0 tokens, 0 n$
    "#]],
    );
}

#[test]
fn a_shutdown_is_told_before_the_first_event_too() {
    check(
        "waiting",
        &Request::chat("all"),
        &[vec![Act::Pause(50), Act::Interrupt]],
        &expect![[r#"
        waiting
        ask one at 0 ms
        answer 503, retry-after 1
        {"error":{"message":"the gateway is shutting down; tried one/small: draining","type":"server_error","param":null,"code":"draining"}}
        log 503 failed draining, one/small draining 50 ms; 0 + 0 tokens, 0 n$
    "#]],
    );
}
