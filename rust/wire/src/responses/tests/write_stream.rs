//! What clients are told in pieces.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{config, context, hi, json, parsed};
use crate::chat::{Event, Finish, Signature, arbitrary};
use crate::replay::{Replay, lines};
use crate::responses::{EventReader, EventWriter, error};
use crate::stream::{State, WriteEvents};
use crate::{ClientError, Upstream, Usage};

/// The stream that tells `events`, as text.
fn stream(events: &[Event<'_>]) -> String {
    let request = parsed(&hi(""));
    let mut writer = EventWriter::new(&context(&request));
    let mut output = Vec::new();
    for event in events {
        writer.write(event, &mut output);
    }
    String::from_utf8(output).unwrap()
}

/// Names and data of the events, checked for what holds for all of them.
fn events_of(stream: &str) -> Vec<(String, Value)> {
    let read = |(number, event): (usize, &str)| {
        let (name, data) = event.strip_prefix("event: ").and_then(|event| event.split_once("\ndata: ")).unwrap();
        let data = json(data.as_bytes());
        assert_eq!((Some(name), Some(number as u64)), (data["type"].as_str(), data["sequence_number"].as_u64()));
        (name.strip_prefix("response.").unwrap().to_owned(), data)
    };
    stream.split_terminator("\n\n").enumerate().map(read).collect()
}

/// Between `created` and `completed`, `events` are these.
fn check(name: &str, events: &[Event<'_>], expected: Value) {
    let told = stream(&[events, &[Event::Finish { choice: 0, finish: Finish::Stop }, Event::End]].concat());
    let mut told = events_of(&told);
    let around = [told.remove(0), told.remove(0), told.pop().unwrap()].map(|(name, _)| name);
    let told = told.into_iter().map(|(name, mut data)| {
        data.as_object_mut().unwrap().retain(|key, _| !matches!(&**key, "type" | "sequence_number"));
        json!([name, data])
    });

    assert_eq!(expected, Value::Array(told.collect()), "{name}");
    assert_eq!(["created", "in_progress", "completed"].map(str::to_owned), around, "{name}");
}

#[test]
fn texts_and_refusals() {
    let at = |mut data: Value| {
        for (key, value) in [("item_id", json!("msg_7_0")), ("output_index", json!(0)), ("content_index", json!(0))] {
            data[key] = value;
        }
        data
    };
    let item = |status: &str, content: Value| {
        let item =
            json!({"id": "msg_7_0", "type": "message", "status": status, "role": "assistant", "content": content});
        json!({"output_index": 0, "item": item})
    };
    let part = |text: &str| json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []});
    let text = |text| Event::Text { choice: 0, text };
    check(
        "a text in pieces",
        &[text("a"), text(""), text("b")],
        json!([
            ["output_item.added", item("in_progress", json!([]))],
            ["content_part.added", at(json!({"part": part("")}))],
            ["output_text.delta", at(json!({"delta": "a", "logprobs": []}))],
            ["output_text.delta", at(json!({"delta": "b", "logprobs": []}))],
            ["output_text.done", at(json!({"text": "ab", "logprobs": []}))],
            ["content_part.done", at(json!({"part": part("ab")}))],
            ["output_item.done", item("completed", json!([part("ab")]))],
        ]),
    );
    let part = |text: &str| json!({"type": "refusal", "refusal": text});
    check(
        "a refusal",
        &[Event::Refusal { choice: 0, text: "No." }],
        json!([
            ["output_item.added", item("in_progress", json!([]))],
            ["content_part.added", at(json!({"part": part("")}))],
            ["refusal.delta", at(json!({"delta": "No."}))],
            ["refusal.done", at(json!({"refusal": "No."}))],
            ["content_part.done", at(json!({"part": part("No.")}))],
            ["output_item.done", item("completed", json!([part("No.")]))],
        ]),
    );
    check("another choice", &[Event::Text { choice: 1, text: "a" }], json!([]));
}

#[test]
fn thoughts() {
    let at = |mut data: Value| {
        for (key, value) in [("item_id", json!("rs_7_0")), ("output_index", json!(0)), ("summary_index", json!(0))] {
            data[key] = value;
        }
        data
    };
    let summary = |text: &str| json!({"type": "summary_text", "text": text});
    let item = |summary: Value, sealed: Option<&str>| {
        let mut item = json!({"id": "rs_7_0", "type": "reasoning", "summary": summary});
        if let Some(sealed) = sealed {
            item["encrypted_content"] = sealed.into();
        }
        json!({"output_index": 0, "item": item})
    };
    let told = |text: &str, sealed: &str| {
        let mut told = vec![
            json!(["output_item.added", item(json!([]), None)]),
            json!(["reasoning_summary_part.added", at(json!({"part": summary("")}))]),
        ];
        if !text.is_empty() {
            told.push(json!(["reasoning_summary_text.delta", at(json!({"delta": text}))]));
        }
        told.extend([
            json!(["reasoning_summary_text.done", at(json!({"text": text}))]),
            json!(["reasoning_summary_part.done", at(json!({"part": summary(text)}))]),
            json!(["output_item.done", item(json!([summary(text)]), Some(sealed))]),
        ]);
        Value::Array(told)
    };
    let thought = Event::Thought { choice: 0, text: "t" };
    let signature = || Signature::new(Upstream::Anthropic, "ab");
    let sign = || Event::ThoughtSignature { choice: 0, signature: signature() };
    check("one that nobody signed", std::slice::from_ref(&thought), told("t", "tiercel.unsigned"));
    check("a signed one", &[thought, sign()], told("t", "tiercel.anthropic.ab"));
    check("a signature alone", &[sign()], told("", "tiercel.anthropic.ab"));
    let sealed = item(json!([]), Some("tiercel.anthropic.ab"));
    check(
        "a sealed one",
        &[Event::RedactedThought { choice: 0, signature: signature() }],
        json!([["output_item.added", sealed], ["output_item.done", sealed],]),
    );
}

#[test]
fn calls() {
    let begin = |call| Event::CallStart { choice: 0, call, id: "c", name: "f", signature: None };
    let add = |call, json| Event::CallArguments { choice: 0, call, json };
    let item = |index: u64, status: &str, arguments: &str| {
        let id = format!("fc_7_{index}");
        json!({"output_index": index, "item": {"id": id, "type": "function_call", "status": status, "call_id": "c",
            "name": "f", "arguments": arguments}})
    };
    let piece =
        |index: u64, json: &str| json!({"item_id": format!("fc_7_{index}"), "output_index": index, "delta": json});
    let done = |index: u64, json: &str| json!({"item_id": format!("fc_7_{index}"), "output_index": index, "arguments": json, "name": "f"});
    let two = [begin(0), add(0, "[]"), begin(5), add(5, "{"), add(0, "late"), add(5, "}"), add(9, "lost")];
    check(
        "one after another",
        &two,
        json!([
            ["output_item.added", item(0, "in_progress", "")],
            ["function_call_arguments.delta", piece(0, "[]")],
            ["function_call_arguments.done", done(0, "[]")],
            ["output_item.done", item(0, "completed", "[]")],
            ["output_item.added", item(1, "in_progress", "")],
            ["function_call_arguments.delta", piece(1, "{")],
            ["function_call_arguments.delta", piece(1, "}")],
            ["function_call_arguments.done", done(1, "{}")],
            ["output_item.done", item(1, "completed", "{}")],
        ]),
    );
    check(
        "no arguments",
        &[begin(0)],
        json!([
            ["output_item.added", item(0, "in_progress", "")],
            ["function_call_arguments.delta", piece(0, "{}")],
            ["function_call_arguments.done", done(0, "{}")],
            ["output_item.done", item(0, "completed", "{}")],
        ]),
    );
}

/// Names of events, in order.
fn check_order(name: &str, events: &[Event<'_>], expected: &str) {
    let names: Vec<_> = events_of(&stream(events)).into_iter().map(|(name, _)| name).collect();

    assert_eq!(expected, names.join(" "), "{name}");
}

#[test]
fn what_comes_when() {
    let text = Event::Text { choice: 0, text: "a" };
    check_order(
        "nothing before there is something to say",
        &[Event::Start { id: "x", model: "y" }, Event::Usage(Usage::default())],
        "",
    );
    let signature = Some(Signature::new(Upstream::Gemini, "ab"));
    let call = Event::CallStart { choice: 0, call: 0, id: "c", name: "f", signature };
    check_order(
        "a text is closed before a signed call",
        &[text.clone(), call],
        "created in_progress \
        output_item.added content_part.added output_text.delta output_text.done content_part.done output_item.done \
        output_item.added output_item.done output_item.added",
    );
    check_order(
        "no end without the end",
        &[text.clone(), Event::Finish { choice: 0, finish: Finish::Stop }],
        "created in_progress \
        output_item.added content_part.added output_text.delta",
    );
    check_order("nothing after it", &[Event::End, text, Event::End], "created in_progress completed");
}

#[test]
fn the_last_event_has_it_all() {
    let events = [
        Event::Start { id: "x", model: "y" },
        Event::Usage(Usage { n_input: 1, ..Usage::default() }),
        Event::Logprobs { choice: 0, json: "{\"content\":[{\"token\":\n\"a\"}]}" },
        Event::Text { choice: 0, text: "a" },
        Event::Text { choice: 0, text: "b" },
        Event::Logprobs { choice: 0, json: r#"{"content":[{"token":"c"}]}"# },
        Event::Text { choice: 0, text: "c" },
        Event::Usage(Usage { n_input: 3, n_output: 2, ..Usage::default() }),
        Event::Finish { choice: 0, finish: Finish::Length },
        Event::End,
    ];
    let (name, last) = events_of(&stream(&events)).pop().unwrap();
    let response = &last["response"];

    assert_eq!(
        ("incomplete", "x", "y"),
        (&*name, response["id"].as_str().unwrap(), response["model"].as_str().unwrap())
    );
    assert_eq!(json!({"reason": "max_output_tokens"}), response["incomplete_details"]);
    assert_eq!(json!(5), response["usage"]["total_tokens"]);
    let logprobs = json!([{"token": "a"}, {"token": "c"}]);
    let content = json!([{"type": "output_text", "text": "abc", "annotations": [], "logprobs": logprobs}]);
    assert_eq!((&json!("incomplete"), &content), (&response["output"][0]["status"], &response["output"][0]["content"]));
}

#[test]
fn an_error_inside_a_stream() {
    let error = ClientError {
        status: 502,
        message: "the upstream broke off",
        parameter: None,
        code: "upstream_stream_interrupted",
        request_id: "7",
    };
    let event = String::from_utf8(error::event(&error)).unwrap();
    let data = event.strip_prefix("event: error\ndata: ").and_then(|rest| rest.strip_suffix("\n\n")).unwrap();

    let members = json!({"code": "upstream_stream_interrupted", "message": "the upstream broke off", "param": null});
    let mut expected = json!({"type": "error", "sequence_number": 2_147_483_647, "error": members});
    expected["error"]["type"] = "server_error".into();
    expected.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    assert_eq!(expected, json(data.as_bytes()));
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn any_order_makes_a_well_formed_stream(events in arbitrary::events(Upstream::Anthropic)) {
        let told = events_of(&stream(&events));
        let mut open = None;
        for (place, (name, data)) in told.iter().enumerate() {
            let item = data["output_index"].as_u64();
            match &**name {
                "created" => prop_assert_eq!(0, place),
                "in_progress" => prop_assert_eq!(1, place),
                "output_item.added" => prop_assert_eq!(None, open.replace(item)),
                "output_item.done" => prop_assert_eq!(Some(item), open.take()),
                "completed" | "incomplete" => {
                    prop_assert_eq!(told.len(), place + 1);
                    prop_assert_eq!(None, open);
                    prop_assert!(events.contains(&Event::End));
                }
                _ => prop_assert_eq!(Some(item), open, "{}", name),
            }
        }
    }

    #[test]
    fn a_stream_there_and_back_says_the_same(events in arbitrary::stream(Upstream::Responses, 1)) {
        let replay = Replay { upstream: Upstream::Responses, reader: || Box::new(EventReader::default()) };
        let outcome = replay.feed([stream(&events).as_bytes()]);

        prop_assert_eq!(Ok(State::Finished), outcome.result);
        prop_assert_eq!(lines(&said(&events)), outcome.said);
    }
}

/// `events` as a provider would have to tell them for the same stream: it signs each thought, and no call.
fn said(events: &[Event<'static>]) -> Vec<Event<'static>> {
    let has_calls = events.iter().any(|event| matches!(event, Event::CallStart { .. }));
    let sign = |text: &str| Signature::new(Upstream::Responses, text.to_owned());
    let mut said: Vec<Event<'static>> = Vec::new();
    let mut end = Vec::new();
    for event in events {
        let is_thought = matches!(said.last(), Some(Event::Thought { .. }));
        if is_thought
            && !matches!(event, Event::Thought { .. } | Event::ThoughtSignature { .. } | Event::Text { text: "", .. })
        {
            said.push(Event::ThoughtSignature { choice: 0, signature: sign("tiercel.unsigned") });
        }
        match event.clone() {
            Event::Text { text: "", .. } | Event::Thought { text: "", .. } => {}
            Event::ThoughtSignature { choice, .. } if !is_thought => {
                said.extend([Event::Thought { choice, text: "" }, event.clone()]);
            }
            Event::CallStart { choice, call, id, name, signature } => {
                said.extend(signature.map(|signature| {
                    let signature = sign(&["tiercel.call.", &signature.text].concat());
                    Event::RedactedThought { choice, signature }
                }));
                said.push(Event::CallStart { choice, call, id, name, signature: None });
            }
            // The provider tells why it ends together with what it used.
            Event::Finish { choice, finish } => {
                end.push(Event::Finish { choice, finish: provider_finish(finish, has_calls) });
            }
            // How long something is kept in the cache is not told.
            Event::Usage(usage) => said.push(Event::Usage(Usage { n_cache_write_1h: 0, ..usage })),
            Event::End => said.extend(end.drain(..).chain([Event::End])),
            other => said.push(other),
        }
    }
    said
}

fn provider_finish(finish: Finish, has_calls: bool) -> Finish {
    match finish {
        Finish::Stop | Finish::StopSequence(_) | Finish::Calls if has_calls => Finish::Calls,
        Finish::Stop | Finish::StopSequence(_) | Finish::Calls => Finish::Stop,
        Finish::Length | Finish::Filter => finish,
    }
}
