//! Streams for a client, from whatever events.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

use super::{request, with};
use crate::anthropic::EventWriter;
use crate::chat::{Event, Finish, Signature, arbitrary};
use crate::stream::WriteEvents;
use crate::translation::Context;
use crate::{Upstream, Usage};

/// The data of the events that a client gets; each must be framed as the dialect has it.
fn written(events: &[Event<'_>]) -> Vec<Value> {
    let request = request(&with(r#","stream":true"#));
    let mut writer = EventWriter::new(&Context { request: &request, id: "req_1", unix_seconds: 0 });
    let mut output = Vec::new();
    for event in events {
        writer.write(event, &mut output);
    }
    let output = String::from_utf8(output).unwrap();
    let read = |event: &str| {
        let (name, data) = event.strip_prefix("event: ").unwrap().split_once("\ndata: ").unwrap();
        let data: Value = serde_json::from_str(data).unwrap();
        assert_eq!(name, data["type"]);
        data
    };
    output.split_terminator("\n\n").map(read).collect()
}

/// The events in short: `+text` and `-` for a block's start and end, its pieces, and what stands around them.
fn short(events: &[Value]) -> Vec<String> {
    let piece = |delta: &Value| {
        let keys = ["text", "thinking", "signature", "partial_json"];
        keys.iter().find_map(|key| delta[key].as_str()).unwrap().to_owned()
    };
    let short = |event: &Value| match event["type"].as_str().unwrap() {
        "content_block_start" => format!("+{}", event["content_block"]["type"].as_str().unwrap()),
        "content_block_delta" => piece(&event["delta"]),
        "content_block_stop" => "-".to_owned(),
        "message_delta" => event["delta"]["stop_reason"].to_string(),
        other => other.to_owned(),
    };
    events.iter().map(short).collect()
}

const TEXT: Event<'static> = Event::Text { choice: 0, text: "hi" };
const THOUGHT: Event<'static> = Event::Thought { choice: 0, text: "hm" };
const STOP: Event<'static> = Event::Finish { choice: 0, finish: Finish::Stop };

fn call(call: u32, signature: Option<Signature<'static>>) -> Event<'static> {
    Event::CallStart { choice: 0, call, id: "", name: "f", signature }
}

#[test]
fn the_order_of_events() {
    let check = |name: &str, events: &[Event<'_>], expected: &[&str]| {
        let expected: Vec<&str> = ["message_start"].iter().chain(expected).chain(&["message_stop"]).copied().collect();

        assert_eq!(expected, short(&written(&[events, &[Event::End]].concat())), "{name}");
    };
    let signature = |made_by| Signature::new(made_by, "AA==");
    let sign = |made_by| Event::ThoughtSignature { choice: 0, signature: signature(made_by) };
    let arguments = |call, json| Event::CallArguments { choice: 0, call, json };
    check("a text", &[TEXT, TEXT, STOP], &["+text", "hi", "hi", "-", "\"end_turn\""]);
    check("nothing", &[STOP], &["\"end_turn\""]);
    check("no reason", &[], &["null"]);
    check("empty texts", &[Event::Text { choice: 0, text: "" }, Event::Thought { choice: 0, text: "" }], &["null"]);
    check("a refusal", &[TEXT, Event::Refusal { choice: 0, text: "no" }], &["+text", "hi", "no", "-", "null"]);
    let thought = ["+thinking", "hm", "AA==", "-", "+text", "hi", "-", "null"];
    check("a thought of its own", &[THOUGHT, sign(Upstream::Anthropic), TEXT], &thought);
    let thought = ["+thinking", "hm", "tiercel.bedrock.AA==", "-", "null"];
    check("a thought of another's", &[THOUGHT, sign(Upstream::Bedrock)], &thought);
    let unsigned = ["+thinking", "hm", "tiercel.unsigned", "-", "+text", "hi", "-", "null"];
    check("an unsigned thought", &[THOUGHT, TEXT], &unsigned);
    check("a signature alone", &[sign(Upstream::Anthropic)], &["+thinking", "AA==", "-", "null"]);
    let redacted = Event::RedactedThought { choice: 0, signature: signature(Upstream::Anthropic) };
    check(
        "a redacted thought",
        &[TEXT, redacted, TEXT],
        &["+text", "hi", "-", "+redacted_thinking", "-", "+text", "hi", "-", "null"],
    );
    let calls = [call(0, None), arguments(0, "{}"), call(1, None), arguments(1, "{"), arguments(1, "}")];
    check("calls", &calls, &["+tool_use", "{}", "-", "+tool_use", "{", "}", "-", "null"]);
    let signed = [call(0, Some(signature(Upstream::Gemini))), arguments(0, "{}")];
    check("a signed call", &signed, &["+redacted_thinking", "-", "+tool_use", "{}", "-", "null"]);
    check("arguments of no call", &[TEXT, arguments(0, "{}"), TEXT], &["+text", "hi", "hi", "-", "null"]);
    check("a second choice", &[TEXT, Event::Text { choice: 1, text: "ho" }], &["+text", "hi", "-", "null"]);
}

#[test]
fn what_events_hold() {
    let usage = Usage { n_input: 9, n_cache_read: 2, n_output: 5, ..Usage::default() };
    let finish = Event::Finish { choice: 0, finish: Finish::StopSequence(Some("END".to_owned())) };
    let start = Event::Start { id: "msg_1", model: "gemini" };
    let events = written(&[start, call(0, None), finish, Event::Usage(usage), Event::End, TEXT]);

    let counts = |input: u64, read: u64, output: u64| json!({"input_tokens": input, "cache_creation_input_tokens": 0, "cache_read_input_tokens": read, "output_tokens": output});
    let message = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "gemini", "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": counts(0, 0, 0)});
    assert_eq!(json!({"type": "message_start", "message": message}), events[0]);
    let block = json!({"type": "tool_use", "id": "toolu_req_1_0", "name": "f", "input": {}});
    assert_eq!(json!({"type": "content_block_start", "index": 0, "content_block": block}), events[1]);
    let delta = json!({"stop_reason": "stop_sequence", "stop_sequence": "END"});
    assert_eq!(json!({"type": "message_delta", "delta": delta, "usage": counts(9, 2, 5)}), events[3]);
    assert_eq!(json!({"type": "message_stop"}), events[4]);
    assert_eq!(5, events.len());
}

/// What SDKs rely on: the message first, blocks one after another with rising indices, the end last and once.
fn check_order(events: &[Value], has_end: bool) {
    let (mut n_blocks, mut is_open) = (0_u64, false);
    for (place, event) in events.iter().enumerate() {
        let is_last = place + 1 == events.len();
        match event["type"].as_str().unwrap() {
            "message_start" => assert_eq!(0, place),
            "content_block_start" => {
                assert!(place > 0 && !is_open);
                assert_eq!(n_blocks, event["index"]);
                n_blocks += 1;
                is_open = true;
            }
            "content_block_delta" => assert!(is_open && event["index"] == n_blocks - 1),
            "content_block_stop" => {
                assert!(is_open && event["index"] == n_blocks - 1);
                is_open = false;
            }
            "message_delta" => assert!(has_end && !is_open && place + 2 == events.len()),
            "message_stop" => assert!(has_end && is_last),
            other => panic!("{other}"),
        }
    }
    assert!(!has_end || events.last().is_some_and(|event| event["type"] == "message_stop"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(4), ..ProptestConfig::default() })]

    #[test]
    fn any_events_make_a_stream_in_order(events in arbitrary::events(Upstream::Gemini)) {
        check_order(&written(&events), events.contains(&Event::End));
    }

    #[test]
    fn streams_of_others_make_a_stream_in_order(events in arbitrary::stream(Upstream::OpenAi, 1)) {
        check_order(&written(&events), true);
    }
}
