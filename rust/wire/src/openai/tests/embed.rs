//! Embeddings.

use serde_json::{Value, json};

use crate::chat::{Feature, Lost};
use crate::embed::{Answer, Purpose, Request};
use crate::openai::embed::{read_answer, read_request, write_answer, write_request};
use crate::{AnswerError, Endpoint, Quirks, Usage};

use super::{context, json, parsed, target};

fn parsed_input(input: &str, members: &str) -> crate::Request {
    parsed(Endpoint::Embeddings, &format!(r#"{{"model":"m","input":{input}{members}}}"#))
}

#[test]
fn what_clients_ask() {
    let check = |name: &str, input: &str, members: &str, expected: Request<'_>| {
        assert_eq!(Ok(expected), read_request(&parsed_input(input, members)), "{name}");
    };
    let inputs = |inputs: &[&'static str]| Request {
        inputs: inputs.iter().map(|&text| text.into()).collect(),
        ..Request::default()
    };
    check("one text", r#""a\n""#, "", inputs(&["a\n"]));
    check("texts", r#"["a","b"]"#, r#","encoding_format":"base64""#, inputs(&["a", "b"]));
    let small = Request { dimensions: Some(256), ..inputs(&["a"]) };
    check("dimensions", r#""a""#, r#","dimensions":256,"encoding_format":"float""#, small);
    let named = Request { hints: vec!["user".into()], unknown: vec!["x".into()], ..inputs(&["a"]) };
    check("what has no place", r#""a""#, r#","user":"u","x":1"#, named);
}

#[test]
fn what_is_refused() {
    let check = |name: &str, input: &str, members: &str, text: &str| {
        let error = read_request(&parsed_input(input, members)).unwrap_err().to_string();

        assert!(error.contains(text), "{name}: {error}");
    };
    check("tokens", "[1,2]", "", "tokens cannot be translated");
    check("several of tokens", "[[1],[2]]", "", "tokens cannot be translated");
    check("nothing", "[]", "", "1 to 2048 texts");
    check("too many", &format!("[{}\"\"]", "\"\",".repeat(2_048)), "", "1 to 2048 texts");
    check("a bad spelling", r#""a""#, r#","encoding_format":"hex""#, "\"float\" or \"base64\"");
    check("bad dimensions", r#""a""#, r#","dimensions":-1"#, "`dimensions` must be an integer");
}

#[test]
fn what_providers_are_asked() {
    let mut lost = Lost::default();
    let inputs = vec!["a".into(), "b\"".into()];
    let form = Request { inputs, dimensions: Some(256), purpose: Some(Purpose::Query), ..Request::default() };
    let body = json(&write_request(&form, &target(Quirks::default()), &mut lost));

    let expected = json!({"model": "up", "input": ["a", "b\""], "dimensions": 256, "encoding_format": "float"});
    let mut hint = Lost::default();
    hint.hint(Feature::Purpose);
    assert_eq!((expected, hint), (body, lost));
}

#[test]
fn what_providers_say() {
    let body = r#"{"object":"list","data":[{"index":1,"embedding":[1e-2,-0.5]},{"index":0,"embedding":[0.25]}],"model":"up","usage":{"prompt_tokens":8,"total_tokens":8}}"#;
    let usage = Some(Usage { n_input: 8, ..Usage::default() });
    let expected = Answer { model: "up".into(), vectors: vec![vec![0.25], vec![0.01, -0.5]], usage };
    assert_eq!(Ok(expected), read_answer(body));
    let check = |name: &str, body: &str| assert_eq!(Err(AnswerError::Malformed), read_answer(body), "{name}");
    check("no vectors", r#"{"data":[]}"#);
    check("no data", "{}");
    check("what is no vector", r#"{"data":[{"embedding":"aGk="}]}"#);
    check("what is no number", r#"{"data":[{"embedding":[null]}]}"#);
    check("what no float holds", r#"{"data":[{"embedding":[1e400]}]}"#);
    assert!(matches!(read_answer(r#"{"error":{"message":"m"}}"#), Err(AnswerError::Upstream(_))));
}

#[test]
fn what_clients_get() {
    let usage = Some(Usage { n_input: 8, ..Usage::default() });
    let answer = Answer { model: "".into(), vectors: vec![vec![0.25, -1e-7], vec![]], usage };
    let check = |members: &str, first: Value, second: Value| {
        let body = json(&write_answer(&answer, &context(&parsed_input(r#""a""#, members))));
        let item = |index: u32, embedding| json!({"object": "embedding", "index": index, "embedding": embedding});

        let usage = json!({"prompt_tokens": 8, "total_tokens": 8});
        let expected =
            json!({"object": "list", "data": [item(0, first), item(1, second)], "model": "m", "usage": usage});
        assert_eq!(expected, body, "{members}");
    };
    check("", json!([0.25, -1e-7]), json!([]));
    check(r#","encoding_format":"float""#, json!([0.25, -1e-7]), json!([]));
    // 0.25 is 0x3E800000, and -1e-7 0xB3D6BF95.
    check(r#","encoding_format":"base64""#, json!("AACAPpW/1rM="), json!(""));
}
