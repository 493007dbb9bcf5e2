//! Clients and providers that speak different dialects.

use expect_test::{Expect, expect};
use serde_json::Value;

use crate::transcript::Seen;
use crate::upstream::*;
use crate::world::{Request, World};

const MESSAGE: &str = concat!(
    r#"{"id":"msg_1","type":"message","role":"assistant","model":"small","content":[{"type":"text","text":"Hello"}],"#,
    r#""stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":3}}"#,
);

fn check(case: &str, request: &Request, scripts: &[Script], expected: &Expect) {
    let seen = World::new().run(request, scripts);

    expected.assert_eq(&format!("{case}\n{}{seen}", sent(&seen)));
}

/// The path and the body of what each provider got.
fn sent(seen: &Seen) -> String {
    let lines = seen.to_upstream.iter().map(|sent| {
        let text = String::from_utf8_lossy(sent).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_default();
        format!("{}\n{body}\n", head.lines().next().unwrap_or_default())
    });
    lines.collect()
}

fn json(body: &str) -> Script {
    vec![answer(200, "content-type: application/json\r\n", body)]
}

/// A message of Anthropic's client.
fn message(model: &str) -> Request {
    let body = format!(r#"{{"model":"{model}","max_tokens":5,"messages":[{{"role":"user","content":"Hi"}}]}}"#);
    Request { path: "/v1/messages", body, ..Request::chat(model) }
}

/// A question of Gemini's client.
fn generate(path: &'static str) -> Request {
    Request { path, body: r#"{"contents":[{"parts":[{"text":"Hi"}]}]}"#.to_owned(), ..Request::chat("") }
}

fn anthropic_event(data: &str) -> Act {
    let name = serde_json::from_str::<Value>(data).unwrap()["type"].as_str().unwrap().to_owned();
    Act::Send(chunk(&format!("event: {name}\ndata: {data}\n\n")))
}

fn anthropic_stream() -> Script {
    let events = [
        r#"{"type":"message_start","message":{"id":"msg_1","model":"small","usage":{"input_tokens":9,"output_tokens":1}}}"#,
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}"#,
        r#"{"type":"content_block_stop","index":0}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}}"#,
        r#"{"type":"message_stop"}"#,
    ];
    [stream_head()].into_iter().chain(events.map(anthropic_event)).chain([last_chunk()]).collect()
}

#[test]
fn clients_of_openai_before_a_provider_of_anthropics_dialect() {
    check(
        "a whole answer",
        &Request::chat("claude/small"),
        &[json(MESSAGE)],
        &expect![[r#"
        a whole answer
        POST /v1/messages HTTP/1.1
        {"model":"small","messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}],"max_tokens":8192}
        ask claude at 0 ms
        answer 200
        {"id":"msg_1","object":"chat.completion","created":1793491200,"model":"small","choices":[{"index":0,"message":{"role":"assistant","content":"Hello","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}}
        log 200 answered, claude/small answered 0 ms; 9 + 3 tokens, no price
    "#]],
    );
    check(
        "a stream",
        &Request::stream("claude/small"),
        &[anthropic_stream()],
        &expect![[r#"
        a stream
        POST /v1/messages HTTP/1.1
        {"model":"small","messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}],"max_tokens":8192,"stream":true}
        ask claude at 0 ms
        answer 200
        data: {"id":"msg_1","object":"chat.completion.chunk","created":1793491200,"model":"small","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]}

        data: {"id":"msg_1","object":"chat.completion.chunk","created":1793491200,"model":"small","choices":[{"index":0,"delta":{"content":"Hello"},"logprobs":null,"finish_reason":null}]}

        data: {"id":"msg_1","object":"chat.completion.chunk","created":1793491200,"model":"small","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}

        data: [DONE]
        log 200 answered, claude/small answered 0 ms; 9 + 3 tokens, no price
    "#]],
    );
    let broken = anthropic_stream().into_iter().take(4).chain([Act::Close]).collect();
    check(
        "a stream that breaks off",
        &Request::stream("claude/small"),
        &[broken],
        &expect![[r#"
        a stream that breaks off
        POST /v1/messages HTTP/1.1
        {"model":"small","messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}],"max_tokens":8192,"stream":true}
        ask claude at 0 ms
        answer 200
        data: {"id":"msg_1","object":"chat.completion.chunk","created":1793491200,"model":"small","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]}

        data: {"id":"msg_1","object":"chat.completion.chunk","created":1793491200,"model":"small","choices":[{"index":0,"delta":{"content":"Hello"},"logprobs":null,"finish_reason":null}]}

        data: {"error":{"message":"the provider's answer ended before it was whole","type":"server_error","param":null,"code":"stream_truncated"}}
        log 200 interrupted truncated, claude/small truncated 0 ms; 9 + 2 tokens estimated, no price
    "#]],
    );
    let refusal =
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: too many sk-own"}}"#;
    check(
        "a refusal",
        &Request::chat("claude/small"),
        &[vec![answer(400, "", refusal)]],
        &expect![[r#"
        a refusal
        POST /v1/messages HTTP/1.1
        {"model":"small","messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}],"max_tokens":8192}
        ask claude at 0 ms
        answer 400, x-should-retry false
        {"error":{"message":"max_tokens: too many [redacted]","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}
        log 400 rejected upstream_refused, claude/small answered 0 ms; 0 + 0 tokens, 0 n$
    "#]],
    );
}

#[test]
fn clients_of_anthropic() {
    check(
        "in front of OpenAI's dialect",
        &message("one/small"),
        &[vec![completion()]],
        &expect![[r#"
        in front of OpenAI's dialect
        POST /v1/chat/completions HTTP/1.1
        {"model":"small","messages":[{"role":"user","content":"Hi"}],"max_tokens":5}
        ask one at 0 ms
        answer 200
        {"id":"req_12ae30237b17df14","type":"message","role":"assistant","model":"one/small","content":[{"type":"text","text":"Hello"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":9,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":3}}
        log 200 answered, one/small answered 0 ms; 9 + 3 tokens, 15000 n$
    "#]],
    );
    check(
        "in front of their own",
        &message("claude/small"),
        &[json(MESSAGE)],
        &expect![[r#"
        in front of their own
        POST /v1/messages HTTP/1.1
        {"model":"small","max_tokens":5,"messages":[{"role":"user","content":"Hi"}]}
        ask claude at 0 ms
        answer 200
        {"id":"msg_1","type":"message","role":"assistant","model":"small","content":[{"type":"text","text":"Hello"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":3}}
        log 200 answered, claude/small answered 0 ms; 9 + 3 tokens, no price
    "#]],
    );
}

#[test]
fn streams_of_clients_of_anthropic() {
    let streaming = message("one/small").with(r#""stream":true"#);
    check(
        "a stream",
        &streaming,
        &[stream()],
        &expect![[r#"
        a stream
        POST /v1/chat/completions HTTP/1.1
        {"model":"small","messages":[{"role":"user","content":"Hi"}],"max_tokens":5,"stream":true,"stream_options":{"include_usage":true}}
        ask one at 0 ms
        answer 200
        event: message_start
        data: {"type":"message_start","message":{"id":"req_12ae30237b17df14","type":"message","role":"assistant","model":"one/small","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}}

        event: content_block_start
        data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lo"}}

        event: content_block_stop
        data: {"type":"content_block_stop","index":0}

        event: message_delta
        data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":9,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":3}}

        event: message_stop
        data: {"type":"message_stop"}
        log 200 answered, one/small answered 0 ms; 9 + 3 tokens, 15000 n$
    "#]],
    );
    let broken = stream().into_iter().take(3).chain([Act::Close]).collect();
    check(
        "a stream that breaks off",
        &streaming,
        &[broken],
        &expect![[r#"
        a stream that breaks off
        POST /v1/chat/completions HTTP/1.1
        {"model":"small","messages":[{"role":"user","content":"Hi"}],"max_tokens":5,"stream":true,"stream_options":{"include_usage":true}}
        ask one at 0 ms
        answer 200
        event: message_start
        data: {"type":"message_start","message":{"id":"req_12ae30237b17df14","type":"message","role":"assistant","model":"one/small","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}}

        event: content_block_start
        data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}

        event: error
        data: {"type":"error","error":{"type":"api_error","message":"the provider's answer ended before it was whole"},"request_id":"req_12ae30237b17df14"}
        log 200 interrupted truncated, one/small truncated 0 ms; 8 + 1 tokens estimated, 10000 n$
    "#]],
    );
    check(
        "an unknown model",
        &message("nobody/small"),
        &[],
        &expect![[r#"
        an unknown model
        answer 404, x-should-retry false
        {"type":"error","error":{"type":"not_found_error","message":"the model `nobody/small` does not exist (there are: auto, all, pair, mixed, one/small, claude/small)"},"request_id":"req_12ae30237b17df14"}
        log 404 rejected model_not_found; 0 + 0 tokens, 0 n$
    "#]],
    );
    check(
        "no provider answers",
        &message("one/small"),
        &[vec![answer(529, "", "{}")]],
        &expect![[r#"
            no provider answers
            POST /v1/chat/completions HTTP/1.1
            {"model":"small","messages":[{"role":"user","content":"Hi"}],"max_tokens":5}
            POST /v1/chat/completions HTTP/1.1
            {"model":"small","messages":[{"role":"user","content":"Hi"}],"max_tokens":5}
            ask one at 0 ms
            ask one at 16 ms
            answer 504, x-should-retry false
            {"type":"error","error":{"type":"timeout_error","message":"the provider did not answer in time; tried one/small: overloaded, one/small: timeout_answer"},"request_id":"req_12ae30237b17df14"}
            log 504 failed upstream_timeout, one/small overloaded 0 ms, one/small timeout_answer 6000 ms; 0 + 0 tokens, 0 n$
        "#]],
    );
}

#[test]
fn clients_of_gemini() {
    let path = "/v1beta/models/one%2Fsmall:generateContent";
    check(
        "in front of OpenAI's dialect",
        &generate(path),
        &[vec![completion()]],
        &expect![[r#"
        in front of OpenAI's dialect
        POST /v1/chat/completions HTTP/1.1
        {"model":"small","messages":[{"role":"user","content":"Hi"}]}
        ask one at 0 ms
        answer 200
        {"candidates":[{"content":{"parts":[{"text":"Hello"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3,"totalTokenCount":12},"modelVersion":"one/small","responseId":"req_12ae30237b17df14"}
        log 200 answered, one/small answered 0 ms; 9 + 3 tokens, 15000 n$
    "#]],
    );
    let own = r#"{"candidates":[{"content":{"parts":[{"text":"Hello"}],"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3,"totalTokenCount":12}}"#;
    let path = "/genai/v1beta/models/gemini/flash:generateContent";
    check(
        "in front of their own",
        &generate(path),
        &[json(own)],
        &expect![[r#"
        in front of their own
        POST /v1beta/models/flash:generateContent HTTP/1.1
        {"contents":[{"parts":[{"text":"Hi"}]}]}
        ask gemini at 0 ms
        answer 200
        {"candidates":[{"content":{"parts":[{"text":"Hello"}],"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3,"totalTokenCount":12}}
        log 200 answered, gemini/flash answered 0 ms; 9 + 3 tokens, no price
    "#]],
    );
    check(
        "an unknown model",
        &generate("/v1/models/nobody:generateContent"),
        &[],
        &expect![[r#"
        an unknown model
        answer 404, x-should-retry false
        {"error":{"code":404,"message":"the model `nobody` does not exist (there are: auto, all, pair, mixed, one/small, claude/small)","status":"NOT_FOUND","details":[]}}
        log 404 rejected model_not_found; 0 + 0 tokens, 0 n$
    "#]],
    );
    check(
        "a stream without server-sent events",
        &generate("/v1/models/all:streamGenerateContent"),
        &[],
        &expect![[r#"
        a stream without server-sent events
        answer 400, x-should-retry false
        {"error":{"code":400,"message":"streams come as server-sent events only; add ?alt=sse to the URL","status":"INVALID_ARGUMENT","details":[]}}
        log 400 rejected unsupported_parameter; 0 + 0 tokens, 0 n$
    "#]],
    );
}

#[test]
fn what_a_provider_cannot_be_asked() {
    let seeded = |model| Request::chat(model).with(r#""seed":7,"user":"u1""#);
    check(
        "it is refused by its name",
        &seeded("claude/small"),
        &[],
        &expect![[r#"
        it is refused by its name
        answer 400, x-should-retry false
        {"error":{"message":"not supported by the chosen provider, which speaks the dialect `anthropic`: seed; leave it out, ask for another model, or send `x-tiercel-drop-unsupported: true` to have it dropped","type":"invalid_request_error","param":null,"code":"unsupported_parameter"}}
        log 400 rejected unsupported_parameter; 0 + 0 tokens, 0 n$
    "#]],
    );
    check(
        "another deployment is asked instead",
        &seeded("mixed"),
        &[vec![completion()]],
        &expect![[r#"
        another deployment is asked instead
        POST /v1/chat/completions HTTP/1.1
        {"model":"small","messages":[{"role":"user","content":"Hi"}],"seed":7,"user":"u1"}
        ask one at 0 ms
        answer 200
        {"choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}
        log 200 answered, one/small answered 0 ms; 9 + 3 tokens, 15000 n$
    "#]],
    );
    let agreed = seeded("claude/small").header("x-tiercel-drop-unsupported", "true");
    let seen = World::new().run(&agreed, &[json(MESSAGE)]);

    assert_eq!((Some(200), Some("seed")), (seen.answer().map(|reply| reply.status), seen.header("x-tiercel-dropped")));
}

#[test]
fn tokens_are_counted_by_the_provider_or_here() {
    let count = |model| Request { path: "/v1/messages/count_tokens", ..message(model) };
    check(
        "by the provider",
        &count("claude/small"),
        &[json(r#"{"input_tokens":8}"#)],
        &expect![[r#"
        by the provider
        POST /v1/messages/count_tokens HTTP/1.1
        {"model":"small","max_tokens":5,"messages":[{"role":"user","content":"Hi"}]}
        ask claude at 0 ms
        answer 200
        {"input_tokens":8}
        log 200 answered, claude/small answered 0 ms; 0 + 0 tokens, 0 n$
    "#]],
    );
    check(
        "here",
        &count("one/small"),
        &[],
        &expect![[r#"
        here
        answer 200
        {"input_tokens":2}
        log 200 answered; 0 + 0 tokens, 0 n$
    "#]],
    );
}

#[test]
fn headers_of_one_vendor_stay_with_it() {
    let check = |case, request: Request, expected: &[(&str, bool)]| {
        let request = request.header("anthropic-beta", "tools-1").header("openai-beta", "a=b");
        let seen = World::new().run(&request, &[vec![completion()]]);
        let sent = String::from_utf8_lossy(&seen.to_upstream[0]).into_owned();
        for (line, is_there) in expected {
            assert_eq!(*is_there, sent.contains(&format!("\r\n{line}\r\n")), "{case}: {line}\n{sent}");
        }
    };
    let anthropic =
        [("anthropic-beta: tools-1", true), ("anthropic-version: 2023-06-01", true), ("x-api-key: sk-own", true)];
    check("to Anthropic", message("claude/small"), &anthropic);
    check(
        "to Anthropic",
        message("claude/small"),
        &[("openai-beta: a=b", false), ("authorization: Bearer sk-own", false)],
    );
    check("to OpenAI", message("one/small"), &[("openai-beta: a=b", true), ("anthropic-beta: tools-1", false)]);
    check(
        "to Gemini",
        message("gemini/flash"),
        &[("x-goog-api-key: sk-own", true), ("anthropic-version: 2023-06-01", false)],
    );
    let version = message("claude/small").header("anthropic-version", "2026-01-01");
    check(
        "a client's own version",
        version,
        &[("anthropic-version: 2026-01-01", true), ("anthropic-version: 2023-06-01", false)],
    );
}

#[test]
fn requests_to_bedrock_are_signed() {
    let seen = World::new().run(&Request::chat("bedrock/anthropic.claude-haiku-4-5-20251001-v1:0"), &[]);
    let sent = String::from_utf8_lossy(&seen.to_upstream[0]).into_owned();

    assert!(sent.starts_with("POST /model/anthropic.claude-haiku-4-5-20251001-v1%3A0/converse HTTP/1.1\r\n"), "{sent}");
    let scope = "authorization: AWS4-HMAC-SHA256 Credential=sk-id/20261101/eu-west-1/bedrock/aws4_request";
    assert!(sent.contains(scope) && sent.contains("\r\nx-amz-date: 20261101T"), "{sent}");
    assert!(!sent.contains("sk-own"), "{sent}");
}
