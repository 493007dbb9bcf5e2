//! Embeddings, both ways.

use proptest::prelude::*;

use crate::chat::Lost;
use crate::cohere::embed::{read_answer, write_request};
use crate::embed::{Answer, Purpose, Request};
use crate::replay::config;
use crate::{AnswerError, Hosting, Kind, Quirks, Target, Upstream, UpstreamError, Usage};

fn target(refuses: &[String]) -> Target<'_> {
    let quirks = Quirks { refuses, ..Quirks::default() };
    Target { upstream: Upstream::Cohere, hosting: Hosting::Own, model: "embed-v4.0", quirks }
}

#[test]
fn how_texts_are_sent() {
    let check = |purpose, dimensions, refuses: &[String], expected: &str, named: &[&str]| {
        let form = Request { inputs: vec!["a".into(), "\"".into()], purpose, dimensions, ..Request::default() };
        let mut lost = Lost::default();
        let body = write_request(&form, &target(refuses), &mut lost).unwrap();
        let mut expected_lost = Lost::default();
        for name in named {
            expected_lost.named(name);
        }
        let expected = format!(r#"{{"model":"embed-v4.0",{expected}}}"#);

        assert_eq!((expected, expected_lost), (String::from_utf8(body).unwrap(), lost));
    };
    let body = |kind: &str, rest: &str| {
        format!(r#""input_type":"{kind}","texts":["a","\""],"embedding_types":["float"],"truncate":"NONE"{rest}"#)
    };
    check(None, None, &[], &body("search_document", ""), &[]);
    check(Some(Purpose::Document), None, &[], &body("search_document", ""), &[]);
    check(Some(Purpose::Query), None, &[], &body("search_query", ""), &[]);
    check(Some(Purpose::Classification), None, &[], &body("classification", ""), &[]);
    check(Some(Purpose::Clustering), None, &[], &body("clustering", ""), &[]);
    check(None, Some(256), &[], &body("search_document", r#","output_dimension":256"#), &[]);
    check(None, Some(256), &["output_dimension".to_owned()], &body("search_document", ""), &["dimensions"]);
}

#[test]
fn how_many_texts_are_sent() {
    let send = |n_texts| {
        let form = Request { inputs: vec!["a".into(); n_texts], ..Request::default() };
        write_request(&form, &target(&[]), &mut Lost::default()).map(drop)
    };

    assert_eq!(Ok(()), send(96));
    let error = send(97).unwrap_err();
    assert_eq!(Kind::Unsupported, error.kind());
    assert!(error.to_string().contains("more than 96 texts in one request"), "{error}");
}

#[test]
fn what_answers_say() {
    let check = |name: &str, text: &str, expected: Result<(Vec<Vec<f32>>, Option<Usage>), AnswerError>| {
        let read = read_answer(text).map(|Answer { vectors, usage, .. }| (vectors, usage));

        assert_eq!(expected, read, "{name}");
    };
    let good = r#"{"id":"e1","texts":["a","b"],"embeddings":{"float":[[0.5,-1e-3],[1,0]]},"meta":{"api_version":{"version":"2"},"billed_units":{"input_tokens":4}},"response_type":"embeddings_by_type"}"#;
    let vectors = vec![vec![0.5, -0.001], vec![1.0, 0.0]];
    check("two", good, Ok((vectors, Some(Usage { n_input: 4, ..Usage::default() }))));
    check("no usage", r#"{"embeddings":{"float":[[1]]}}"#, Ok((vec![vec![1.0]], None)));
    let error = UpstreamError { message: "too long".to_owned(), ..UpstreamError::default() };
    check("an error", r#"{"id":"e1","message":"too long"}"#, Err(AnswerError::Upstream(error)));
    check("none", r#"{"embeddings":{"float":[]}}"#, Err(AnswerError::Malformed));
    check("of another type", r#"{"embeddings":{"int8":[[1]]}}"#, Err(AnswerError::Malformed));
    check("not of numbers", r#"{"embeddings":{"float":[["1"]]}}"#, Err(AnswerError::Malformed));
    check("no array", r#"{"embeddings":{"float":[1]}}"#, Err(AnswerError::Malformed));
    check("no JSON", "{", Err(AnswerError::Malformed));
}

proptest! {
    #![proptest_config(config(500))]

    #[test]
    fn no_text_panics(text in ".{0,60}", vectors in ".{0,20}") {
        let _ = read_answer(&text);
        let _ = read_answer(&format!(r#"{{"embeddings":{{"float":[{vectors}]}}}}"#));
    }
}
