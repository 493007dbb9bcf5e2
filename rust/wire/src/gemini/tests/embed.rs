//! Embeddings, both ways.

use super::super::embed;
use super::{VERTEX, context, parse};
use crate::chat::Lost;
use crate::embed::{Answer, Purpose, Request};
use crate::target::{Hosting, Quirks, Target};
use crate::upstream_error::{AnswerError, UpstreamError};
use crate::{Endpoint, Upstream, Usage};

fn check_read(name: &str, endpoint: Endpoint, body: &str, expected: &Request<'static>) {
    let form = embed::read_request(parse(endpoint, body)).unwrap();

    assert_eq!(*expected, form, "{name}");
}

#[test]
fn what_is_asked() {
    let one = |text: &'static str| Request { inputs: vec![text.into()], ..Request::default() };
    let check = |name, body, expected| check_read(name, Endpoint::EmbedContent, body, &expected);
    check("a text", r#"{"content":{"parts":[{"text":"a"}]}}"#, one("a"));
    check(
        "in parts",
        r#"{"model":"models/m","content":{"role":"user","parts":[{"text":"a"},{"text":"b"}]}}"#,
        one("ab"),
    );
    let purposeful = r#"{"content":{"parts":[{"text":"a"}]},"taskType":"RETRIEVAL_QUERY","output_dimensionality":64}"#;
    check("for a purpose", purposeful, Request { purpose: Some(Purpose::Query), dimensions: Some(64), ..one("a") });
    let unknown = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let other =
        r#"{"content":{"parts":[{"text":"a"},{"inlineData":{}}]},"taskType":"SEMANTIC_SIMILARITY","title":"t"}"#;
    let names = ["content.parts[1].inlineData", "taskType", "title"];
    check("what has no place", other, Request { unknown: unknown(&names), ..one("a") });

    let batch = r#"{"requests":[{"content":{"parts":[{"text":"a"}]},"taskType":"CLUSTERING"},{"content":{"parts":[{"text":"b"}]},"taskType":"CLUSTERING","x":1}]}"#;
    let expected = Request {
        inputs: vec!["a".into(), "b".into()],
        purpose: Some(Purpose::Clustering),
        unknown: unknown(&["requests[1].x"]),
        ..Request::default()
    };
    check_read("a batch", Endpoint::BatchEmbedContents, batch, &expected);
}

#[test]
fn which_batches_are_refused() {
    let check = |second: &str, expected: &str| {
        let body = format!(r#"{{"requests":[{{"content":{{"parts":[{{"text":"a"}}]}}}},{second}]}}"#);
        let error = embed::read_request(parse(Endpoint::BatchEmbedContents, &body)).err().unwrap();

        assert_eq!(expected, error.to_string(), "{second}");
    };
    check("{}", "`requests[1].content` must be there");
    check("1", "`requests[1]` must be an object");
    check(
        r#"{"content":{"parts":[]},"outputDimensionality":2}"#,
        "`requests` must have the same `taskType` and `outputDimensionality` as the first",
    );
}

#[test]
fn what_google_is_asked() {
    let check = |hosting, expected: &str| {
        let quirks = Quirks::default();
        let target = Target { upstream: Upstream::Gemini, hosting, model: "m", quirks };
        let inputs = vec!["a".into(), "b".into()];
        let form = Request { inputs, dimensions: Some(2), purpose: Some(Purpose::Document), ..Request::default() };
        let body = embed::write_request(&form, &target, &mut Lost::default());

        assert_eq!(expected, String::from_utf8(body).unwrap());
    };
    check(
        Hosting::Own,
        r#"{"requests":[{"model":"models/m","content":{"parts":[{"text":"a"}]},"taskType":"RETRIEVAL_DOCUMENT","outputDimensionality":2},{"model":"models/m","content":{"parts":[{"text":"b"}]},"taskType":"RETRIEVAL_DOCUMENT","outputDimensionality":2}]}"#,
    );
    check(
        VERTEX,
        r#"{"instances":[{"content":"a","task_type":"RETRIEVAL_DOCUMENT"},{"content":"b","task_type":"RETRIEVAL_DOCUMENT"}],"parameters":{"outputDimensionality":2}}"#,
    );
}

#[test]
fn where_google_is_asked() {
    let check = |endpoint, hosting, expected: &str| {
        let target = Target { upstream: Upstream::Gemini, hosting, model: "m", quirks: Quirks::default() };

        assert!(target.path(endpoint, false).ends_with(expected), "{endpoint:?}");
    };
    check(Endpoint::Embeddings, Hosting::Own, "/models/m:batchEmbedContents");
    check(Endpoint::Embeddings, VERTEX, "/models/m:predict");
    check(Endpoint::EmbedContent, VERTEX, "/models/m:embedContent");
}

fn answer(vectors: &[&[f32]], n_input: u64) -> Answer<'static> {
    let usage = (n_input > 0).then(|| Usage { n_input, ..Usage::default() });
    Answer { model: "".into(), vectors: vectors.iter().map(|vector| vector.to_vec()).collect(), usage }
}

#[test]
fn what_google_answers() {
    let check = |name: &str, text: &'static str, expected: Result<Answer<'static>, AnswerError>| {
        assert_eq!(expected, embed::read_answer(text), "{name}");
    };
    check("one", r#"{"embedding":{"values":[1,-0.5,1e-3]}}"#, Ok(answer(&[&[1.0, -0.5, 0.001]], 0)));
    let batch = r#"{"embeddings":[{"values":[1]},{"values":[2]}],"usageMetadata":{"promptTokenCount":7}}"#;
    check("a batch", batch, Ok(answer(&[&[1.0], &[2.0]], 7)));
    let vertex = r#"{"predictions":[{"embeddings":{"statistics":{"truncated":false,"token_count":3},"values":[1]}},{"embeddings":{"values":[2],"statistics":{"token_count":4}}}],"metadata":{"billableCharacterCount":9}}"#;
    check("Vertex", vertex, Ok(answer(&[&[1.0], &[2.0]], 7)));
    let error = UpstreamError { message: "no".to_owned(), ..UpstreamError::default() };
    check("an error", r#"{"error":{"message":"no"}}"#, Err(AnswerError::Upstream(error)));
    for malformed in
        ["{}", "[]", r#"{"embedding":{}}"#, r#"{"embedding":{"values":["1"]}}"#, r#"{"embedding":{"values":[1e99]}}"#]
    {
        check(malformed, malformed, Err(AnswerError::Malformed));
    }
}

#[test]
fn what_clients_get() {
    let check = |endpoint, expected: &str| {
        let body = embed::write_answer(&answer(&[&[1.0, -0.25], &[0.1]], 7), &context(endpoint));

        assert_eq!(expected, String::from_utf8(body).unwrap());
    };
    check(Endpoint::EmbedContent, r#"{"embedding":{"values":[1,-0.25]},"usageMetadata":{"promptTokenCount":7}}"#);
    check(
        Endpoint::BatchEmbedContents,
        r#"{"embeddings":[{"values":[1,-0.25]},{"values":[0.1]}],"usageMetadata":{"promptTokenCount":7}}"#,
    );
}
