//! Signatures of others in requests that stay as they are.

use super::THIRD;
use crate::target::{Hosting, Quirks, Target};
use crate::{Endpoint, Upstream};

/// `tiercel.anthropic.s`
const FOREIGN: &str = "dGllcmNlbC5hbnRocm9waWMucw==";
const NONE: &str = "skip_thought_signature_validator";

/// The contents of a body go on to `model` as `expected`.
fn check_at(name: &str, model: &str, contents: &str, expected: &str) {
    let body = |contents: &str| {
        format!(r#"{{ "contents" : [ {{"parts":[{{"text":"dGllcmNlbC"}}]}} , {contents} ],"x":1e400}}"#)
    };
    let quirks = Quirks::default();
    let target = Target { upstream: Upstream::Gemini, hosting: Hosting::Own, model, quirks };
    let mut output = Vec::new();
    super::super::scan(Endpoint::GenerateContent, "auto", &body(contents)).unwrap().encode(&target, &mut output);

    assert_eq!(body(expected), String::from_utf8(output).unwrap(), "{name}");
}

fn check(name: &str, parts: &str, expected: &str) {
    let contents = |parts: &str| format!(r#"{{"role":"model", "parts" : [{parts}]}},{{"parts":[]}}"#);
    check_at(name, THIRD, &contents(parts), &contents(expected));
}

#[test]
fn what_is_cut_out() {
    let thought = format!(r#"{{"text":"t", "thought":true,"thoughtSignature":"{FOREIGN}"}}"#);
    check("a thought", &format!(r#"{thought} , {{"text":"a"}}"#), r#"{"text":"a"}"#);
    check("a thought at the end", &format!(r#"{{"text":"a"}} , {thought}"#), r#"{"text":"a"}"#);
    check(
        "a sealed one",
        &format!(r#"{{"text":"a"}},{{"text":"","thought_signature":"{FOREIGN}"}}"#),
        r#"{"text":"a"}"#,
    );
    check("the signature of a text", &format!(r#"{{"thoughtSignature":"{FOREIGN}","text":"a"}}"#), r#"{"text":"a"}"#);
    check_at(
        "a content that has nothing else",
        THIRD,
        &format!(r#"{{"role":"model","parts":[{thought},{thought}]}} , {{"parts":[{{"text":"a"}}]}}"#),
        r#"{"parts":[{"text":"a"}]}"#,
    );
}

#[test]
fn what_becomes_of_calls() {
    let call = |signature: &str| {
        format!(r#"{{"role":"model","parts":[{{"functionCall":{{"name":"f"}},"thoughtSignature":"{signature}"}}]}}"#)
    };
    check_at("a signed call", THIRD, &call(FOREIGN), &call(NONE));
    check_at("a call that is not to be checked", THIRD, &call(NONE), &call(NONE));
    let plain = r#"{"role":"model","parts":[{"functionCall":{"name":"f"}}]}"#;
    check_at("a signed call for the second generation", "gemini-2.5-pro", &call(FOREIGN), plain);
    check_at("one that it need not check", "gemini-2.5-pro", &call(NONE), plain);
}

#[test]
fn what_stays() {
    let check = |name, parts: &str| check(name, parts, parts);
    check("Google's own", r#"{"text":"a","thought":true,"thoughtSignature":"c2ln"}"#);
    check("the mark in a text", &format!(r#"{{"text":"{FOREIGN}"}},{{"functionCall":{{"id":"{NONE}"}}}}"#));
    check("no signature", r#"{"text":"a","thoughtSignature":""},{"thoughtSignature":1}"#);
    check("what is no part", "1");
}
