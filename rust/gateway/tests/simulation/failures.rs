//! Providers that fail.

use expect_test::{Expect, expect};

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
    check_next("529", &plain, vec![answer(529, "", "{}")], "status_other");
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
    check_next("an error event", &events, vec![stream_head(), event(ROLE), event(error)], "error_in_answer");
    let large = format!(r#"{{"choices":[{{"index":0,"delta":{{"content":"{}"}}}}]}}"#, "x".repeat(10_000));
    check_next("too large at once", &events, vec![stream_head(), event(&large)], "too_large");
    let both = [STREAM_HEAD, &chunk(&format!("data: {HEL}\n\ndata: {{\n\n"))].concat();
    check_next("content and nonsense in one read", &events, vec![Act::Send(both)], "malformed");
    let cut = [STREAM_HEAD, &chunk(&format!("data: {HEL}\n\n")), b"no chunk\r\n"].concat();
    check_next("content and broken framing in one read", &events, vec![Act::Send(cut)], "malformed");
}

#[test]
fn what_goes_wrong_afterwards_is_told_and_not_retried() {
    let begun = |act| vec![stream_head(), event(HEL), act];
    let check = |case, script, expected: Expect| check(case, &Request::stream("all"), &[script], &expected);
    check("closed", begun(Act::Close), expect![[r#"
        closed
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"error":{"message":"the provider's answer ended before it was whole","type":"server_error","param":null,"code":"stream_truncated"}}
        log 200 interrupted truncated, one/small truncated 0 ms; 8 + 1 tokens estimated, 10000 n$
    "#]]);
    check("reset", begun(Act::Reset), expect![[r#"
        reset
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"error":{"message":"the provider's answer ended before it was whole","type":"server_error","param":null,"code":"stream_truncated"}}
        log 200 interrupted truncated, one/small truncated 0 ms; 8 + 1 tokens estimated, 10000 n$
    "#]]);
    check("the end of the body", begun(last_chunk()), expect![[r#"
        the end of the body
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"error":{"message":"the provider's answer ended before it was whole","type":"server_error","param":null,"code":"stream_truncated"}}
        log 200 interrupted truncated, one/small truncated 0 ms; 8 + 1 tokens estimated, 10000 n$
    "#]]);
    check("done too early", begun(event(DONE)), expect![[r#"
        done too early
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"error":{"message":"the provider's answer ended before it was whole","type":"server_error","param":null,"code":"stream_truncated"}}
        log 200 interrupted truncated, one/small truncated 0 ms; 8 + 1 tokens estimated, 10000 n$
    "#]]);
    check("an event that is no JSON", begun(event("{")), expect![[r#"
        an event that is no JSON
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"error":{"message":"the provider's answer is malformed","type":"server_error","param":null,"code":"upstream_stream_interrupted"}}
        log 200 interrupted malformed, one/small malformed 0 ms; 8 + 1 tokens estimated, 10000 n$
    "#]]);
    check("an error event", begun(event(r#"{"error":{"message":"sk-own"}}"#)), expect![[r#"
        an error event
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"error":{"message":"the provider reported an error in its answer","type":"server_error","param":null,"code":"upstream_stream_interrupted"}}
        log 200 interrupted error_in_answer, one/small error_in_answer 0 ms; 8 + 1 tokens estimated, 10000 n$
    "#]]);
    check("broken framing", begun(Act::Send(b"no chunk\r\n".to_vec())), expect![[r#"
        broken framing
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"error":{"message":"the provider's answer is malformed","type":"server_error","param":null,"code":"upstream_stream_interrupted"}}
        log 200 interrupted malformed, one/small malformed 0 ms; 8 + 1 tokens estimated, 10000 n$
    "#]]);
    check("nothing more", begun(Act::Pause(1)), expect![[r#"
        nothing more
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"error":{"message":"the next token did not come in time","type":"server_error","param":null,"code":"upstream_stream_interrupted"}}
        log 200 interrupted timeout_between_tokens, one/small timeout_between_tokens 4000 ms; 8 + 1 tokens estimated, 10000 n$
    "#]]);
    check("shut down", begun(Act::Interrupt), expect![[r#"
        shut down
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"error":{"message":"the gateway is shutting down","type":"server_error","param":null,"code":"upstream_stream_interrupted"}}
        log 200 interrupted draining, one/small draining 0 ms; 8 + 1 tokens estimated, 10000 n$
    "#]]);
    let usage = event(r#"{"choices":[{"index":0,"delta":{"content":"lo"}}],"usage":{"prompt_tokens":5,"completion_tokens":2}}"#);
    check("closed, but it told its usage so far", vec![stream_head(), event(HEL), usage, Act::Close], expect![[r#"
        closed, but it told its usage so far
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"choices":[{"index":0,"delta":{"content":"lo"}}],"usage":{"prompt_tokens":5,"completion_tokens":2}}

        data: {"error":{"message":"the provider's answer ended before it was whole","type":"server_error","param":null,"code":"stream_truncated"}}
        log 200 interrupted truncated, one/small truncated 0 ms; 5 + 2 tokens, 9000 n$
    "#]]);
}

#[test]
fn three_attempts_are_made_and_no_more() {
    let server_error = || vec![Act::Pause(10), answer(500, "", "{}")];
    let throttled = |seconds: &str| vec![answer(429, &format!("retry-after: {seconds}\r\n"), "{}")];
    let check = |case, scripts: &[Script], expected: Expect| check(case, &Request::chat("all"), scripts, &expected);
    check("500 everywhere", &[server_error(), server_error(), server_error(), vec![completion()]], expect![[r#"
        500 everywhere
        ask one at 0 ms
        ask two at 10 ms
        ask three at 20 ms
        answer 502, x-should-retry false
        {"error":{"message":"the provider answered with an error; tried one/small: status_500, two/small: status_500, three/small: status_500","type":"server_error","param":null,"code":"upstream_failed"}}
        log 502 failed upstream_failed, one/small status_500 10 ms, two/small status_500 10 ms, three/small status_500 10 ms; 0 + 0 tokens, 0 n$
    "#]]);
    check("nobody takes a connection", &[vec![Act::Ignore], vec![Act::Refuse], vec![Act::Ignore]], expect![[r#"
        nobody takes a connection
        ask one at 0 ms
        ask two at 1000 ms
        ask three at 1000 ms
        answer 504, x-should-retry false
        {"error":{"message":"connecting to the provider took too long; tried one/small: timeout_connect, two/small: connect, three/small: timeout_connect","type":"server_error","param":null,"code":"upstream_timeout"}}
        log 504 failed upstream_timeout, one/small timeout_connect 1000 ms, two/small connect 0 ms, three/small timeout_connect 1000 ms; 0 + 0 tokens, 0 n$
    "#]]);
    let refused = || vec![answer(401, "", "{}")];
    check("nobody takes the key", &[refused(), refused(), refused()], expect![[r#"
        nobody takes the key
        ask one at 0 ms
        ask two at 0 ms
        ask three at 0 ms
        answer 503, x-should-retry false
        {"error":{"message":"the provider does not take the gateway's key; tried one/small: credential, two/small: credential, three/small: credential","type":"server_error","param":null,"code":"upstream_credentials_unavailable"}}
        log 503 failed upstream_credentials_unavailable, one/small credential 0 ms, two/small credential 0 ms, three/small credential 0 ms; 0 + 0 tokens, 0 n$
    "#]]);
    check("slow down, everywhere", &[throttled("1"), throttled("2"), throttled("7.5")], expect![[r#"
        slow down, everywhere
        ask one at 0 ms
        ask two at 0 ms
        ask three at 0 ms
        answer 429, retry-after 8, x-should-retry false
        {"error":{"message":"the provider asks to slow down; tried one/small: throttled, two/small: throttled, three/small: throttled","type":"rate_limit_error","param":null,"code":"upstream_throttled"}}
        log 429 failed upstream_throttled, one/small throttled 0 ms, two/small throttled 0 ms, three/small throttled 0 ms; 0 + 0 tokens, 0 n$
    "#]]);
    check("for a minute", &[throttled("1"), throttled("1"), throttled("60")], expect![[r#"
        for a minute
        ask one at 0 ms
        ask two at 0 ms
        ask three at 0 ms
        answer 429, retry-after 60, x-should-retry false
        {"error":{"message":"the provider asks to slow down; tried one/small: throttled, two/small: throttled, three/small: throttled","type":"rate_limit_error","param":null,"code":"upstream_throttled"}}
        log 429 failed upstream_throttled, one/small throttled 0 ms, two/small throttled 0 ms, three/small throttled 0 ms; 0 + 0 tokens, 0 n$
    "#]]);
    check("for a little longer", &[throttled("1"), throttled("1"), throttled("60.5")], expect![[r#"
        for a little longer
        ask one at 0 ms
        ask two at 0 ms
        ask three at 0 ms
        answer 429, x-should-retry false
        {"error":{"message":"the provider asks to slow down; tried one/small: throttled, two/small: throttled, three/small: throttled","type":"rate_limit_error","param":null,"code":"upstream_throttled"}}
        log 429 failed upstream_throttled, one/small throttled 0 ms, two/small throttled 0 ms, three/small throttled 0 ms; 0 + 0 tokens, 0 n$
    "#]]);
    check("for an hour", &[throttled("1"), throttled("1"), throttled("3600")], expect![[r#"
        for an hour
        ask one at 0 ms
        ask two at 0 ms
        ask three at 0 ms
        answer 429, x-should-retry false
        {"error":{"message":"the provider asks to slow down; tried one/small: throttled, two/small: throttled, three/small: throttled","type":"rate_limit_error","param":null,"code":"upstream_throttled"}}
        log 429 failed upstream_throttled, one/small throttled 0 ms, two/small throttled 0 ms, three/small throttled 0 ms; 0 + 0 tokens, 0 n$
    "#]]);
    check("until somebody fails", &[throttled("1"), throttled("1"), server_error()], expect![[r#"
        until somebody fails
        ask one at 0 ms
        ask two at 0 ms
        ask three at 0 ms
        answer 502, x-should-retry false
        {"error":{"message":"the provider answered with an error; tried one/small: throttled, two/small: throttled, three/small: status_500","type":"server_error","param":null,"code":"upstream_failed"}}
        log 502 failed upstream_failed, one/small throttled 0 ms, two/small throttled 0 ms, three/small status_500 10 ms; 0 + 0 tokens, 0 n$
    "#]]);
}

#[test]
fn there_may_be_fewer_to_try() {
    check("one", &Request::chat("one/small"), &[vec![answer(502, "", "{}")]], &expect![[r#"
        one
        ask one at 0 ms
        answer 502, x-should-retry false
        {"error":{"message":"the provider answered with an error; tried one/small: status_502","type":"server_error","param":null,"code":"upstream_failed"}}
        log 502 failed upstream_failed, one/small status_502 0 ms; 0 + 0 tokens, 0 n$
    "#]]);
}

#[test]
fn a_stale_connection_is_replaced_once() {
    let used = || {
        let mut world = World::new();
        world.run(&Request::chat("all"), &[vec![completion()]]);
        world
    };
    let check = |case: &str, scripts: &[Script], expected: Expect| {
        let seen = used().run(&Request::chat("all"), scripts);
        expected.assert_eq(&format!("{case}\n{seen}"));
    };
    check("closed", &[vec![Act::Close], vec![completion()]], expect![[r#"
        closed
        ask one at 0 ms
        ask one anew at 0 ms
        answer 200
        {"choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}
        log 200 answered, one/small answered 0 ms; 9 + 3 tokens, 15000 n$
    "#]]);
    check("reset", &[vec![Act::Reset], vec![completion()]], expect![[r#"
        reset
        ask one at 0 ms
        ask one anew at 0 ms
        answer 200
        {"choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}
        log 200 answered, one/small answered 0 ms; 9 + 3 tokens, 15000 n$
    "#]]);
    check("closed twice", &[vec![Act::Close], vec![Act::Close], vec![completion()]], expect![[r#"
        closed twice
        ask one at 0 ms
        ask one anew at 0 ms
        ask two at 0 ms
        answer 200
        {"choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}
        log 200 answered, one/small truncated 0 ms, two/small answered 0 ms; 9 + 3 tokens, 150000 n$
    "#]]);
    let bad = || vec![answer(500, "", "{}")];
    check("closed, then three that fail", &[vec![Act::Close], bad(), bad(), bad(), vec![completion()]], expect![[r#"
        closed, then three that fail
        ask one at 0 ms
        ask one anew at 0 ms
        ask two at 0 ms
        ask three at 0 ms
        answer 502, x-should-retry false
        {"error":{"message":"the provider answered with an error; tried one/small: status_500, two/small: status_500, three/small: status_500","type":"server_error","param":null,"code":"upstream_failed"}}
        log 502 failed upstream_failed, one/small status_500 0 ms, two/small status_500 0 ms, three/small status_500 0 ms; 0 + 0 tokens, 0 n$
    "#]]);
    let half = Act::Send(b"HTTP/1.1 200".to_vec());
    check("closed after some bytes", &[vec![half, Act::Close], vec![completion()]], expect![[r#"
        closed after some bytes
        ask one at 0 ms
        ask two at 0 ms
        answer 200
        {"choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}
        log 200 answered, one/small truncated 0 ms, two/small answered 0 ms; 9 + 3 tokens, 150000 n$
    "#]]);
    check("silent", &[vec![], vec![completion()]], expect![[r#"
        silent
        ask one at 0 ms
        ask two at 6000 ms
        answer 200
        {"choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}
        log 200 answered, one/small timeout_answer 6000 ms, two/small answered 0 ms; 9 + 3 tokens, 150000 n$
    "#]]);
}

#[test]
fn the_clients_own_fault_comes_in_the_providers_words_but_for_its_key() {
    let said = r#"{"error":{"message":"sk-own may not; use sk-own","type":"invalid_request_error"}}"#;
    let check = |case, request: Request, status, expected: Expect| {
        check(case, &request, &[vec![answer(status, "retry-after: 9\r\n", said)]], &expected);
    };
    check("400", Request::chat("all"), 400, expect![[r#"
        400
        ask one at 0 ms
        answer 400, x-should-retry false
        {"error":{"message":"[redacted] may not; use [redacted]","type":"invalid_request_error"}}
        log 400 rejected upstream_refused, one/small answered 0 ms; 0 + 0 tokens, 0 n$
    "#]]);
    check("422, of a stream", Request::stream("all"), 422, expect![[r#"
        422, of a stream
        ask one at 0 ms
        answer 422, x-should-retry false
        {"error":{"message":"[redacted] may not; use [redacted]","type":"invalid_request_error"}}
        log 422 rejected upstream_refused, one/small answered 0 ms; 0 + 0 tokens, 0 n$
    "#]]);
}

#[test]
fn a_shutdown_is_told_before_the_first_event_too() {
    check("waiting", &Request::chat("all"), &[vec![Act::Pause(50), Act::Interrupt]], &expect![[r#"
        waiting
        ask one at 0 ms
        answer 503, retry-after 1
        {"error":{"message":"the gateway is shutting down; tried one/small: draining","type":"server_error","param":null,"code":"draining"}}
        log 503 failed draining, one/small draining 50 ms; 0 + 0 tokens, 0 n$
    "#]]);
}
