//! Answers, errors and lists of models of OpenAI's dialect.

use serde_json::{Value, json};
use tiercel_wire::openai::models::{self, Model};
use tiercel_wire::openai::{Answer, AnswerError, ClientError, Endpoint, UpstreamError, error};

const CHAT: Endpoint = Endpoint::ChatCompletions;

#[test]
fn what_is_an_answer() {
    let check = |name: &str, endpoint, body: Value, expected: (Option<&str>, bool, u64, Option<u64>)| {
        let answer = Answer::read(endpoint, body.to_string().as_bytes()).unwrap();
        let n_output = answer.usage().map(|usage| usage.n_output);

        assert_eq!(
            expected,
            (answer.finish_reason(), answer.is_finished(), answer.n_content_bytes(), n_output),
            "{name}"
        );
    };
    let usage = json!({"prompt_tokens": 9, "completion_tokens": 4});
    let choice = json!({"index": 0, "message": {"role": "assistant", "content": "Hé\n"}, "finish_reason": "stop"});
    let plain = json!({"choices": [choice], "usage": usage, "error": null});
    check("a plain one", CHAT, plain, (Some("stop"), true, 4, Some(4)));
    check("no usage", CHAT, json!({"choices": [choice]}), (Some("stop"), true, 4, None));
    let call = json!({"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let calls =
        json!({"choices": [{"message": {"content": null, "tool_calls": [call]}, "finish_reason": "tool_calls"}]});
    check("a call", CHAT, calls, (Some("tool_calls"), true, 3, None));
    let thought =
        json!({"choices": [{"message": {"content": "a", "reasoning_content": "bc"}, "finish_reason": "length"}]});
    check("thoughts", CHAT, thought, (Some("length"), true, 3, None));
    let other = json!({"index": 1, "message": {"content": "x"}, "finish_reason": null});
    check("a choice without an end", CHAT, json!({"choices": [other, choice]}), (Some("stop"), false, 5, None));
    let text = json!({"choices": [{"text": "abc", "finish_reason": "stop"}]});
    check("a legacy completion", Endpoint::Completions, text, (Some("stop"), true, 3, None));
    let vectors = json!({"data": [{"embedding": [0.1, -2e-5]}], "usage": {"prompt_tokens": 8, "total_tokens": 8}});
    check("vectors", Endpoint::Embeddings, vectors, (None, true, 0, Some(0)));
}

#[test]
fn what_is_none() {
    let check = |name: &str, endpoint, body: &[u8], expected| {
        assert_eq!(Err(expected), Answer::read(endpoint, body), "{name}");
    };
    check("nothing", CHAT, b"", AnswerError::Malformed);
    check("a page of HTML", CHAT, b"<html>", AnswerError::Malformed);
    check("an array", CHAT, b"[]", AnswerError::Malformed);
    check("an empty object", CHAT, b"{}", AnswerError::Malformed);
    check("half an object", CHAT, br#"{"choices":[]"#, AnswerError::Malformed);
    check("bytes that are no UTF-8", CHAT, b"{\"choices\":[],\"a\":\"\xff\"}", AnswerError::Malformed);
    check("vectors for a chat", CHAT, br#"{"data":[]}"#, AnswerError::Malformed);
    check("a chat for vectors", Endpoint::Embeddings, br#"{"choices":[]}"#, AnswerError::Malformed);
    let busy = UpstreamError { message: "Busy.".into(), ..UpstreamError::default() };
    check("an error", CHAT, br#"{"error":{"message":"Busy."}}"#, AnswerError::Upstream(busy));
    check("an error of no form", CHAT, br#"{"error":true}"#, AnswerError::Upstream(UpstreamError::default()));
}

/// Message, type, code and parameter.
type Parts<'a> = (&'a str, Option<&'a str>, Option<&'a str>, Option<&'a str>);

#[test]
fn what_upstreams_errors_say() {
    let check = |name: &str, body: &str, expected: Option<Parts<'_>>| {
        let error = error::read(body.as_bytes());
        let parts = error.as_ref().map(|error| {
            (error.message.as_str(), error.kind.as_deref(), error.code.as_deref(), error.parameter.as_deref())
        });

        assert_eq!(expected, parts, "{name}");
    };
    let openai = r#"{"error":{"message":"Bad \"n\".","type":"invalid_request_error","param":"n","code":"x"}}"#;
    check("OpenAI", openai, Some(("Bad \"n\".", Some("invalid_request_error"), Some("x"), Some("n"))));
    let google = r#"[{"error":{"code":429,"message":"Slow.","status":"RESOURCE_EXHAUSTED","details":[{"a":1}]}}]"#;
    check("Google's imitation", google, Some(("Slow.", Some("RESOURCE_EXHAUSTED"), Some("429"), None)));
    check("a bare string", r#"{"error":"model not found"}"#, Some(("model not found", None, None, None)));
    check("FastAPI", r#"{"detail":"Not Found"}"#, Some(("Not Found", None, None, None)));
    check(
        "older vLLM",
        r#"{"object":"error","message":"m","type":"t","code":400}"#,
        Some(("m", Some("t"), Some("400"), None)),
    );
    check("control characters", r#"{"error":{"message":"a\r\n\u0000b"}}"#, Some(("ab", None, None, None)));
    let long = format!(r#"{{"error":"{}"}}"#, "é".repeat(2_000));
    check("a long one is cut", &long, Some((&"é".repeat(1_000), None, None, None)));
    check("a huge one is not read", &format!(r#"{{"error":"{}"}}"#, "x".repeat(65_536)), None);
    check("an object of other things", r#"{"choices":[]}"#, None);
    check("deep nesting", &r#"{"error":"#.repeat(100_000), None);
    check("HTML", "<html>502 Bad Gateway</html>", None);
    check("nothing", "", None);
}

#[test]
fn an_upstreams_words_stay_out_of_logs() {
    let error = error::read(br#"{"error":{"message":"Bad key sk-123.","type":"t"}}"#).unwrap();

    assert_eq!("the upstream reports an error of type t, code none", error.to_string());
    assert!(!format!("{error:?}").contains("sk-123"));
}

#[test]
fn what_clients_get() {
    let error = ClientError { message: "No \"x\".\n", kind: "invalid_request_error", parameter: None, code: Some("c") };

    let expected = r#"{"error":{"message":"No \"x\".\n","type":"invalid_request_error","param":null,"code":"c"}}"#;
    assert_eq!(expected.as_bytes(), error::body(&error));
    let expected = "data: {\"error\":{\"message\":\"Gone.\",\"type\":\"server_error\",\"param\":null,\"code\":\"upstream_stream_interrupted\"}}\n\n";
    assert_eq!(expected.as_bytes(), error::interruption_event("upstream_stream_interrupted", "Gone."));
}

#[test]
fn lists_of_models() {
    let model = |id| Model { id, owned_by: "tiercel", created: 7 };
    let expected = json!({"id": "a\"b", "object": "model", "created": 7, "owned_by": "tiercel"});

    assert_eq!(expected, serde_json::from_slice::<Value>(&models::item(&model("a\"b"))).unwrap());
    let list: Value = serde_json::from_slice(&models::list([model("a\"b"), model("c")])).unwrap();
    assert_eq!(
        ("list", &expected, "c"),
        (list["object"].as_str().unwrap(), &list["data"][0], list["data"][1]["id"].as_str().unwrap())
    );
    assert_eq!(br#"{"object":"list","data":[]}"#, models::list([]).as_slice());
}
