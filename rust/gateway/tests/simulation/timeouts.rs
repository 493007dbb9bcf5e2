//! Providers that keep one waiting.

use expect_test::{Expect, expect};

use crate::upstream::*;
use crate::world::{Request, World};

fn check(case: &str, request: &Request, scripts: &[Script], expected: &Expect) {
    let seen = World::new().run(request, scripts);

    expected.assert_eq(&format!("{case}\n{seen}"));
}

#[test]
fn each_wait_has_its_own_end() {
    let check = |case, request: Request, script: Script, expected: Expect| check(case, &request, &[script], &expected);
    check(
        "for the connection",
        Request::chat("one/small"),
        vec![Act::Ignore],
        expect![[r#"
            for the connection
            ask one at 0 ms
            ask one at 1000 ms
            answer 504, x-should-retry false
            {"error":{"message":"the provider did not answer in time; tried one/small: timeout_connect, one/small: timeout_answer","type":"server_error","param":null,"code":"upstream_timeout"}}
            log 504 failed upstream_timeout, one/small timeout_connect 1000 ms, one/small timeout_answer 6000 ms; 0 + 0 tokens, 0 n$
        "#]],
    );
    check(
        "for TLS",
        Request::chat("safe/small"),
        vec![],
        expect![[r#"
            for TLS
            ask safe at 0 ms
            ask safe at 2000 ms
            ask safe at 4058 ms
            answer 504, x-should-retry false
            {"error":{"message":"the TLS handshake with the provider took too long; tried safe/small: timeout_tls, safe/small: timeout_tls, safe/small: timeout_tls","type":"server_error","param":null,"code":"upstream_timeout"}}
            log 504 failed upstream_timeout, safe/small timeout_tls 2000 ms, safe/small timeout_tls 2000 ms, safe/small timeout_tls 2000 ms; 0 + 0 tokens, 0 n$
        "#]],
    );
    check(
        "for an answer",
        Request::chat("one/small"),
        vec![],
        expect![[r#"
            for an answer
            ask one at 0 ms
            answer 504, x-should-retry false
            {"error":{"message":"the provider did not answer in time; tried one/small: timeout_answer","type":"server_error","param":null,"code":"upstream_timeout"}}
            log 504 failed upstream_timeout, one/small timeout_answer 6000 ms; 0 + 0 tokens, 0 n$
        "#]],
    );
    let half = Act::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_vec());
    check(
        "for the rest of an answer",
        Request::chat("one/small"),
        vec![half],
        expect![[r#"
            for the rest of an answer
            ask one at 0 ms
            answer 504, x-should-retry false
            {"error":{"message":"the provider did not answer in time; tried one/small: timeout_answer","type":"server_error","param":null,"code":"upstream_timeout"}}
            log 504 failed upstream_timeout, one/small timeout_answer 6000 ms; 0 + 0 tokens, 0 n$
        "#]],
    );
    check(
        "for a stream's head",
        Request::stream("one/small"),
        vec![],
        expect![[r#"
            for a stream's head
            ask one at 0 ms
            ask one at 3000 ms
            ask one at 6059 ms
            answer 504, x-should-retry false
            {"error":{"message":"the provider did not answer in time; tried one/small: timeout_head, one/small: timeout_head, one/small: timeout_head","type":"server_error","param":null,"code":"upstream_timeout"}}
            log 504 failed upstream_timeout, one/small timeout_head 3000 ms, one/small timeout_head 3000 ms, one/small timeout_head 3000 ms; 0 + 0 tokens, 0 n$
        "#]],
    );
    check(
        "for its first token",
        Request::stream("one/small"),
        vec![stream_head(), event(ROLE)],
        expect![[r#"
            for its first token
            ask one at 0 ms
            ask one at 5000 ms
            ask one at 8059 ms
            answer 504, x-should-retry false
            {"error":{"message":"the call took longer than it may; tried one/small: timeout_first_token, one/small: timeout_head, one/small: timeout_total","type":"server_error","param":null,"code":"upstream_timeout"}}
            log 504 failed upstream_timeout, one/small timeout_first_token 5000 ms, one/small timeout_head 3000 ms, one/small timeout_total 1940 ms; 0 + 0 tokens, 0 n$
        "#]],
    );
    let begun = vec![stream_head(), Act::Pause(1_000), event(HEL)];
    check(
        "for the next token",
        Request::stream("one/small"),
        begun,
        expect![[r#"
        for the next token
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"error":{"message":"the next token did not come in time","type":"server_error","param":null,"code":"upstream_stream_interrupted"}}
        log 200 interrupted timeout_between_tokens, one/small timeout_between_tokens 5000 ms; 8 + 1 tokens estimated, 10000 n$
    "#]],
    );
}

#[test]
fn what_says_nothing_is_no_progress() {
    let ping = || [Act::Pause(1_500), Act::Send(chunk(": ping\n\n"))];
    let empty = || [Act::Pause(1_500), event(ROLE)];
    let slow = || [Act::Pause(3_900), event(HEL)];
    let begun = |acts: Vec<Act>| [vec![stream_head(), event(HEL)], acts].concat();
    let request = Request::stream("one/small");
    check(
        "comments",
        &request,
        &[begun([ping(), ping(), ping()].concat())],
        &expect![[r#"
        comments
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"error":{"message":"the next token did not come in time","type":"server_error","param":null,"code":"upstream_stream_interrupted"}}
        log 200 interrupted timeout_between_tokens, one/small timeout_between_tokens 4000 ms; 8 + 1 tokens estimated, 10000 n$
    "#]],
    );
    check(
        "empty chunks",
        &request,
        &[begun([empty(), empty(), empty()].concat())],
        &expect![[r#"
        empty chunks
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}

        data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}

        data: {"error":{"message":"the next token did not come in time","type":"server_error","param":null,"code":"upstream_stream_interrupted"}}
        log 200 interrupted timeout_between_tokens, one/small timeout_between_tokens 4000 ms; 8 + 1 tokens estimated, 10000 n$
    "#]],
    );
    check(
        "slow tokens are",
        &request,
        &[begun([slow(), slow(), slow()].concat())],
        &expect![[r#"
        slow tokens are
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"error":{"message":"the call took longer than it may","type":"server_error","param":null,"code":"upstream_stream_interrupted"}}
        log 200 interrupted timeout_total, one/small timeout_total 10000 ms; 8 + 3 tokens estimated, 14000 n$
    "#]],
    );
}

#[test]
fn all_attempts_together_have_an_end() {
    check(
        "the second answer is cut short",
        &Request::chat("all"),
        &[vec![], vec![]],
        &expect![[r#"
        the second answer is cut short
        ask one at 0 ms
        ask two at 6000 ms
        answer 504, x-should-retry false
        {"error":{"message":"the call took longer than it may; tried one/small: timeout_answer, two/small: timeout_total","type":"server_error","param":null,"code":"upstream_timeout"}}
        log 504 failed upstream_timeout, one/small timeout_answer 6000 ms, two/small timeout_total 4000 ms; 0 + 0 tokens, 0 n$
    "#]],
    );
    check(
        "and so is connecting",
        &Request::stream("all"),
        &[vec![Act::Ignore], vec![], vec![]],
        &expect![[r#"
        and so is connecting
        ask one at 0 ms
        ask two at 1000 ms
        ask three at 4000 ms
        answer 504, x-should-retry false
        {"error":{"message":"the provider did not answer in time; tried one/small: timeout_connect, two/small: timeout_head, three/small: timeout_head","type":"server_error","param":null,"code":"upstream_timeout"}}
        log 504 failed upstream_timeout, one/small timeout_connect 1000 ms, two/small timeout_head 3000 ms, three/small timeout_head 3000 ms; 0 + 0 tokens, 0 n$
    "#]],
    );
}

#[test]
fn a_stream_that_begins_with_many_empty_chunks_has_its_time_from_then_on() {
    let empty = (0..65).flat_map(|_| [Act::Pause(70), event(ROLE)]);
    let rest = [Act::Pause(3_900), event(HEL), event(STOP), last_chunk()];
    let script = [stream_head()].into_iter().chain(empty).chain(rest).collect();
    let seen = World::new().run(&Request::stream("one/small"), &[script]);

    assert_eq!("answered", seen.line["outcome"]);
    assert_eq!(Some(8_450_000), seen.line["time_to_first_token_us"].as_u64());
}

#[test]
fn nothing_is_begun_that_the_client_would_not_wait_for() {
    let check = |case, patience, scripts: &[Script], milliseconds, expected: &str| {
        let request = Request::stream("all").header("x-stainless-timeout", patience);
        let seen = World::new().run(&request, scripts);
        let took = seen.ended.since(seen.began).as_millis();

        assert_eq!((expected, milliseconds), (&*seen.outline(), took), "{case}");
    };
    check("connecting is given up", "0.5", &[vec![Act::Ignore]], 500, "one: 504 (one: timeout_client)");
    let both = [vec![Act::Ignore], vec![Act::Ignore]];
    check("so is the second", "1.5", &both, 1_500, "one, two: 504 (one: timeout_connect, two: timeout_client)");
}
