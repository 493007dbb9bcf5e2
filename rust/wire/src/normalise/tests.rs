use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

use super::{Trimmer, fence, preamble, text, whole};
use crate::replay::config;
use crate::{Endpoint, Reading, Request, ResponseFormat, State, Upstream};

const TEXT: ResponseFormat = ResponseFormat::Text;
const JSON: ResponseFormat = ResponseFormat::JsonObject;

#[test]
fn what_goes() {
    let check = |whole: &str, format, expected: &str| assert_eq!(Some(expected), text(whole, format), "{whole:?}");
    let goes = |whole: &str, expected: &str| check(whole, TEXT, expected);
    goes("Sure! You can do that.", "You can do that.");
    goes("sure thing! You can.", "You can.");
    goes("\nOf course.\n\nYou can.", "You can.");
    goes("Certainly!\n\n    indented", "    indented");
    goes("Certainly, here is the list:\n- a", "- a");
    goes("Sure, here’s a poem:\n\nRoses", "Roses");
    goes("Absolutely! Here are the steps:\n\n1. Go", "1. Go");
    goes("Of course! I'd be happy to help! Here is the code:\n```python\nx\n```", "```python\nx\n```");
    goes("Great question! The sky is blue.", "The sky is blue.");
    goes("Here is the list:\n\n- a", "- a");
    goes("Here is the code:\n```c\nx\n```", "```c\nx\n```");
    goes("Natürlich! Das geht.", "Das geht.");
    goes("Gerne, hier ist die Liste:\n- a", "- a");
    goes("Bien sûr\u{a0}! Voici la liste :\n- a", "- a");
    goes("¡Claro que sí! Aquí tienes la lista:\n- a", "- a");
    goes("¡Por supuesto! Puede.", "Puede.");
    goes("Certo! Ecco la lista:\n- a", "- a");
    goes("Claro! Aqui está a lista:\n- a", "- a");
    goes("当然可以！天空是蓝色的。", "天空是蓝色的。");
    goes("好的，以下是列表：\n- a", "- a");
    goes("承知しました。空は青いです。", "空は青いです。");

    goes("```json\n{\"a\": 1}\n```", "{\"a\": 1}");
    goes("Here is the JSON:\n\n```\n[1]\n```\n", "[1]");
    check("```JSON\r\n{\"a\": 1}\r\n```", JSON, "{\"a\": 1}");
    check("```json\n42\n```", JSON, "42");
    check("````json\n{ // cut\n````", JSON, "{ // cut");
    check("Here is the JSON:\n{\"a\": 1}", JSON, "{\"a\": 1}");
}

#[test]
fn what_stays() {
    let check = |whole: &str, format| assert_eq!(None, text(whole, format), "{whole:?}");
    let long = format!("Here is {}:\n\nx", "a".repeat(preamble::MAX_PREAMBLE));
    for whole in [
        "",
        " \n",
        "Sure!",
        "Of course. \n",
        "Sure, I can.",
        "Sure enough, it rains.",
        "Surely! You can.",
        "Sure? Yes.",
        "Sure... maybe.",
        "Sure!ly",
        "Certainly not.",
        "Of course, that depends.",
        "Absolutely! You can.",
        "Absolutely, you can.",
        "Got it. The answer is 4.",
        "Here is the list:",
        "Here is the list:\n- a",
        "Here is the thing: it rains.\n\nA lot.",
        "Here is why. Listen:\n\nx",
        "Here is `x`:\n\nx",
        "Here isn't the list:\n\nx",
        "Hereis the list:\n\nx",
        "\"Sure! You can.\"",
        "> Sure! You can.",
        "`Sure! You can.`",
        "```\nSure! You can.\n```",
        "    Sure",
        "He said: Sure! You can.",
        "```python\nx = 1\n```",
        "```json\n{\"a\": 1}\n```\nThat is all.",
        "```json\n{\"a\": 1}",
        "```json\n{\"a\": 1}```",
        "```json\n{\"a\": 1\n```",
        "```json\n\"a\"\n```",
        "```json\n[1]\n```\n```json\n[2]\n```",
        "````json\n[1]\n```",
        &long,
    ] {
        check(whole, TEXT);
    }
    check("```json\n\n```", JSON);
    check("```json\n[1]\n```\n\n```json\n[2]\n```", JSON);
    check("```python\nx\n```", JSON);
    check("{\"a\": \"```\"}", JSON);
}

#[test]
fn what_becomes_of_bodies() {
    let check = |name: &str, endpoint, body: &str, expected: &str| {
        let normalised = whole(endpoint, body.as_bytes(), TEXT).unwrap_or_else(|| body.as_bytes().to_vec());

        assert_eq!(expected, String::from_utf8(normalised).unwrap(), "{name}");
    };
    let same = |name: &str, endpoint, body: &str| check(name, endpoint, body, body);
    let edited = |name: &str, endpoint, body: &str| check(name, endpoint, body, &body.replace("Sure!\\n\\n", ""));
    edited(
        "choices",
        Endpoint::ChatCompletions,
        r#"{"new":1.0, "choices":[{"message":{"role":"assistant","content":"Sure!\n\na b","annotations":[]},"logprobs":null},{"message":{"content" : "Sure!\n\nc"}}]}"#,
    );
    edited(
        "output",
        Endpoint::Responses,
        r#"{"output":[{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"Sure! a"}]},{"type":"message","content":[{"type":"output_text","text":"Sure!\n\na","annotations":[],"logprobs":[]}]}]}"#,
    );
    edited(
        "blocks",
        Endpoint::Messages,
        r#"{"type":"message","content":[{"type":"thinking","thinking":"Sure! a"},{"type":"text","text":"Sure!\n\na","citations":null}]}"#,
    );
    edited(
        "candidates",
        Endpoint::StreamGenerateContent,
        r#"{"candidates":[{"content":{"parts":[{"text":"Sure! a","thought":true},{"text":"Sure!\n\na"}],"role":"model"}}]}"#,
    );
    let body = |text: &str| format!(r#"{{"choices":[{{"message":{{"content":{text}}}}}]}}"#);
    check("a fence", Endpoint::ChatCompletions, &body(r#""```json\n{\"a\":1}\n```""#), &body(r#""{\"a\":1}""#));
    same("nothing to do", Endpoint::ChatCompletions, &body(r#""a\u0020b""#));
    same(
        "several parts",
        Endpoint::ChatCompletions,
        &body(r#"[{"type":"text","text":"Sure! a"},{"type":"text","text":"b"}]"#),
    );
    same("no text", Endpoint::ChatCompletions, &body("null"));
    same("no answer", Endpoint::ChatCompletions, "Sure! a");
    same(
        "tokens are told",
        Endpoint::ChatCompletions,
        r#"{"choices":[{"message":{"content":"Sure! a"},"logprobs":{"content":[]}}]}"#,
    );
    same("sources are told", Endpoint::Messages, r#"{"content":[{"type":"text","text":"Sure! a","citations":[{}]}]}"#);
    same("a tool is called", Endpoint::Messages, r#"{"content":[{"type":"tool_use","input":{"text":"Sure! a"}}]}"#);
    same("a text goes on", Endpoint::Completions, r#"{"choices":[{"text":"Sure! a"}]}"#);
    same("vectors", Endpoint::Embeddings, r#"{"content":"Sure! a"}"#);
}

/// The answer in the client's dialect to a request whose answer is to be normalised.
fn reading(endpoint: Endpoint, body: &str, upstream: Upstream) -> Reading {
    let request = Request::parse(endpoint, Some("m"), body.as_bytes()).unwrap();
    Reading::new(Arc::new(request), upstream, "7".to_owned(), 0).normalised()
}

/// A stream of OpenAI's dialect that says these pieces.
fn stream(pieces: &[&str]) -> String {
    let event = |delta: &str, finish: &str| {
        format!(r#"data: {{"choices":[{{"index":0,"delta":{delta},"finish_reason":{finish}}}]}}"#) + "\n\n"
    };
    let deltas = pieces.iter().map(|piece| event(&format!(r#"{{"content":{}}}"#, Value::from(*piece)), "null"));
    deltas.chain([event("{}", "\"stop\""), "data: [DONE]\n\n".to_owned()]).collect()
}

/// All texts in the members `name` of a stream's events.
fn texts(stream: &[u8], name: &str) -> String {
    let lines = std::str::from_utf8(stream).unwrap().lines().filter_map(|line| line.strip_prefix("data: "));
    lines
        .filter_map(|data| serde_json::from_str::<Value>(data).ok()?.pointer(name)?.as_str().map(str::to_owned))
        .collect()
}

#[test]
fn what_becomes_of_streams() {
    let check = |name: &str, endpoint, body: &str, place: &str, pieces: &[&str], expected: &str| {
        let mut reader = reading(endpoint, body, Upstream::OpenAi).stream();
        let mut output = Vec::new();

        assert_eq!(Ok(State::Finished), reader.feed(stream(pieces).as_bytes(), &mut output), "{name}");
        assert_eq!(expected, texts(&output, place), "{name}");
    };
    let chat = r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}"#;
    let json = chat.replace("}]}", r#"}],"response_format":{"type":"json_object"}}"#);
    let delta = "/choices/0/delta/content";
    let pieces = ["Su", "re", "! He", "re is it:\n", "\nabc", "def"];
    check("chat", Endpoint::ChatCompletions, chat, delta, &pieces, "abcdef");
    check("nothing else is said", Endpoint::ChatCompletions, chat, delta, &["Sure", "!"], "Sure!");
    let fenced = ["``", "`json", "\n{\"a\":", "1}\n", "``", "`"];
    check("JSON", Endpoint::ChatCompletions, &json, delta, &fenced, "{\"a\":1}");
    check("not JSON", Endpoint::ChatCompletions, chat, delta, &fenced, &fenced.concat());
    let body = r#"{"model":"m","stream":true,"input":"hi"}"#;
    check("responses", Endpoint::Responses, body, "/delta", &pieces, "abcdef");
    let body = r#"{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"hi"}]}"#;
    check("messages", Endpoint::Messages, body, "/delta/text", &pieces, "abcdef");
    let body = r#"{"contents":[{"parts":[{"text":"hi"}]}]}"#;
    check("contents", Endpoint::StreamGenerateContent, body, "/candidates/0/content/parts/0/text", &pieces, "abcdef");
    let body = r#"{"model":"m","stream":true,"prompt":"hi"}"#;
    check("a text goes on", Endpoint::Completions, body, delta, &pieces, &pieces.concat());
}

#[test]
fn whole_answers_are_normalised_whoever_gives_them() {
    let check = |endpoint, body: &str, upstream, answer: &str| {
        let whole = reading(endpoint, body, upstream).whole(answer.as_bytes().to_vec()).ok().unwrap();
        let body = String::from_utf8(whole.body).unwrap();

        assert!(body.contains(r#""abc""#), "{body}");
    };
    let chat = r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#;
    let answer =
        r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"Sure! abc"},"finish_reason":"stop"}]}"#;
    check(Endpoint::ChatCompletions, chat, Upstream::OpenAi, answer);
    check(Endpoint::Responses, r#"{"model":"m","input":"hi"}"#, Upstream::OpenAi, answer);
    let body = r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}"#;
    check(Endpoint::Messages, body, Upstream::OpenAi, answer);
    let body = r#"{"contents":[{"parts":[{"text":"hi"}]}]}"#;
    check(Endpoint::GenerateContent, body, Upstream::OpenAi, answer);
}

/// `text` as it comes through a trimmer when it is cut at `places`.
fn trimmed(text: &str, places: &[Index], format: ResponseFormat) -> String {
    let mut places: Vec<_> = places.iter().map(|place| place.index(text.len() + 1)).collect();
    places.retain(|place| text.is_char_boundary(*place));
    places.sort_unstable();
    let mut trimmer = Trimmer::new(format);
    let mut passed = String::new();
    let mut start = 0;
    for end in places.into_iter().chain([text.len()]) {
        passed.push_str(&trimmer.push(&text[start..end]));
        start = end;
    }
    passed + &trimmer.finish()
}

fn answer() -> impl Strategy<Value = String> {
    let pieces = vec![
        "Sure",
        "!",
        ".",
        ",",
        " ",
        "\n",
        "\n\n",
        "Of course",
        "Absolutely",
        "here is",
        "the list",
        ":",
        "```",
        "json",
        "{\"a\": 1}",
        "[\n  1\n]",
        "x",
        "é",
        "当然可以",
        "！",
        "\u{a0}",
    ];
    prop_oneof![
        4 => prop::collection::vec(select(pieces), 0..12).prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
    ]
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn pieces_say_the_same_as_the_whole(answer in answer(), places in prop::collection::vec(any::<Index>(), 0..8)) {
        let rest = &answer[preamble::read(&answer).n_bytes..];
        prop_assert_eq!(rest, trimmed(&answer, &places, TEXT));
        let is_opened = rest.trim_start().split_once('\n').is_some_and(|(line, _)| fence::opening(line).is_some());
        if fence::inside(rest).is_some() || !is_opened {
            prop_assert_eq!(text(&answer, JSON).unwrap_or(&answer), trimmed(&answer, &places, JSON));
        }
    }

    #[test]
    fn what_is_left_is_the_end_or_was_fenced(answer in answer()) {
        if let Some(left) = text(&answer, TEXT) {
            prop_assert!(!left.trim().is_empty());
            prop_assert!(answer.ends_with(left) || super::is_document(left), "{:?}", left);
        }
    }
}
