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
            let content: Vec<Value> = results.chain([json!({"type": "text", "text": "Go on."})]).collect();
            let assistant = json!({"role": "assistant", "content": answer["content"]});
            list(&mut body["messages"]).extend([assistant, json!({"role": "user", "content": content})]);
        }
        Client::Gemini => {
            let content = &answer["candidates"][0]["content"];
            let result = |part: &Value| {
                let call = &part["functionCall"];
                json!({"functionResponse": {"id": call["id"], "name": call["name"], "response": {"output": RESULT}}})
            };
            let parts = each(&content["parts"]).filter(|part| part["functionCall"].is_object()).map(result);
            let parts: Vec<Value> = parts.chain([json!({"text": "Go on."})]).collect();
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

/// The client's next request, after an answer of a provider of `made_by`, and the marks of that answer.
fn next_request(client: Client, made_by: Upstream, case: &str) -> (Request, Vec<String>) {
    let answer = cases::answer(made_by, case).unwrap();
    let reading = reading(client, made_by, case, Manner::Whole);
    let whole: Value = serde_json::from_slice(&reading.whole(answer.clone().into_bytes()).unwrap().body).unwrap();
    let body = next_body(client, reading.request(), &whole).to_string();
    let mut found = Vec::new();
    marks(&serde_json::from_str(&answer).unwrap(), &mut |mark| found.push(mark.to_owned()));
    (Request::parse(reading.request().endpoint(), Some("auto"), body.as_bytes()).unwrap(), found)
}

fn send(request: &Request, upstream: Upstream, case: &str) -> String {
    String::from_utf8(encode(request, &target(upstream, case), Unsupported::Drop).unwrap().body).unwrap()
}

#[test]
fn what_a_client_hands_back_its_provider_gets_as_it_gave_it() {
    for client in CLIENTS {
        for made_by in UPSTREAMS {
            for case in ["thinking", "tool", "tools"] {
                let name = format!("{} to {}, {case}", word(client), made_by.word());
                let (request, marks) = next_request(client, made_by, case);
                let body = send(&request, made_by, case);

                // Cohere does not sign its thoughts.
                assert!(!marks.is_empty() || made_by == Upstream::Cohere, "{name}");
                for mark in marks {
                    assert!(body.contains(&format!("\"{mark}\"")), "{name}: {mark} is not in {body}");
                }
            }
        }
    }
}

#[test]
fn no_provider_gets_the_signatures_of_another() {
    for client in CLIENTS {
        for made_by in UPSTREAMS {
            for case in ["thinking", "tool", "tools"] {
                let (request, _) = next_request(client, made_by, case);
                for other in UPSTREAMS.into_iter().filter(|other| *other != made_by) {
                    let body = send(&request, other, case);
                    let names = [word(client), made_by.word(), other.word(), case];

                    // The mark of what crossed dialects, and its start in base64, as Gemini's clients have it.
                    assert!(!body.contains("tiercel.") && !body.contains("dGllcmNlbC"), "{names:?}: {body}");
                }
            }
        }
    }
}
