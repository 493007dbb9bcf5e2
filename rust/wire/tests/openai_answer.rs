//! Answers, errors and lists of models of OpenAI's dialect.

use serde_json::{Value, json};
use tiercel_wire::models::{self, Model};
use tiercel_wire::openai::Answer;
use tiercel_wire::{AnswerError, Client, ClientError, Endpoint, UpstreamError};

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

#[test]
fn what_clients_get() {
    let error = ClientError { status: 400, message: "No \"x\".\n", parameter: None, code: "c", request_id: "r" };

    let expected = r#"{"error":{"message":"No \"x\".\n","type":"invalid_request_error","param":null,"code":"c"}}"#;
    assert_eq!(expected, String::from_utf8(error.body(Client::OpenAi)).unwrap());
    let named = ClientError { parameter: Some("n"), ..error };
    assert_eq!(expected.replace("null", r#""n""#), String::from_utf8(named.body(Client::Responses)).unwrap());
    let expected = expected.replace("invalid_request_error", "server_error");
    assert_eq!(format!("data: {expected}\n\n"), String::from_utf8(error.event(Client::OpenAi)).unwrap());
}

#[test]
fn the_class_of_each_status() {
    let check = |status, expected: &str| {
        let error = ClientError { status, message: "m", parameter: None, code: "c", request_id: "r" };
        let body: Value = serde_json::from_slice(&error.body(Client::OpenAi)).unwrap();

        assert_eq!(expected, body["error"]["type"], "{status}");
    };
    check(400, "invalid_request_error");
    check(401, "authentication_error");
    check(403, "permission_error");
    check(404, "invalid_request_error");
    check(429, "rate_limit_error");
    check(500, "server_error");
    check(503, "server_error");
    check(529, "server_error");
}

#[test]
fn lists_of_models() {
    let model = |id| Model { id, owned_by: "tiercel", created: 7 };
    let expected = json!({"id": "a\"b", "object": "model", "created": 7, "owned_by": "tiercel"});

    assert_eq!(expected, serde_json::from_slice::<Value>(&models::item(Client::OpenAi, &model("a\"b"))).unwrap());
    let list: Value = serde_json::from_slice(&models::list(Client::OpenAi, &[model("a\"b"), model("c")])).unwrap();
    assert_eq!(
        ("list", &expected, "c"),
        (list["object"].as_str().unwrap(), &list["data"][0], list["data"][1]["id"].as_str().unwrap())
    );
    assert_eq!(br#"{"object":"list","data":[]}"#, models::list(Client::OpenAi, &[]).as_slice());
}
