//! Whole answers, both ways.

use proptest::prelude::*;

use super::super::{read_answer, write_answer};
use super::context;
use crate::chat::{Answer, Call, Choice, Content, Finish, Part, Signature, arbitrary};
use crate::replay::config;
use crate::upstream_error::{AnswerError, UpstreamError};
use crate::{Endpoint, Upstream, Usage};

fn one(parts: Vec<Content<'static>>, finish: Finish) -> Answer<'static> {
    let parts = parts.into_iter().map(Part::new).collect();
    let choices = vec![Choice { parts, finish, logprobs: None }];
    Answer { id: "r-1".into(), model: "m".into(), choices, usage: None }
}

fn text(text: &'static str) -> Content<'static> {
    Content::Text(text.into())
}

fn call(id: &'static str, arguments: &'static str, signature: Option<&'static str>) -> Content<'static> {
    let signature = signature.map(|text| Signature::new(Upstream::Gemini, text));
    Content::Call(Call { id: id.into(), name: "f".into(), arguments: arguments.into(), signature })
}

/// An answer of one candidate.
fn candidate(parts: &str, reason: &str) -> String {
    format!(
        r#"{{"candidates":[{{"content":{{"parts":[{parts}],"role":"model"}},"finishReason":"{reason}","index":0}}],"modelVersion":"m","responseId":"r-1"}}"#
    )
}

#[test]
fn what_google_answers() {
    let check = |name: &str, parts: &str, contents: Vec<Content<'static>>, finish| {
        assert_eq!(Ok(one(contents, finish)), read_answer(&candidate(parts, "STOP")), "{name}");
    };
    check("a text", r#"{"text":"a\u00e9"}"#, vec![text("aé")], Finish::Stop);
    check("nothing", "", vec![], Finish::Stop);
    check("an empty text", r#"{"text":""},{}"#, vec![], Finish::Stop);
    let thought = |signature: Option<&'static str>| Content::Thought {
        text: "a".into(),
        signature: signature.map(|text| Signature::new(Upstream::Gemini, text)),
    };
    check("a thought", r#"{"thought":true,"text":"a"},{"text":"b"}"#, vec![thought(None), text("b")], Finish::Stop);
    check(
        "a signed thought",
        r#"{"text":"a","thought":true,"thoughtSignature":"s="}"#,
        vec![thought(Some("s="))],
        Finish::Stop,
    );
    let sealed = || Content::RedactedThought(Signature::new(Upstream::Gemini, "s="));
    check("a signed text", r#"{"thoughtSignature":"s=","text":"a"}"#, vec![text("a"), sealed()], Finish::Stop);
    check("a signature", r#"{"text":"","thoughtSignature":"s="}"#, vec![sealed()], Finish::Stop);
    let calls = r#"{"functionCall":{"id":"c","name":"f","args":{ "a":1.0 }},"thoughtSignature":"s="}"#;
    check("a call", calls, vec![call("c", r#"{ "a":1.0 }"#, Some("s="))], Finish::Calls);
    let calls = r#"{"functionCall":{"name":"f"}},{"functionCall":{"name":"f","args":{}}}"#;
    check(
        "calls without ids",
        calls,
        vec![call("call_r-1_0", "{}", None), call("call_r-1_1", "{}", None)],
        Finish::Calls,
    );
    let other = r#"{"executableCode":{"code":"1"}},{"inlineData":{"mimeType":"image/png","data":"aGk="}},{"text":"a"},{"functionCall":{"willContinue":true}}"#;
    check("what has no place", other, vec![text("a")], Finish::Stop);
}

#[test]
fn why_answers_end() {
    let check = |reason: &str, finish| {
        assert_eq!(Ok(one(vec![text("a")], finish)), read_answer(&candidate(r#"{"text":"a"}"#, reason)), "{reason}");
    };
    check("STOP", Finish::Stop);
    check("MAX_TOKENS", Finish::Length);
    for reason in
        ["SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "MODEL_ARMOR"]
    {
        check(reason, Finish::Filter);
    }
    for reason in ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "OTHER", "TOO_MANY_TOOL_CALLS", "NEW"] {
        let Err(AnswerError::Upstream(error)) = read_answer(&candidate("", reason)) else { panic!("{reason}") };

        assert_eq!(Some(reason), error.kind.as_deref());
    }
    for reason in ["", "FINISH_REASON_UNSPECIFIED"] {
        assert_eq!(Err(AnswerError::Malformed), read_answer(&candidate("", reason)), "{reason}");
    }
}

#[test]
fn what_else_google_answers() {
    let check = |name: &str, body: &'static str, expected| assert_eq!(expected, read_answer(body), "{name}");
    let blocked = Answer { id: "".into(), model: "".into(), ..one(vec![], Finish::Filter) };
    check("a prompt that is refused", r#"{"promptFeedback":{"blockReason":"SAFETY","safetyRatings":[]}}"#, Ok(blocked));
    let usage = Some(Usage { n_input: 3, n_output: 2, ..Usage::default() });
    let counted = Answer { id: "".into(), model: "".into(), usage, ..one(vec![], Finish::Length) };
    let body = r#"{"candidates":[{"finishReason":"MAX_TOKENS"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2}}"#;
    check("usage", body, Ok(counted));
    let error = UpstreamError {
        message: "no".to_owned(),
        kind: Some("UNAVAILABLE".to_owned()),
        code: Some("503".to_owned()),
        ..UpstreamError::default()
    };
    check(
        "an error",
        r#"{"error":{"code":503,"message":"no","status":"UNAVAILABLE"}}"#,
        Err(AnswerError::Upstream(error.clone())),
    );
    check(
        "an error in a list",
        r#"[{"error":{"code":503,"message":"no","status":"UNAVAILABLE"}}]"#,
        Err(AnswerError::Upstream(error)),
    );
    for body in [
        "",
        "[]",
        "{}",
        r#"{"candidates":[]}"#,
        r#"{"candidates":[1]}"#,
        r#"{"candidates":[{"finishReason":"STOP","index":128}]}"#,
        r#"{"promptFeedback":{}}"#,
        r#"{"candidates":[{"finishReason":"STOP"}]"#,
    ] {
        check(body, body, Err(AnswerError::Malformed));
    }
}

#[test]
fn what_clients_get() {
    let check = |name: &str, answer: Answer<'static>, expected: &str| {
        let body = write_answer(&answer, &context(Endpoint::GenerateContent));

        assert_eq!(expected, String::from_utf8(body).unwrap(), "{name}");
    };
    check("a text", one(vec![text("a\n")], Finish::Stop), &candidate(r#"{"text":"a\n"}"#, "STOP"));
    check("a stop sequence", one(vec![], Finish::StopSequence(Some("a".to_owned()))), &candidate("", "STOP"));
    check("no room", one(vec![], Finish::Length), &candidate("", "MAX_TOKENS"));
    check("a filter", one(vec![], Finish::Filter), &candidate("", "SAFETY"));
    check(
        "a refusal",
        one(vec![Content::Refusal("no".into())], Finish::Filter),
        &candidate(r#"{"text":"no"}"#, "SAFETY"),
    );
    let foreign = |text: &'static str| Signature::new(Upstream::Anthropic, text);
    let thought = Content::Thought { text: "a".into(), signature: Some(foreign("s+/=")) };
    let signed = r#"{"text":"a","thought":true,"thoughtSignature":"dGllcmNlbC5hbnRocm9waWMucysvPQ=="}"#;
    check("another's thought", one(vec![thought], Finish::Stop), &candidate(signed, "STOP"));
    let sealed = r#"{"text":"","thoughtSignature":"dGllcmNlbC5hbnRocm9waWMucw=="}"#;
    check(
        "another's sealed thought",
        one(vec![Content::RedactedThought(foreign("s"))], Finish::Stop),
        &candidate(sealed, "STOP"),
    );
    let called = r#"{"functionCall":{"id":"c","name":"f","args":{ "a":1.0 }},"thoughtSignature":"s="}"#;
    check("a call", one(vec![call("c", r#"{ "a":1.0 }"#, Some("s="))], Finish::Calls), &candidate(called, "STOP"));
    let both = r#"{"functionCall":{"id":"c","name":"f","args":{}},"thoughtSignature":"skip_thought_signature_validator"},{"functionCall":{"id":"d","name":"f","args":{}}}"#;
    check(
        "another's calls",
        one(vec![call("c", "{}", None), call("d", "{}", None)], Finish::Calls),
        &candidate(both, "STOP"),
    );
    check(
        "a call that is none",
        one(vec![text("a"), call("c", "{", None)], Finish::Calls),
        &candidate(r#"{"text":"a"}"#, "MALFORMED_FUNCTION_CALL"),
    );

    let usage =
        Some(Usage { n_input: 5, n_cache_read: 2, n_cache_write: 1, n_output: 9, n_reasoning: 4, ..Usage::default() });
    let nameless = Answer { id: "".into(), model: "".into(), usage, ..one(vec![], Finish::Stop) };
    check(
        "what it used",
        nameless,
        r#"{"candidates":[{"content":{"parts":[],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":8,"cachedContentTokenCount":2,"candidatesTokenCount":5,"thoughtsTokenCount":4,"totalTokenCount":17},"modelVersion":"auto","responseId":"req_1"}"#,
    );
}

#[test]
fn log_probabilities_there_and_back() {
    let openai = r#"{"content":[{"token":"a\"","logprob":-0.50,"bytes":null,"top_logprobs":[{"token":"a\"","logprob":-0.50,"bytes":null},{"token":"b","logprob":-1,"bytes":null}]}],"refusal":null}"#;
    let mut answer = one(vec![text("a")], Finish::Stop);
    answer.choices[0].logprobs = Some(openai.into());
    let body = String::from_utf8(write_answer(&answer, &context(Endpoint::GenerateContent))).unwrap();
    let google = r#""logprobsResult":{"topCandidates":[{"candidates":[{"token":"a\"","logProbability":-0.50},{"token":"b","logProbability":-1}]}],"chosenCandidates":[{"token":"a\"","logProbability":-0.50}]}"#;

    assert!(body.contains(google), "{body}");
    assert_eq!(Ok(answer), read_answer(&body));
}

/// What is left of an answer that went through Gemini's form.
pub(super) fn kept(mut answer: Answer<'static>) -> Answer<'static> {
    for choice in &mut answer.choices {
        let has_calls = choice.parts.iter().any(|part| matches!(part.content, Content::Call(_)));
        choice.logprobs = None;
        choice.finish = match &choice.finish {
            Finish::Stop | Finish::StopSequence(_) | Finish::Calls if has_calls => Finish::Calls,
            Finish::Stop | Finish::StopSequence(_) | Finish::Calls => Finish::Stop,
            Finish::Length => Finish::Length,
            Finish::Filter => Finish::Filter,
        };
        let mut calls = choice.parts.iter_mut().filter_map(|part| match &mut part.content {
            Content::Call(call) => Some(call),
            _ => None,
        });
        if let Some(call) = calls.next().filter(|call| call.signature.is_none()) {
            call.signature = Some(Signature::new(Upstream::Gemini, "skip_thought_signature_validator"));
        }
        choice.parts.retain_mut(|part| {
            if let Content::Refusal(text) = &part.content {
                part.content = Content::Text(text.clone());
            }
            match &part.content {
                Content::Text(text) | Content::Thought { text, signature: None } => !text.is_empty(),
                _ => true,
            }
        });
    }
    if let Some(usage) = &mut answer.usage {
        usage.n_input += std::mem::take(&mut usage.n_cache_write);
        usage.n_cache_write_1h = 0;
    }
    if answer.id.is_empty() {
        answer.id = "req_1".into();
    }
    if answer.model.is_empty() {
        answer.model = "auto".into();
    }
    answer
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn answers_there_and_back(mut answer in arbitrary::answer(Upstream::Gemini)) {
        answer.choices.iter_mut().for_each(|choice| choice.logprobs = None);
        let body = String::from_utf8(write_answer(&answer, &context(Endpoint::GenerateContent))).unwrap();

        prop_assert_eq!(Ok(kept(answer)), read_answer(&body));
    }

    #[test]
    fn no_answer_panics(text in any::<String>(), place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let _ = read_answer(&text);
        let mut body = include_bytes!("../../../tests/golden/gemini/tools.answer.json").to_vec();
        let place = place.index(body.len());
        body[place] = byte;
        let _ = read_answer(&String::from_utf8_lossy(&body));
    }
}
