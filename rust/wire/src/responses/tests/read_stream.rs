//! What providers' streams say.

use proptest::prelude::*;

use super::config;
use crate::chat::{Event, Finish, Signature};
use crate::replay::{Outcome, Replay, lines};
use crate::responses::EventReader;
use crate::stream::{Interruption, State};
use crate::upstream_error::UpstreamError;
use crate::{Upstream, Usage};

const REPLAY: Replay = Replay { upstream: Upstream::Responses, reader: || Box::new(EventReader::default()) };

const CREATED: &str = r#"{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","model":"m","status":"in_progress","error":null,"output":[]}}"#;
const START: Event<'static> = Event::Start { id: "resp_1", model: "m" };
const COMPLETED: &str = r#"{"type":"response.completed","response":{"id":"resp_1","model":"m","status":"completed","error":null,"output":[],"usage":{"input_tokens":3,"output_tokens":2,"total_tokens":5}}}"#;

/// An event a line, each with its name.
fn body<'a>(events: impl IntoIterator<Item = &'a str>) -> String {
    events.into_iter().flat_map(|event| ["data: ", event, "\n\n"]).collect()
}

fn text(delta: &str) -> String {
    format!(
        r#"{{"type":"response.output_text.delta","item_id":"x","output_index":0,"content_index":0,"delta":"{delta}","logprobs":[]}}"#
    )
}

/// Between the created and the completed one, `events` say `expected`.
fn check(name: &str, events: &[&str], expected: &[Event<'static>], finish: Finish) {
    let body = body([CREATED].iter().chain(events).chain(&[COMPLETED]).copied());
    let end = [Event::Usage(usage()), Event::Finish { choice: 0, finish }, Event::End];
    let said: Vec<_> = [START].into_iter().chain(expected.iter().cloned()).chain(end).collect();

    let expected = Outcome { said: lines(&said), result: Ok(State::Finished), usage: Some(usage()) };
    assert_eq!(expected, REPLAY.cut_anywhere(name, body.as_bytes()), "{name}");
}

fn usage() -> Usage {
    Usage { n_input: 3, n_output: 2, ..Usage::default() }
}

/// The stream breaks off, having said `expected`.
fn check_broken(name: &str, body: &str, expected: &[Event<'static>], interruption: Interruption) {
    let outcome = REPLAY.cut_anywhere(name, body.as_bytes());

    let expected = Outcome { said: lines(expected), result: Err(interruption), usage: None };
    assert_eq!(expected, outcome, "{name}");
}

fn say(text: &'static str) -> Event<'static> {
    Event::Text { choice: 0, text }
}

fn think(text: &'static str) -> Event<'static> {
    Event::Thought { choice: 0, text }
}

fn seal() -> Signature<'static> {
    Signature::new(Upstream::Responses, "ab")
}

#[test]
fn texts_and_refusals() {
    let (hello, world) = (text("Hello, "), text("w\\u00f6rld"));
    check("pieces", &[&hello, &world], &[say("Hello, "), say("wörld")], Finish::Stop);
    let around = [
        r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"message","content":[]}}"#,
        r#"{"type":"response.content_part.added","output_index":0,"content_index":0,"part":{"type":"output_text","text":""}}"#,
        &hello,
        r#"{"type":"response.output_text.done","output_index":0,"content_index":0,"text":"Hello, "}"#,
        r#"{"type":"response.content_part.done","output_index":0,"part":{"type":"output_text","text":"Hello, "}}"#,
        r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":[{"type":"output_text","text":"Hello, "}]}}"#,
    ];
    check("what repeats them", &around, &[say("Hello, ")], Finish::Stop);
    let refusal = r#"{"type":"response.refusal.delta","output_index":0,"content_index":0,"delta":"No."}"#;
    check("a refusal", &[refusal], &[Event::Refusal { choice: 0, text: "No." }], Finish::Stop);
    let whole = r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":[{"type":"output_text","text":"a"}]}}"#;
    check("an item that came without pieces", &[whole], &[say("a")], Finish::Stop);
    let likely = r#"{"type":"response.output_text.delta","output_index":0,"delta":"a","logprobs":[{"token":"a","logprob":-0.50}]}"#;
    let json = r#"{"content":[{"token":"a","logprob":-0.50}],"refusal":null}"#;
    check("log probabilities", &[likely], &[Event::Logprobs { choice: 0, json }, say("a")], Finish::Stop);
    let heard = r#"{"type":"response.web_search_call.searching","output_index":0,"item_id":"ws_1"}"#;
    check("what is not read", &[heard, &hello], &[say("Hello, ")], Finish::Stop);
}

#[test]
fn thoughts() {
    let summary = |part: u32, text: &str| {
        format!(
            r#"{{"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":{part},"delta":"{text}"}}"#
        )
    };
    let done = |members: &str| {
        format!(r#"{{"type":"response.output_item.done","output_index":0,"item":{{"type":"reasoning",{members}}}}}"#)
    };
    let (first, second) = (summary(0, "t"), summary(1, "u"));
    let sealed = done(r#""summary":[{"type":"summary_text","text":"t"}],"encrypted_content":"ab""#);
    let signed = [think("t"), Event::ThoughtSignature { choice: 0, signature: seal() }];
    check("a signed one", &[&first, &sealed], &signed, Finish::Stop);
    check("one in parts", &[&first, &second], &[think("t"), think("\n\n"), think("u")], Finish::Stop);
    let itself = r#"{"type":"response.reasoning_text.delta","output_index":0,"content_index":0,"delta":"v"}"#;
    check("the thought itself", &[itself, &done(r#""summary":[]"#)], &[think("v")], Finish::Stop);
    check("one that came without pieces", &[&sealed], &signed, Finish::Stop);
    let redacted = [Event::RedactedThought { choice: 0, signature: seal() }];
    check("a sealed one", &[&done(r#""summary":[],"encrypted_content":"ab""#)], &redacted, Finish::Stop);
    check("one that is not told", &[&done(r#""summary":[]"#)], &[], Finish::Stop);
}

#[test]
fn calls() {
    let added = |index: u32| {
        format!(
            r#"{{"type":"response.output_item.added","output_index":{index},"item":{{"type":"function_call","call_id":"c{index}","name":"f","arguments":""}}}}"#
        )
    };
    let piece = |index: u32, json: &str| {
        format!(r#"{{"type":"response.function_call_arguments.delta","output_index":{index},"delta":"{json}"}}"#)
    };
    let done = |index: u32, arguments: &str| {
        format!(
            r#"{{"type":"response.output_item.done","output_index":{index},"item":{{"type":"function_call","call_id":"c{index}","name":"f","arguments":"{arguments}"}}}}"#
        )
    };
    let begin = |call, id| Event::CallStart { choice: 0, call, id, name: "f", signature: None };
    let add = |call, json| Event::CallArguments { choice: 0, call, json };
    let one = [added(0), piece(0, "{"), piece(0, "}"), done(0, "{}")];
    let one: Vec<_> = one.iter().map(String::as_str).collect();
    check("one in pieces", &one, &[begin(0, "c0"), add(0, "{"), add(0, "}")], Finish::Calls);
    let two = [added(1), added(3), piece(3, "{"), piece(1, "{"), piece(1, "}"), piece(3, "}")];
    let two: Vec<_> = two.iter().map(String::as_str).collect();
    let by_turns = [begin(0, "c1"), begin(1, "c3"), add(1, "{"), add(0, "{"), add(0, "}"), add(1, "}")];
    check("two by turns", &two, &by_turns, Finish::Calls);
    check("one without pieces", &[&added(0), &done(0, "{}")], &[begin(0, "c0"), add(0, "{}")], Finish::Calls);
    check("one that is only done", &[&done(0, "")], &[begin(0, "c0"), add(0, "{}")], Finish::Calls);
    let lost = [piece(0, "{"), done(0, "{}")];
    check("one whose beginning is missing", &[&lost[0], &lost[1]], &[begin(0, "c0"), add(0, "{}")], Finish::Calls);
}

#[test]
fn what_ends_a_stream() {
    let ended = |members: &str, name: &str| {
        format!(r#"{{"type":"{name}","response":{{"id":"resp_1","model":"m",{members}}}}}"#)
    };
    let check = |name: &str, event: &str, expected: &[Event<'static>], finish: Finish| {
        let end = [Event::Finish { choice: 0, finish }, Event::End];
        let said: Vec<_> = [START].into_iter().chain(expected.iter().cloned()).chain(end).collect();
        let outcome = REPLAY.cut_anywhere(name, body([event, "[DONE]"]).as_bytes());
        assert_eq!(Outcome { said: lines(&said), result: Ok(State::Finished), usage: None }, outcome, "{name}");
    };
    let cut = r#""status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}"#;
    check("no room", &ended(cut, "response.incomplete"), &[], Finish::Length);
    let kept = r#""status":"incomplete","incomplete_details":{"reason":"content_filter"}"#;
    check("kept back", &ended(kept, "response.incomplete"), &[], Finish::Filter);
    let whole = r#""status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"a"}]},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call","call_id":"d","name":"f","arguments":"{}"}]"#;
    let begin = |call, id| Event::CallStart { choice: 0, call, id, name: "f", signature: None };
    let add = |call| Event::CallArguments { choice: 0, call, json: "{}" };
    let all = [say("a"), begin(0, "c"), add(0), begin(1, "d"), add(1)];
    check("all at once", &ended(whole, "response.completed"), &all, Finish::Calls);
}

#[test]
fn how_events_may_be_framed() {
    let expected =
        [START, say("é"), Event::Usage(usage()), Event::Finish { choice: 0, finish: Finish::Stop }, Event::End];
    let check = |name: &str, body: &str| {
        let outcome = REPLAY.cut_anywhere(name, body.as_bytes());
        assert_eq!((lines(&expected), Ok(State::Finished)), (outcome.said, outcome.result), "{name}");
    };
    let piece = text("é");
    let plain = body([CREATED, &piece, COMPLETED]);
    check("line feeds", &plain);
    check("carriage returns too", &plain.replace('\n', "\r\n"));
    check("no space", &plain.replace("data: ", "data:"));
    check("names", &plain.replace("data: ", "event: response.x\nid: 1\ndata: "));
    check(
        "a name alone",
        &format!(
            "data: {CREATED}\n\nevent: response.output_text.delta\ndata: {{\"delta\":\"é\"}}\n\ndata: {COMPLETED}\n\n"
        ),
    );
    check("comments", &plain.replace("\n\n", "\n\n: ping\n\n"));
    check("a BOM", &format!("\u{feff}{plain}"));
    check("several lines of data", &plain.replace(r#","response":"#, ",\ndata: \"response\":"));
    check("no blank line at the end", plain.trim_end());
    check("a body that goes on", &format!("{plain}data: [DONE]\n\ndata: {{\"type\":\"error\"}}\n\n"));
}

#[test]
fn what_breaks_a_stream() {
    let piece = text("a");
    let said = [START, say("a")];
    let broken = |name: &str, end: &str, interruption: Interruption| {
        check_broken(name, &format!("{}{end}", body([CREATED, &piece])), &said, interruption);
    };
    broken("no end", "", Interruption::Truncated);
    broken("an end that proves nothing", "data: [DONE]\n\n", Interruption::Truncated);
    broken("an event cut short", "data: {\"type\":\"response.comp", Interruption::Truncated);
    broken("no JSON", "data: {\"type\":}\n\n", Interruption::Malformed);
    broken("an event that is nothing", "data: {}\n\n", Interruption::Malformed);
    broken("a piece of nothing", "data: {\"type\":\"response.output_text.delta\"}\n\n", Interruption::Malformed);
    broken("an end without a response", "data: {\"type\":\"response.completed\"}\n\n", Interruption::Malformed);
    let error = |kind: Option<&str>| {
        Interruption::UpstreamError(UpstreamError {
            message: "Slow down.".to_owned(),
            kind: kind.map(str::to_owned),
            code: Some("rate_limit_exceeded".to_owned()),
            ..UpstreamError::default()
        })
    };
    let members = r#""code":"rate_limit_exceeded","message":"Slow down.","param":null"#;
    broken("an error, as it is described", &format!("data: {{\"type\":\"error\",{members}}}\n\n"), error(None));
    let sent = format!("event: error\ndata: {{\"type\":\"error\",\"error\":{{\"type\":\"requests\",{members}}}}}\n\n");
    broken("one as it is sent", &sent, error(Some("requests")));
    broken("one without a type", &format!("data: {{\"error\":{{{members}}}}}\n\n"), error(None));
    let failed = format!(
        "data: {{\"type\":\"response.failed\",\"response\":{{\"status\":\"failed\",\"error\":{{{members}}}}}}}\n\n"
    );
    broken("a failure", &failed, error(None));
    let failed = format!("data: {{\"type\":\"response.failed\",\"error\":{{{members}}}}}\n\n");
    broken("one by itself", &failed, error(None));
    let ended = format!(
        "data: {{\"type\":\"response.completed\",\"response\":{{\"status\":\"failed\",\"error\":{{{members}}}}}}}\n\n"
    );
    broken("one that says it is an end", &ended, error(None));
}

#[test]
fn items_have_a_bound() {
    let piece = |index: usize| format!(r#"{{"type":"response.output_text.delta","output_index":{index},"delta":"a"}}"#);
    let events: Vec<_> = (0..1_025).map(piece).collect();
    let outcome = REPLAY.feed([body(events.iter().map(String::as_str)).as_bytes()]);

    assert_eq!(Err(Interruption::Malformed), outcome.result);
    assert_eq!(1_024, outcome.said.lines().count());
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn no_body_is_too_odd(
        lines in any::<String>(),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let done = r#"{"type":"response.output_item.done","output_index":1,"item":{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}}"#;
        let mut odd = body([CREATED, &text("a"), done, COMPLETED]).into_bytes();
        let place = place.index(odd.len());
        odd[place] = byte;
        for odd in [odd, body([&*lines]).into_bytes()] {
            let (start, rest) = odd.split_at(cut.index(odd.len() + 1));

            prop_assert_eq!(REPLAY.feed([&*odd]), REPLAY.feed([start, rest]));
        }
    }
}
