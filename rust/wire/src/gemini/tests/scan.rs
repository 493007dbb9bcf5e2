//! What the gateway reads of a request.

use crate::target::{Hosting, Quirks, Target};
use crate::{Endpoint, Kind, Upstream};

const CONTENTS: &str = r#""contents":[{"parts":[{"text":"hi"}]}]"#;

fn check(name: &str, members: &str, expected: (Option<u64>, u32)) {
    let body = format!("{{{CONTENTS}{members}}}");
    let request = super::super::scan(Endpoint::GenerateContent, "models/m", &body).unwrap();

    assert_eq!(expected, (request.max_tokens(), request.n_choices()), "{name}");
    assert_eq!(("m", false, true), (request.model(), request.is_stream(), request.wants_usage()), "{name}");
}

#[test]
fn what_is_read() {
    check("nothing said", "", (None, 1));
    check("an empty configuration", r#","generationConfig":{}"#, (None, 1));
    check("no configuration", r#","generationConfig":null"#, (None, 1));
    let both = r#","generationConfig":{"temperature":1,"maxOutputTokens":9,"candidateCount":2}"#;
    check("bounds", both, (Some(9), 2));
    check("bounds in snake case", r#","generation_config":{"max_output_tokens":9,"candidate_count":2}"#, (Some(9), 2));
    check("null bounds", r#","generationConfig":{"maxOutputTokens":null,"candidateCount":null}"#, (None, 1));
    check("a count of none is the default", r#","generationConfig":{"candidateCount":0}"#, (None, 1));
    check("other fields", r#","x":{"maxOutputTokens":3}"#, (None, 1));
}

fn check_refused(name: &str, endpoint: Endpoint, model: &str, body: &str, expected: (Kind, Option<&str>)) {
    let error = super::super::scan(endpoint, model, body).err().unwrap();

    assert_eq!(expected, (error.kind(), error.parameter()), "{name}: {error}");
}

#[test]
fn what_is_refused() {
    let check = |name, members: &str, expected| {
        check_refused(name, Endpoint::GenerateContent, "m", &format!("{{{CONTENTS}{members}}}"), expected);
    };
    let config = Some("generationConfig");
    check("no object", r#","generationConfig":[]"#, (Kind::Invalid, config));
    check("a bound that is a string", r#","generationConfig":{"maxOutputTokens":"9"}"#, (Kind::Invalid, config));
    check("a bound below zero", r#","generationConfig":{"maxOutputTokens":-9}"#, (Kind::Invalid, config));
    check("a bound twice", r#","generationConfig":{"maxOutputTokens":9,"maxOutputTokens":9}"#, (Kind::Invalid, config));
    let both = r#","generationConfig":{"maxOutputTokens":9,"max_output_tokens":99}"#;
    check("a bound in both spellings", both, (Kind::Invalid, config));
    check("a bound in other letters", r#","generationConfig":{"MaxOutputTokens":9}"#, (Kind::Invalid, config));
    check("too many candidates", r#","generationConfig":{"candidateCount":129}"#, (Kind::Invalid, config));
    check("a field twice", r#","tools":[],"tools":[]"#, (Kind::AmbiguousKey, Some("tools")));
    check("a field in other letters", r#","Tools":[]"#, (Kind::AmbiguousKey, Some("tools")));
    check(
        "a field in both spellings",
        r#","toolConfig":{},"tool_config":{}"#,
        (Kind::AmbiguousKey, Some("toolConfig")),
    );

    let check = check_refused;
    check("no JSON", Endpoint::GenerateContent, "m", "{", (Kind::Json, None));
    check("no model", Endpoint::GenerateContent, "", &format!("{{{CONTENTS}}}"), (Kind::Missing, Some("model")));
    check("no contents", Endpoint::GenerateContent, "m", "{}", (Kind::Missing, Some("contents")));
    let empty = r#"{"contents":[ ]}"#;
    check("empty contents", Endpoint::StreamGenerateContent, "m", empty, (Kind::Invalid, Some("contents")));
    check("contents of text", Endpoint::CountTokens, "m", r#"{"contents":"hi"}"#, (Kind::Invalid, Some("contents")));
    check("nothing to embed", Endpoint::EmbedContent, "m", "{}", (Kind::Missing, Some("content")));
    check("a text to embed", Endpoint::EmbedContent, "m", r#"{"content":"hi"}"#, (Kind::Invalid, Some("content")));
    check("an empty batch", Endpoint::BatchEmbedContents, "m", r#"{"requests":[]}"#, (Kind::Invalid, Some("requests")));
}

fn check_sent(name: &str, endpoint: Endpoint, body: &str, expected: &str) {
    let request = super::super::scan(endpoint, "auto", body).unwrap();
    let (quirks, mut output) = (Quirks::default(), Vec::new());
    let target = Target { upstream: Upstream::Gemini, hosting: Hosting::Own, model: "g", quirks };
    request.encode(&target, &mut output);

    assert_eq!(expected, String::from_utf8(output).unwrap(), "{name}");
}

#[test]
fn what_google_is_sent() {
    let generate = r#"{ "contents": [{"parts":[{"text":"hi"}]}], "new": 1.0 }"#;
    check_sent("all bytes", Endpoint::GenerateContent, generate, generate);
    check_sent(
        "the model of an embedding",
        Endpoint::EmbedContent,
        r#"{"model":"models/auto","content":{"parts":[]}}"#,
        r#"{"model":"models/g","content":{"parts":[]}}"#,
    );
    check_sent(
        "each model of a batch",
        Endpoint::BatchEmbedContents,
        r#"{"requests":[{"model":"models/a","content":{"model":"x"}}, {}, {"content":{}, "model" : "models/b"}]}"#,
        r#"{"requests":[{"model":"models/g","content":{"model":"x"}}, {}, {"content":{}, "model" : "models/g"}]}"#,
    );
    check_sent(
        "the model of a request to be counted",
        Endpoint::CountTokens,
        r#"{"generateContentRequest":{"model":"models/a","contents":[{"model":"x"}]}}"#,
        r#"{"generateContentRequest":{"model":"models/g","contents":[{"model":"x"}]}}"#,
    );
}
