//! What streams say, and which are whole.

use proptest::collection::vec;
use proptest::prelude::*;

use super::frames::{event, exception};
use crate::bedrock::EventReader;
use crate::chat::{Event, Finish, Signature};
use crate::replay::{Outcome, Replay, config, lines};
use crate::{Interruption, State, Upstream, UpstreamError, Usage};

const REPLAY: Replay = Replay { upstream: Upstream::Bedrock, reader: || Box::new(EventReader::default()) };
const START: (&str, &str) = ("messageStart", r#"{"role":"assistant","p":"abc"}"#);
const STOP: (&str, &str) = ("messageStop", r#"{"stopReason":"end_turn"}"#);
const METADATA: (&str, &str) =
    ("metadata", r#"{"usage":{"inputTokens":7,"outputTokens":3,"totalTokens":10},"metrics":{"latencyMs":9}}"#);
const USAGE: Usage = Usage {
    n_input: 7,
    n_cache_read: 0,
    n_cache_write: 0,
    n_cache_write_1h: 0,
    n_output: 3,
    n_reasoning: 0,
    is_suspect: false,
};

fn body(events: &[(&str, &str)]) -> Vec<u8> {
    events.iter().flat_map(|(name, payload)| event(name, payload)).collect()
}

/// A stream that says `middle`, which must mean `expected`.
fn check(name: &str, middle: &[(&str, &str)], expected: &[Event<'_>]) {
    let body = body(&[&[START], middle, &[STOP, METADATA]].concat());
    let start = Event::Start { id: "", model: "" };
    let end = [Event::Finish { choice: 0, finish: Finish::Stop }, Event::Usage(USAGE), Event::End];
    let expected = [&[start], expected, &end].concat();

    let outcome = Outcome { said: lines(&expected), result: Ok(State::Finished), usage: Some(USAGE) };
    assert_eq!(outcome, REPLAY.cut_anywhere(name, &body), "{name}");
}

fn check_interrupted(name: &str, body: &[u8], expected: Interruption) {
    assert_eq!(Err(expected), REPLAY.cut_anywhere(name, body).result, "{name}");
}

const DELTA: &str = "contentBlockDelta";
const TOOL: (&str, &str) =
    ("contentBlockStart", r#"{"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"t_1","name":"f"}}}"#);

#[test]
fn what_events_mean() {
    check("nothing", &[], &[]);
    check(
        "text, and nothing for its end",
        &[
            (DELTA, r#"{"contentBlockIndex":0,"delta":{"text":"Hé"}}"#),
            (DELTA, r#"{"contentBlockIndex":0,"delta":{"text":" \"you\""}}"#),
            ("contentBlockStop", r#"{"contentBlockIndex":0}"#),
        ],
        &[Event::Text { choice: 0, text: "Hé" }, Event::Text { choice: 0, text: " \"you\"" }],
    );
    check(
        "thoughts, signed and sealed",
        &[
            (DELTA, r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"Hm"}}}"#),
            (DELTA, r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"s+/="}}}"#),
            (DELTA, r#"{"contentBlockIndex":1,"delta":{"reasoningContent":{"redactedContent":"cg=="}}}"#),
        ],
        &[
            Event::Thought { choice: 0, text: "Hm" },
            Event::ThoughtSignature { choice: 0, signature: Signature::new(Upstream::Bedrock, "s+/=") },
            Event::RedactedThought { choice: 0, signature: Signature::new(Upstream::Bedrock, "cg==") },
        ],
    );
    let second = r#"{"contentBlockIndex":2,"start":{"toolUse":{"toolUseId":"t_2","name":"g"}}}"#;
    check(
        "calls, their pieces told apart by block",
        &[
            TOOL,
            (DELTA, r#"{"contentBlockIndex":1,"delta":{"toolUse":{"input":""}}}"#),
            ("contentBlockStart", second),
            (DELTA, r#"{"contentBlockIndex":2,"delta":{"toolUse":{"input":"{\"a\""}}}"#),
            (DELTA, r#"{"contentBlockIndex":1,"delta":{"toolUse":{"input":"{}"}}}"#),
            (DELTA, r#"{"contentBlockIndex":2,"delta":{"toolUse":{"input":":1}"}}}"#),
            ("contentBlockStop", r#"{"contentBlockIndex":1}"#),
            ("contentBlockStop", r#"{"contentBlockIndex":2}"#),
        ],
        &[
            Event::CallStart { choice: 0, call: 0, id: "t_1", name: "f", signature: None },
            Event::CallArguments { choice: 0, call: 0, json: "" },
            Event::CallStart { choice: 0, call: 1, id: "t_2", name: "g", signature: None },
            Event::CallArguments { choice: 0, call: 1, json: "{\"a\"" },
            Event::CallArguments { choice: 0, call: 0, json: "{}" },
            Event::CallArguments { choice: 0, call: 1, json: ":1}" },
        ],
    );
    check(
        "a call of no arguments",
        &[TOOL, ("contentBlockStop", r#"{"contentBlockIndex":1}"#)],
        &[
            Event::CallStart { choice: 0, call: 0, id: "t_1", name: "f", signature: None },
            Event::CallArguments { choice: 0, call: 0, json: "{}" },
        ],
    );
    let server = r#"{"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"s","name":"nova_grounding","type":"server_tool_use"}}}"#;
    check(
        "a tool that the provider runs itself, and what is newer than this code",
        &[
            ("contentBlockStart", server),
            (DELTA, r#"{"contentBlockIndex":0,"delta":{"toolUse":{"input":"{}"}}}"#),
            ("contentBlockStop", r#"{"contentBlockIndex":0}"#),
            ("contentBlockStart", r#"{"contentBlockIndex":1,"start":{"image":{"format":"png"}}}"#),
            (DELTA, r#"{"contentBlockIndex":1,"delta":{"citation":{"title":"x"}}}"#),
            ("initial-response", ""),
        ],
        &[],
    );
}

#[test]
fn which_streams_are_interrupted() {
    let text = (DELTA, r#"{"contentBlockIndex":0,"delta":{"text":"Hi"}}"#);
    check_interrupted("no event at all", b"", Interruption::Truncated);
    check_interrupted("no reason", &body(&[START, text]), Interruption::Truncated);
    check_interrupted("no metadata", &body(&[START, text, STOP]), Interruption::Truncated);
    check_interrupted("metadata and no reason", &body(&[START, text, METADATA]), Interruption::Truncated);
    let whole = body(&[START, text, STOP, METADATA]);
    check_interrupted("the last byte is missing", &whole[..whole.len() - 1], Interruption::Truncated);

    let malformed = |name: &str, event: (&str, &str)| {
        check_interrupted(name, &body(&[START, TOOL, event]), Interruption::Malformed);
    };
    malformed("no JSON", (DELTA, r#"{"contentBlockIndex":0"#));
    malformed("no object", (DELTA, "[]"));
    malformed("no delta", (DELTA, r#"{"contentBlockIndex":0}"#));
    malformed("a text that is none", (DELTA, r#"{"contentBlockIndex":0,"delta":{"text":1}}"#));
    malformed("a thought that is none", (DELTA, r#"{"contentBlockIndex":0,"delta":{"reasoningContent":"x"}}"#));
    malformed("arguments of no call", (DELTA, r#"{"contentBlockIndex":0,"delta":{"toolUse":{"input":"{}"}}}"#));
    malformed("arguments that are no text", (DELTA, r#"{"contentBlockIndex":1,"delta":{"toolUse":{"input":{}}}}"#));
    malformed("a block of no number", ("contentBlockStart", r#"{"start":{"toolUse":{"toolUseId":"t","name":"f"}}}"#));
    malformed(
        "a call of no name",
        ("contentBlockStart", r#"{"contentBlockIndex":2,"start":{"toolUse":{"toolUseId":"t"}}}"#),
    );
    malformed("an end of no reason", ("messageStop", "{}"));
    let calls = body(&vec![TOOL; 1_025]);
    assert_eq!(Err(Interruption::Malformed), REPLAY.feed([&*calls]).result);

    let error = |kind: &str, message: &str| {
        let (kind, message) = (Some(kind.to_owned()), message.to_owned());
        Interruption::UpstreamError(UpstreamError { message, kind, ..UpstreamError::default() })
    };
    let throttled = exception("throttlingException", r#"{"message":"Slow."}"#);
    let expected = error("throttlingException", "Slow.");
    check_interrupted("an exception first", &throttled, expected.clone());
    check_interrupted("an exception later", &[body(&[START, text]), throttled].concat(), expected);
    let gave_up = body(&[START, text, ("messageStop", r#"{"stopReason":"malformed_tool_use"}"#), METADATA]);
    let expected = error("malformed_tool_use", "the model's answer was malformed");
    check_interrupted("the model gave up", &gave_up, expected);
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn no_events_panic(events in vec((0_usize..7, payload()), 0..8)) {
        let names =
            ["messageStart", "contentBlockStart", DELTA, "contentBlockStop", "messageStop", "metadata", "x"];
        let body: Vec<u8> = events.iter().flat_map(|(name, payload)| event(names[*name], payload)).collect();

        let whole = REPLAY.feed([&*body]);
        prop_assert_eq!(whole, REPLAY.feed(body.chunks(1)));
    }
}

/// Payloads that are almost right.
fn payload() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just(r#"{"text":"a"}"#),
        Just(r#"{"toolUse":{"toolUseId":"t","name":"f","input":"{"}}"#),
        Just(r#"{"reasoningContent":{"text":"","signature":"s","redactedContent":null}}"#),
        Just(r#"{"inputTokens":-1,"outputTokens":1e99,"cacheDetails":[{"ttl":"1h","inputTokens":"x"}]}"#),
        Just("null"),
        Just("\"end_turn\""),
    ];
    let key = prop_oneof![Just("delta"), Just("start"), Just("usage"), Just("stopReason"), Just("x")];
    let object = (0_u32..3, key, value)
        .prop_map(|(block, key, value)| format!(r#"{{"contentBlockIndex":{block},"{key}":{value}}}"#));
    prop_oneof![4 => object, 1 => ".{0,20}"]
}
