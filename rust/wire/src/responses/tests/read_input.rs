//! What clients hand over of the conversation.

use super::{assistant, call, parsed, result, said, user};
use crate::Upstream;
use crate::chat::{CacheMark, Call, Content, Media, Message, Part, Role, Signature, Source};
use crate::responses::read_request;

/// `items`, elements of the input, are `expected`.
fn check(name: &str, items: &str, expected: &[Message<'static>]) {
    check_names(name, items, expected, "", "");
}

fn check_names(name: &str, items: &str, expected: &[Message<'static>], unknown: &str, hints: &str) {
    let request = parsed(&format!(r#"{{"model":"m","input":[{items}]}}"#));
    let form = read_request(&request).unwrap();

    assert_eq!(expected, &*form.messages, "{name}");
    assert_eq!((unknown, hints), (&*form.unknown.join(" "), &*form.hints.join(" ")), "{name}");
}

fn check_part(name: &str, part: &str, expected: Content<'static>) {
    check(name, &format!(r#"{{"role":"user","content":[{part}]}}"#), &[user([expected])]);
}

fn check_refused(name: &str, input: &str, text: &str) {
    let request = parsed(&format!(r#"{{"model":"m","input":{input}}}"#));
    let error = read_request(&request).unwrap_err();

    assert_eq!(Some("input"), error.parameter(), "{name}");
    assert!(error.to_string().contains(text), "{name}: {error}");
}

fn signature(made_by: Upstream, text: &'static str) -> Signature<'static> {
    Signature::new(made_by, text)
}

fn base64(media_type: &'static str) -> Media<'static> {
    Media::new(Source::Base64 { media_type: media_type.into(), data: "aGk=".into() })
}

#[test]
fn messages() {
    check("an easy one", r#"{"role":"user","content":"hi"}"#, &[said(Role::User, "hi")]);
    let full = r#"{"type":"message","role":"user","status":"completed","content":[{"type":"input_text","text":"hi"}]}"#;
    check("one in full", full, &[said(Role::User, "hi")]);
    check("a system's", r#"{"role":"system","content":"s"}"#, &[said(Role::System, "s")]);
    check("a developer's", r#"{"role":"developer","content":"s"}"#, &[said(Role::System, "s")]);
    let two = r#"{"role":"user","content":"a"},{"role":"user","content":"b"}"#;
    check("two of the user's stay two", two, &[said(Role::User, "a"), said(Role::User, "b")]);
    let answered = r#"{"id":"msg_1","type":"message","role":"assistant","status":"completed","content":[{"type":"output_text","text":"a","annotations":[],"logprobs":[{"token":"a"}]},{"type":"refusal","refusal":"No."}]}"#;
    let expected = assistant([Content::Text("a".into()), Content::Refusal("No.".into())]);
    check("an answer handed back", answered, &[expected]);
    let marked = |cache| Message::new(Role::User, vec![Part { cache: Some(cache), ..Part::text("hi") }]);
    let mark = |mark: &str| {
        format!(r#"{{"role":"user","content":[{{"type":"input_text","text":"hi","prompt_cache_breakpoint":{mark}}}]}}"#)
    };
    check("a mark", &mark(r#"{"mode":"explicit"}"#), &[marked(CacheMark::FiveMinutes)]);
    check("a lasting one", &mark(r#"{"mode":"explicit","ttl":"12h"}"#), &[marked(CacheMark::Hour)]);
}

#[test]
fn media() {
    let url = || Media::new(Source::Url { url: "https://a/b".into(), media_type: None });
    let file = || Media::new(Source::File("file-1".into()));
    check_part("an image", r#"{"type":"input_image","image_url":"https://a/b"}"#, Content::Image(url()));
    let closely = Media { detail: Some("high".into()), ..base64("image/png") };
    let inline = r#"{"type":"input_image","image_url":"data:image/png;base64,aGk=","detail":"high"}"#;
    check_part("one in the body", inline, Content::Image(closely));
    check_part("one at OpenAI", r#"{"type":"input_image","file_id":"file-1"}"#, Content::Image(file()));
    let named = Media { name: Some("a.pdf".into()), ..base64("application/pdf") };
    let inline = r#"{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,aGk="}"#;
    check_part("a file", inline, Content::Document(named));
    let bare = r#"{"type":"input_file","file_data":"aGk="}"#;
    check_part("one without its type", bare, Content::Document(base64("application/pdf")));
    check_part("one elsewhere", r#"{"type":"input_file","file_url":"https://a/b"}"#, Content::Document(url()));
    check_part("one at OpenAI", r#"{"type":"input_file","file_id":"file-1"}"#, Content::Document(file()));
}

#[test]
fn calls_and_results() {
    let calls = r#"{"role":"assistant","content":"a"},{"id":"fc_1","type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\": 1.0}","status":"completed"},{"type":"function_call","call_id":"c2","name":"g","arguments":""}"#;
    let asked = assistant([
        Content::Text("a".into()),
        Content::Call(call("c1", "f", r#"{"a": 1.0}"#)),
        Content::Call(call("c2", "g", "{}")),
    ]);
    check("one turn is one message", calls, std::slice::from_ref(&asked));
    let results = format!(
        r#"{calls},{{"type":"function_call_output","call_id":"c1","output":"1"}},{{"type":"function_call_output","call_id":"c2","output":[{{"type":"input_text","text":"2"}},{{"type":"input_image","image_url":"https://a/b"}}]}},{{"role":"user","content":"hi"}}"#
    );
    let image = Content::Image(Media::new(Source::Url { url: "https://a/b".into(), media_type: None }));
    let seen = vec![Part::text("2"), Part::new(image)];
    let answered = [asked, user([result("c1", vec![Part::text("1")]), result("c2", seen)]), said(Role::User, "hi")];
    check("so are results", &results, &answered);
    let signed = r#"{"type":"reasoning","summary":[],"encrypted_content":"tiercel.call.tiercel.gemini.ab"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call","call_id":"d","name":"f","arguments":"{}"}"#;
    let first = Call { signature: Some(signature(Upstream::Gemini, "ab")), ..call("c", "f", "{}") };
    let expected = assistant([first, call("d", "f", "{}")].map(Content::Call));
    check("a signature is that of the next call", signed, &[expected]);
}

#[test]
fn thoughts() {
    let thought = |text: &'static str, signature| Content::Thought { text: text.into(), signature };
    let summary = r#"{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"t"}],"encrypted_content":"ab","status":null}"#;
    check("one with both", summary, &[assistant([thought("t", Some(signature(Upstream::Responses, "ab")))])]);
    let parts = r#"{"type":"reasoning","summary":[{"type":"summary_text","text":"t"},{"type":"summary_text","text":"u"}],"content":[{"type":"reasoning_text","text":"v"}]}"#;
    check("one in parts", parts, &[assistant([thought("t\n\nu\n\nv", None)])]);
    let sealed = r#"{"type":"reasoning","summary":[],"encrypted_content":"tiercel.anthropic.ab"}"#;
    let redacted = Content::RedactedThought(signature(Upstream::Anthropic, "ab"));
    check("a sealed one", sealed, &[assistant([redacted])]);
    let unsigned =
        r#"{"type":"reasoning","summary":[{"type":"summary_text","text":""}],"encrypted_content":"tiercel.unsigned"}"#;
    check("one that nobody signed", unsigned, &[assistant([thought("", None)])]);
    let kept = r#"{"id":"rs_1","type":"reasoning","summary":[]},{"role":"user","content":"hi"}"#;
    check_names("one that OpenAI keeps", kept, &[said(Role::User, "hi")], "", "input[0] (reasoning)");
}

#[test]
fn what_has_no_place() {
    let check = |name: &str, items: &str, unknown: &str, hints: &str| {
        check_names(
            name,
            &format!(r#"{items},{{"role":"user","content":"hi"}}"#),
            &[said(Role::User, "hi")],
            unknown,
            hints,
        );
    };
    check("a reference", r#"{"type":"item_reference","id":"msg_1"}"#, "input[0] (item_reference)", "");
    check("one without a type", r#"{"id":"msg_1"}"#, "input[0] (item_reference)", "");
    check("a search", r#"{"type":"web_search_call","id":"ws_1","action":{}}"#, "input[0] (web_search_call)", "");
    check("sound", r#"{"role":"user","content":[{"type":"input_audio"}]}"#, "input[0].content[0] (input_audio)", "");
    let odd = r#"{"role":"user","x":1,"content":[{"type":"input_text","text":"hi","y":2}]}"#;
    check_names("members", odd, &[said(Role::User, "hi")], "input[0].content[0].y input[0].x", "");
    let cited =
        r#"{"role":"assistant","phase":"commentary","content":[{"type":"output_text","text":"a","annotations":[{}]}]}"#;
    let names = "input[0].phase input[0].content[0].annotations";
    check_names("notes of the provider's", cited, &[said(Role::Assistant, "a")], "", names);
}

#[test]
fn what_is_refused() {
    check_refused("neither text nor items", "7", "`input` must be an array");
    check_refused("an item that is none", r#"["hi"]"#, "`input[0]` must be an object");
    check_refused("an unknown role", r#"[{"role":"tool","content":"hi"}]"#, "`input[0].role` must be user");
    check_refused("no content", r#"[{"role":"user"}]"#, "`input[0].content` is missing");
    check_refused(
        "a part without a type",
        r#"[{"role":"user","content":[{"text":"hi"}]}]"#,
        "`input[0].content[0].type`",
    );
    check_refused("a call without an id", r#"[{"type":"function_call","name":"f"}]"#, "`input[0].call_id` is missing");
    check_refused("a result of no call", r#"[{"type":"function_call_output","output":""}]"#, "`input[0].call_id` is");
    let image = r#"[{"role":"user","content":[{"type":"input_image"}]}]"#;
    check_refused("an image that is nowhere", image, "`input[0].content[0].image_url` must be a string, unless");
    let file = r#"[{"role":"user","content":[{"type":"input_file","file_id":"a","file_url":"b"}]}]"#;
    check_refused("a file that is in two places", file, "`input[0].content[0].file_data` must be a string, unless");
}
