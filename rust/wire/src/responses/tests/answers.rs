//! Answers that come whole, each way.

use serde_json::{Value, json};

use super::{assistant, call, context, hi, json, parsed};
use crate::chat::{Answer, Call, Choice, Content, Finish, Message, Signature};
use crate::responses::usage::{read_usage, write_usage};
use crate::responses::{read_answer, write_answer};
use crate::upstream_error::{AnswerError, UpstreamError};
use crate::{Upstream, Usage};

/// A response with this output, and more members.
fn response(output: &str, members: &str) -> String {
    format!(r#"{{"id":"resp_1","object":"response","model":"m","status":"completed","output":[{output}]{members}}}"#)
}

fn answer(message: Message<'static>, finish: Finish) -> Answer<'static> {
    let choices = vec![Choice { parts: message.parts, finish, logprobs: None }];
    Answer { id: "resp_1".into(), model: "m".into(), choices, usage: None }
}

fn check(name: &str, body: &str, expected: Result<Answer<'static>, AnswerError>) {
    assert_eq!(expected, read_answer(body), "{name}");
}

fn thought(text: &'static str, signature: Option<Signature<'static>>) -> Content<'static> {
    Content::Thought { text: text.into(), signature }
}

#[test]
fn what_is_read() {
    let text = r#"{"id":"msg_1","type":"message","role":"assistant","status":"completed","content":[{"type":"output_text","text":"a","annotations":[],"logprobs":[]}]}"#;
    let said = || assistant([Content::Text("a".into())]);
    check("a text", &response(text, ""), Ok(answer(said(), Finish::Stop)));
    check("nothing", &response("", ""), Ok(answer(assistant([]), Finish::Stop)));
    check("one that tells no status", &response(text, "").replace("completed", ""), Err(AnswerError::Malformed));
    let silent = response(text, "").replace(r#""status":"completed","#, "");
    check("one without a status", &silent, Ok(answer(said(), Finish::Stop)));
    let refusal = r#"{"type":"message","content":[{"type":"refusal","refusal":"No."}]}"#;
    let refused = assistant([Content::Refusal("No.".into())]);
    check("a refusal", &response(refusal, ""), Ok(answer(refused, Finish::Stop)));
    let calls = r#"{"type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\": 1.0}"},{"type":"function_call","call_id":"c2","name":"g","arguments":""}"#;
    let called = assistant([call("c1", "f", r#"{"a": 1.0}"#), call("c2", "g", "{}")].map(Content::Call));
    check("calls", &response(calls, ""), Ok(answer(called, Finish::Calls)));
    let seal = || Signature::new(Upstream::Responses, "ab");
    let thoughts = r#"{"type":"reasoning","summary":[{"type":"summary_text","text":"t"},{"type":"summary_text","text":"u"}],"encrypted_content":"ab"},{"type":"reasoning","summary":[],"encrypted_content":"ab"},{"type":"reasoning","summary":[]},{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"v"}]}"#;
    let thought = assistant([thought("t\n\nu", Some(seal())), Content::RedactedThought(seal()), thought("v", None)]);
    check("thoughts", &response(thoughts, ""), Ok(answer(thought, Finish::Stop)));
    let searched = format!(r#"{{"type":"web_search_call","id":"ws_1"}},{text}"#);
    check("what the provider did is left out", &response(&searched, ""), Ok(answer(said(), Finish::Stop)));
    let begun = response("", "").replace("completed", "queued");
    check("one in the background", &begun, Ok(answer(assistant([]), Finish::Stop)));
}

#[test]
fn log_probabilities_of_all_texts() {
    let text = |logprobs: &str| {
        format!(r#"{{"type":"message","content":[{{"type":"output_text","text":"a","logprobs":{logprobs}}}]}}"#)
    };
    let outputs = [text(r#"[ {"token":"a"} ]"#), text("[ ]"), text(r#"[{"token":"b"}]"#)].join(",");
    let body = response(&outputs, "");
    let choice = read_answer(&body).unwrap().choices.remove(0);

    assert_eq!(Some(r#"{"content":[{"token":"a"},{"token":"b"}],"refusal":null}"#), choice.logprobs.as_deref());
}

#[test]
fn what_is_no_answer() {
    let check = |name: &str, body: &str| check(name, body, Err(AnswerError::Malformed));
    check("no JSON", "upstream down");
    check("no object", "[]");
    check("no output", r#"{"id":"resp_1","status":"completed"}"#);
    check("an item that is none", &response("7", ""));
    check("an item of no type", &response("{}", ""));
    check("a call of no function", &response(r#"{"type":"function_call","call_id":"c"}"#, ""));
    check("a state that nobody knows", &response("", "").replace("completed", "cancelled"));
    let failed = |error: UpstreamError| Err(AnswerError::Upstream(error));
    let error = UpstreamError {
        message: "Overloaded.".to_owned(),
        code: Some("server_error".to_owned()),
        ..UpstreamError::default()
    };
    let told = r#","error":{"code":"server_error","message":"Overloaded."}"#;
    self::check("a failure", &response("", told).replace("completed", "failed"), failed(error.clone()));
    self::check("an error by itself", &format!("{{{}}}", &told[1..]), failed(error));
    self::check("a silent failure", &response("", "").replace("completed", "failed"), failed(UpstreamError::default()));
}

#[test]
fn why_answers_end() {
    let check = |name: &str, details: &str, finish: Finish| {
        let body = response("", &format!(r#","incomplete_details":{details}"#)).replace("completed", "incomplete");
        check(name, &body, Ok(answer(assistant([]), finish.clone())));
        let written = write(answer(assistant([]), finish));
        assert_eq!(
            ("incomplete", &written["incomplete_details"]),
            (written["status"].as_str().unwrap(), &json(details.as_bytes()))
        );
    };
    check("no room", r#"{"reason":"max_output_tokens"}"#, Finish::Length);
    check("kept back", r#"{"reason":"content_filter"}"#, Finish::Filter);
    for finish in [Finish::Stop, Finish::StopSequence(Some("x".to_owned())), Finish::Calls] {
        let written = write(answer(assistant([]), finish));
        assert_eq!(
            (json!("completed"), json!(null)),
            (written["status"].clone(), written["incomplete_details"].clone())
        );
    }
}

fn write(answer: Answer<'_>) -> serde_json::Value {
    let request = parsed(&hi(""));
    json(&write_answer(&answer, &context(&request)))
}

/// The output that says `message`.
fn check_output(name: &str, message: Message<'static>, finish: Finish, expected: serde_json::Value) {
    assert_eq!(expected, write(answer(message, finish))["output"], "{name}");
}

#[test]
fn what_is_written() {
    let text = |status: &str, text: &str| {
        let content = json!([{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]);
        json!([{"id": "msg_7_0", "type": "message", "status": status, "role": "assistant", "content": content}])
    };
    check_output("a text", assistant([Content::Text("a".into())]), Finish::Stop, text("completed", "a"));
    let two = assistant([Content::Text("a".into()), Content::Text("b".into())]);
    check_output("texts are one", two, Finish::Stop, text("completed", "ab"));
    check_output("one cut short", assistant([Content::Text("a".into())]), Finish::Length, text("incomplete", "a"));
    let refusal = json!([{"id": "msg_7_0", "type": "message", "status": "completed", "role": "assistant",
        "content": [{"type": "refusal", "refusal": "No."}]}]);
    check_output("a refusal", assistant([Content::Refusal("No.".into())]), Finish::Stop, refusal);
    let called = json!([{"id": "fc_7_0", "type": "function_call", "status": "completed", "call_id": "c", "name": "f",
        "arguments": "{}"}]);
    check_output("a call", assistant([Content::Call(call("c", "f", "{}"))]), Finish::Calls, called);
}

#[test]
fn thoughts_are_written_such_that_they_can_come_back() {
    let check = |name: &str, content: Content<'static>, summary: serde_json::Value, sealed: &str| {
        let item = json!({"id": "rs_7_0", "type": "reasoning", "summary": summary, "encrypted_content": sealed});
        check_output(name, assistant([content]), Finish::Stop, json!([item]));
    };
    let sign = |made_by| Signature::new(made_by, "ab");
    let summary = |text: &str| json!([{"type": "summary_text", "text": text}]);
    check("its own", thought("t", Some(sign(Upstream::Responses))), summary("t"), "ab");
    check("another's", thought("t", Some(sign(Upstream::Anthropic))), summary("t"), "tiercel.anthropic.ab");
    check("nobody's", thought("", None), summary(""), "tiercel.unsigned");
    check("a sealed one", Content::RedactedThought(sign(Upstream::Anthropic)), json!([]), "tiercel.anthropic.ab");
    let signed = Call { signature: Some(sign(Upstream::Gemini)), ..call("c", "f", "{}") };
    let output = write(answer(assistant([Content::Call(signed)]), Finish::Calls))["output"].clone();
    assert_eq!(
        json!([[], "tiercel.call.tiercel.gemini.ab"]),
        json!([output[0]["summary"], output[0]["encrypted_content"]])
    );
    assert_eq!("fc_7_1", output[1]["id"]);
}

#[test]
fn what_is_always_told() {
    let mut silent = answer(assistant([]), Finish::Stop);
    (silent.id, silent.model) = ("".into(), "".into());
    let expected = json!({
        "id": "resp_7", "object": "response", "created_at": 1_800_000_000, "status": "completed", "background": false,
        "error": null, "incomplete_details": null, "model": "m", "output": [], "instructions": null,
        "max_output_tokens": null, "metadata": {}, "parallel_tool_calls": true, "prompt_cache_key": null,
        "reasoning": {"effort": null, "summary": null}, "safety_identifier": null, "temperature": null,
        "text": {"format": {"type": "text"}}, "tool_choice": "auto", "tools": [], "top_logprobs": 0, "top_p": null,
        "user": null, "previous_response_id": null, "store": false, "truncation": "disabled", "usage": null,
    });

    assert_eq!(expected, write(silent));
}

#[test]
fn what_the_client_asked_is_told_again() {
    let check = |name: &str, field: &str, value: &str| {
        let request = parsed(&hi(&format!(r#","{field}":{value}"#)));
        let written = write_answer(&answer(assistant([]), Finish::Stop), &context(&request));
        assert_eq!(json(value.as_bytes()), json(&written)[field], "{name}");
        assert!(!written.contains(&b'\n'), "{name}");
    };
    check("numbers", "temperature", "0.70");
    check("instructions", "instructions", r#""s\n""#);
    check("tools, on one line", "tools", "[{\"type\":\r\n\"function\",\n \"name\":\"a\\nb\"}]");
    check("a format", "text", r#"{"format":{"type":"json_object"}}"#);
    check("bookkeeping", "metadata", r#"{"a":"b"}"#);
}

#[test]
fn log_probabilities_stand_in_the_text() {
    let check = |name: &str, token: &str, expected: Value| {
        let mut told = answer(assistant([thought("t", None), Content::Text("a".into())]), Finish::Stop);
        told.choices[0].logprobs = Some(format!(r#"{{"content":[{token}],"refusal":null}}"#).into());

        assert_eq!(json!([expected]), write(told)["output"][1]["content"][0]["logprobs"], "{name}");
    };
    check("a token", r#"{"token":"a","logprob":-0.5}"#, json!({"token": "a", "logprob": -0.5}));
    let likeliest = r#"{"token":"a","bytes":null,"top_logprobs":[{"token":"a","bytes": null}]}"#;
    let listed = json!({"token": "a", "bytes": [], "top_logprobs": [{"token": "a", "bytes": []}]});
    check("no bytes are none", likeliest, listed);
    check("a token that says so", r#"{"token":"\"bytes\":null"}"#, json!({"token": "\"bytes\":null"}));
}

#[test]
fn what_reports_of_usage_mean() {
    let check = |name: &str, text: &str, expected: Option<(u64, u64, u64, u64, u64, bool)>| {
        let usage = read_usage(crate::json::Value::parse(text).unwrap()).map(|usage| {
            let Usage { n_input, n_cache_read, n_cache_write, n_output, n_reasoning, is_suspect, .. } = usage;
            (n_input, n_cache_read, n_cache_write, n_output, n_reasoning, is_suspect)
        });
        assert_eq!(expected, usage, "{name}");
    };
    let plain = r#"{"input_tokens":10,"output_tokens":5,"total_tokens":15}"#;
    check("plain counts", plain, Some((10, 0, 0, 5, 0, false)));
    let full = r#"{"input_tokens":10,"input_tokens_details":{"cached_tokens":3,"cache_write_tokens":4},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":15}"#;
    check("wholes include their parts", full, Some((3, 3, 4, 5, 2, false)));
    let xai =
        r#"{"input_tokens":10,"output_tokens":5,"output_tokens_details":{"reasoning_tokens":100},"total_tokens":115}"#;
    check("xAI's output does not", xai, Some((10, 0, 0, 105, 100, false)));
    let odd = r#"{"input_tokens":10,"input_tokens_details":{"cached_tokens":11},"output_tokens":-1}"#;
    check("what cannot be true", odd, Some((0, 10, 0, 0, 0, true)));
    check("all zero", r#"{"input_tokens":0,"output_tokens":0}"#, None);
    check("no object", "7", None);
}

#[test]
fn usage_there_and_back() {
    let usage =
        Usage { n_input: 1, n_cache_read: 2, n_cache_write: 3, n_output: 5, n_reasoning: 4, ..Usage::default() };
    let mut written = Vec::new();
    crate::json::write_object(&mut written, |object| write_usage(&usage, object));
    let text = String::from_utf8(written).unwrap();

    assert_eq!(Some(usage), read_usage(crate::json::Value::parse(&text).unwrap()));
    assert_eq!(
        (6, 11),
        (
            json(text.as_bytes())["input_tokens"].as_u64().unwrap(),
            json(text.as_bytes())["total_tokens"].as_u64().unwrap()
        )
    );
}
