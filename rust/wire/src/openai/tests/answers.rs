//! Whole answers: what providers said, and what clients get.

use serde_json::{Value, json};

use crate::chat::{Answer, Call, Choice, Content, Finish, Part, Signature};
use crate::openai::{read_answer, write_answer};
use crate::{AnswerError, Endpoint, Upstream, Usage};

use super::{CHAT, context, hi, json, parsed};

/// A message with `message`'s members, ended by `reason`.
fn body(message: &Value, reason: &Value) -> String {
    json!({"id": "chatcmpl-1", "model": "up", "choices": [{"index": 0, "message": message, "finish_reason": reason}]})
        .to_string()
}

fn check_read(name: &str, message: Value, reason: Value, expected: Vec<Content<'static>>, finish: Finish) {
    let body = body(&message, &reason);
    let answer = read_answer(&body).unwrap();
    let contents: Vec<_> = answer.choices[0].parts.iter().map(|part| part.content.clone()).collect();

    assert_eq!((expected, finish), (contents, answer.choices[0].finish.clone()), "{name}");
}

fn text(text: &'static str) -> Content<'static> {
    Content::Text(text.into())
}

fn thought(text: &'static str, signature: &'static str) -> Content<'static> {
    Content::Thought { text: text.into(), signature: Some(Signature::new(Upstream::OpenAi, signature)) }
}

fn call(id: &'static str, arguments: &'static str) -> Call<'static> {
    Call { id: id.into(), name: "f".into(), arguments: arguments.into(), signature: None }
}

fn function(arguments: &str) -> Value {
    json!({"name": "f", "arguments": arguments})
}

#[test]
fn what_providers_say() {
    let stop = || json!("stop");
    check_read("text", json!({"content": "a\n"}), stop(), vec![text("a\n")], Finish::Stop);
    check_read("nothing", json!({"content": null}), stop(), vec![], Finish::Stop);
    let parts = json!({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "t"}]}, {"type": "text", "text": "a"}]});
    check_read("parts, as Mistral has them", parts, stop(), vec![thought("t", ""), text("a")], Finish::Stop);
    let thoughts = json!({"content": "a", "reasoning_content": "t"});
    check_read("thoughts", thoughts, stop(), vec![thought("t", ""), text("a")], Finish::Stop);
    let details = json!([
        {"type": "reasoning.text", "text": "t", "signature": "abcd"},
        {"type": "reasoning.encrypted", "data": "ef"},
    ]);
    let sealed = Content::RedactedThought(Signature::new(Upstream::OpenAi, "ef"));
    let signed = json!({"content": "a", "reasoning": "t", "reasoning_details": details});
    check_read("signed and sealed", signed, stop(), vec![thought("t", "abcd"), sealed, text("a")], Finish::Stop);
    let refusal = json!({"content": null, "refusal": "No."});
    check_read("a refusal", refusal, stop(), vec![Content::Refusal("No.".into())], Finish::Filter);
    let calls = json!({"content": "a", "tool_calls": [
        {"id": "c1", "type": "function", "function": function("{}")},
        {"id": "c2", "type": "function", "function": function("")},
    ]});
    let expected = vec![text("a"), Content::Call(call("c1", "{}")), Content::Call(call("c2", "{}"))];
    check_read("calls", calls, json!("tool_calls"), expected, Finish::Calls);
    let unnamed = json!({"tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]});
    let made = Content::Call(call("call_chatcmpl1_0", r#"{"a":1}"#));
    check_read("a call without an id, whose arguments are no text", unnamed, stop(), vec![made], Finish::Calls);
    let signed = json!({"tool_calls": [
        {"id": "c", "function": function("{}"), "extra_content": {"google": {"thought_signature": "abcd"}}},
    ]});
    let signature = Some(Signature::new(Upstream::OpenAi, "abcd"));
    let expected = vec![Content::Call(Call { signature, ..call("c", "{}") })];
    check_read("a signed call", signed, json!("tool_calls"), expected, Finish::Calls);
    let older = json!({"content": null, "function_call": function("{}")});
    let expected = vec![Content::Call(call("call_chatcmpl1_0", "{}"))];
    check_read("the older form", older, json!("function_call"), expected, Finish::Calls);
}

#[test]
fn why_answers_end() {
    let check = |reason: &str, expected| {
        check_read(reason, json!({"content": "a"}), json!(reason), vec![text("a")], expected);
    };
    check("stop", Finish::Stop);
    check("eos", Finish::Stop);
    check("length", Finish::Length);
    check("model_length", Finish::Length);
    check("content_filter", Finish::Filter);
    check("tool_calls", Finish::Calls);
    check_read("not said", json!({"content": "a"}), json!(null), vec![text("a")], Finish::Stop);
    let sequence = r#"{"choices":[{"message":{"content":"a"},"finish_reason":"stop","stop_reason":"END"}]}"#;
    let finish = read_answer(sequence).unwrap().choices.remove(0).finish;
    assert_eq!(Finish::StopSequence(Some("END".into())), finish, "vLLM says which sequence");
    for reason in ["error", "insufficient_system_resource", "abort"] {
        let error = read_answer(&body(&json!({"content": "a"}), &json!(reason))).unwrap_err();
        assert!(matches!(error, AnswerError::Upstream(error) if error.code.as_deref() == Some(reason)), "{reason}");
    }
}

#[test]
fn what_is_no_answer() {
    let check = |name: &str, body: &str| assert_eq!(Err(AnswerError::Malformed), read_answer(body), "{name}");
    check("nothing", "");
    check("no JSON", "<html>");
    check("no choice", r#"{"choices":[]}"#);
    check("a choice that is none", r#"{"choices":[1]}"#);
    check("no message", r#"{"choices":[{"index":0}]}"#);
    let error = read_answer(r#"{"error":{"message":"Busy.","code":503}}"#);
    assert!(matches!(error, Err(AnswerError::Upstream(error)) if error.message == "Busy."));
}

/// An answer of one choice, with an id, and usage of every kind.
fn answer(contents: Vec<Content<'static>>, finish: Finish) -> Answer<'static> {
    let choice = Choice { parts: contents.into_iter().map(Part::new).collect(), finish, logprobs: None };
    Answer { id: "msg_1".into(), model: "claude".into(), choices: vec![choice], usage: None }
}

/// `contents` become the message with `members`, for a client that asked with `request`.
fn check_written(request: &str, contents: Vec<Content<'static>>, finish: Finish, members: Value, reason: &str) {
    let request = parsed(CHAT, request);
    let body = json(&write_answer(&answer(contents, finish), &context(&request)));
    let mut message = json!({"role": "assistant", "content": null, "refusal": null});
    message.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    let choice = json!({"index": 0, "message": message, "logprobs": null, "finish_reason": reason});

    let expected = json!({"id": "msg_1", "object": "chat.completion", "created": 1_800_000_000, "model": "claude", "choices": [choice]});
    assert_eq!(expected, body);
}

#[test]
fn what_clients_get() {
    let check = |contents, finish, members, reason| check_written(&hi(""), contents, finish, members, reason);
    check(vec![text("a"), text("b")], Finish::Stop, json!({"content": "ab"}), "stop");
    check(vec![], Finish::Length, json!({"content": ""}), "length");
    check(vec![text("a")], Finish::StopSequence(Some("x".into())), json!({"content": "a"}), "stop");
    check(vec![text("a")], Finish::Filter, json!({"content": "a"}), "content_filter");
    check(vec![Content::Refusal("No.".into())], Finish::Filter, json!({"refusal": "No."}), "stop");
    let signature = Some(Signature::new(Upstream::Gemini, "abcd"));
    let calls = vec![Content::Call(call("c1", r#"{"a": 1.0}"#)), Content::Call(Call { signature, ..call("c2", "{}") })];
    let expected = json!({"tool_calls": [
        {"id": "c1", "type": "function", "function": function(r#"{"a": 1.0}"#)},
        {"id": "c2", "type": "function", "function": function("{}"), "extra_content": {"google": {"thought_signature": "tiercel.gemini.abcd"}}},
    ]});
    check(calls, Finish::Calls, expected, "tool_calls");
    let unsigned = Content::Thought { text: "t".into(), signature: None };
    check(vec![unsigned, text("a")], Finish::Stop, json!({"content": "a", "reasoning_content": "t"}), "stop");
    let made = |text| Signature::new(Upstream::Anthropic, text);
    let signed = Content::Thought { text: "t".into(), signature: Some(made("abcd")) };
    let details = json!([
        {"type": "reasoning.text", "text": "t", "signature": "tiercel.anthropic.abcd", "index": 0},
        {"type": "reasoning.encrypted", "data": "tiercel.anthropic.ef", "index": 1},
    ]);
    let expected = json!({"content": "a", "reasoning_content": "t", "reasoning_details": details});
    check(vec![signed, Content::RedactedThought(made("ef")), text("a")], Finish::Stop, expected, "stop");
    let functions = hi(r#","functions":[{"name":"f"}]"#);
    let contents = vec![Content::Call(call("c", "{}"))];
    check_written(&functions, contents, Finish::Calls, json!({"function_call": function("{}")}), "function_call");
}

#[test]
fn what_surrounds_it() {
    let usage =
        Usage { n_input: 10, n_cache_read: 3, n_cache_write: 2, n_output: 7, n_reasoning: 4, ..Usage::default() };
    let request = parsed(CHAT, &hi(""));
    let anonymous = Answer { id: "".into(), model: "".into(), usage: Some(usage), ..answer(vec![], Finish::Stop) };
    let body = json(&write_answer(&anonymous, &context(&request)));

    assert_eq!((&json!("chatcmpl-7"), &json!("m")), (&body["id"], &body["model"]));
    let expected = json!({
        "prompt_tokens": 15, "completion_tokens": 7, "total_tokens": 22,
        "prompt_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 2},
        "completion_tokens_details": {"reasoning_tokens": 4},
    });
    assert_eq!(expected, body["usage"]);
    assert_eq!(Some(usage), read_answer(&body.to_string()).unwrap().usage);
}

#[test]
fn legacy_completions() {
    let request = parsed(Endpoint::Completions, r#"{"model":"m","prompt":"hi"}"#);
    let thought = Content::Thought { text: "t".into(), signature: None };
    let check = |contents, finish, expected: &str| {
        let body = json(&write_answer(&answer(contents, finish), &context(&request)));

        assert_eq!("text_completion", body["object"]);
        assert_eq!(
            json!({"index": 0, "text": expected, "logprobs": null, "finish_reason": "stop"}),
            body["choices"][0]
        );
    };
    check(vec![thought, text("a")], Finish::Stop, "a");
    check(vec![], Finish::Stop, "");
    check(vec![Content::Refusal("No.".into())], Finish::Filter, "No.");
}
