//! Calls that go well.

use expect_test::{Expect, expect};

use crate::transcript::Seen;
use crate::upstream::*;
use crate::world::{Request, World};

fn check(case: &str, request: &Request, script: Script, expected: &Expect) {
    let mut world = World::new();
    let seen = world.run(request, &[script]);

    expected.assert_eq(&format!("{case}\n{seen}"));
    assert_eq!(1, world.metric("tiercel_requests_total"), "{case}");
}

/// What the provider got and every header of the answer.
fn check_bytes(request: &Request, script: Script, expected: &Expect) {
    let mut seen = World::new().run(request, &[script]);
    let sent = String::from_utf8(seen.to_upstream.remove(0)).unwrap().replace('\r', "");

    expected.assert_eq(&format!("{sent}\n---\n{}", headers(&seen)));
}

fn headers(seen: &Seen) -> String {
    seen.answer().unwrap().headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect()
}

#[test]
fn what_the_client_gets() {
    let paused = |mut script: Script, at, milliseconds| {
        script.insert(at, Act::Pause(milliseconds));
        script
    };
    let plain = Request::chat("all");
    let events = Request::stream("all");
    check("an answer", &plain, paused(vec![completion()], 0, 20), &expect![[r#"
        an answer
        ask one at 0 ms
        answer 200
        {"choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}
        log 200 answered, one/small answered 20 ms; 9 + 3 tokens, 15000 n$
    "#]]);
    check("a stream", &events, paused(stream(), 3, 30), &expect![[r#"
        a stream
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}

        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"choices":[{"index":0,"delta":{"content":"lo"}}]}

        data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

        data: [DONE]
        log 200 answered, one/small answered 30 ms; 9 + 3 tokens, 15000 n$
    "#]]);
    check("a stream in one read", &events, stream_in_one_read(), &expect![[r#"
        a stream in one read
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}

        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"choices":[{"index":0,"delta":{"content":"lo"}}]}

        data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

        data: [DONE]
        log 200 answered, one/small answered 0 ms; 9 + 3 tokens, 15000 n$
    "#]]);
    let asked = events.clone().with(r#""stream_options":{"include_usage":true}"#);
    check("a stream whose usage the client wants, too", &asked, stream(), &expect![[r#"
        a stream whose usage the client wants, too
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}

        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"choices":[{"index":0,"delta":{"content":"lo"}}]}

        data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

        data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}

        data: [DONE]
        log 200 answered, one/small answered 0 ms; 9 + 3 tokens, 15000 n$
    "#]]);
    let endless = vec![stream_head(), event(HEL), event(STOP), last_chunk()];
    check("a stream that forgets to say it is done", &events, endless, &expect![[r#"
        a stream that forgets to say it is done
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

        data: [DONE]
        log 200 answered, one/small answered 0 ms; 8 + 1 tokens estimated, 10000 n$
    "#]]);
    let reset = vec![stream_head(), event(HEL), event(STOP), Act::Reset];
    check("a stream that is reset when all was said", &events, reset, &expect![[r#"
        a stream that is reset when all was said
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

        data: [DONE]
        log 200 answered, one/small answered 0 ms; 8 + 1 tokens estimated, 10000 n$
    "#]]);
    let unknown = answer(200, "", r#"{"choices":[{"message":{"content":"12345678"},"finish_reason":"stop"}]}"#);
    check("an answer that does not tell its usage", &plain, vec![unknown], &expect![[r#"
        an answer that does not tell its usage
        ask one at 0 ms
        answer 200
        {"choices":[{"message":{"content":"12345678"},"finish_reason":"stop"}]}
        log 200 answered, one/small answered 0 ms; 8 + 2 tokens estimated, 12000 n$
    "#]]);
    let embedding = Request {
        path: "/v1/embeddings",
        body: r#"{"model":"one/e","input":"Hi"}"#.to_owned(),
        ..Request::chat("one/e")
    };
    let vectors = answer(200, "", r#"{"data":[{"embedding":[0.5]}],"usage":{"prompt_tokens":2,"total_tokens":2}}"#);
    check("an embedding", &embedding, vec![vectors], &expect![[r#"
        an embedding
        ask one at 0 ms
        answer 200
        {"data":[{"embedding":[0.5]}],"usage":{"prompt_tokens":2,"total_tokens":2}}
        log 200 answered, one/e answered 0 ms; 2 + 0 tokens, no price
    "#]]);
}

#[test]
fn the_bytes_of_an_answer() {
    let headers = concat!(
        "content-type: application/json\r\nx-request-id: theirs\r\nset-cookie: a=b\r\nretry-after: 5\r\n",
        "x-ratelimit-remaining-tokens: 77\r\nopenai-processing-ms: 12\r\n",
    );
    let request = Request::chat("auto")
        .header("x-request-id", "ours-1")
        .header("traceparent", "00-1-2-01")
        .header("cookie", "secret")
        .header("x-tiercel-hop", "1");

    check_bytes(&request, vec![Act::Pause(20), answer(200, headers, COMPLETION)], &expect![[r#"
        POST /v1/chat/completions HTTP/1.1
        host: one.test
        content-type: application/json
        accept: application/json
        user-agent: tiercel/0.1.0
        x-tiercel-hop: 2
        authorization: Bearer sk-one
        traceparent: 00-1-2-01
        content-length: 61
        accept-encoding: identity

        {"model":"small","messages":[{"role":"user","content":"Hi"}]}
        ---
        content-type: application/json
        x-upstream-request-id: theirs
        x-ratelimit-remaining-tokens: 77
        openai-processing-ms: 12
        x-request-id: ours-1
        request-id: ours-1
        x-tiercel-model: one/small
        x-tiercel-tier: all
        x-tiercel-reason: route:auto:default
        x-tiercel-attempts: one/small: answered
        x-tiercel-cost-usd: 0.000015000
        x-tiercel-overhead-us: 0
    "#]]);
}

#[test]
fn the_bytes_of_a_stream() {
    check_bytes(&Request::stream("one/small"), stream(), &expect![[r#"
        POST /v1/chat/completions HTTP/1.1
        host: one.test
        content-type: application/json
        accept: text/event-stream
        user-agent: tiercel/0.1.0
        x-tiercel-hop: 1
        authorization: Bearer sk-one
        content-length: 115
        accept-encoding: identity

        {"model":"small","stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Hi"}],"stream":true}
        ---
        content-type: text/event-stream; charset=utf-8
        cache-control: no-cache
        x-request-id: req_12ae30237b17df14
        request-id: req_12ae30237b17df14
        x-tiercel-model: one/small
        x-tiercel-reason: name:deployment
        x-tiercel-attempts: one/small: answering
        x-tiercel-overhead-us: 0
    "#]]);
}

#[test]
fn it_does_not_matter_where_reads_end() {
    let whole = World::new().run(&Request::stream("all"), &[stream()]);
    let bytes = stream().into_iter().flat_map(|act| match act {
        Act::Send(bytes) => bytes,
        _ => Vec::new(),
    });
    let single = bytes.map(|byte| Act::Send(vec![byte])).collect();
    let split = World::new().run(&Request::stream("all"), &[single]);

    assert_eq!(whole.to_string(), split.to_string());
}

#[test]
fn a_connection_serves_again() {
    let mut world = World::new();
    for request in [Request::chat("one/small"), Request::stream("one/small"), Request::chat("one/small")] {
        let script = if request.body.contains("stream") { stream() } else { vec![completion()] };
        assert_eq!(Some(200), world.run(&request, &[script]).answer().map(|answer| answer.status));
    }

    assert_eq!(1, world.n_idle());
}
