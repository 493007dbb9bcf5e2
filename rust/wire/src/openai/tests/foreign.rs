//! Thoughts of others in requests that stay as they are.

use crate::Quirks;

use super::{CHAT, parsed, target};

/// `message`, in a body with others, goes on as `expected`.
fn check(name: &str, message: &str, expected: &str) {
    let body = |message: &str| {
        format!(r#"{{ "model":"up","messages" : [ {{"role":"user","content":"\"tiercel."}} , {message} ],"x":1e400}}"#)
    };
    let mut output = Vec::new();
    parsed(CHAT, &body(message)).encode(&target(Quirks::default()), &mut output);

    assert_eq!(body(expected), String::from_utf8(output).unwrap(), "{name}");
}

#[test]
fn what_is_cut_out() {
    let details = r#""reasoning_details":[{"type":"reasoning.text","text":"t","signature":"tiercel.anthropic.abcd"}]"#;
    let first = format!(r#"{{{details} , "content":null, "reasoning_content":"t"}}"#);
    check("a signed thought, and its text", &first, r#"{"content":null}"#);
    let last = format!(r#"{{"role":"assistant", "content" : "a" , {details}}}"#);
    check("one at the end", &last, r#"{"role":"assistant", "content" : "a"}"#);
    let alone = format!("{{{details}}}");
    check("one alone", &alone, "{}");
    let sealed =
        r#"{"content":"a","reasoning_details":[{"type":"reasoning.encrypted","data":"tiercel.bedrock.efgh"}]}"#;
    check("a sealed one", sealed, r#"{"content":"a"}"#);
    let call =
        r#"{"tool_calls":[{"id":"c","extra_content":{"google":{"thought_signature":"tiercel.gemini.s"}}},{"id":"d"}]}"#;
    check("the signature of a call", call, r#"{"tool_calls":[{"id":"c"},{"id":"d"}]}"#);
}

#[test]
fn what_stays() {
    let check = |name, message| check(name, message, message);
    let own = r#"{"content":"a","reasoning_content":"t","reasoning_details":[{"text":"t","signature":"abcd"}]}"#;
    check("a thought of this dialect", own);
    check("the mark in a text", r#"{"content":"tiercel.anthropic.abcd","tool_calls":[{"id":"tiercel.gemini.s"}]}"#);
    check("what is no message", "1");
    check("calls that are none", r#"{"tool_calls":"tiercel."}"#);
}
