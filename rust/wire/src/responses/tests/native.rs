//! What is changed of a request whose provider speaks the same dialect.

use super::{parsed, target};
use crate::Quirks;

fn check(name: &str, input: &str, expected: &str) {
    let body =
        |input: &str, model: &str| format!(r#"{{ "model" : "{model}", "input" : {input} , "new_field" : 1.0 }}"#);
    let mut encoded = Vec::new();
    parsed(&body(input, "m")).encode(&target(Quirks::default()), &mut encoded);

    assert_eq!(body(expected, "up"), String::from_utf8(encoded).unwrap(), "{name}");
}

#[test]
fn only_thoughts_of_others_are_cut_out() {
    let own = r#"{"type":"reasoning", "summary":[], "encrypted_content":"gAAA"}"#;
    let others = r#"{"type":"reasoning","summary":[],"encrypted_content":"tiercel.anthropic.ab"}"#;
    let nobodys = r#"{"type":"reasoning","summary":[],"encrypted_content":"tiercel.unsigned"}"#;
    let user = r#"{"role": "user", "content": "\"tiercel.\""}"#;
    check("a text", r#""tiercel.""#, r#""tiercel.""#);
    check("what is its own", &format!("[ {own} , {user} ]"), &format!("[ {own} , {user} ]"));
    check("the first", &format!("[{others},{user}]"), &format!("[{user}]"));
    check("the last, and one between", &format!("[{own}, {nobodys}, {user}, {others} ]"), &format!("[{own},{user}]"));
    check("all", &format!("[{others}]"), "[]");
    check("a message that quotes one", &format!("[ {user} ]"), &format!("[ {user} ]"));
}
