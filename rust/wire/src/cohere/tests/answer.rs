//! What whole answers say.

use proptest::prelude::*;

use crate::chat::{Call, Content, Finish, Part};
use crate::cohere::read_answer;
use crate::replay::config;
use crate::{AnswerError, UpstreamError, Usage};

fn answer(message: &str, reason: &str, usage: &str) -> String {
    format!(r#"{{"id":"c1","message":{{"role":"assistant",{message}}},"finish_reason":"{reason}","usage":{usage}}}"#)
}

#[test]
fn what_messages_mean() {
    let check = |name: &str, message: &str, expected: &[Content<'_>]| {
        let text = answer(message, "COMPLETE", "{}");
        let answer = read_answer(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected: Vec<_> = expected.iter().cloned().map(Part::new).collect();

        assert_eq!(("c1", &expected), (&*answer.id, &answer.choices[0].parts), "{name}");
    };
    let thought = |text: &'static str| Content::Thought { text: text.into(), signature: None };
    let call = |id: &'static str, arguments: &'static str| {
        Content::Call(Call { id: id.into(), name: "f".into(), arguments: arguments.into(), signature: None })
    };
    check("nothing", r#""content":[],"citations":[]"#, &[]);
    let blocks = r#""content":[{"type":"thinking","thinking":"Hm"},{"type":"text","text":"Hé"},{"type":"novel"}]"#;
    check("text and thoughts", blocks, &[thought("Hm"), Content::Text("Hé".into())]);
    let calls = concat!(
        r#""tool_plan":"First.","tool_calls":["#,
        r#"{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},"#,
        r#"{"id":"b","type":"function","function":{"name":"f","arguments":""}}]"#,
    );
    check("a plan and its calls", calls, &[thought("First."), call("a", r#"{"x":1}"#), call("b", "{}")]);
}

#[test]
fn why_answers_end() {
    let check = |reason: &str, expected: Result<Finish, AnswerError>| {
        let text = answer(r#""content":[]"#, reason, "{}");
        let finish = read_answer(&text).map(|answer| answer.choices[0].finish.clone());

        assert_eq!(expected, finish, "{reason}");
    };
    let gave_up = |reason: &str| {
        let message = "the model gave up before its answer was complete".to_owned();
        Err(AnswerError::Upstream(UpstreamError { message, kind: Some(reason.to_owned()), ..UpstreamError::default() }))
    };
    check("COMPLETE", Ok(Finish::Stop));
    check("STOP_SEQUENCE", Ok(Finish::StopSequence(None)));
    check("MAX_TOKENS", Ok(Finish::Length));
    check("TOOL_CALL", Ok(Finish::Calls));
    check("ERROR", gave_up("ERROR"));
    check("TIMEOUT", gave_up("TIMEOUT"));
    check("NOVEL", Ok(Finish::Stop));
}

#[test]
fn what_answers_cost() {
    let check = |name: &str, usage: &str, expected: Option<Usage>| {
        let text = answer(r#""content":[]"#, "COMPLETE", usage);

        assert_eq!(expected, read_answer(&text).unwrap().usage, "{name}");
    };
    let plain = Usage { n_input: 7, n_output: 3, ..Usage::default() };
    let both =
        r#"{"billed_units":{"input_tokens":7,"output_tokens":3},"tokens":{"input_tokens":500,"output_tokens":5}}"#;
    check("what is billed counts", both, Some(plain));
    check("without it, what was read", r#"{"tokens":{"input_tokens":7.0,"output_tokens":3}}"#, Some(plain));
    let cached = r#"{"billed_units":{"input_tokens":7,"output_tokens":3},"cached_tokens":5}"#;
    check("the input includes what was cached", cached, Some(Usage { n_input: 2, n_cache_read: 5, ..plain }));
    let marks = r#"{"billed_units":{"input_tokens":7,"output_tokens":3},"cached_tokens":99}"#;
    check("marks are cached, too", marks, Some(Usage { n_input: 0, n_cache_read: 7, ..plain }));
    let negative = r#"{"billed_units":{"input_tokens":-1,"output_tokens":3}}"#;
    check("negative", negative, Some(Usage { n_input: 0, is_suspect: true, ..plain }));
    check("nothing", "{}", None);
}

#[test]
fn what_is_no_answer() {
    let check = |name: &str, text: &str, expected: AnswerError| {
        assert_eq!(Some(expected), read_answer(text).err(), "{name}");
    };
    let error = UpstreamError { message: "invalid api token".to_owned(), ..UpstreamError::default() };
    check("an error", r#"{"message":"invalid api token"}"#, AnswerError::Upstream(error));
    check("nothing of one", r#"{"id":"c1","finish_reason":"COMPLETE"}"#, AnswerError::Malformed);
    check("no JSON", "<html>", AnswerError::Malformed);
    check("no reason", r#"{"message":{"content":[]}}"#, AnswerError::Malformed);
    check("a block of no type", &answer(r#""content":[{}]"#, "COMPLETE", "{}"), AnswerError::Malformed);
    check("a text that is none", &answer(r#""content":[{"type":"text"}]"#, "COMPLETE", "{}"), AnswerError::Malformed);
    check("a call of no function", &answer(r#""tool_calls":[{"id":"a"}]"#, "TOOL_CALL", "{}"), AnswerError::Malformed);
}

proptest! {
    #![proptest_config(config(1_000))]

    #[test]
    fn no_text_panics(text in ".{0,60}", place in any::<prop::sample::Index>(), piece in ".{0,3}") {
        let _ = read_answer(&text);
        let good = answer(r#""tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}]"#, "COMPLETE", "{}");
        let place = place.index(good.len());
        let _ = read_answer(&[&good[..place], &piece, &good[place + 1..]].concat());
    }
}
