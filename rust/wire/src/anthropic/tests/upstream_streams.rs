//! Streams from a provider, cut anywhere.

use std::fmt::Write as _;
use std::sync::Arc;

use super::{json, request, with};
use crate::anthropic::{EventReader, EventWriter};
use crate::stream::{Framing, Interruption, Output, State, StreamReader};
use crate::translation::Context;
use crate::{Reading, Upstream};

/// What a client got, how far it went, and why it broke off.
type Outcome = (String, Result<State, Interruption>);

fn reader() -> StreamReader {
    let request = request(&with(r#","stream":true"#));
    let writer = EventWriter::new(&Context { request: &request, id: "req_1", unix_seconds: 0 });
    let output = Output::Write(Box::new(writer));
    StreamReader::general(Framing::of(Upstream::Anthropic), Box::new(EventReader::default()), output)
}

fn feed<'a>(mut reader: StreamReader, pieces: impl IntoIterator<Item = &'a [u8]>) -> (Outcome, StreamReader) {
    let mut output = Vec::new();
    let mut result = Ok(State::Starting);
    for piece in pieces {
        result = result.and_then(|_| reader.feed(piece, &mut output));
    }
    result = result.and_then(|_| reader.end(&mut output));
    ((String::from_utf8(output).unwrap(), result), reader)
}

/// Reads `body` whole, cut in two at each byte and byte by byte, which must make no difference.
fn outcome(name: &str, body: &str) -> Outcome {
    let body = body.as_bytes();
    let (whole, _) = feed(reader(), [body]);
    for cut in 0..body.len() {
        let (start, end) = body.split_at(cut);

        assert_eq!(whole, feed(reader(), [start, end]).0, "{name}, cut at {cut}");
    }
    assert_eq!(whole, feed(reader(), body.chunks(1)).0, "{name}, byte by byte");
    whole
}

/// Events of a provider, each of which tells its kind in its data.
fn events(data: &[&str]) -> String {
    data.iter().fold(String::new(), |mut body, data| {
        let kind = json(data.as_bytes())["type"].as_str().unwrap().to_owned();
        write!(body, "event: {kind}\ndata: {data}\n\n").unwrap();
        body
    })
}

const START: &str = r#"{"type":"message_start","message":{"id":"msg_1","model":"claude","usage":{"input_tokens":9,"output_tokens":1}}}"#;
const TEXT: &str = r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;
const HI: &str = r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hé"}}"#;
const BLOCK_STOP: &str = r#"{"type":"content_block_stop","index":0}"#;
const DELTA: &str =
    r#"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":5}}"#;
const STOP: &str = r#"{"type":"message_stop"}"#;
const ALL: [&str; 6] = [START, TEXT, HI, BLOCK_STOP, DELTA, STOP];

/// `ALL` as the client gets it: the same, in this writer's spelling.
fn expected() -> String {
    let usage =
        r#""usage":{"input_tokens":9,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":5}"#;
    let none = usage.replace(":9", ":0").replace(":5", ":0");
    let start = format!(
        r#"{{"type":"message_start","message":{{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[],"stop_reason":null,"stop_sequence":null,{none}}}}}"#
    );
    let delta =
        format!(r#"{{"type":"message_delta","delta":{{"stop_reason":"end_turn","stop_sequence":null}},{usage}}}"#);
    events(&[&start, TEXT, HI, BLOCK_STOP, &delta, STOP])
}

#[test]
fn streams_that_are_whole() {
    let check = |name: &str, body: &str| {
        assert_eq!((expected(), Ok(State::Finished)), outcome(name, body), "{name}");
    };
    let plain = events(&ALL);
    check("as the provider sends it", &plain);
    check("with carriage returns", &plain.replace('\n', "\r\n"));
    check("without spaces", &plain.replace("data: ", "data:").replace("event: ", "event:"));
    check("without names", &ALL.map(|data| format!("data: {data}\n\n")).concat());
    check("with comments and ids", &plain.replace("event:", ": ping\nid: 1\nevent:"));
    check("with pings", &plain.replace("event: content", "event: ping\ndata: {\"type\": \"ping\"}\n\nevent: content"));
    check("data in several lines", &plain.replace(r#","index""#, ",\ndata: \"index\""));
    check("a byte order mark", &format!("\u{feff}{plain}"));
    check("more after the end", &format!("{plain}event: error\ndata: {{\"type\":\"error\"}}\n\n"));
    check("no last blank line", plain.trim_end());
    check(
        "events of later days",
        &plain.replace("event: content", "event: news\ndata: {\"type\":\"news\"}\n\nevent: content"),
    );
    let no_kind = plain.replace(r#""type":"message_stop""#, "");
    check("a kind in the name alone", &no_kind);
    let unsaid = events(&[START, TEXT, HI, BLOCK_STOP, &DELTA.replace(r#""end_turn""#, "null"), STOP]);
    check("no reason, but an end", &unsaid);
}

#[test]
fn streams_that_break_off() {
    let check = |name: &str, body: &str, expected: Interruption| {
        let (output, result) = outcome(name, body);

        assert_eq!(Err(expected), result, "{name}");
        assert!(!output.contains("message_stop"), "{name}: {output}");
    };
    check("nothing at all", "", Interruption::Truncated);
    check("before the end", &events(&ALL[..5]), Interruption::Truncated);
    check("in an event", &events(&ALL)[..events(&ALL).len() - 9], Interruption::Truncated);
    check("malformed JSON", &events(&ALL).replace(r#""hé"}"#, r#""hé""#), Interruption::Malformed);
    check("no object", "data: [1]\n\n", Interruption::Malformed);
    check("the end of another dialect", "data: [DONE]\n\n", Interruption::Malformed);
    check(
        "a block of no object",
        &events(&[START, r#"{"type":"content_block_start","index":0}"#]),
        Interruption::Malformed,
    );
}

#[test]
fn errors_in_the_stream() {
    let check = |name: &str, event: &str| {
        let (output, result) = outcome(name, &(events(&ALL[..3]) + event));

        let Err(Interruption::UpstreamError(error)) = result else { panic!("{name}: {result:?}") };
        assert_eq!(Some("overloaded_error"), error.kind.as_deref(), "{name}");
        assert_eq!("Overloaded", error.message, "{name}");
        assert!(output.contains("hé") && !output.contains("Overloaded"), "{name}");
    };
    let error = r#""error":{"type":"overloaded_error","message":"Overloaded"}"#;
    check("as the dialect has it", &format!("event: error\ndata: {{\"type\":\"error\",{error}}}\n\n"));
    check("by its name alone", &format!("event: error\ndata: {{{error}}}\n\n"));
    check("by its member alone", &format!("data: {{{error}}}\n\n"));
}

#[test]
fn pieces_of_blocks() {
    let check = |name: &str, blocks: &[&str], expected: &[&str]| {
        let all: Vec<&str> = [START].iter().chain(blocks).chain(&[DELTA, STOP]).copied().collect();
        let (output, result) = outcome(name, &events(&all));

        assert_eq!(Ok(State::Finished), result, "{name}");
        let start = output.find("event: content_block_start").unwrap_or(output.len());
        let end = output.find("event: message_delta").unwrap();
        assert_eq!(events(expected), output[start.min(end)..end], "{name}");
    };
    let start = |block: &str| format!(r#"{{"type":"content_block_start","index":0,"content_block":{block}}}"#);
    let delta = |delta: &str| format!(r#"{{"type":"content_block_delta","index":0,"delta":{delta}}}"#);
    let arguments = |json: &str| delta(&format!(r#"{{"type":"input_json_delta","partial_json":"{json}"}}"#));
    let call = start(r#"{"type":"tool_use","id":"a","name":"f","input":{}}"#);
    let thought = start(r#"{"type":"thinking","thinking":"","signature":""}"#);
    let hm = delta(r#"{"type":"thinking_delta","thinking":"hm"}"#);
    let sign = |text: &str| delta(&format!(r#"{{"type":"signature_delta","signature":"{text}"}}"#));
    let [first, second] = [r#"{\"a"#, r#"\":1}"#].map(arguments);
    let fragments = [&call, &first, &second, BLOCK_STOP];
    check("arguments in fragments", &fragments, &fragments);
    check(
        "an empty fragment",
        &[&call, &arguments(""), &arguments("{}"), BLOCK_STOP],
        &[&call, &arguments("{}"), BLOCK_STOP],
    );
    check("no arguments", &[&call, BLOCK_STOP], &[&call, &arguments("{}"), BLOCK_STOP]);
    let early = start(r#"{"type":"tool_use","id":"a","name":"f","input":{"b":1}}"#);
    check("arguments at the start", &[&early, BLOCK_STOP], &[&call, &arguments(r#"{\"b\":1}"#), BLOCK_STOP]);
    let signature = sign("EqQB");
    let signed = [&*thought, &*hm, &*signature, BLOCK_STOP];
    check("a thought", &signed, &signed);
    check("a hidden thought", &[&thought, &sign("EqQB"), BLOCK_STOP], &[&thought, &sign("EqQB"), BLOCK_STOP]);
    check("an unsigned thought", &[&thought, &hm, BLOCK_STOP], &[&thought, &hm, &sign("tiercel.unsigned"), BLOCK_STOP]);
    let redacted = start(r#"{"type":"redacted_thinking","data":"EqQB"}"#);
    check("a redacted thought", &[&redacted, BLOCK_STOP], &[&redacted, BLOCK_STOP]);
    let early = start(r#"{"type":"text","text":"hé"}"#);
    check("a text at the start", &[&early, BLOCK_STOP], &[TEXT, HI, BLOCK_STOP]);
    check("an empty text", &[TEXT, BLOCK_STOP], &[]);
    let search = start(r#"{"type":"server_tool_use","id":"a","name":"web_search","input":{}}"#);
    check("a tool of the provider's", &[&search, &arguments("{}"), BLOCK_STOP], &[]);
    check(
        "a citation",
        &[TEXT, HI, &delta(r#"{"type":"citations_delta","citation":{}}"#), BLOCK_STOP],
        &[TEXT, HI, BLOCK_STOP],
    );
}

#[test]
fn parallel_calls_are_kept_apart() {
    let call = |index: u32, id: &str| {
        format!(
            r#"{{"type":"content_block_start","index":{index},"content_block":{{"type":"tool_use","id":"{id}","name":"f","input":{{}}}}}}"#
        )
    };
    let arguments = |index: u32| {
        format!(
            r#"{{"type":"content_block_delta","index":{index},"delta":{{"type":"input_json_delta","partial_json":"{{\"a\":{index}}}"}}}}"#
        )
    };
    let stop = |index: u32| format!(r#"{{"type":"content_block_stop","index":{index}}}"#);
    let [first, second] = [(0, "a"), (1, "b")].map(|(index, id)| [call(index, id), arguments(index), stop(index)]);
    let calls: Vec<&str> = first.iter().chain(&second).map(|event| &**event).collect();
    let all: Vec<&str> = [START].into_iter().chain(calls.clone()).chain([DELTA, STOP]).collect();
    let (output, _) = outcome("two calls", &events(&all));

    assert!(output.contains(&events(&calls)), "{output}");
}

#[test]
fn what_is_counted() {
    let (_, reader) = feed(reader(), [events(&ALL).as_bytes()]);
    let usage = reader.usage().unwrap();

    // "hé" is three bytes; the text and the reason say something.
    assert_eq!((9, 5, 3, 2), (usage.n_input, usage.n_output, reader.n_content_bytes(), reader.n_meaningful_events()));
}

#[test]
fn reports_of_zero_take_nothing_back() {
    let zero = DELTA.replace(r#""output_tokens":5"#, r#""output_tokens":5,"input_tokens":0"#);
    let (_, reader) = feed(reader(), [events(&[START, &zero, STOP]).as_bytes()]);

    assert_eq!(Some((9, 5)), reader.usage().map(|usage| (usage.n_input, usage.n_output)));
}

#[test]
fn calls_are_bounded() {
    let call = r#"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"a","name":"f","input":{}}}"#;
    let check = |n_calls: usize, expected: Result<State, Interruption>| {
        let all: Vec<&str> = [START].into_iter().chain([call].repeat(n_calls)).chain([STOP]).collect();
        let ((_, result), _) = feed(reader(), [events(&all).as_bytes()]);

        assert_eq!(expected, result);
    };
    check(1_024, Ok(State::Finished));
    check(1_025, Err(Interruption::Malformed));
}

#[test]
fn relayed_events_stay_as_they_are() {
    let request = Arc::new(request(&with(r#","stream":true"#)));
    let body = events(&ALL).replace(": ", ":");
    let reading = Reading::new(request, Upstream::Anthropic, "req_1".to_owned(), 0);
    let ((output, result), reader) = feed(reading.stream(), [body.as_bytes()]);

    assert_eq!((events(&ALL), Ok(State::Finished)), (output, result));
    assert_eq!(Some((9, 5)), reader.usage().map(|usage| (usage.n_input, usage.n_output)));
}
