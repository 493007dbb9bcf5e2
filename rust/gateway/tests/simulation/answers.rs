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
    let lines = seen.answer().unwrap().headers.iter().map(|(name, value)| [name, value.as_str()].join(": "));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn whole_answers() {
    let request = Request::chat("all");
    check(
        "an answer",
        &request,
        vec![Act::Pause(20), completion()],
        &expect![[r#"
        an answer
        ask one at 0 ms
        answer 200
        {"choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}
        log 200 answered, one/small answered 20 ms; 9 + 3 tokens, 15000 n$
    "#]],
    );
    let unknown = answer(200, "", r#"{"choices":[{"message":{"content":"12345678"},"finish_reason":"stop"}]}"#);
    check(
        "one that does not tell its usage",
        &request,
        vec![unknown],
        &expect![[r#"
        one that does not tell its usage
        ask one at 0 ms
        answer 200
        {"choices":[{"message":{"content":"12345678"},"finish_reason":"stop"}]}
        log 200 answered, one/small answered 0 ms; 8 + 2 tokens estimated, 12000 n$
    "#]],
    );
    let request = Request {
        path: "/v1/embeddings",
        body: r#"{"model":"one/e","input":"Hi"}"#.to_owned(),
        ..Request::chat("one/e")
    };
    let vectors = answer(200, "", r#"{"data":[{"embedding":[0.5]}],"usage":{"prompt_tokens":2,"total_tokens":2}}"#);
    check(
        "an embedding of a model that has no price",
        &request,
        vec![vectors],
        &expect![[r#"
        an embedding of a model that has no price
        ask one at 0 ms
        answer 200
        {"data":[{"embedding":[0.5]}],"usage":{"prompt_tokens":2,"total_tokens":2}}
        log 200 answered, one/e answered 0 ms; 2 + 0 tokens, no price
    "#]],
    );
}

#[test]
fn streams() {
    let request = Request::stream("all");
    check(
        "a stream",
        &request,
        stream(),
        &expect![[r#"
        a stream
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}

        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"choices":[{"index":0,"delta":{"content":"lo"}}]}

        data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

        data: [DONE]
        log 200 answered, one/small answered 0 ms; 9 + 3 tokens, 15000 n$
    "#]],
    );
    let asked = request.clone().with(r#""stream_options":{"include_usage":true}"#);
    check(
        "one whose usage the client wants, too",
        &asked,
        stream(),
        &expect![[r#"
        one whose usage the client wants, too
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}

        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"choices":[{"index":0,"delta":{"content":"lo"}}]}

        data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

        data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}

        data: [DONE]
        log 200 answered, one/small answered 0 ms; 9 + 3 tokens, 15000 n$
    "#]],
    );
    let said = || vec![stream_head(), event(HEL), event(STOP)];
    check(
        "one that forgets to say it is done",
        &request,
        [said(), vec![last_chunk()]].concat(),
        &expect![[r#"
        one that forgets to say it is done
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

        data: [DONE]
        log 200 answered, one/small answered 0 ms; 8 + 1 tokens estimated, 10000 n$
    "#]],
    );
    check(
        "one that is reset when all was said",
        &request,
        [said(), vec![Act::Reset]].concat(),
        &expect![[r#"
        one that is reset when all was said
        ask one at 0 ms
        answer 200
        data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}

        data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

        data: [DONE]
        log 200 answered, one/small answered 0 ms; 8 + 1 tokens estimated, 10000 n$
    "#]],
    );
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

    check_bytes(
        &request,
        vec![Act::Pause(20), answer(200, headers, COMPLETION)],
        &expect![[r#"
            POST /v1/chat/completions HTTP/1.1
            host: one.test
            content-type: application/json
            accept: application/json
            user-agent: tiercel/0.1.0
            x-tiercel-hop: 2
            traceparent: 00-1-2-01
            authorization: Bearer sk-own
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
            x-tiercel-overhead-us: 0"#]],
    );
}

#[test]
fn the_bytes_of_a_stream() {
    check_bytes(
        &Request::stream("one/small"),
        stream(),
        &expect![[r#"
            POST /v1/chat/completions HTTP/1.1
            host: one.test
            content-type: application/json
            accept: text/event-stream
            user-agent: tiercel/0.1.0
            x-tiercel-hop: 1
            authorization: Bearer sk-own
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
            x-tiercel-overhead-us: 0"#]],
    );
}

#[test]
fn it_does_not_matter_where_reads_end() {
    let run = |script| World::new().run(&Request::stream("all"), &[script]).to_string();
    let all = bytes(&stream());
    let single = all.iter().map(|&byte| Act::Send(vec![byte])).collect();

    assert_eq!(run(stream()), run(vec![Act::Send(all)]));
    assert_eq!(run(stream()), run(single));
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
