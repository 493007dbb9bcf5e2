//! What streams say, and which are whole.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::chat::{Event, Finish};
use crate::cohere::EventReader;
use crate::replay::{Outcome, Replay, config, lines};
use crate::{Interruption, State, Upstream, UpstreamError, Usage};

const REPLAY: Replay = Replay { upstream: Upstream::Cohere, reader: || Box::new(EventReader::default()) };
const START: &str =
    r#"{"id":"c1","type":"message-start","delta":{"message":{"role":"assistant","content":[],"tool_plan":""}}}"#;
const END: &str = r#"{"type":"message-end","id":"c1","delta":{"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":7,"output_tokens":3}}}}"#;
const USAGE: Usage = Usage {
    n_input: 7,
    n_cache_read: 0,
    n_cache_write: 0,
    n_cache_write_1h: 0,
    n_output: 3,
    n_reasoning: 0,
    is_suspect: false,
};
const HI: &str = r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"Hé"}}}}"#;
const CALL: &str = r#"{"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"a","type":"function","function":{"name":"f","arguments":""}}}}}"#;

fn body(events: &[&str]) -> String {
    events.iter().flat_map(|data| ["event: x\ndata: ", data, "\n\n"]).collect()
}

/// A stream that says `middle`, which must mean `expected`.
fn check(name: &str, middle: &[&str], expected: &[Event<'_>]) {
    check_body(name, &body(&[&[START], middle, &[END]].concat()), expected);
}

fn check_body(name: &str, body: &str, expected: &[Event<'_>]) {
    let start = Event::Start { id: "c1", model: "" };
    let end = [Event::Finish { choice: 0, finish: Finish::Stop }, Event::Usage(USAGE), Event::End];
    let said = lines(&[&[start], expected, &end].concat());

    let outcome = Outcome { said, result: Ok(State::Finished), usage: Some(USAGE) };
    assert_eq!(outcome, REPLAY.cut_anywhere(name, body.as_bytes()), "{name}");
}

fn check_interrupted(name: &str, body: &str, expected: Interruption) {
    assert_eq!(Err(expected), REPLAY.cut_anywhere(name, body.as_bytes()).result, "{name}");
}

#[test]
fn what_events_mean() {
    check("nothing", &[], &[]);
    check(
        "text and thoughts, and nothing for where they begin and end",
        &[
            r#"{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"thinking","thinking":""}}}}"#,
            r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"thinking":"Hm"}}}}"#,
            r#"{"type":"content-end","index":0}"#,
            r#"{"type":"content-start","index":1,"delta":{"message":{"content":{"type":"text","text":"Oh"}}}}"#,
            HI,
        ],
        &[
            Event::Thought { choice: 0, text: "Hm" },
            Event::Text { choice: 0, text: "Oh" },
            Event::Text { choice: 0, text: "Hé" },
        ],
    );
    let start = |call, id| Event::CallStart { choice: 0, call, id, name: "f", signature: None };
    let arguments = |call, json| Event::CallArguments { choice: 0, call, json };
    check(
        "a plan and its calls",
        &[
            r#"{"type":"tool-plan-delta","delta":{"message":{"tool_plan":"First."}}}"#,
            CALL,
            r#"{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{\"x\""}}}}}"#,
            r#"{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":":1}"}}}}}"#,
            r#"{"type":"tool-call-end","index":0}"#,
            r#"{"type":"tool-call-start","index":5,"delta":{"message":{"tool_calls":{"id":"b","function":{"name":"f"}}}}}"#,
            r#"{"type":"tool-call-end","index":5}"#,
        ],
        &[
            Event::Thought { choice: 0, text: "First." },
            start(0, "a"),
            arguments(0, "{\"x\""),
            arguments(0, ":1}"),
            start(1, "b"),
            arguments(1, "{}"),
        ],
    );
    let ignored = [
        r#"{"type":"citation-start","index":0,"delta":{"message":{"citations":{"start":0,"end":2,"text":"Hé"}}}}"#,
        r#"{"type":"citation-end","index":0}"#,
        r#"{"type":"debug","prompt":"x"}"#,
        r#"{"type":"novel"}"#,
    ];
    check("what says nothing", &ignored, &[]);
}

#[test]
fn how_bodies_may_be_written() {
    let plain = body(&[START, HI, END]);
    let hi = [Event::Text { choice: 0, text: "Hé" }];
    check_body("plain", &plain, &hi);
    check_body("CRLF", &plain.replace('\n', "\r\n"), &hi);
    check_body("no space behind the colon", &plain.replace("data: ", "data:"), &hi);
    check_body("no names", &plain.replace("event: x\n", ""), &hi);
    check_body("comments", &plain.replace("\n\n", "\n: ping\n\n"), &hi);
    check_body("a byte order mark", &format!("\u{feff}{plain}"), &hi);
    check_body("several lines of data", &plain.replace(r#","delta""#, ",\ndata: \"delta\""), &hi);
    check_body("no last blank line", plain.trim_end(), &hi);
    check_body("and on it goes", &format!("{plain}data: [DONE]\n\n"), &hi);
}

#[test]
fn which_streams_are_interrupted() {
    check_interrupted("no event at all", "", Interruption::Truncated);
    check_interrupted("no end", &body(&[START, HI]), Interruption::Truncated);
    check_interrupted("half of the end", &body(&[START, HI, END])[..300], Interruption::Truncated);
    check_interrupted("done, and no end", &(body(&[START, HI]) + "data: [DONE]\n\n"), Interruption::Malformed);

    let malformed = |name: &str, event: &str| {
        check_interrupted(name, &body(&[START, CALL, event, END]), Interruption::Malformed);
    };
    malformed("no JSON", "{");
    malformed("no object", "[]");
    malformed("no type", "{}");
    malformed("no content", r#"{"type":"content-delta","index":0,"delta":{}}"#);
    malformed("no plan", r#"{"type":"tool-plan-delta","delta":{"message":{}}}"#);
    malformed("a call of no number", &CALL.replace(r#""index":0,"#, ""));
    malformed("a call of no name", &CALL.replace(r#""name":"f","#, ""));
    malformed("arguments of no call", r#"{"type":"tool-call-delta","index":1,"delta":{}}"#);
    malformed("the end of no call", r#"{"type":"tool-call-end","index":1}"#);
    malformed("an end of no reason", r#"{"type":"message-end","delta":{}}"#);
    assert_eq!(Err(Interruption::Malformed), REPLAY.feed([body(&vec![CALL; 1_025]).as_bytes()]).result);

    let error = |kind: Option<&str>, message: &str| {
        let (kind, message) = (kind.map(str::to_owned), message.to_owned());
        Interruption::UpstreamError(UpstreamError { message, kind, ..UpstreamError::default() })
    };
    let gave_up = r#"{"type":"message-end","delta":{"finish_reason":"ERROR","error":"out of memory"}}"#;
    check_interrupted("the model gave up", &body(&[START, HI, gave_up]), error(Some("ERROR"), "out of memory"));
    let late = r#"{"type":"message-end","delta":{"finish_reason":"TIMEOUT"}}"#;
    let expected = error(Some("TIMEOUT"), "the model gave up before its answer was complete");
    check_interrupted("it took too long", &body(&[START, HI, late]), expected);
    let overloaded = r#"{"message":"overloaded"}"#;
    check_interrupted("an error", &body(&[START, overloaded]), error(None, "overloaded"));
    let typed = r#"{"type":"error","message":"overloaded"}"#;
    check_interrupted("an error that says so", &body(&[START, typed]), error(None, "overloaded"));
}

proptest! {
    #![proptest_config(config(1_000))]

    #[test]
    fn no_events_panic(events in vec(data(), 0..8)) {
        let body = body(&events.iter().map(String::as_str).collect::<Vec<_>>());

        let whole = REPLAY.feed([body.as_bytes()]);
        prop_assert_eq!(whole, REPLAY.feed(body.as_bytes().chunks(1)));
    }
}

/// Events that are almost right.
fn data() -> impl Strategy<Value = String> {
    let kind = prop_oneof![
        Just("message-start"),
        Just("content-start"),
        Just("content-delta"),
        Just("tool-plan-delta"),
        Just("tool-call-start"),
        Just("tool-call-delta"),
        Just("tool-call-end"),
        Just("message-end"),
    ];
    let delta = prop_oneof![
        Just(r#"{"message":{"content":{"text":"a","thinking":"b"}}}"#),
        Just(r#"{"message":{"tool_plan":"a"}}"#),
        Just(r#"{"message":{"tool_calls":{"id":"a","function":{"name":"f","arguments":"{"}}}}"#),
        Just(r#"{"finish_reason":"MAX_TOKENS","usage":{"tokens":{"input_tokens":-1},"cached_tokens":"x"}}"#),
        Just("null"),
    ];
    let event = (kind, 0_u32..3, delta)
        .prop_map(|(kind, index, delta)| format!(r#"{{"type":"{kind}","index":{index},"delta":{delta}}}"#));
    prop_oneof![4 => event, 1 => ".{0,20}"]
}
