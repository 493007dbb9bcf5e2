//! Streams of providers, each fed whole, cut in two at every byte, and byte by byte: all must agree.

use std::sync::{Arc, Mutex};

use proptest::prelude::*;

use crate::chat::{Event, Finish, Signature};
use crate::openai::EventReader;
use crate::stream::{Framing, Interruption, Output, State, StreamReader, WriteEvents};
use crate::{Upstream, UpstreamError, Usage};

use super::{config, leaked};

const ROLE: &str = r#"{"id":"c-1","model":"up","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#;
const HELLO: &str =
    r#"{"id":"c-1","model":"up","choices":[{"index":0,"delta":{"content":"Hé"},"finish_reason":null}]}"#;
const STOP: &str = r#"{"id":"c-1","model":"up","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
const USAGE: &str = r#"{"id":"c-1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4}}"#;
const START: Event<'static> = Event::Start { id: "c-1", model: "up" };
const TEXT: Event<'static> = Event::Text { choice: 0, text: "Hé" };
const END: Event<'static> = Event::Finish { choice: 0, finish: Finish::Stop };

/// Notes events.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<Event<'static>>>>);

impl WriteEvents for Notes {
    fn write(&mut self, event: &Event<'_>, output: &mut Vec<u8>) {
        output.push(b'.');
        self.0.lock().unwrap().push(leaked(event));
    }
}

type Outcome = (Vec<Event<'static>>, Result<State, Interruption>);

fn run<'a>(n_choices: u32, pieces: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let notes = Notes::default();
    let output = Output::Write(Box::new(notes.clone()));
    let framing = Framing::of(Upstream::OpenAi);
    let mut reader = StreamReader::general(framing, Box::new(EventReader::new(n_choices)), output);
    let mut output = Vec::new();
    let fed = pieces.into_iter().try_for_each(|piece| reader.feed(piece, &mut output).map(drop));
    let result = fed.and_then(|()| reader.end(&mut output));
    let events = notes.0.lock().unwrap().clone();
    (events, result)
}

fn run_cut_anywhere(name: &str, body: &[u8]) -> Outcome {
    let whole = run(1, [body]);
    for place in 0..=body.len() {
        let (start, rest) = body.split_at(place);
        assert_eq!(whole, run(1, [start, rest]), "{name}, cut at {place}");
    }
    assert_eq!(whole, run(1, body.chunks(1)), "{name}, byte by byte");
    whole
}

fn body(data: &[&str]) -> String {
    data.iter().flat_map(|data| ["data: ", data, "\n\n"]).collect()
}

fn check_finished(name: &str, body: &str, expected: &[Event<'static>]) {
    let outcome = run_cut_anywhere(name, body.as_bytes());

    assert_eq!((expected, Ok(State::Finished)), (&*outcome.0, outcome.1), "{name}");
}

fn check_interrupted(name: &str, body: &[u8], interruption: Interruption, expected: &[Event<'static>]) {
    let outcome = run_cut_anywhere(name, body);

    assert_eq!((expected, Err(interruption)), (&*outcome.0, outcome.1), "{name}");
}

/// The stream of the pieces `deltas` of one choice, ended by `reason`, says `expected` between its start and its end.
fn check_deltas(name: &str, deltas: &[&str], reason: &str, expected: &[Event<'static>], finish: Finish) {
    let chunks = deltas.iter().map(|delta| format!(r#"{{"id":"c-1","model":"up","choices":[{{"delta":{delta}}}]}}"#));
    let end = STOP.replace("\"stop\"", &format!("\"{reason}\""));
    let chunks: Vec<_> = chunks.chain([end, "[DONE]".to_owned()]).collect();
    let chunks: Vec<_> = chunks.iter().map(String::as_str).collect();
    let mut all = vec![START];
    all.extend_from_slice(expected);
    all.extend([Event::Finish { choice: 0, finish }, Event::End]);
    check_finished(name, &body(&chunks), &all);
}

#[test]
fn what_is_a_whole_stream() {
    let plain = body(&[ROLE, HELLO, STOP, "[DONE]"]);
    let all = [START, TEXT, END, Event::End];
    check_finished("a plain one", &plain, &all);
    check_finished("CRLF", &plain.replace('\n', "\r\n"), &all);
    check_finished("no space behind the colon", &plain.replace("data: ", "data:"), &all);
    check_finished("a byte order mark", &format!("\u{feff}{plain}"), &all);
    check_finished("comments and names", &plain.replace("data:", ": ping\nevent: chunk\ndata:"), &all);
    check_finished("several data lines", &plain.replace(',', ",\ndata: "), &all);
    check_finished("no last blank line", plain.trim_end(), &all);
    check_finished("no [DONE]", &body(&[ROLE, HELLO, STOP]), &all);
    check_finished("more behind [DONE]", &(plain.clone() + "data: {oops\n\n"), &all);
    check_finished("no index", &plain.replace(r#""index":0,"#, ""), &all);
    let empty = r#"{"id":"c-1","model":"up","choices":[],"prompt_filter_results":[]}"#;
    check_finished("no choices first and last", &body(&[empty, HELLO, STOP, empty, "[DONE]"]), &all);
    check_finished("an empty reason", &plain.replace("null", "\"\""), &all);
}

#[test]
fn where_usage_is() {
    let usage = Event::Usage(Usage { n_input: 9, n_output: 4, ..Usage::default() });
    let expected = [START, TEXT, END, usage.clone(), Event::End];
    check_finished("in a chunk of its own", &body(&[HELLO, STOP, USAGE, "[DONE]"]), &expected);
    let merged = STOP.replace("}]}", r#"}],"usage":{"prompt_tokens":9,"completion_tokens":4}}"#);
    check_finished("with the last choice", &body(&[HELLO, &merged, "[DONE]"]), &expected);
    let growing = HELLO.replace("}]}", r#"}],"usage":{"prompt_tokens":9,"completion_tokens":4}}"#);
    check_finished("with every chunk", &body(&[&growing, STOP]), &[START, TEXT, usage, END, Event::End]);
}

#[test]
fn calls_in_fragments() {
    let start = |call, id, name| Event::CallStart { choice: 0, call, id, name, signature: None };
    let arguments = |call, json| Event::CallArguments { choice: 0, call, json };
    let check = |name, deltas: &[&str], expected: &[Event<'static>]| {
        check_deltas(name, deltas, "tool_calls", expected, Finish::Calls);
    };
    let begin = r#"{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]}"#;
    let piece =
        |index: &str, json: &str| format!(r#"{{"tool_calls":[{{{index}"function":{{"arguments":"{json}"}}}}]}}"#);
    let pieces = [piece(r#""index":0,"#, r#"{\"x\""#), piece(r#""index":0,"#, ":1}")];
    let one = [start(0, "a", "f"), arguments(0, r#"{"x""#), arguments(0, ":1}")];
    check("one", &[begin, &pieces[0], &pieces[1]], &one);
    let unnumbered = [begin.replace(r#""index":0,"#, ""), piece("", r#"{\"x\""#), piece("", ":1}")];
    check("without an index", &[&unnumbered[0], &unnumbered[1], &unnumbered[2]], &one);
    let repeated = r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}"#;
    check("the id again", &[begin, repeated], &[start(0, "a", "f"), arguments(0, "{}")]);
    let both = r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}},{"index":1,"id":"b","function":{"name":"g","arguments":"["}}]}"#;
    let rest = piece(r#""index":1,"#, "]");
    let two = [start(0, "a", "f"), arguments(0, "{}"), start(1, "b", "g"), arguments(1, "["), arguments(1, "]")];
    check("two in one piece", &[both, &rest], &two);
    let same_index = both.replace(r#""index":1"#, r#""index":0"#);
    check("two of the same index", &[&same_index, &piece(r#""index":0,"#, "]")], &two);
    let no_index = both.replace(r#""index":0,"#, "").replace(r#""index":1,"#, "");
    check("two without an index", &[&no_index, &piece("", "]")], &two);
    let from_one = r#"{"tool_calls":[{"index":1,"id":"a","function":{"name":"f","arguments":"{}"}}]}"#;
    check("counted from one", &[from_one], &[start(0, "a", "f"), arguments(0, "{}")]);
    let bare = r#"{"tool_calls":[{"index":0,"function":{"name":"f"}}]}"#;
    check("no id and no arguments", &[bare], &[start(0, "call_c1_0", "f"), arguments(0, "{}")]);
    let object = r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":{"x":1}}}]}"#;
    check("arguments that are no text", &[object], &[start(0, "a", "f"), arguments(0, r#"{"x":1}"#)]);
    let older = [r#"{"function_call":{"name":"f","arguments":""}}"#, r#"{"function_call":{"arguments":"{}"}}"#];
    check("the older form", &older, &[start(0, "call_c1_0", "f"), arguments(0, "{}")]);
    let stop = [start(0, "a", "f"), arguments(0, "{}")];
    check_deltas("a call that is said to stop", &[repeated], "stop", &stop, Finish::Calls);
    let signed = r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"s"}}}]}"#;
    let signature = Some(Signature::new(Upstream::OpenAi, "s"));
    let expected = [Event::CallStart { choice: 0, call: 0, id: "a", name: "f", signature }, arguments(0, "{}")];
    check("a signed one", &[signed], &expected);
}

#[test]
fn thoughts_and_refusals() {
    let thought = |text| Event::Thought { choice: 0, text };
    let signature = |text| Event::ThoughtSignature { choice: 0, signature: Signature::new(Upstream::OpenAi, text) };
    let hello = r#"{"content":"Hé"}"#;
    let check = |name, deltas: &[&str], expected: &[Event<'static>]| {
        check_deltas(name, deltas, "stop", expected, Finish::Stop);
    };
    let unsigned = [thought("a"), thought("b"), signature(""), TEXT];
    let pieces = [r#"{"reasoning_content":"a","content":""}"#, r#"{"reasoning_content":"b"}"#, hello];
    check("DeepSeek's", &pieces, &unsigned);
    check("others'", &[r#"{"reasoning":"a"}"#, r#"{"reasoning":"b"}"#, hello], &unsigned);
    let detail = |members: &str| format!(r#"{{"reasoning":"x","reasoning_details":[{{{members},"index":0}}]}}"#);
    let details = [detail(r#""text":"a""#), detail(r#""text":"b""#), detail(r#""signature":"s""#)];
    let pieces = [&*details[0], &details[1], &details[2], hello];
    check("signed", &pieces, &[thought("a"), thought("b"), signature("s"), TEXT]);
    let sealed = Event::RedactedThought { choice: 0, signature: Signature::new(Upstream::OpenAi, "z") };
    check("sealed", &[&details[0], &detail(r#""data":"z""#), hello], &[thought("a"), signature(""), sealed, TEXT]);
    let mistral = r#"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"a"}]}]}"#;
    check("Mistral's", &[mistral, hello], &[thought("a"), signature(""), TEXT]);
    check("thoughts alone", &[r#"{"reasoning":"a"}"#], &[thought("a"), signature("")]);
    let refusal = [r#"{"refusal":"No"}"#, r#"{"refusal":"."}"#];
    let expected = ["No", "."].map(|text| Event::Refusal { choice: 0, text });
    check_deltas("a refusal", &refusal, "stop", &expected, Finish::Filter);
    let text = |text| Event::Text { choice: 0, text };
    check_deltas("a filter", &[r#"{"content":"a"}"#], "content_filter", &[text("a")], Finish::Filter);
    check_deltas("no room", &[r#"{"content":"a"}"#], "length", &[text("a")], Finish::Length);
    check("nothing", &[], &[]);
}

#[test]
fn log_probabilities_come_before_their_piece() {
    let chunk = HELLO.replace(r#""delta""#, r#""logprobs":{"content":[]},"delta""#);
    let logprobs = Event::Logprobs { choice: 0, json: r#"{"content":[]}"# };
    check_finished("logprobs", &body(&[&chunk, STOP]), &[START, logprobs, TEXT, END, Event::End]);
}

#[test]
fn several_choices() {
    let other = |text: &str| text.replace(r#""index":0"#, r#""index":1"#);
    let (hello_other, stop_other) = (other(HELLO), other(STOP));
    let check = |name: &str, n_choices, data: &[&str], expected: Result<State, Interruption>| {
        assert_eq!(expected, run(n_choices, [body(data).as_bytes()]).1, "{name}");
    };
    check("both end", 2, &[HELLO, &hello_other, STOP, &stop_other], Ok(State::Finished));
    check("one ends", 2, &[HELLO, &hello_other, STOP, "[DONE]"], Err(Interruption::Truncated));
    check("one never comes", 2, &[HELLO, STOP], Err(Interruption::Truncated));
    check("one never comes, and [DONE]", 2, &[HELLO, STOP, "[DONE]"], Ok(State::Finished));
    let absurd = STOP.replace(r#""index":0"#, r#""index":128"#);
    check("more than there can be", 1, &[&absurd, STOP], Err(Interruption::Malformed));
    let many: Vec<_> =
        (0..1_025).map(|index| format!(r#"{{"index":{index},"id":"c{index}","function":{{"name":"f"}}}}"#)).collect();
    let many = format!(r#"{{"choices":[{{"delta":{{"tool_calls":[{}]}}}}]}}"#, many.join(","));
    check("more calls than there can be", 1, &[&many, STOP], Err(Interruption::Malformed));
}

#[test]
fn what_is_interrupted() {
    let cut = body(&[ROLE, HELLO]);
    check_interrupted("nothing", b"", Interruption::Truncated, &[]);
    check_interrupted("no finish reason", cut.as_bytes(), Interruption::Truncated, &[START, TEXT]);
    let done = body(&[HELLO, "[DONE]"]);
    check_interrupted("[DONE] but no finish reason", done.as_bytes(), Interruption::Truncated, &[START, TEXT]);
    check_interrupted("an end inside an event", &cut.as_bytes()[..cut.len() - 9], Interruption::Truncated, &[START]);
    let broken = body(&[HELLO, r#"{"choices":[}"#, STOP]);
    check_interrupted("malformed JSON", broken.as_bytes(), Interruption::Malformed, &[START, TEXT]);
    check_interrupted("an array", body(&["[]"]).as_bytes(), Interruption::Malformed, &[]);
    check_interrupted("bytes that are no UTF-8", b"data: {\"a\":\"\xff\"}\n\n", Interruption::Malformed, &[]);
    check_interrupted(
        "a choice that is none",
        body(&[r#"{"choices":[1]}"#]).as_bytes(),
        Interruption::Malformed,
        &[Event::Start { id: "", model: "" }],
    );
}

#[test]
fn errors_inside_a_stream() {
    let error =
        UpstreamError { message: "Busy.".into(), kind: Some("server_error".into()), ..UpstreamError::default() };
    let interruption = || Interruption::UpstreamError(error.clone());
    let told = r#"{"error":{"message":"Busy.","type":"server_error","param":null,"code":null}}"#;
    check_interrupted("at the start", body(&[told]).as_bytes(), interruption(), &[]);
    check_interrupted("in the middle", body(&[HELLO, told, STOP]).as_bytes(), interruption(), &[START, TEXT]);
    let top = r#"{"object":"error","message":"Busy.","type":"server_error"}"#;
    check_interrupted("at the top", body(&[HELLO, top]).as_bytes(), interruption(), &[START, TEXT]);
    let named = format!("event: error\ndata: {}\n\n", r#"{"message":"Busy.","type":"server_error"}"#);
    check_interrupted("in an event of that name", named.as_bytes(), interruption(), &[]);
    let gave_up = STOP.replace("stop", "error");
    let outcome = run_cut_anywhere("a model that gave up", body(&[HELLO, &gave_up, "[DONE]"]).as_bytes());
    assert!(matches!(outcome.1, Err(Interruption::UpstreamError(error)) if error.code.as_deref() == Some("error")));
}

/// Bodies of pieces that meet where a reader may go wrong.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let call =
        r#"{"choices":[{"delta":{"tool_calls":[{"function":{"name":"f","arguments":"{"}},{"index":0,"id":"x"},1]}}]}"#;
    let thought =
        r#"{"choices":[{"delta":{"reasoning_details":[{"text":"a"},{"data":1}],"content":[1]},"logprobs":{}}]}"#;
    let data = vec![ROLE, HELLO, STOP, USAGE, call, thought, "[DONE]", "{}", "{", r#"{"choices":[{"index":1e2}]}"#];
    let event = prop::sample::select(data).prop_map(|data| body(&[data]).into_bytes());
    let piece = prop_oneof![8 => event, 1 => prop::collection::vec(any::<u8>(), 0..4)];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn no_cut_matters(body in bodies(), n_piece in 1_usize..64, n_choices in 1_u32..3) {
        let whole = run(n_choices, [body.as_slice()]);
        prop_assert_eq!(&whole, &run(n_choices, body.chunks(n_piece)));
        prop_assert_eq!(whole.1.is_ok(), whole.0.last() == Some(&Event::End));
    }
}
