//! What Google is told of a conversation.

use super::{THIRD, VERTEX, written};
use crate::Upstream;
use crate::chat::{CacheMark, Call, Content, Media, Message, Part, Request, Role, Signature, Source};
use crate::target::Hosting;

const SECOND: &str = "gemini-2.5-flash";

fn body_of(messages: Vec<Message<'static>>, hosting: Hosting<'_>, model: &str) -> (String, Vec<String>) {
    let (body, fields, hints) = written(&Request { messages, ..Request::default() }, hosting, model);
    (body, fields.into_iter().chain(hints).collect())
}

fn check(name: &str, messages: Vec<Message<'static>>, expected: &str, lost: &[&str]) {
    let (body, actually_lost) = body_of(messages, Hosting::Own, THIRD);

    assert_eq!(expected, body, "{name}");
    assert_eq!(lost, actually_lost, "{name}");
}

/// One message's parts at a provider.
fn check_parts(name: &str, at: (Hosting<'_>, &str), said: Message<'static>, expected: &str, lost: &[&str]) {
    let role = if said.role == Role::Assistant { "model" } else { "user" };
    let (body, actually_lost) = body_of(vec![said], at.0, at.1);

    let contents =
        if expected.is_empty() { String::new() } else { format!(r#"{{"role":"{role}","parts":[{expected}]}}"#) };
    assert_eq!(format!(r#"{{"contents":[{contents}]}}"#), body, "{name}");
    assert_eq!(lost, actually_lost, "{name}");
}

fn user(content: Content<'static>) -> Message<'static> {
    Message::new(Role::User, vec![Part::new(content)])
}

fn model(contents: Vec<Content<'static>>) -> Message<'static> {
    Message::new(Role::Assistant, contents.into_iter().map(Part::new).collect())
}

fn texts(role: Role, texts: &[&'static str]) -> Message<'static> {
    Message::new(role, texts.iter().map(|&text| Part::text(text)).collect())
}

fn signed(made_by: Upstream) -> Signature<'static> {
    Signature::new(made_by, "c2ln")
}

fn call(signature: Option<Signature<'static>>) -> Content<'static> {
    Content::Call(Call { id: "c".into(), name: "f".into(), arguments: r#"{ "a":1.0 }"#.into(), signature })
}

fn result(parts: Vec<Part<'static>>, is_error: bool) -> Content<'static> {
    Content::Result { call_id: "c".into(), parts, is_error }
}

#[test]
fn who_speaks() {
    check(
        "instructions and turns",
        vec![
            texts(Role::System, &["be"]),
            texts(Role::User, &["a"]),
            texts(Role::System, &["kind"]),
            texts(Role::Assistant, &["b"]),
        ],
        r#"{"systemInstruction":{"parts":[{"text":"be"},{"text":"kind"}]},"contents":[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"b"}]}]}"#,
        &[],
    );
    check(
        "only instructions",
        vec![texts(Role::System, &["be"])],
        r#"{"contents":[{"role":"user","parts":[{"text":"be"}]}]}"#,
        &[],
    );
    check(
        "one after the other",
        vec![texts(Role::User, &["a"]), texts(Role::User, &["b", ""])],
        r#"{"contents":[{"role":"user","parts":[{"text":"a"},{"text":"b"}]}]}"#,
        &[],
    );
    check(
        "someone who says nothing",
        vec![texts(Role::User, &["a"]), texts(Role::Assistant, &[""])],
        r#"{"contents":[{"role":"user","parts":[{"text":"a"}]}]}"#,
        &[],
    );
    let named = Message { name: Some("n".into()), ..texts(Role::User, &["a"]) };
    check(
        "someone with a name",
        vec![named],
        r#"{"contents":[{"role":"user","parts":[{"text":"a"}]}]}"#,
        &["messages[].name"],
    );
    let marked = Message::new(Role::User, vec![Part { cache: Some(CacheMark::Hour), ..Part::text("a") }]);
    check(
        "something to be kept",
        vec![marked],
        r#"{"contents":[{"role":"user","parts":[{"text":"a"}]}]}"#,
        &["messages[].content[].cache_control"],
    );
}

#[test]
fn what_the_model_said() {
    let third = (Hosting::Own, THIRD);
    let thought = |signature| Content::Thought { text: "a".into(), signature };
    let lost: &[&str] = &["messages[].reasoning_content"];
    let own = model(vec![thought(Some(signed(Upstream::Gemini)))]);
    check_parts("a thought of its own", third, own, r#"{"text":"a","thought":true,"thoughtSignature":"c2ln"}"#, &[]);
    check_parts("another's thought", third, model(vec![thought(Some(signed(Upstream::Anthropic)))]), "", lost);
    check_parts("a thought without a signature", third, model(vec![thought(None)]), "", lost);
    let sealed = |made_by| Content::RedactedThought(Signature::new(made_by, "c2ln"));
    check_parts(
        "a signature",
        third,
        model(vec![sealed(Upstream::Gemini)]),
        r#"{"text":"","thoughtSignature":"c2ln"}"#,
        &[],
    );
    check_parts("another's sealed thought", third, model(vec![sealed(Upstream::Anthropic)]), "", lost);
    check_parts("a refusal", third, model(vec![Content::Refusal("no".into())]), r#"{"text":"no"}"#, &[]);
}

#[test]
fn what_was_called() {
    let third = (Hosting::Own, THIRD);
    let plain = r#"{"functionCall":{"id":"c","name":"f","args":{ "a":1.0 }}"#;
    check_parts(
        "a signed call",
        third,
        model(vec![call(Some(signed(Upstream::Gemini)))]),
        &format!(r#"{plain},"thoughtSignature":"c2ln"}}"#),
        &[],
    );
    let unchecked = format!(r#"{plain},"thoughtSignature":"skip_thought_signature_validator"}}"#);
    check_parts("another's call", third, model(vec![call(Some(signed(Upstream::Responses)))]), &unchecked, &[]);
    check_parts("several calls", third, model(vec![call(None), call(None)]), &format!("{unchecked},{plain}}}"), &[]);
    check_parts(
        "a call of the second generation",
        (Hosting::Own, SECOND),
        model(vec![call(None)]),
        &format!("{plain}}}"),
        &[],
    );
    let nameless = r#"{"functionCall":{"name":"f","args":{ "a":1.0 }}}"#;
    check_parts("a call on Vertex", (VERTEX, SECOND), model(vec![call(None)]), nameless, &[]);
    let broken = Content::Call(Call { id: "c".into(), name: "f".into(), arguments: "{\"a".into(), signature: None });
    let kept = r#"{"functionCall":{"id":"c","name":"f","args":{"arguments":"{\"a"}}}"#;
    check_parts("a call with broken arguments", (Hosting::Own, SECOND), model(vec![broken]), kept, &[]);
}

#[test]
fn what_came_back() {
    let check = |name, at, content, response: &str, lost: &[&str]| {
        check_parts(name, at, user(content), &format!(r#"{{"functionResponse":{{{response}}}}}"#), lost);
    };
    let third = (Hosting::Own, THIRD);
    let of = |response: &str| format!(r#""id":"c","name":"c","response":{response}"#);
    check("a text", third, result(vec![Part::text("a")], false), &of(r#"{"output":"a"}"#), &[]);
    check("texts", third, result(vec![Part::text("a"), Part::text("b")], false), &of(r#"{"output":"a\nb"}"#), &[]);
    check("an object", third, result(vec![Part::text(r#"{ "a":1.0 }"#)], false), &of(r#"{ "a":1.0 }"#), &[]);
    check(
        "an object that could be misread",
        third,
        result(vec![Part::text(r#"{"error":1}"#)], false),
        &of(r#"{"output":"{\"error\":1}"}"#),
        &[],
    );
    check("an error", third, result(vec![Part::text("{}")], true), &of(r#"{"error":"{}"}"#), &[]);
    check(
        "on Vertex",
        (VERTEX, SECOND),
        result(vec![Part::text("a")], false),
        r#""name":"c","response":{"output":"a"}"#,
        &[],
    );
    let media = |source| Part::new(Content::Image(Media::new(source)));
    let bytes = || Source::Base64 { media_type: "image/png".into(), data: "aGk=".into() };
    let seen = of(r#"{"output":"a"},"parts":[{"inlineData":{"mimeType":"image/png","data":"aGk="}}]"#);
    check("a picture", third, result(vec![Part::text("a"), media(bytes())], false), &seen, &[]);
    let lost: &[&str] = &["messages[].content (of a tool's result)"];
    check(
        "a picture for the second generation",
        (Hosting::Own, SECOND),
        result(vec![Part::text("a"), media(bytes())], false),
        &of(r#"{"output":"a"}"#),
        lost,
    );
    let url = Source::Url { url: "https://example.com/a.png".into(), media_type: None };
    check(
        "a picture on the web",
        third,
        result(vec![Part::text("a"), media(url)], false),
        &of(r#"{"output":"a"}"#),
        lost,
    );

    let (body, _) =
        body_of(vec![model(vec![call(None)]), user(result(vec![Part::text("a")], false))], Hosting::Own, SECOND);
    assert!(body.contains(r#""functionResponse":{"id":"c","name":"f""#), "the function of a call: {body}");
}

#[test]
fn what_is_no_text() {
    let third = (Hosting::Own, THIRD);
    let bytes =
        |media_type: &'static str| Media::new(Source::Base64 { media_type: media_type.into(), data: "aGk=".into() });
    let inline = |media_type: &str| format!(r#"{{"inlineData":{{"mimeType":"{media_type}","data":"aGk="}}}}"#);
    check_parts("an image", third, user(Content::Image(bytes("image/png"))), &inline("image/png"), &[]);
    check_parts(
        "a document",
        third,
        user(Content::Document(bytes("application/pdf"))),
        &inline("application/pdf"),
        &[],
    );
    let named = Content::Document(Media { name: Some("a.pdf".into()), ..bytes("application/pdf") });
    let name = &["messages[].content[].file.filename"];
    check_parts("a document with a name", third, user(named), &inline("application/pdf"), name);
    check_parts("sound", third, user(Content::Audio(bytes("audio/wav"))), &inline("audio/wav"), &[]);
    let text = Content::Document(Media::new(Source::Text("a".into())));
    check_parts("a document of text", third, user(text), r#"{"text":"a"}"#, &[]);
    let close = Content::Image(Media { detail: Some("high".into()), ..bytes("image/png") });
    check_parts(
        "an image to look at closely",
        third,
        user(close),
        &inline("image/png"),
        &["messages[].content[].image_url.detail"],
    );

    let url = |url: &'static str, media_type: Option<&'static str>| {
        Content::Image(Media::new(Source::Url { url: url.into(), media_type: media_type.map(Into::into) }))
    };
    let file = |members: &str| format!(r#"{{"fileData":{{{members}}}}}"#);
    let png = file(r#""mimeType":"image/png","fileUri":"https://example.com/a.png""#);
    check_parts("an image on the web", third, user(url("https://example.com/a.png", None)), &png, &[]);
    let typed = file(r#""mimeType":"image/webp","fileUri":"https://example.com/a""#);
    check_parts(
        "of a known type",
        (VERTEX, THIRD),
        user(url("https://example.com/a", Some("image/webp"))),
        &typed,
        &[],
    );
    let unknown = file(r#""fileUri":"https://example.com/a""#);
    check_parts("of an unknown type", third, user(url("https://example.com/a", None)), &unknown, &[]);
    let lost: &[&str] = &["messages[].content[].image_url.url (send the image as a data: URL)"];
    check_parts("of an unknown type on Vertex", (VERTEX, THIRD), user(url("https://example.com/a", None)), "", lost);

    let uploaded = |uri: &'static str| user(Content::Document(Media::new(Source::File(uri.into()))));
    let stored = file(r#""mimeType":"application/pdf","fileUri":"gs://b/a.pdf""#);
    check_parts("a file at Google", third, uploaded("gs://b/a.pdf"), &stored, &[]);
    check_parts("a file elsewhere", third, uploaded("file-1"), "", &["messages[].content[].file.file_id"]);
}
