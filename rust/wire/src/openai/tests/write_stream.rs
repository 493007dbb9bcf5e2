//! Streams for clients.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::chat::{Event, Finish, Signature, arbitrary};
use crate::openai::{EventReader, EventWriter};
use crate::sse;
use crate::stream::{ReadEvents, WriteEvents};
use crate::{Endpoint, Request, Upstream, Usage};

use super::{CHAT, config, context, hi, leaked, parsed};

fn written(request: &Request, events: &[Event<'_>]) -> String {
    let mut writer = EventWriter::new(&context(request));
    let mut output = Vec::new();
    for event in events {
        writer.write(event, &mut output);
    }
    String::from_utf8(output).unwrap()
}

/// The data of each event; `[DONE]` becomes a string.
fn chunks(output: &str) -> Vec<Value> {
    let read = |event: &str| {
        let data = event.strip_prefix("data: ").unwrap();
        if data == "[DONE]" { json!(data) } else { serde_json::from_str(data).unwrap() }
    };
    output.split_terminator("\n\n").map(read).collect()
}

/// `events` are told to a client that asked with `body` as the choices of the chunks `expected`.
fn check_for(name: &str, endpoint: Endpoint, body: &str, events: &[Event<'_>], expected: &[Value]) {
    let chunks = chunks(&written(&parsed(endpoint, body), events));
    let choices: Vec<_> = chunks.iter().map(|chunk| chunk["choices"][0].clone()).collect();

    assert_eq!(expected, choices, "{name}");
}

/// As `check_for`, of the deltas behind the role, which comes first.
fn check(name: &str, events: &[Event<'_>], expected: &[Value]) {
    let choice = |delta: &Value| json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": null});
    let role = json!({"role": "assistant", "content": "", "refusal": null});
    let expected: Vec<_> = [role].iter().chain(expected).map(choice).collect();
    check_for(name, CHAT, &hi(""), events, &expected);
}

#[test]
fn a_whole_stream() {
    let events = [
        Event::Start { id: "msg_1", model: "claude" },
        Event::Text { choice: 0, text: "Hé" },
        Event::Finish { choice: 0, finish: Finish::Stop },
        Event::Usage(Usage { n_input: 9, n_output: 4, ..Usage::default() }),
        Event::End,
    ];
    let request = parsed(CHAT, &hi(r#","stream":true,"stream_options":{"include_usage":true}"#));
    let head = r#"{"id":"msg_1","object":"chat.completion.chunk","created":1800000000,"model":"claude","choices":["#;
    let chunk = |delta: &str, reason: &str| {
        format!(
            "data: {head}{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\"finish_reason\":{reason}}}],\"usage\":null}}\n\n"
        )
    };
    let usage = r#"{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}"#;
    let expected = [
        chunk(r#"{"role":"assistant","content":"","refusal":null}"#, "null"),
        chunk(r#"{"content":"Hé"}"#, "null"),
        chunk("{}", "\"stop\""),
        format!("data: {head}],\"usage\":{usage}}}\n\n"),
        "data: [DONE]\n\n".to_owned(),
    ];

    assert_eq!(expected.concat(), written(&request, &events));
    let unasked = written(&parsed(CHAT, &hi(r#","stream":true"#)), &events);
    assert_eq!([&expected[..3], &expected[4..]].concat().concat().replace(",\"usage\":null", ""), unasked);
}

#[test]
fn what_is_said() {
    let text = |text| Event::Text { choice: 0, text };
    check("text", &[text("a"), text("b")], &[json!({"content": "a"}), json!({"content": "b"})]);
    check("a refusal", &[Event::Refusal { choice: 0, text: "No." }], &[json!({"refusal": "No."})]);
    let begin = |index: u32, id: &str| json!({"tool_calls": [{"index": index, "id": id, "type": "function", "function": {"name": "f", "arguments": ""}}]});
    let go_on = |index: u32, json: &str| json!({"tool_calls": [{"index": index, "function": {"arguments": json}}]});
    let start = |call, id, signature| Event::CallStart { choice: 0, call, id, name: "f", signature };
    let arguments = |call, json| Event::CallArguments { choice: 0, call, json };
    let events = [start(0, "a", None), arguments(0, "{"), start(1, "b", None), arguments(0, "}"), arguments(1, "{}")];
    let expected = [begin(0, "a"), go_on(0, "{"), begin(1, "b"), go_on(0, "}"), go_on(1, "{}")];
    check("calls", &events, &expected);
    let mut signed = begin(0, "a");
    signed["tool_calls"][0]["extra_content"] = json!({"google": {"thought_signature": "tiercel.gemini.s"}});
    check("a signed call", &[start(0, "a", Some(Signature::new(Upstream::Gemini, "s")))], &[signed]);
    let by = |text| Signature::new(Upstream::Anthropic, text);
    let events = [
        Event::Thought { choice: 0, text: "t" },
        Event::ThoughtSignature { choice: 0, signature: by("s") },
        Event::RedactedThought { choice: 0, signature: by("z") },
        Event::Thought { choice: 0, text: "u" },
    ];
    let thought = |text: &str, index: u32| json!({"reasoning_content": text, "reasoning_details": [{"type": "reasoning.text", "text": text, "index": index}]});
    let expected = [
        thought("t", 0),
        json!({"reasoning_details": [{"type": "reasoning.text", "signature": "tiercel.anthropic.s", "index": 0}]}),
        json!({"reasoning_details": [{"type": "reasoning.encrypted", "data": "tiercel.anthropic.z", "index": 1}]}),
        thought("u", 2),
    ];
    check("thoughts", &events, &expected);
}

#[test]
fn how_it_ends() {
    let check = |name: &str, before: &[Event<'_>], finish: Finish, reason: &str| {
        let events = [before, &[Event::Finish { choice: 0, finish }]].concat();
        let chunks = chunks(&written(&parsed(CHAT, &hi("")), &events));
        let last = json!({"index": 0, "delta": {}, "logprobs": null, "finish_reason": reason});

        assert_eq!(&last, &chunks.last().unwrap()["choices"][0], "{name}");
    };
    check("done", &[], Finish::Stop, "stop");
    check("a sequence", &[], Finish::StopSequence(None), "stop");
    check("no room", &[], Finish::Length, "length");
    check("calls", &[], Finish::Calls, "tool_calls");
    check("a filter", &[], Finish::Filter, "content_filter");
    check("a refusal", &[Event::Refusal { choice: 0, text: "No." }], Finish::Filter, "stop");
}

#[test]
fn a_call_without_arguments_gets_an_empty_object() {
    let events = [
        Event::CallStart { choice: 0, call: 0, id: "a", name: "f", signature: None },
        Event::Finish { choice: 0, finish: Finish::Calls },
    ];
    let output = written(&parsed(CHAT, &hi("")), &events);

    assert_eq!("{}", chunks(&output)[2]["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"]);
}

#[test]
fn log_probabilities_are_with_their_piece() {
    let events = [
        Event::Text { choice: 0, text: "a" },
        Event::Logprobs { choice: 0, json: r#"{"content":[]}"# },
        Event::Text { choice: 0, text: "b" },
        Event::Text { choice: 0, text: "c" },
    ];
    let chunks = chunks(&written(&parsed(CHAT, &hi("")), &events));
    let logprobs: Vec<_> = chunks.iter().map(|chunk| &chunk["choices"][0]["logprobs"]).collect();

    assert_eq!([&json!(null), &json!(null), &json!({"content": []}), &json!(null)], &*logprobs);
}

#[test]
fn older_forms() {
    let piece =
        |delta: Value, reason: Value| json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": reason});
    let events = [
        Event::CallStart { choice: 0, call: 0, id: "a", name: "f", signature: None },
        Event::CallArguments { choice: 0, call: 0, json: "{}" },
        Event::CallStart { choice: 0, call: 1, id: "b", name: "g", signature: None },
        Event::Finish { choice: 0, finish: Finish::Calls },
    ];
    let expected = [
        piece(json!({"role": "assistant", "content": "", "refusal": null}), json!(null)),
        piece(json!({"function_call": {"name": "f", "arguments": ""}}), json!(null)),
        piece(json!({"function_call": {"arguments": "{}"}}), json!(null)),
        piece(json!({}), json!("function_call")),
    ];
    check_for("functions", CHAT, &hi(r#","functions":[{"name":"f"}]"#), &events, &expected);
    let events = [
        Event::Thought { choice: 0, text: "t" },
        Event::Text { choice: 0, text: "a" },
        Event::Finish { choice: 0, finish: Finish::Length },
    ];
    let text = |text: &str, reason: Value| json!({"index": 0, "text": text, "logprobs": null, "finish_reason": reason});
    let expected = [text("a", json!(null)), text("", json!("length"))];
    check_for("text", Endpoint::Completions, r#"{"model":"m","prompt":"hi"}"#, &events, &expected);
}

#[test]
fn several_choices_have_a_role_each() {
    let events = [Event::Text { choice: 0, text: "a" }, Event::Text { choice: 1, text: "b" }];
    let chunks = chunks(&written(&parsed(CHAT, &hi(r#","n":2"#)), &events));
    let told: Vec<_> = chunks
        .iter()
        .map(|chunk| (chunk["choices"][0]["index"].as_u64(), chunk["choices"][0]["delta"]["role"].is_string()))
        .collect();

    assert_eq!([(Some(0), true), (Some(0), false), (Some(1), true), (Some(1), false)], &*told);
}

/// What `EventReader` makes of `output`.
fn read(output: &str, n_choices: u32) -> Vec<Event<'static>> {
    let mut reader = EventReader::new(n_choices);
    let mut events = Vec::new();
    for event in output.split_terminator("\n\n") {
        let data = event.strip_prefix("data: ").unwrap().as_bytes();
        reader.read(&sse::Event { name: b"", data }, &mut |event| events.push(leaked(&event))).unwrap();
    }
    events
}

/// The events without those that say nothing, and with what this dialect cannot tell from something else made one.
fn normal(events: Vec<Event<'static>>) -> Vec<Event<'static>> {
    let mut has_calls = [false; 3];
    let said = |event: &Event<'_>| match event {
        Event::Text { text, .. } | Event::Refusal { text, .. } | Event::Thought { text, .. } => !text.is_empty(),
        // Signatures were made elsewhere before, and here on the way back.
        Event::ThoughtSignature { .. } => false,
        _ => true,
    };
    let mut normal = Vec::new();
    for event in events.into_iter().filter(said) {
        normal.push(match event {
            Event::CallStart { choice, call, id, name, .. } => {
                has_calls[choice as usize] = true;
                Event::CallStart { choice, call, id, name, signature: None }
            }
            Event::RedactedThought { choice, .. } => {
                Event::RedactedThought { choice, signature: Signature::new(Upstream::OpenAi, "") }
            }
            Event::Finish { choice, finish: Finish::Stop | Finish::StopSequence(_) } => {
                let finish = if has_calls[choice as usize] { Finish::Calls } else { Finish::Stop };
                Event::Finish { choice, finish }
            }
            // How long caches are kept, this dialect does not say.
            Event::Usage(usage) => Event::Usage(Usage { n_cache_write_1h: 0, ..usage }),
            event => event,
        });
    }
    normal
}

proptest! {
    #![proptest_config(config(1_000))]

    #[test]
    fn streams_go_there_and_back(events in arbitrary::stream(Upstream::Anthropic, 2)) {
        let request = parsed(CHAT, &hi(r#","n":2,"stream":true,"stream_options":{"include_usage":true}"#));
        let output = written(&request, &events);
        prop_assert_eq!(normal(events), normal(read(&output, 2)), "{}", output);
    }

    #[test]
    fn no_order_of_events_breaks_a_chunk(events in arbitrary::events(Upstream::Gemini), form in 0..3) {
        let request = match form {
            0 => parsed(CHAT, &hi("")),
            1 => parsed(CHAT, &hi(r#","functions":[]"#)),
            _ => parsed(Endpoint::Completions, r#"{"model":"m","prompt":"hi"}"#),
        };
        let output = written(&request, &events);
        for chunk in chunks(&output) {
            prop_assert!(chunk == "[DONE]" || chunk["choices"].is_array(), "{}", output);
        }
    }
}
