//! Streamed answers, both ways. Each body is fed whole, cut in two at every byte, and byte by byte: all must agree.

use proptest::prelude::*;

use super::super::{EventReader, EventWriter, read_answer};
use super::answer::kept;
use super::context;
use crate::chat::{Answer, Call, Choice, Content, Event, Finish, Part, Signature, arbitrary};
use crate::replay::config;
use crate::stream::{Framing, Interruption, Output, ReadEvents, State, StreamReader, WriteEvents};
use crate::upstream_error::UpstreamError;
use crate::{Endpoint, Upstream, sse};

/// What a client got, and how it ended.
#[derive(Debug, PartialEq)]
struct Outcome {
    output: String,
    result: Result<State, Interruption>,
    n_output: Option<u64>,
    n_content_bytes: u64,
    n_meaningful_events: u64,
}

fn run<'a>(output: Output, pieces: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let mut reader = StreamReader::general(Framing::of(Upstream::Gemini), Box::new(EventReader::default()), output);
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

fn relayed() -> Output {
    fn relay(event: &sse::Event<'_>, output: &mut Vec<u8>) {
        event.write_data(output);
    }
    Output::Relay(relay)
}

fn rewritten() -> Output {
    Output::Write(Box::new(EventWriter::new(&context(Endpoint::StreamGenerateContent))))
}

fn run_cut_anywhere(name: &str, output: fn() -> Output, body: &str) -> Outcome {
    let whole = run(output(), [body.as_bytes()]);
    for place in 0..=body.len() {
        let (start, rest) = body.as_bytes().split_at(place);
        assert_eq!(whole, run(output(), [start, rest]), "{name}, cut at {place}");
    }
    assert_eq!(whole, run(output(), body.as_bytes().chunks(1)), "{name}, byte by byte");
    whole
}

fn events(data: &[&str]) -> String {
    data.iter().flat_map(|data| ["data: ", data, "\n\n"]).collect()
}

const HELLO: &str = r#"{"candidates":[{"content":{"parts":[{"text":"Hé"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":2}}"#;
const STOP: &str = r#"{"candidates":[{"content":{"parts":[{"text":"!"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":2,"candidatesTokenCount":3}}"#;
const SECOND: &str = r#"{"candidates":[{"content":{"parts":[{"text":"b"}]},"index":1}]}"#;
const ERROR: &str = r#"{"error":{"code":503,"message":"no","status":"UNAVAILABLE"}}"#;

#[test]
fn what_is_a_whole_stream() {
    let check = |name, body: &str, expected: &[&str]| {
        let outcome = run_cut_anywhere(name, relayed, body);

        assert_eq!((Ok(State::Finished), events(expected)), (outcome.result.clone(), outcome.output.clone()), "{name}");
        outcome
    };
    let plain = events(&[HELLO, STOP]);
    let outcome = check("a plain one", &plain, &[HELLO, STOP]);
    assert_eq!((Some(3), 4, 3), (outcome.n_output, outcome.n_content_bytes, outcome.n_meaningful_events));
    check("CRLF", &plain.replace('\n', "\r\n"), &[HELLO, STOP]);
    check("no space", &plain.replace("data: ", "data:"), &[HELLO, STOP]);
    check("comments and names", &format!(": ping\n\nevent: x\n{plain}"), &[HELLO, STOP]);
    check("a byte order mark", &format!("\u{feff}{plain}"), &[HELLO, STOP]);
    check("no last blank line", plain.trim_end(), &[HELLO, STOP]);
    let lines = HELLO.replace(",\"index\"", ",\ndata: \"index\"");
    check("several lines an event", &format!("data: {lines}\n\ndata: {STOP}\n\n"), &[&lines, STOP]);
    let usage = r#"{"usageMetadata":{"promptTokenCount":2,"candidatesTokenCount":7}}"#;
    let outcome = check("usage in an event of its own", &events(&[HELLO, STOP, usage]), &[HELLO, STOP, usage]);
    assert_eq!(Some(7), outcome.n_output);
    check("a reason with each event", &events(&[STOP, STOP]), &[STOP, STOP]);
    let blocked = r#"{"promptFeedback":{"blockReason":"SAFETY"}}"#;
    check("a prompt that is refused", &events(&[blocked]), &[blocked]);
    let both = r#"{"candidates":[{"finishReason":"STOP","index":1},{"finishReason":"MAX_TOKENS","index":0}]}"#;
    check("two candidates", &events(&[HELLO, SECOND, both]), &[HELLO, SECOND, both]);
}

#[test]
fn what_is_interrupted() {
    let check = |name, body: &str, interruption, expected: &[&str]| {
        let outcome = run_cut_anywhere(name, relayed, body);

        assert_eq!((Err(interruption), events(expected)), (outcome.result, outcome.output), "{name}");
    };
    check("nothing", "", Interruption::Truncated, &[]);
    check("no reason", &events(&[HELLO]), Interruption::Truncated, &[HELLO]);
    check("no reason for the second", &events(&[HELLO, SECOND, STOP]), Interruption::Truncated, &[HELLO, SECOND, STOP]);
    check("cut inside an event", &events(&[HELLO, STOP])[..HELLO.len() + 60], Interruption::Truncated, &[HELLO]);
    check("malformed JSON", &events(&[HELLO, "{", STOP]), Interruption::Malformed, &[HELLO]);
    check("an index out of bounds", &events(&[r#"{"candidates":[{"index":128}]}"#]), Interruption::Malformed, &[]);
    let error = |kind: &str, code: Option<&str>, message: &str| {
        Interruption::UpstreamError(UpstreamError {
            message: message.to_owned(),
            kind: Some(kind.to_owned()),
            code: code.map(str::to_owned),
            ..UpstreamError::default()
        })
    };
    check("an error", &events(&[HELLO, ERROR]), error("UNAVAILABLE", Some("503"), "no"), &[HELLO]);
    let other = r#"{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL"}]}"#;
    let gave_up = error("MALFORMED_FUNCTION_CALL", None, "the model gave up before its answer was whole");
    check("a model that gave up", &events(&[HELLO, other]), gave_up, &[HELLO]);
}

/// The events that a reader hands on for a body of these events.
fn read(data: &[String]) -> Answer<'static> {
    let mut reader = EventReader::default();
    let mut collected = Collected::default();
    for data in data {
        reader.read(&sse::Event { name: b"", data: data.as_bytes() }, &mut |event| collected.take(&event)).unwrap();
    }
    reader.end(&mut |event| collected.take(&event)).unwrap();
    collected.answer()
}

/// An answer put together from events.
#[derive(Default)]
struct Collected {
    id: String,
    model: String,
    choices: Vec<Choice<'static>>,
    usage: Option<crate::Usage>,
}

impl Collected {
    fn parts(&mut self, choice: u32) -> &mut Vec<Part<'static>> {
        let index = choice as usize;
        if index >= self.choices.len() {
            self.choices.resize(index + 1, Choice { parts: Vec::new(), finish: Finish::Filter, logprobs: None });
        }
        &mut self.choices[index].parts
    }

    fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Start { id, model } => (self.id, self.model) = ((*id).to_owned(), (*model).to_owned()),
            Event::Text { choice, text } | Event::Refusal { choice, text } => {
                let parts = self.parts(*choice);
                match parts.last_mut().map(|part| &mut part.content) {
                    Some(Content::Text(last)) => last.to_mut().push_str(text),
                    _ => parts.push(Part::text((*text).to_owned())),
                }
            }
            Event::Thought { choice, text } => {
                let parts = self.parts(*choice);
                match parts.last_mut().map(|part| &mut part.content) {
                    Some(Content::Thought { text: last, signature: None }) => last.to_mut().push_str(text),
                    _ => parts.push(Part::new(Content::Thought { text: (*text).to_owned().into(), signature: None })),
                }
            }
            Event::ThoughtSignature { choice, signature } => {
                let signature = own(signature);
                let parts = self.parts(*choice);
                match parts.last_mut().map(|part| &mut part.content) {
                    Some(Content::Thought { signature: last @ None, .. }) => *last = Some(signature),
                    _ => parts.push(Part::new(Content::Thought { text: "".into(), signature: Some(signature) })),
                }
            }
            Event::RedactedThought { choice, signature } => {
                let content = Content::RedactedThought(own(signature));
                self.parts(*choice).push(Part::new(content));
            }
            Event::CallStart { choice, call: _, id, name, signature } => {
                let (id, name) = ((*id).to_owned().into(), (*name).to_owned().into());
                let call = Call { id, name, arguments: "".into(), signature: signature.as_ref().map(own) };
                self.parts(*choice).push(Part::new(Content::Call(call)));
            }
            Event::CallArguments { choice, call, json } => {
                let calls = self
                    .parts(*choice)
                    .iter_mut()
                    .filter_map(|part| if let Content::Call(call) = &mut part.content { Some(call) } else { None });
                calls.skip(*call as usize).take(1).for_each(|call| call.arguments.to_mut().push_str(json));
            }
            Event::Logprobs { .. } | Event::End => {}
            Event::Finish { choice, finish } => {
                self.parts(*choice);
                self.choices[*choice as usize].finish = finish.clone();
            }
            Event::Usage(usage) => self.usage = Some(*usage),
        }
    }

    fn answer(self) -> Answer<'static> {
        Answer { id: self.id.into(), model: self.model.into(), choices: self.choices, usage: self.usage }
    }
}

fn own(signature: &Signature<'_>) -> Signature<'static> {
    Signature::new(signature.made_by, signature.text.clone().into_owned())
}

fn write(events: &[Event<'_>]) -> String {
    let mut writer = EventWriter::new(&context(Endpoint::StreamGenerateContent));
    let mut output = Vec::new();
    for event in events {
        writer.write(event, &mut output);
    }
    String::from_utf8(output).unwrap()
}

/// The JSON of each event, of which nothing but `data: ` and an empty line is around it.
fn data(stream: &str) -> Vec<String> {
    let unframe = |event: &str| event.strip_prefix("data: ").unwrap().to_owned();
    stream.strip_suffix("\n\n").map(|stream| stream.split("\n\n").map(unframe).collect()).unwrap_or_default()
}

#[test]
fn what_clients_get() {
    let tail = r#""modelVersion":"m","responseId":"r""#;
    let part = |part: &str| {
        format!(r#"{{"candidates":[{{"content":{{"parts":[{part}],"role":"model"}},"index":0}}],{tail}}}"#)
    };
    let end = |reason: &str, usage: &str| {
        format!(
            r#"{{"candidates":[{{"content":{{"parts":[{{"text":""}}],"role":"model"}},"finishReason":"{reason}","index":0}}]{usage},{tail}}}"#
        )
    };
    let check = |name: &str, events: &[Event<'_>], expected: &[&str]| {
        let start = [Event::Start { id: "r", model: "m" }];
        let stream = write(&[&start, events].concat());

        assert_eq!(expected, data(&stream), "{name}");
    };
    let (choice, call) = (0, 0);
    let stop = Event::Finish { choice, finish: Finish::Stop };
    let usage = Event::Usage(crate::Usage { n_input: 1, n_output: 2, ..crate::Usage::default() });
    let text = Event::Text { choice, text: "a" };
    check("nothing yet", &[], &[]);
    check("a text that goes on", &[text.clone(), usage.clone()], &[&part(r#"{"text":"a"}"#)]);
    let counted =
        end("STOP", r#","usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2,"totalTokenCount":3}"#);
    check("usage before the reason", &[usage.clone(), stop.clone(), Event::End], &[&counted]);
    check("usage after the reason", &[stop.clone(), usage, Event::End], &[&counted]);
    check("a text that is cut short", &[text.clone(), stop.clone()], &[&part(r#"{"text":"a"}"#)]);
    check("an empty text", &[Event::Text { choice, text: "" }, stop.clone(), Event::End], &[&end("STOP", "")]);
    let signature = Signature::new(Upstream::Gemini, "c2ln");
    check(
        "a thought",
        &[Event::Thought { choice, text: "a" }, Event::ThoughtSignature { choice, signature }],
        &[&part(r#"{"text":"a","thought":true}"#), &part(r#"{"text":"","thought":true,"thoughtSignature":"c2ln"}"#)],
    );
    let start = |call| Event::CallStart { choice, call, id: "c", name: "f", signature: None };
    let piece = |call, json| Event::CallArguments { choice, call, json };
    let called = part(
        r#"{"functionCall":{"id":"c","name":"f","args":{"a":1}},"thoughtSignature":"skip_thought_signature_validator"}"#,
    );
    check("a call that goes on", &[start(call), piece(call, "{\"a\"")], &[]);
    let whole = [start(call), piece(call, "{\"a\""), piece(call, ":1}")];
    check("a call before a text", &[&whole, &[text][..]].concat(), &[&called, &part(r#"{"text":"a"}"#)]);
    let ended = [stop.clone(), Event::End];
    check("a call before the end", &[&whole, &ended[..]].concat(), &[&called, &end("STOP", "")]);
    let both = part(
        r#"{"functionCall":{"id":"c","name":"f","args":{}},"thoughtSignature":"skip_thought_signature_validator"},{"functionCall":{"id":"c","name":"f","args":{}}}"#,
    );
    let mixed = [start(0), start(1), piece(1, "{"), piece(0, "{"), piece(1, "}"), piece(0, "}"), stop.clone()];
    check("calls whose pieces are mixed", &mixed, &[&both]);
    check(
        "a call without arguments",
        &[start(0), stop.clone()],
        &[&part(
            r#"{"functionCall":{"id":"c","name":"f","args":{}},"thoughtSignature":"skip_thought_signature_validator"}"#,
        )],
    );
    let malformed = end("MALFORMED_FUNCTION_CALL", "");
    check("a call that is none", &[&[start(0), piece(0, "{")], &ended[..]].concat(), &[&malformed]);
    check(
        "a call that begins anew",
        &[&[start(0), piece(0, "{}"), start(0), piece(0, "{}")], &ended[..]].concat(),
        &[&malformed],
    );
    check("a piece of no call", &[&[piece(0, "{}")], &ended[..]].concat(), &[&malformed]);
    let long = "1".repeat(1024 * 1024);
    check("a call without bounds", &[&[start(0), piece(0, &long)], &ended[..]].concat(), &[&malformed]);
    let logprobs = Event::Logprobs { choice, json: r#"{"content":[{"token":"a","logprob":-1}]}"# };
    let with_logprobs = format!(
        r#"{{"candidates":[{{"content":{{"parts":[{{"text":"a"}}],"role":"model"}},"index":0,"logprobsResult":{{"topCandidates":[{{"candidates":[]}}],"chosenCandidates":[{{"token":"a","logProbability":-1}}]}}}}],{tail}}}"#
    );
    check("log probabilities", &[logprobs, Event::Text { choice, text: "a" }], &[&with_logprobs]);
}

#[test]
fn streams_are_rewritten_whole_or_not_at_all() {
    let whole = run_cut_anywhere("whole", rewritten, &events(&[HELLO, STOP]));
    let cut = run_cut_anywhere("cut", rewritten, &events(&[HELLO]));

    assert_eq!(Ok(State::Finished), whole.result);
    assert!(whole.output.contains(r#""finishReason":"STOP""#), "{}", whole.output);
    assert_eq!(Err(Interruption::Truncated), cut.result);
    assert!(!cut.output.contains("finishReason"), "{}", cut.output);
}

/// The parts of an answer as a stream leaves them: pieces that follow one another are one.
fn joined(mut answer: Answer<'static>) -> Answer<'static> {
    for choice in &mut answer.choices {
        for part in std::mem::take(&mut choice.parts) {
            match (choice.parts.last_mut().map(|last| &mut last.content), &part.content) {
                (Some(Content::Text(last)), Content::Text(text)) => last.to_mut().push_str(text),
                (
                    Some(Content::Thought { text: last, signature: last_signature @ None }),
                    Content::Thought { text, signature },
                ) => {
                    last.to_mut().push_str(text);
                    last_signature.clone_from(signature);
                }
                _ => choice.parts.push(part),
            }
        }
    }
    answer
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn streams_there_and_back(stream in arbitrary::stream(Upstream::Gemini, 2)) {
        let mut expected = Collected::default();
        for event in &stream {
            expected.take(event);
        }

        prop_assert_eq!(joined(kept(expected.answer())), joined(read(&data(&write(&stream)))));
    }

    #[test]
    fn whatever_comes_in_whatever_order(events in arbitrary::events(Upstream::Anthropic)) {
        for data in data(&write(&events)) {
            prop_assert!(serde_json::from_str::<serde_json::Value>(&data).is_ok(), "{}", data);
        }
    }

    #[test]
    fn no_event_panics(data in any::<Vec<u8>>(), text in any::<String>()) {
        let mut reader = EventReader::default();
        let _ = reader.read(&sse::Event { name: b"", data: &data }, &mut |_| {});
        let _ = reader.read(&sse::Event { name: b"", data: text.as_bytes() }, &mut |_| {});
        let _ = read_answer(&text);
        let _ = reader.end(&mut |_| {});
    }
}

/// What the golden streams say, for comparison with the whole answers.
pub(super) fn read_stream(stream: &str) -> Answer<'static> {
    joined(read(&data(stream)))
}
