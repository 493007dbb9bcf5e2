//! Streams of OpenAI's dialect. Each case is fed whole, cut in two at every byte, and byte by byte: all must agree.
#![expect(clippy::unwrap_used, reason = "a test may panic, and so may the functions that its rows share")]

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tiercel_wire::openai::StreamReader;
use tiercel_wire::{Interruption, State, UpstreamError};

const ROLE: &str = r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#;
const HELLO: &str = r#"{"choices":[{"index":0,"delta":{"content":"Hé"},"finish_reason":null}],"usage":null}"#;
const STOP: &str = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
const USAGE: &str = r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}"#;
const NO_CHOICES: &str = r#"{"choices":[],"prompt_filter_results":[{"prompt_index":0}]}"#;

/// What a client got, and how it ended.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    output: String,
    result: Result<State, Interruption>,
    n_output: Option<u64>,
    n_content_bytes: u64,
    n_meaningful_events: u64,
}

/// Options of a stream and how its body is cut.
struct Replay {
    n_choices: u32,
    strip_usage: bool,
}

impl Replay {
    fn run<'a>(&self, pieces: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
        let mut reader = StreamReader::new(self.n_choices, self.strip_usage);
        let mut output = Vec::new();
        let fed = pieces.into_iter().try_for_each(|piece| reader.feed(piece, &mut output).map(drop));
        let result = fed.and_then(|()| reader.end(&mut output));
        Outcome {
            output: String::from_utf8(output).unwrap(),
            result,
            n_output: reader.usage().map(|usage| usage.n_output),
            n_content_bytes: reader.n_content_bytes(),
            n_meaningful_events: reader.n_meaningful_events(),
        }
    }

    fn run_cut_anywhere(&self, name: &str, body: &[u8]) -> Outcome {
        let whole = self.run([body]);
        for place in 0..=body.len() {
            let (start, rest) = body.split_at(place);
            assert_eq!(whole, self.run([start, rest]), "{name}, cut at {place}");
        }
        assert_eq!(whole, self.run(body.chunks(1)), "{name}, byte by byte");
        whole
    }
}

const ONE: Replay = Replay { n_choices: 1, strip_usage: true };

fn events(data: &[&str]) -> String {
    data.iter().flat_map(|data| ["data: ", data, "\n\n"]).collect()
}

fn check_finished(name: &str, body: &str, expected: &[&str]) -> Outcome {
    let outcome = ONE.run_cut_anywhere(name, body.as_bytes());

    assert_eq!((Ok(State::Finished), events(expected)), (outcome.result.clone(), outcome.output.clone()), "{name}");
    outcome
}

fn check_interrupted(name: &str, body: &[u8], interruption: Interruption, expected: &[&str]) {
    let outcome = ONE.run_cut_anywhere(name, body);

    assert_eq!((Err(interruption), events(expected)), (outcome.result, outcome.output), "{name}");
}

#[test]
fn what_is_a_whole_stream() {
    let all = [ROLE, HELLO, STOP, "[DONE]"];
    let plain = events(&all);
    check_finished("a plain one", &plain, &all);
    check_finished("CRLF", &plain.replace('\n', "\r\n"), &all);
    check_finished("CR", &plain.replace('\n', "\r"), &all);
    check_finished("no space behind the colon", &plain.replace("data: ", "data:"), &all);
    check_finished("a byte order mark", &format!("\u{feff}{plain}"), &all);
    check_finished("comments", &plain.replace("\n\n", "\n: ping\n\n:\n\n"), &all);
    check_finished("event, id and retry lines", &plain.replace("data:", "event: chunk\nid: 7\nretry: 1\ndata:"), &all);
    check_finished("blank lines", &plain.replace("\n\n", "\n\n\n\n"), &all);
    check_finished("an event of no data", &format!("data:\n\nevent: x\n\n{plain}"), &all);
    check_finished("no last line end", plain.trim_end(), &all);
    check_finished("no last blank line", &plain[..plain.len() - 1], &all);
    check_finished("no [DONE]", &events(&all[..3]), &all);
    check_finished("more behind [DONE]", &(plain.clone() + "data: {oops\n\n" + &plain), &all);
    check_finished(
        "no index",
        &plain.replace(r#""index":0,"#, ""),
        &all.map(|data| data.replace(r#""index":0,"#, "")).each_ref().map(String::as_str),
    );
    let spaced = HELLO.replace(',', ",\n ");
    let lines = spaced.replace('\n', "\ndata: ");
    let in_lines = events(&[&lines, STOP]);
    check_finished("several data lines", &in_lines, &[&lines, STOP, "[DONE]"]);
    check_finished("and CRLF", &in_lines.replace('\n', "\r\n"), &[&lines, STOP, "[DONE]"]);
    check_finished(
        "a byte order mark elsewhere",
        &format!("{plain}\n\u{feff}data: oops\n\n").replace("data: [DONE]\n\n", ""),
        &all,
    );
    check_finished("a name without data", &format!("event: error\n\n{plain}"), &all);
}

#[test]
fn where_choices_are_empty() {
    let all = [NO_CHOICES, ROLE, HELLO, STOP, NO_CHOICES, "[DONE]"];
    check_finished("first and last", &events(&all), &all);
    let absent = [r#"{"type":"start"}"#, HELLO, r#"{"choices":null}"#, STOP, "[DONE]"];
    check_finished("absent and null", &events(&absent), &absent);
}

#[test]
fn where_usage_is() {
    let with_usage = [HELLO, STOP, USAGE, "[DONE]"];
    let outcome = check_finished("its own chunk is stripped", &events(&with_usage), &[HELLO, STOP, "[DONE]"]);
    assert_eq!(Some(4), outcome.n_output);
    let outcome = check_finished("and no [DONE] follows", &events(&with_usage[..3]), &[HELLO, STOP, "[DONE]"]);
    assert_eq!(Some(4), outcome.n_output);

    let asked = Replay { n_choices: 1, strip_usage: false }.run([events(&with_usage).as_bytes()]);
    assert_eq!((events(&with_usage), Some(4)), (asked.output, asked.n_output));

    let merged = STOP.replace("}]}", r#"}],"usage":{"prompt_tokens":1,"completion_tokens":6}}"#);
    let outcome = check_finished("with the last choice", &events(&[HELLO, &merged]), &[HELLO, &merged, "[DONE]"]);
    assert_eq!(Some(6), outcome.n_output);

    let zero = r#"{"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0}}"#;
    let outcome = check_finished("zeros at the end", &events(&[HELLO, &merged, zero]), &[HELLO, &merged, "[DONE]"]);
    assert_eq!(Some(6), outcome.n_output);

    let outcome = check_finished("nowhere", &events(&[ROLE, HELLO, STOP]), &[ROLE, HELLO, STOP, "[DONE]"]);
    assert_eq!((None, 3, 2), (outcome.n_output, outcome.n_content_bytes, outcome.n_meaningful_events));
}

#[test]
fn what_commits() {
    let check = |name: &str, choice: &str, expected| {
        let mut reader = StreamReader::new(1, true);
        let mut output = Vec::new();
        let body = events(&[ROLE, &format!(r#"{{"choices":[{choice}]}}"#)]);

        assert_eq!(Ok(expected), reader.feed(body.as_bytes(), &mut output), "{name}");
        assert_eq!(
            if expected == State::Flowing { body } else { String::new() },
            String::from_utf8(output).unwrap(),
            "{name}"
        );
    };
    check("a role", r#"{"delta":{"role":"assistant","content":null}}"#, State::Starting);
    check("an empty text", r#"{"delta":{"content":""}}"#, State::Starting);
    check("an empty legacy text", r#"{"text":""}"#, State::Starting);
    check(
        "no calls",
        r#"{"delta":{"tool_calls":[],"refusal":null,"audio":null,"function_call":null}}"#,
        State::Starting,
    );
    check("an empty finish reason", r#"{"delta":{"content":""},"finish_reason":""}"#, State::Starting);
    check("text", r#"{"delta":{"content":" "}}"#, State::Flowing);
    check("text under an escaped key", r#"{"delta":{"c\u006fntent":" "}}"#, State::Flowing);
    check("parts of text", r#"{"delta":{"content":[{"type":"text","text":"a"}]}}"#, State::Flowing);
    check("legacy text", r#"{"text":"a"}"#, State::Flowing);
    check("thoughts", r#"{"delta":{"reasoning_content":"a"}}"#, State::Flowing);
    check("thoughts by another name", r#"{"delta":{"reasoning":"a"}}"#, State::Flowing);
    check("a refusal", r#"{"delta":{"refusal":"No."}}"#, State::Flowing);
    check(
        "a call",
        r#"{"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":""}}]}}"#,
        State::Flowing,
    );
    check("an old call", r#"{"delta":{"function_call":{"name":"f"}}}"#, State::Flowing);
    check("sound", r#"{"delta":{"audio":{"data":"AAAA"}}}"#, State::Flowing);
    check("an end", r#"{"delta":{},"finish_reason":"content_filter"}"#, State::Flowing);
}

#[test]
fn tool_calls_in_fragments() {
    let fragment = |index: u32, arguments: &str| {
        format!(
            r#"{{"choices":[{{"index":0,"delta":{{"tool_calls":[{{"index":{index},"id":"call_1","type":"function","function":{{"arguments":"{arguments}"}}}}]}}}}]}}"#
        )
    };
    let fragments = [fragment(0, r#"{\"a\":"#), fragment(1, r"{}"), fragment(0, r"1}")];
    let all = [ROLE, &fragments[0], &fragments[1], &fragments[2], STOP, "[DONE]"];

    let outcome = check_finished("two calls at once", &events(&all), &all);
    assert_eq!(5 + 2 + 2, outcome.n_content_bytes);
}

#[test]
fn what_is_held_is_bounded() {
    let mut reader = StreamReader::new(1, true);
    let mut output = Vec::new();
    assert_eq!(Ok(State::Starting), reader.feed(events(&[ROLE; 64]).as_bytes(), &mut output));
    assert_eq!(Ok(State::Flowing), reader.feed(events(&[ROLE]).as_bytes(), &mut output));
    assert_eq!(events(&[ROLE; 65]).as_bytes(), output);

    let mut reader = StreamReader::new(1, true);
    let large = format!(r#"{{"choices":[],"padding":"{}"}}"#, "x".repeat(128 * 1024));
    assert_eq!(Ok(State::Starting), reader.feed(events(&[&large]).as_bytes(), &mut output));
    assert_eq!(Ok(State::Flowing), reader.feed(events(&[&large]).as_bytes(), &mut output));
}

#[test]
fn several_choices() {
    let stop_other = STOP.replace(r#""index":0"#, r#""index":1"#);
    let hello_other = HELLO.replace(r#""index":0"#, r#""index":1"#);
    let run = |n_choices, data: &[&str]| Replay { n_choices, strip_usage: true }.run([events(data).as_bytes()]).result;

    assert_eq!(Ok(State::Finished), run(2, &[HELLO, &hello_other, STOP, &stop_other]));
    assert_eq!(Ok(State::Finished), run(1, &[HELLO, &hello_other, STOP, &stop_other]));
    assert_eq!(Ok(State::Finished), run(2, &[HELLO, STOP, "[DONE]"]));
    assert_eq!(Err(Interruption::Truncated), run(2, &[HELLO, STOP]));
    assert_eq!(Err(Interruption::Truncated), run(2, &[HELLO, &hello_other, STOP]));
    assert_eq!(Err(Interruption::Truncated), run(1, &[HELLO, &hello_other, STOP, "[DONE]"]));
    let absurd = STOP.replace(r#""index":0"#, r#""index":4294967295"#);
    assert_eq!(Err(Interruption::Truncated), run(1, &[&absurd, STOP, "[DONE]"]));
    let no_index = STOP.replace(r#""index":0"#, r#""index":-1"#);
    assert_eq!(Err(Interruption::Malformed), run(1, &[&no_index, STOP, "[DONE]"]));
}

#[test]
fn what_is_interrupted() {
    let cut = events(&[ROLE, HELLO]);
    check_interrupted("nothing", b"", Interruption::Truncated, &[]);
    check_interrupted("no finish reason", cut.as_bytes(), Interruption::Truncated, &[ROLE, HELLO]);
    check_interrupted("an end before the first text", events(&[ROLE]).as_bytes(), Interruption::Truncated, &[]);
    let done = events(&[ROLE, HELLO, "[DONE]"]);
    check_interrupted("[DONE] but no finish reason", done.as_bytes(), Interruption::Truncated, &[ROLE, HELLO]);
    check_interrupted("[DONE] alone", b"data: [DONE]\n\n", Interruption::Truncated, &[]);
    check_interrupted("an end inside an event", &cut.as_bytes()[..cut.len() - 9], Interruption::Truncated, &[]);
    let late = events(&[HELLO, STOP]) + r#"data: {"choices":[],"us"#;
    check_interrupted("an end inside the last one", late.as_bytes(), Interruption::Truncated, &[HELLO, STOP]);
    let broken = events(&[HELLO, r#"{"choices":[}"#, STOP]);
    check_interrupted("malformed JSON", broken.as_bytes(), Interruption::Malformed, &[HELLO]);
    check_interrupted("an array", events(&[HELLO, "[]"]).as_bytes(), Interruption::Malformed, &[HELLO]);
    check_interrupted("two objects", events(&[HELLO, "{}{}"]).as_bytes(), Interruption::Malformed, &[HELLO]);
    check_interrupted("bytes that are no UTF-8", b"data: {\"a\":\"\xff\"}\n\n", Interruption::Malformed, &[]);
    check_interrupted("a page of HTML in events", b"data: <html>\n\n", Interruption::Malformed, &[]);
}

#[test]
fn errors_inside_a_stream() {
    let error =
        UpstreamError { message: "Busy.".into(), kind: Some("server_error".into()), ..UpstreamError::default() };
    let interruption = || Interruption::UpstreamError(error.clone());
    let body = r#"{"error":{"message":"Busy.","type":"server_error","param":null,"code":null}}"#;
    check_interrupted("at the start", events(&[body]).as_bytes(), interruption(), &[]);
    check_interrupted("before the first text", events(&[ROLE, body]).as_bytes(), interruption(), &[]);
    check_interrupted("in the middle", events(&[HELLO, body, STOP]).as_bytes(), interruption(), &[HELLO]);
    let top = r#"{"object":"error","message":"Busy.","type":"server_error"}"#;
    check_interrupted("at the top", events(&[HELLO, top]).as_bytes(), interruption(), &[HELLO]);
    let named = format!("event: error\ndata: {}\n\n", r#"{"message":"Busy.","type":"server_error"}"#);
    check_interrupted("in an event of that name", named.as_bytes(), interruption(), &[]);
    let null = HELLO.replace("{\"choices", "{\"error\":null,\"choices");
    check_finished("null is none", &events(&[&null, STOP]), &[&null, STOP, "[DONE]"]);
}

#[test]
fn an_event_is_bounded() {
    for body in [format!("data: {}", "x".repeat(1_048_576)), ":".repeat(1_048_577), "data: \n".repeat(1_048_577)] {
        for n_piece in [body.len(), 65_536, 100_003] {
            let outcome = ONE.run(body.as_bytes().chunks(n_piece));

            assert_eq!(Err(Interruption::TooLarge), outcome.result);
        }
    }
}

#[test]
fn what_follows_the_end_is_ignored() {
    let mut reader = StreamReader::new(1, true);
    let mut output = Vec::new();
    assert_eq!(Ok(State::Finished), reader.feed(events(&[HELLO, STOP, "[DONE]", HELLO]).as_bytes(), &mut output));
    assert_eq!(Ok(State::Finished), reader.feed(b"data: {oops\n\n", &mut output));
    assert_eq!(Ok(State::Finished), reader.end(&mut output));

    assert_eq!(events(&[HELLO, STOP, "[DONE]"]).as_bytes(), output);
}

/// Bodies of pieces that meet where a reader may go wrong.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "data: ", "data:", "data", "event: error", ": c", "\n", "\n\n", "\r", "\r\n", "\u{feff}", "[DONE]", ROLE, HELLO, STOP,
            USAGE, NO_CHOICES, "{}", "{", "é",
        ]).prop_map(|piece| piece.as_bytes().to_vec()),
        4 => prop::sample::select(vec![ROLE, HELLO, STOP, USAGE, "[DONE]"]).prop_map(|data| events(&[data]).into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(3), failure_persistence: None, ..ProptestConfig::with_cases(4_000) })]

    #[test]
    fn no_cut_matters(body in body(), n_piece in 1_usize..64, n_choices in 1_u32..3, strip_usage: bool) {
        let replay = Replay { n_choices, strip_usage };
        let whole = replay.run([body.as_slice()]);
        prop_assert_eq!(&whole, &replay.run(body.chunks(n_piece)));
        prop_assert_eq!(whole.result.is_ok(), whole.output.ends_with("data: [DONE]\n\n"));
    }
}
