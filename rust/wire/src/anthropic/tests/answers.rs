//! Answers that come whole.

use serde_json::{Value, json};

use super::{json, request, with};
use crate::anthropic::{read_answer, write_answer};
use crate::chat::{Answer, Call, Choice, Content, Finish, Part, Signature};
use crate::translation::Context;
use crate::upstream_error::AnswerError;
use crate::{Upstream, Usage};

fn written(answer: &Answer<'_>) -> Value {
    let request = request(&with(""));
    json(&write_answer(answer, &Context { request: &request, id: "req_1", unix_seconds: 0 }))
}

fn body(content: &Value, reason: &str, usage: &Value) -> String {
    json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": content,
        "stop_reason": reason, "stop_sequence": null, "usage": usage})
    .to_string()
}

#[test]
fn blocks_that_go_through() {
    let check = |name: &str, content: Value, expected: Value| {
        let body = body(&content, "end_turn", &json!({"input_tokens": 1, "output_tokens": 1}));
        let answer = read_answer(&body).ok().unwrap();

        assert_eq!(expected, written(&answer)["content"], "{name}");
    };
    let same = |name: &str, content: Value| check(name, content.clone(), content);
    same("a text", json!([{"type": "text", "text": "\"é漢😀\u{0}"}]));
    same("nothing", json!([]));
    same("a thought", json!([{"type": "thinking", "thinking": "hm", "signature": "EqQB"}]));
    same("a hidden thought", json!([{"type": "thinking", "thinking": "", "signature": "EqQB"}]));
    same("a redacted thought", json!([{"type": "redacted_thinking", "data": "EqQB"}]));
    same(
        "calls",
        json!([{"type": "tool_use", "id": "a", "name": "f", "input": {"a": 1}}, {"type": "tool_use", "id": "b", "name": "g", "input": {}}]),
    );
    let call = json!([{"type": "tool_use", "id": "a", "name": "f"}]);
    check("a call without input", call, json!([{"type": "tool_use", "id": "a", "name": "f", "input": {}}]));
    check("an empty text", json!([{"type": "text", "text": ""}]), json!([]));
    check("citations", json!([{"type": "text", "text": "a", "citations": []}]), json!([{"type": "text", "text": "a"}]));
    check(
        "a tool of the provider's",
        json!([{"type": "server_tool_use", "id": "a", "name": "web_search", "input": {}}]),
        json!([]),
    );
    let unsigned = json!([{"type": "thinking", "thinking": "hm", "signature": "tiercel.unsigned"}]);
    check("an unsigned thought", json!([{"type": "thinking", "thinking": "hm", "signature": ""}]), unsigned);
}

#[test]
fn why_answers_end() {
    let check = |reason: &str, expected: &Finish, written_reason: &str| {
        let body = body(&json!([]), reason, &Value::Null);
        let answer = read_answer(&body).ok().unwrap();

        assert!(*expected == answer.choices[0].finish, "{reason}");
        assert_eq!(written_reason, written(&answer)["stop_reason"], "{reason}");
    };
    check("end_turn", &Finish::Stop, "end_turn");
    check("max_tokens", &Finish::Length, "max_tokens");
    check("model_context_window_exceeded", &Finish::Length, "max_tokens");
    check("pause_turn", &Finish::Length, "max_tokens");
    check("tool_use", &Finish::Calls, "tool_use");
    check("refusal", &Finish::Filter, "refusal");
    check("stop_sequence", &Finish::StopSequence(None), "stop_sequence");
    check("something_new", &Finish::Stop, "end_turn");
}

#[test]
fn the_stop_sequence_is_told() {
    let text =
        body(&json!([]), "stop_sequence", &Value::Null).replace(r#""stop_sequence":null"#, r#""stop_sequence":"END""#);
    let answer = read_answer(&text).ok().unwrap();

    assert!(Finish::StopSequence(Some("END".to_owned())) == answer.choices[0].finish);
    assert_eq!("END", written(&answer)["stop_sequence"]);
}

#[test]
fn usage_both_ways() {
    let check = |name: &str, usage: Value, expected: Option<Usage>, expected_written: Value| {
        let body = body(&json!([]), "end_turn", &usage);
        let answer = read_answer(&body).ok().unwrap();

        assert_eq!(expected, answer.usage, "{name}");
        assert_eq!(expected_written, written(&answer)["usage"], "{name}");
    };
    let plain = |input: u64, output: u64| json!({"input_tokens": input, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": output});
    let counts = |n_input, n_output| Usage { n_input, n_output, ..Usage::default() };
    check("plain", plain(3, 4), Some(counts(3, 4)), plain(3, 4));
    check("absent", Value::Null, None, plain(0, 0));
    check("zero", plain(0, 0), None, plain(0, 0));
    check("no object", json!([1]), None, plain(0, 0));
    let cached = json!({"input_tokens": 1, "cache_creation_input_tokens": 30, "cache_read_input_tokens": 20,
        "cache_creation": {"ephemeral_5m_input_tokens": 25, "ephemeral_1h_input_tokens": 5},
        "output_tokens": 9, "output_tokens_details": {"thinking_tokens": 4}});
    let usage = Usage {
        n_input: 1,
        n_cache_read: 20,
        n_cache_write: 30,
        n_cache_write_1h: 5,
        n_output: 9,
        n_reasoning: 4,
        is_suspect: false,
    };
    check("cached and thought", cached.clone(), Some(usage), cached);
    let suspect = |usage: Usage| Some(Usage { is_suspect: true, ..usage });
    check("below zero", json!({"input_tokens": -1, "output_tokens": 4}), suspect(counts(0, 4)), plain(0, 4));
    check(
        "too many",
        json!({"input_tokens": 1_000_000_000_000_u64, "output_tokens": 0}),
        suspect(counts(100_000_000, 0)),
        plain(100_000_000, 0),
    );
    let more = json!({"input_tokens": 1, "output_tokens": 2, "output_tokens_details": {"thinking_tokens": 3}});
    let thought = Usage { n_reasoning: 2, ..counts(1, 2) };
    let mut expected = plain(1, 2);
    expected["output_tokens_details"] = json!({"thinking_tokens": 2});
    check("more thought than written", more, suspect(thought), expected);
}

#[test]
fn answers_of_others() {
    let check = |name: &str, content: Content<'static>, expected: Value| {
        let choices = vec![Choice { parts: vec![Part::new(content)], finish: Finish::Stop, logprobs: None }];
        let answer = Answer { id: "".into(), model: "".into(), choices, usage: None };
        let body = written(&answer);

        assert_eq!(expected, body["content"], "{name}");
        assert_eq!(
            json!(["req_1", "message", "assistant", "m"]),
            json!([body["id"], body["type"], body["role"], body["model"]])
        );
    };
    let call = |arguments: &'static str, signature| {
        Content::Call(Call { id: "".into(), name: "f".into(), arguments: arguments.into(), signature })
    };
    let gemini = || Some(Signature::new(Upstream::Gemini, "Cg=="));
    let tool_use = |input: Value| json!({"type": "tool_use", "id": "toolu_req_1_0", "name": "f", "input": input});
    check("a refusal", Content::Refusal("no".into()), json!([{"type": "text", "text": "no"}]));
    check("a call without id", call(r#"{"a":1}"#, None), json!([tool_use(json!({"a": 1}))]));
    check("arguments of no object", call("1", None), json!([tool_use(json!({"arguments": "1"}))]));
    let signed =
        json!([{"type": "redacted_thinking", "data": "tiercel.call.tiercel.gemini.Cg=="}, tool_use(json!({}))]);
    check("a signed call", call("{}", gemini()), signed);
    let thought = Content::Thought { text: "hm".into(), signature: gemini() };
    check("a thought", thought, json!([{"type": "thinking", "thinking": "hm", "signature": "tiercel.gemini.Cg=="}]));
    let redacted = Content::RedactedThought(Signature::new(Upstream::Bedrock, "AA=="));
    check("a redacted thought", redacted, json!([{"type": "redacted_thinking", "data": "tiercel.bedrock.AA=="}]));
}

#[test]
fn what_is_no_answer() {
    let check = |name: &str, text: &str, expected: Option<&str>| {
        let kind = match read_answer(text).err().unwrap() {
            AnswerError::Malformed => None,
            AnswerError::Upstream(error) => error.kind,
        };

        assert_eq!(expected, kind.as_deref(), "{name}");
    };
    check("no JSON", "<html>", None);
    check("no object", "[]", None);
    check("no content", r#"{"type":"message","stop_reason":"end_turn"}"#, None);
    check("no reason", r#"{"type":"message","content":[],"stop_reason":null}"#, None);
    check("a block of no object", r#"{"content":[1],"stop_reason":"end_turn"}"#, None);
    check("a block of no kind", r#"{"content":[{}],"stop_reason":"end_turn"}"#, None);
    check("a text of no string", r#"{"content":[{"type":"text","text":1}],"stop_reason":"end_turn"}"#, None);
    let error = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    check("an error", error, Some("overloaded_error"));
    check("an error without a kind of its own", r#"{"error":{"type":"api_error"},"content":[]}"#, Some("api_error"));
}
