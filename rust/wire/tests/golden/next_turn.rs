//! The turn after: what a client hands back of an answer, its provider gets as it gave it: the ids of calls, and the
//! signatures of thoughts, without which providers refuse the conversation.

use serde_json::{Value, json};
use tiercel_wire::{Client, Request, Unsupported, Upstream, encode};

use crate::cases;
use crate::sides::{CLIENTS, Manner, UPSTREAMS, reading, target, word};

const RESULT: &str = "It is done.";

/// The body of the client's next request: all of the one before, the answer, and a result for each call.
fn next_body(client: Client, request: &Request, answer: &Value) -> Value {
    let mut body: Value = serde_json::from_str(request.body()).unwrap();
    match client {
        Client::OpenAi => {
            let message = &answer["choices"][0]["message"];
            let result = |call: &Value| json!({"role": "tool", "tool_call_id": call["id"], "content": RESULT});
            let results = each(&message["tool_calls"]).map(result);
            list(&mut body["messages"]).extend([message.clone()].into_iter().chain(results));
        }
        Client::Responses => {
            if body["input"].is_string() {
                body["input"] = json!([{"role": "user", "content": body["input"]}]);
            }
            let result =
                |item: &Value| json!({"type": "function_call_output", "call_id": item["call_id"], "output": RESULT});
            let items = each(&answer["output"]);
            let results = items.clone().filter(|item| item["type"] == "function_call").map(result);
            list(&mut body["input"]).extend(items.cloned().chain(results));
        }
        Client::Anthropic => {
            let result = |block: &Value| json!({"type": "tool_result", "tool_use_id": block["id"], "content": RESULT});
            let results = each(&answer["content"]).filter(|block| block["type"] == "tool_use").map(result);
            let user = json!({"role": "user", "content": [{"type": "text", "text": "Go on."}]});
            let turns = [json!({"role": "assistant", "content": answer["content"]}), user];
            list(&mut body["messages"]).extend(turns);
            list(&mut body["messages"].as_array_mut().unwrap().last_mut().unwrap()["content"]).splice(0..0, results);
        }
        Client::Gemini => {
            let content = &answer["candidates"][0]["content"];
            let result = |part: &Value| {
                let call = &part["functionCall"];
                json!({"functionResponse": {"id": call["id"], "name": call["name"], "response": {"output": RESULT}}})
            };
            let parts = each(&content["parts"]).filter(|part| part["functionCall"].is_object()).map(result);
            let parts = parts.chain([json!({"text": "Go on."})]).collect::<Vec<_>>();
            list(&mut body["contents"]).extend([content.clone(), json!({"role": "user", "parts": parts})]);
        }
    }
    body
}

fn list(value: &mut Value) -> &mut Vec<Value> {
    value.as_array_mut().unwrap()
}

fn each(value: &Value) -> impl Iterator<Item = &Value> + Clone {
    value.as_array().into_iter().flatten()
}

/// Hands each id of a call and each signature in `value` to `push`.
fn marks(value: &Value, push: &mut impl FnMut(&str)) {
    const MARKS: [&str; 6] = ["signature", "thoughtSignature", "encrypted_content", "call_id", "toolUseId", "data"];

    match value {
        Value::Array(items) => items.iter().for_each(|item| marks(item, push)),
        Value::Object(members) => {
            let is_call =
                members.contains_key("function") || value["type"] == "tool_use" || members.contains_key("args");
            for (name, member) in members {
                match member.as_str() {
                    Some(mark) if MARKS.contains(&&**name) || is_call && name == "id" => push(mark),
                    _ => marks(member, push),
                }
            }
        }
        _ => {}
    }
}

fn check(client: Client, upstream: Upstream, case: &str) {
    let Some(answer) = cases::answer(upstream, case) else { return };
    let name = format!("{} to {}, {case}", word(client), upstream.word());
    let reading = reading(client, upstream, case, Manner::Whole);
    let whole: Value = serde_json::from_slice(&reading.whole(answer.clone().into_bytes()).unwrap().body).unwrap();
    let body = next_body(client, reading.request(), &whole).to_string();
    let request = Request::parse(reading.request().endpoint(), Some("auto"), body.as_bytes()).unwrap();
    let next = String::from_utf8(encode(&request, &target(upstream), Unsupported::Drop).unwrap().body).unwrap();
    let mut n_marks = 0;
    marks(&serde_json::from_str(&answer).unwrap(), &mut |mark| {
        n_marks += 1;

        assert!(next.contains(&format!("\"{mark}\"")), "{name}: {mark} is not in {next}");
    });

    assert!(n_marks > 0 || upstream == Upstream::Cohere, "{name}");
}

#[test]
fn what_a_client_hands_back_its_provider_gets_as_it_gave_it() {
    for client in CLIENTS {
        for upstream in UPSTREAMS {
            ["thinking", "tool", "tools"].into_iter().for_each(|case| check(client, upstream, case));
        }
    }
}
