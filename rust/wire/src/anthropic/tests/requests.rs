//! What the gateway reads of a request, and the body for an upstream of the same dialect.

use super::{request, target, with};
use crate::{Endpoint, Kind, Request};

#[test]
fn what_is_read() {
    let request = request(
        r#"{"model":"m","max_tokens":7,"stream":true,"system":"be terse","messages":[{"role":"user","content":"hi"}]}"#,
    );

    assert_eq!(
        ("m", true, true, 1),
        (request.model(), request.is_stream(), request.wants_usage(), request.n_choices())
    );
    assert_eq!(Some(7), request.max_tokens());
    let prompt = [r#""be terse""#, r#"[{"role":"user","content":"hi"}]"#];
    assert_eq!(prompt.concat().len() as u64, request.n_prompt_bytes());
}

#[test]
fn what_is_refused() {
    let check = |name: &str, endpoint: Endpoint, body: &str, expected: Option<(Kind, Option<&str>)>| {
        let error = Request::parse(endpoint, None, body.as_bytes()).err();

        assert_eq!(expected, error.map(|error| (error.kind(), error.parameter())), "{name}");
    };
    let messages = Endpoint::Messages;
    let count = Endpoint::CountMessageTokens;
    check("a good one", messages, &with(""), None);
    check("one to be counted", count, r#"{"model":"m","messages":[1]}"#, None);
    check("counted as a stream", count, &with(r#","stream":3"#), None);
    check("no JSON", messages, "{", Some((Kind::Json, None)));
    check("no model", messages, r#"{"messages":[1]}"#, Some((Kind::Missing, Some("model"))));
    check("no messages", messages, r#"{"model":"m"}"#, Some((Kind::Missing, Some("messages"))));
    check("an empty list", messages, r#"{"model":"m","messages":[ ]}"#, Some((Kind::Invalid, Some("messages"))));
    check("no list", messages, r#"{"model":"m","messages":"hi"}"#, Some((Kind::Invalid, Some("messages"))));
    check("a stream of no kind", messages, &with(r#","stream":"yes""#), Some((Kind::Invalid, Some("stream"))));
    for bad in ["-1", "1.5", "\"1\"", "[]", "99999999999999999999"] {
        let body = format!(r#"{{"model":"m","messages":[1],"max_tokens":{bad}}}"#);
        check(bad, messages, &body, Some((Kind::Invalid, Some("max_tokens"))));
    }
    let twice = Some((Kind::AmbiguousKey, Some("max_tokens")));
    check("a key twice", messages, &with(r#","max_tokens":1"#), twice);
    check("a key in another case", messages, &with(r#","Max_Tokens":1"#), twice);
}

#[test]
fn thoughts_of_others_are_cut_out_for_anthropic() {
    let check = |name: &str, content: &str, expected: &str| {
        let body = |content: &str| {
            format!(r#"{{"new":1.0,"model":"m","messages":[{{"role":"assistant", "content": {content} }}]}}"#)
        };
        let mut output = Vec::new();
        request(&body(content)).encode(&target("m"), &mut output);

        assert_eq!(body(expected), String::from_utf8(output).unwrap(), "{name}");
    };
    let same = |name: &str, content: &str| check(name, content, content);
    let own = r#"{"type":"thinking","thinking":"hm","signature":"EqQB"}"#;
    let text = r#"{"type":"text","text":"\"tiercel."}"#;
    let gemini = r#"{"type":"thinking","thinking":"hm","signature":"tiercel.gemini.Cg=="}"#;
    let unsigned = r#"{ "signature" : "tiercel.unsigned", "type":"thinking","thinking":"hm" }"#;
    let call = r#"{"type":"redacted_thinking","data":"tiercel.call.tiercel.gemini.Cg=="}"#;
    same("a string", r#""tiercel.gemini.""#);
    same("thoughts of its own", &format!("[{own}, {text}]"));
    same("a signature of something else", r#"[{"type":"text","signature":"tiercel.a"}]"#);
    same("what is not of the dialect", r#"{"a":"tiercel."}"#);
    check("one at the start", &format!("[ {gemini} , {text}]"), &format!("[ {text}]"));
    check("one at the end", &format!("[{text}, {gemini} ]"), &format!("[{text} ]"));
    check("one between", &format!("[{own},{unsigned},{text}]"), &format!("[{own},{text}]"));
    check("several", &format!("[{gemini},{call},{text},{unsigned},{gemini}]"), &format!("[{text}]"));
    check("nothing else", &format!("[{gemini},{unsigned}]"), "[]");
}
