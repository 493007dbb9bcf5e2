//! What the parts of a conversation become.

use super::{form, parse};
use crate::chat::{Call, Content, Media, Message, Part, Role, Signature, Source};
use crate::{Endpoint, Upstream};

fn check(name: &str, contents: &str, expected: &[Message<'static>], unknown: &[&str]) {
    let form = form(&format!(r#"{{"contents":[{contents}]}}"#));

    assert_eq!(expected, form.messages, "{name}");
    assert_eq!(unknown, form.unknown, "{name}");
}

fn check_user(name: &str, parts: &str, expected: Vec<Content<'static>>, unknown: &[&str]) {
    let expected = (!expected.is_empty()).then(|| says(Role::User, expected));
    check(name, &format!(r#"{{"role":"user","parts":[{parts}]}}"#), expected.as_slice(), unknown);
}

fn check_model(name: &str, parts: &str, expected: Vec<Content<'static>>) {
    check(name, &format!(r#"{{"role":"model","parts":[{parts}]}}"#), &[says(Role::Assistant, expected)], &[]);
}

fn says(role: Role, contents: Vec<Content<'static>>) -> Message<'static> {
    Message::new(role, contents.into_iter().map(Part::new).collect())
}

fn text(text: &'static str) -> Content<'static> {
    Content::Text(text.into())
}

fn call(id: &'static str, name: &'static str, arguments: &'static str) -> Content<'static> {
    Content::Call(Call { id: id.into(), name: name.into(), arguments: arguments.into(), signature: None })
}

fn result(call_id: &'static str, text: &'static str, is_error: bool) -> Content<'static> {
    Content::Result { call_id: call_id.into(), parts: vec![Part::text(text)], is_error }
}

fn own(text: &'static str) -> Signature<'static> {
    Signature::new(Upstream::Gemini, text)
}

fn bytes(media_type: &'static str) -> Media<'static> {
    Media::new(Source::Base64 { media_type: media_type.into(), data: "aGk=".into() })
}

#[test]
fn who_speaks() {
    check("nobody in particular", r#"{"parts":[{"text":"a"}]}"#, &[says(Role::User, vec![text("a")])], &[]);
    check(
        "in turns",
        r#"{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"b"}]},{"role":"function","parts":[{"text":"c"}]}"#,
        &[says(Role::User, vec![text("a")]), says(Role::Assistant, vec![text("b")]), says(Role::User, vec![text("c")])],
        &[],
    );
    check(
        "someone who says nothing",
        r#"{"role":"model"},{"role":"model","parts":[]},{"parts":[{"text":""}]}"#,
        &[],
        &[],
    );

    let instructed = form(
        r#"{"contents":[{"parts":[{"text":"a"}]}],"system_instruction":{"role":"user","parts":[{"text":"b"},{"text":"c"}]}}"#,
    );
    let expected = vec![says(Role::System, vec![text("b"), text("c")]), says(Role::User, vec![text("a")])];
    assert_eq!(expected, instructed.messages, "instructions");
}

#[test]
fn what_is_said() {
    check_user("texts", r#"{"text":"a"},{"text":"é\n"}"#, vec![text("a"), text("é\n")], &[]);
    check_model("texts in pieces", r#"{"text":"a"},{"text":"b"}"#, vec![text("ab")]);
    check(
        "texts in pieces that came one by one",
        r#"{"role":"model","parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"b"}]},{"role":"model"}"#,
        &[says(Role::Assistant, vec![text("ab")])],
        &[],
    );
    let thought = |text: &'static str, signature| Content::Thought { text: text.into(), signature };
    check_model("a thought", r#"{"text":"a","thought":true}"#, vec![thought("a", None)]);
    check_model(
        "a signed thought in pieces",
        r#"{"text":"a","thought":true},{"text":"b","thought":true},{"text":"","thought":true,"thoughtSignature":"c2ln"},{"text":"c"}"#,
        vec![thought("ab", Some(own("c2ln"))), text("c")],
    );
    check_model(
        "two signed thoughts",
        r#"{"text":"a","thought":true,"thoughtSignature":"YQ=="},{"text":"b","thought":true,"thought_signature":"Yg=="}"#,
        vec![thought("a", Some(own("YQ=="))), thought("b", Some(own("Yg==")))],
    );
    check_model(
        "a signed text",
        r#"{"text":"a","thoughtSignature":"c2ln"}"#,
        vec![text("a"), Content::RedactedThought(own("c2ln"))],
    );
    let foreign = || Signature::new(Upstream::Anthropic, "s+/=");
    // `tiercel.anthropic.s+/=`, as one SDK hands it back and as another does.
    for signature in ["dGllcmNlbC5hbnRocm9waWMucysvPQ==", "dGllcmNlbC5hbnRocm9waWMucysvPQ"] {
        check_model(
            "another's thought",
            &format!(r#"{{"text":"a","thought":true,"thoughtSignature":"{signature}"}}"#),
            vec![thought("a", Some(foreign()))],
        );
    }
}

#[test]
fn what_is_called() {
    check_model(
        "a call",
        r#"{"functionCall":{"id":"c","name":"f","args":{ "a":1.0 }}}"#,
        vec![call("c", "f", r#"{ "a":1.0 }"#)],
    );
    check_model("a call without arguments", r#"{"function_call":{"id":"c","name":"f"}}"#, vec![call("c", "f", "{}")]);
    let signed =
        |signature| vec![Content::Call(Call { id: "c".into(), name: "f".into(), arguments: "{}".into(), signature })];
    let call_part =
        |signature| format!(r#"{{"functionCall":{{"id":"c","name":"f"}},"thoughtSignature":"{signature}"}}"#);
    check_model("a signed call", &call_part("c2ln"), signed(Some(own("c2ln"))));
    check_model("a call that Google is not to check", &call_part("skip_thought_signature_validator"), signed(None));
}

#[test]
fn which_call_a_result_is_of() {
    let called = r#"{"role":"model","parts":[{"functionCall":{"name":"f"}},{"functionCall":{"name":"g"}},{"functionCall":{"name":"f"}}]}"#;
    let calls =
        || says(Role::Assistant, vec![call("call_0", "f", "{}"), call("call_1", "g", "{}"), call("call_2", "f", "{}")]);
    let response = |name: &str, id: &str, text: &str| {
        format!(r#"{{"functionResponse":{{"name":"{name}",{id}"response":{{"output":"{text}"}}}}}}"#)
    };
    let check_results = |name, responses: [String; 3], expected: [&'static str; 3]| {
        let contents = format!(r#"{called},{{"parts":[{}]}}"#, responses.join(","));
        let results = expected.into_iter().zip(["1", "2", "3"]).map(|(id, text)| result(id, text, false)).collect();
        check(name, &contents, &[calls(), says(Role::User, results)], &[]);
    };
    let answers = [response("f", "", "1"), response("f", "", "2"), response("g", "", "3")];
    check_results("by name, in order", answers, ["call_0", "call_2", "call_1"]);
    let answers = [response("f", r#""id":"call_0","#, "1"), response("f", "", "2"), response("g", "", "3")];
    check_results("where some have ids", answers, ["call_0", "call_2", "call_1"]);
    let answers = [response("h", "", "1"), response("f", "", "2"), response("h", "", "3")];
    check_results("of no call", answers, ["call_3", "call_0", "call_4"]);
}

#[test]
fn what_comes_back() {
    let check = |name, response: &str, text, is_error| {
        let part = format!(r#"{{"functionResponse":{{"id":"c","name":"f","response":{response}}}}}"#);
        check_user(name, &part, vec![result("c", text, is_error)], &[]);
    };
    check("an output", r#"{"output":"a"}"#, "a", false);
    check("an output that is no text", r#"{"output":[1, 2]}"#, "[1, 2]", false);
    check("an error", r#"{"error":"a"}"#, "a", true);
    check("any object", r#"{ "a":1.0 }"#, r#"{ "a":1.0 }"#, false);
    check("an object that has an output too", r#"{"output":"a","b":1}"#, r#"{"output":"a","b":1}"#, false);
    let picture = r#"{"functionResponse":{"id":"c","name":"f","response":{},"parts":[{"inlineData":{"mimeType":"image/png","data":"aGk="}}],"scheduling":"SILENT"}}"#;
    let parts = vec![Part::text("{}"), Part::new(Content::Image(bytes("image/png")))];
    let content = Content::Result { call_id: "c".into(), parts, is_error: false };
    check_user("a picture", picture, vec![content], &["contents[0].parts[0].functionResponse.scheduling"]);
}

#[test]
fn what_is_no_text() {
    let inline = |media_type: &str| format!(r#"{{"inlineData":{{"mimeType":"{media_type}","data":"aGk="}}}}"#);
    check_user("an image", &inline("image/png"), vec![Content::Image(bytes("image/png"))], &[]);
    check_user("sound", &inline("audio/wav"), vec![Content::Audio(bytes("audio/wav"))], &[]);
    check_user("a document", &inline("application/pdf"), vec![Content::Document(bytes("application/pdf"))], &[]);
    check_user("a text", &inline("text/csv"), vec![Content::Document(bytes("text/csv"))], &[]);
    check_user("a video", &inline("video/mp4"), vec![], &["contents[0].parts[0].inlineData"]);

    let file = |uri: &str, more: &str| format!(r#"{{"file_data":{{"file_uri":"{uri}"{more}}}}}"#);
    let url = |url: &'static str, media_type: &'static str| {
        Media::new(Source::Url { url: url.into(), media_type: Some(media_type.into()) })
    };
    let png = url("https://example.com/a.PNG?b=c.pdf", "image/png");
    check_user("an image on the web", &file("https://example.com/a.PNG?b=c.pdf", ""), vec![Content::Image(png)], &[]);
    let typed = file("https://example.com/a", r#","mime_type":"application/pdf","displayName":"b""#);
    let named = Media { name: Some("b".into()), ..url("https://example.com/a", "application/pdf") };
    check_user("a document on the web", &typed, vec![Content::Document(named)], &[]);
    check_user("something on the web", &file("https://example.com/a", ""), vec![], &["contents[0].parts[0].fileData"]);
    for uri in ["gs://b/a.png", "https://generativelanguage.googleapis.com/v1beta/files/a.png"] {
        check_user(
            "an image at Google",
            &file(uri, ""),
            vec![Content::Image(Media::new(Source::File(uri.into())))],
            &[],
        );
    }
}

#[test]
fn what_has_no_place() {
    check_user(
        "code",
        r#"{"text":"a"},{"executableCode":{"code":"1"}}"#,
        vec![text("a")],
        &["contents[0].parts[1].executableCode"],
    );
    check_user(
        "a clip",
        r#"{"text":"a","videoMetadata":{"fps":1}}"#,
        vec![text("a")],
        &["contents[0].parts[0].videoMetadata"],
    );
}

#[test]
fn which_values_are_refused() {
    let check = |contents: &str, expected: &str| {
        let request = parse(Endpoint::GenerateContent, &format!(r#"{{"contents":[{contents}]}}"#));

        assert_eq!(expected, super::super::read_request(request).err().unwrap().to_string(), "{contents}");
    };
    check("1", "`contents[0]` must be an object");
    check(r#"{"role":"system","parts":[]}"#, "`contents[0].role` must be `user`, `model` or `function`");
    check(r#"{"parts":"a"}"#, "`contents[0].parts` must be an array");
    check(r#"{"parts":[{}]}"#, "`contents[0].parts[0].text` is missing: a part must have something in it");
    check(r#"{"parts":[{"text":1}]}"#, "`contents[0].parts[0].text` must be a string");
    check(r#"{"parts":[{"functionCall":{}}]}"#, "`contents[0].parts[0].functionCall.name` must be there");
    check(
        r#"{"parts":[{"functionCall":{"name":"f","args":"{}"}}]}"#,
        "`contents[0].parts[0].functionCall.args` must be an object",
    );
    check(
        r#"{"parts":[{"functionResponse":{"name":"f","response":"a"}}]}"#,
        "`contents[0].parts[0].functionResponse.response` must be an object",
    );
    check(r#"{"parts":[{"inlineData":{"data":"a"}}]}"#, "`contents[0].parts[0].inlineData.mimeType` must be there");
    check(r#"{"parts":[{"fileData":{}}]}"#, "`contents[0].parts[0].fileData.fileUri` must be there");
}
