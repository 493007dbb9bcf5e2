//! What whole answers say.

use proptest::prelude::*;

use crate::bedrock::read_answer;
use crate::chat::{Call, Content, Finish, Part, Signature};
use crate::replay::config;
use crate::{AnswerError, Upstream, UpstreamError, Usage};

fn answer(content: &str, reason: &str, usage: &str) -> String {
    let message = format!(r#"{{"role":"assistant","content":{content}}}"#);
    format!(
        r#"{{"output":{{"message":{message}}},"stopReason":"{reason}","usage":{usage},"metrics":{{"latencyMs":1}}}}"#
    )
}

#[test]
fn what_blocks_mean() {
    let check = |name: &str, content: &str, expected: &[Content<'_>]| {
        let text = answer(content, "end_turn", "{}");
        let answer = read_answer(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected: Vec<_> = expected.iter().cloned().map(Part::new).collect();

        assert_eq!(expected, answer.choices[0].parts, "{name}");
    };
    let call = |id: &'static str, arguments: &'static str| {
        Content::Call(Call { id: id.into(), name: "f".into(), arguments: arguments.into(), signature: None })
    };
    let signature = |text: &'static str| Signature::new(Upstream::Bedrock, text);
    check("nothing", "[]", &[]);
    check("text", r#"[{"text":"Hé"},{"text":""}]"#, &[Content::Text("Hé".into()), Content::Text("".into())]);
    let calls = r#"[{"toolUse":{"toolUseId":"a","name":"f","input":{"x": 1.50}}},{"toolUse":{"toolUseId":"b","name":"f","input":null}}]"#;
    check("calls, their numbers as they are spelt", calls, &[call("a", r#"{"x": 1.50}"#), call("b", "{}")]);
    let thought = r#"[{"reasoningContent":{"reasoningText":{"text":"Hm","signature":"s"}}},{"reasoningContent":{"reasoningText":{"text":"Ah"}}}]"#;
    let thoughts = [("Hm", Some(signature("s"))), ("Ah", None)]
        .map(|(text, signature)| Content::Thought { text: text.into(), signature });
    check("thoughts", thought, &thoughts);
    let sealed = r#"[{"reasoningContent":{"redactedContent":"cg=="}}]"#;
    check("a sealed thought", sealed, &[Content::RedactedThought(signature("cg=="))]);
    let cited = r#"[{"citationsContent":{"content":[{"text":"So"}],"citations":[{"title":"t"}]}}]"#;
    check("text with its sources", cited, &[Content::Text("So".into())]);
    let server = r#"[{"toolUse":{"toolUseId":"a","name":"f","input":{},"type":"server_tool_use"}},{"toolResult":{"toolUseId":"a","content":[]}},{"novel":{}}]"#;
    check("what is none of a conversation's", server, &[]);
}

#[test]
fn why_answers_end() {
    let check = |reason: &str, expected: Result<Finish, AnswerError>| {
        let text = answer("[]", reason, "{}");
        let finish = read_answer(&text).map(|answer| answer.choices[0].finish.clone());

        assert_eq!(expected, finish, "{reason}");
    };
    let gave_up = |reason: &str| {
        let message = "the model's answer was malformed".to_owned();
        Err(AnswerError::Upstream(UpstreamError { message, kind: Some(reason.to_owned()), ..UpstreamError::default() }))
    };
    check("end_turn", Ok(Finish::Stop));
    check("stop_sequence", Ok(Finish::StopSequence(None)));
    check("max_tokens", Ok(Finish::Length));
    check("model_context_window_exceeded", Ok(Finish::Length));
    check("tool_use", Ok(Finish::Calls));
    check("guardrail_intervened", Ok(Finish::Filter));
    check("content_filtered", Ok(Finish::Filter));
    check("refusal", Ok(Finish::Filter));
    check("malformed_model_output", gave_up("malformed_model_output"));
    check("malformed_tool_use", gave_up("malformed_tool_use"));
    check("novel", Ok(Finish::Stop));
}

#[test]
fn what_answers_cost() {
    let check = |name: &str, usage: &str, expected: Option<Usage>| {
        let text = answer("[]", "end_turn", usage);

        assert_eq!(expected, read_answer(&text).unwrap().usage, "{name}");
    };
    let plain = Usage { n_input: 7, n_output: 3, ..Usage::default() };
    check("plain counts", r#"{"inputTokens":7,"outputTokens":3,"totalTokens":10}"#, Some(plain));
    let cached = r#"{"inputTokens":7,"outputTokens":3,"cacheReadInputTokens":50,"cacheWriteInputTokens":20,"cacheDetails":[{"ttl":"1h","inputTokens":15},{"ttl":"5m","inputTokens":5}]}"#;
    let parts = Usage { n_cache_read: 50, n_cache_write: 20, n_cache_write_1h: 15, ..plain };
    check("what is cached comes on top", cached, Some(parts));
    let hours = r#"{"inputTokens":7,"outputTokens":3,"cacheWriteInputTokens":20,"cacheDetails":[{"ttl":"1h","inputTokens":21}]}"#;
    let cut = Usage { n_cache_write: 20, n_cache_write_1h: 20, is_suspect: true, ..plain };
    check("more kept for an hour than written", hours, Some(cut));
    let negative = r#"{"inputTokens":-7,"outputTokens":3}"#;
    check("negative", negative, Some(Usage { n_input: 0, is_suspect: true, ..plain }));
    check("zeros", r#"{"inputTokens":0,"outputTokens":0}"#, None);
    check("nothing", "{}", None);
}

#[test]
fn what_is_no_answer() {
    let check = |name: &str, text: &str, expected: AnswerError| {
        assert_eq!(Some(expected), read_answer(text).err(), "{name}");
    };
    let error = |kind: Option<&str>, message: &str| {
        let (kind, message) = (kind.map(str::to_owned), message.to_owned());
        AnswerError::Upstream(UpstreamError { message, kind, ..UpstreamError::default() })
    };
    check("an error", r#"{"message":"Too many requests."}"#, error(None, "Too many requests."));
    let older = r#"{"__type":"com.amazon.coral.service#UnrecognizedClientException","Message":"No."}"#;
    check("AWS's older form", older, error(Some("com.amazon.coral.service#UnrecognizedClientException"), "No."));
    check("no message", r#"{"output":{},"stopReason":"end_turn"}"#, AnswerError::Malformed);
    check("no JSON", "<html>", AnswerError::Malformed);
    check("half of it", r#"{"output":{"message":{"content":[]}},"#, AnswerError::Malformed);
    check("no reason", r#"{"output":{"message":{"content":[]}}}"#, AnswerError::Malformed);
    check("a block that is none", &answer("[1]", "end_turn", "{}"), AnswerError::Malformed);
    check("a call of no name", &answer(r#"[{"toolUse":{"toolUseId":"a"}}]"#, "end_turn", "{}"), AnswerError::Malformed);
    check("an empty thought", &answer(r#"[{"reasoningContent":{}}]"#, "end_turn", "{}"), AnswerError::Malformed);
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn no_text_panics(text in ".{0,60}", place in any::<prop::sample::Index>(), piece in ".{0,3}") {
        let _ = read_answer(&text);
        let good = answer(r#"[{"text":"a"},{"toolUse":{"toolUseId":"a","name":"f","input":{}}}]"#, "end_turn", "{}");
        let place = place.index(good.len());
        let _ = read_answer(&[&good[..place], &piece, &good[place + 1..]].concat());
    }
}
