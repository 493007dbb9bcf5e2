//! What requests become, and what is lost.

use proptest::prelude::*;

use crate::chat::{
    CacheMark, Call, Content, Effort, Feature, Format, Logprobs, Lost, Media, Message, Part, Reasoning, Request, Role,
    Signature, Source, Tool, ToolChoice, arbitrary,
};
use crate::cohere::write_request;
use crate::json::Object;
use crate::replay::config;
use crate::{Hosting, Quirks, Target, Upstream};

const HI: &str = r#""model":"command-a-03-2025","messages":[{"role":"user","content":"Hi"}]"#;

fn write(form: &Request<'_>, refuses: &[String]) -> (String, Lost) {
    let quirks = Quirks { refuses, ..Quirks::default() };
    let target = Target { upstream: Upstream::Cohere, hosting: Hosting::Own, model: "command-a-03-2025", quirks };
    let mut lost = Lost::default();
    let body = write_request(form, &target, &mut lost);
    (String::from_utf8(body).unwrap(), lost)
}

/// What is lost: features that change the answer, and hints.
fn lost(fields: &[Feature], hints: &[Feature]) -> Lost {
    let mut lost = Lost::default();
    for feature in fields {
        lost.field(*feature);
    }
    for feature in hints {
        lost.hint(*feature);
    }
    lost
}

/// A form of one message must become that message and `rest`.
fn check(name: &str, form: Request<'_>, rest: &str, expected: Lost) {
    let messages = vec![Message::new(Role::User, vec![Part::text("Hi")])];

    assert_eq!((format!("{{{HI}{rest}}}"), expected), write(&Request { messages, ..form }, &[]), "{name}");
}

fn check_messages(name: &str, messages: Vec<Message<'_>>, expected: &str, lost: Lost) {
    let form = Request { messages, ..Request::default() };
    let expected = format!(r#"{{"model":"command-a-03-2025","messages":[{expected}]}}"#);

    assert_eq!((expected, lost), write(&form, &[]), "{name}");
}

fn message(role: Role, contents: Vec<Content<'_>>) -> Message<'_> {
    Message::new(role, contents.into_iter().map(Part::new).collect())
}

fn text(text: &str) -> Content<'_> {
    Content::Text(text.into())
}

fn call(signature: Option<Signature<'static>>) -> Content<'static> {
    Content::Call(Call { id: "a".into(), name: "f".into(), arguments: r#"{"x": 1.50}"#.into(), signature })
}

fn tool(strict: Option<bool>) -> Tool<'static> {
    Tool { name: "f".into(), description: Some("d".into()), parameters: None, strict, cache: None }
}

#[test]
fn how_messages_are_written() {
    let conversation = vec![
        message(Role::System, vec![text("A")]),
        message(Role::User, vec![text("a"), text("b")]),
        message(Role::Assistant, vec![Content::Refusal("No.".into())]),
    ];
    let expected = r#"{"role":"system","content":"A"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},{"role":"assistant","content":"No."}"#;
    check_messages("text", conversation, expected, Lost::default());

    let result = |parts, is_error| Content::Result { call_id: "a".into(), parts, is_error };
    let conversation = vec![
        message(Role::Assistant, vec![text("Let me see."), call(None)]),
        message(Role::User, vec![text("So?"), result(vec![Part::text("1")], false)]),
    ];
    let expected = concat!(
        r#"{"role":"assistant","content":"Let me see.","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\": 1.50}"}}]},"#,
        r#"{"role":"tool","tool_call_id":"a","content":"1"},{"role":"user","content":"So?"}"#,
    );
    check_messages("calls, and results first in their turn", conversation, expected, Lost::default());

    let tool = r#"{"role":"tool","tool_call_id":"a","content":"1"}"#;
    let failed = vec![message(Role::User, vec![result(vec![Part::text("1")], true)])];
    check_messages("a result that is an error", failed, tool, lost(&[], &[Feature::ResultError]));
    let image = Part::new(Content::Image(Media::new(Source::Url { url: "u".into(), media_type: None })));
    let shown = vec![message(Role::User, vec![result(vec![Part::text("1"), image], false)])];
    check_messages("a result that is an image", shown, tool, lost(&[Feature::ResultMedia], &[]));
    let empty = r#"{"role":"tool","tool_call_id":"a","content":""}"#;
    check_messages("an empty result", vec![message(Role::User, vec![result(vec![], false)])], empty, Lost::default());
}

#[test]
fn which_thoughts_go_back() {
    let thought = |signature| Content::Thought { text: "Hm".into(), signature };
    let foreign = Signature::new(Upstream::Anthropic, "s");
    let hint = || lost(&[], &[Feature::Thought]);
    let call_only = r#"{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\": 1.50}"}}]}"#;
    let planned = call_only.replace(r#""tool_calls""#, r#""tool_plan":"Hm","tool_calls""#);
    let check = |name: &str, contents, expected: &str, lost| {
        check_messages(name, vec![message(Role::Assistant, contents)], expected, lost);
    };
    check("a plan", vec![thought(None), call(None)], &planned, Lost::default());
    check("another's plan", vec![thought(Some(foreign.clone())), call(None)], call_only, hint());
    check("a signed call", vec![call(Some(foreign.clone()))], call_only, hint());
    check("a thought without calls", vec![thought(None), text("x")], r#"{"role":"assistant","content":"x"}"#, hint());
    check("nothing but a sealed one", vec![Content::RedactedThought(foreign)], "", hint());
}

#[test]
fn what_becomes_of_media() {
    let url = || Source::Url { url: "https://example.com/a".into(), media_type: None };
    let base64 = || Source::Base64 { media_type: "image/png".into(), data: "aGk=".into() };
    let check = |name: &str, content, expected: &str, lost| {
        let message_of = |block: &str| format!(r#"{{"role":"user","content":[{block}]}}"#);
        // One of nothing is none.
        let expected = if expected.is_empty() { String::new() } else { message_of(expected) };
        check_messages(name, vec![message(Role::User, vec![content])], &expected, lost);
    };
    let data = r#"{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk="}}"#;
    check("an image", Content::Image(Media::new(base64())), data, Lost::default());
    let linked = r#"{"type":"image_url","image_url":{"url":"https://example.com/a","detail":"low"}}"#;
    let image = Media { detail: Some("low".into()), ..Media::new(url()) };
    check("an image by its URL", Content::Image(image), linked, Lost::default());
    let file = || Media::new(Source::File("f".into()));
    check("an image at another provider", Content::Image(file()), "", lost(&[Feature::FileId], &[]));
    check("an image of text", Content::Image(Media::new(Source::Text("x".into()))), "", lost(&[Feature::Image], &[]));
    check("a document", Content::Document(Media::new(url())), "", lost(&[Feature::Document], &[]));
    check("a document at another provider", Content::Document(file()), "", lost(&[Feature::FileId], &[]));
    check("sound", Content::Audio(Media::new(base64())), "", lost(&[Feature::Audio], &[]));
}

#[test]
fn how_sampling_is_told() {
    let all = Request {
        is_stream: true,
        max_tokens: Some(100),
        stop: vec!["a".into()],
        temperature: Some("0.70"),
        top_p: Some("0.9"),
        top_k: Some("5"),
        frequency_penalty: Some("0.1"),
        presence_penalty: Some("0.2"),
        seed: Some("7"),
        n: 1,
        parallel_calls: Some(false),
        ..Request::default()
    };
    let streamed = HI.replace(r#","messages""#, r#","stream":true,"messages""#);
    let rest = r#","max_tokens":100,"stop_sequences":["a"],"temperature":0.70,"p":0.9,"k":5,"frequency_penalty":0.1,"presence_penalty":0.2,"seed":7"#;
    let messages = vec![message(Role::User, vec![text("Hi")])];
    assert_eq!((format!("{{{streamed}{rest}}}"), Lost::default()), write(&Request { messages, ..all }, &[]));

    let others = Request { n: 2, logprobs: Some(Logprobs { n_top: 1 }), user: Some("u".into()), ..Request::default() };
    check("what it does not know", others, "", lost(&[Feature::Choices, Feature::Logprobs], &[Feature::User]));
    let named = Message { name: Some("ann".into()), ..message(Role::User, vec![text("a")]) };
    let marked = Part { cache: Some(CacheMark::Hour), ..Part::text("b") };
    let marked = Message::new(Role::User, vec![marked]);
    let expected = r#"{"role":"user","content":"a"},{"role":"user","content":"b"}"#;
    let dropped = lost(&[], &[Feature::SpeakerName, Feature::CacheMark]);
    check_messages("names and marks", vec![named, marked], expected, dropped);
}

#[test]
fn how_tools_are_told() {
    const SPEC: &str = r#"{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{}}}}"#;
    let form = |tool_choice| Request { tools: vec![tool(None)], tool_choice, ..Request::default() };
    let tools = |rest: &str| format!(r#","tools":[{SPEC}]{rest}"#);
    check("no choice", form(None), &tools(""), Lost::default());
    check("auto", form(Some(ToolChoice::Auto)), &tools(""), Lost::default());
    check("none", form(Some(ToolChoice::None)), &tools(r#","tool_choice":"NONE""#), Lost::default());
    check("required", form(Some(ToolChoice::Required)), &tools(r#","tool_choice":"REQUIRED""#), Lost::default());
    let named = form(Some(ToolChoice::Named("f".into())));
    check("the only one by its name", named.clone(), &tools(r#","tool_choice":"REQUIRED""#), Lost::default());
    let two = format!(r#","tools":[{SPEC},{SPEC}]"#);
    let one_of_two = Request { tools: vec![tool(None), tool(None)], ..named.clone() };
    check("one of two by its name", one_of_two, &two, lost(&[Feature::ToolChoice], &[]));
    let one = Request { parallel_calls: Some(false), ..form(None) };
    check("one at a time", one, &tools(""), lost(&[Feature::ParallelCalls], &[]));
    let forced = Request { parallel_calls: Some(false), ..named };
    let required = tools(r#","tool_choice":"REQUIRED""#);
    check("the only one once, as for structured output", forced, &required, lost(&[], &[Feature::ParallelCalls]));
    let strict = |others| Request { tools: vec![tool(Some(true)), tool(others)], ..Request::default() };
    let pair = format!(r#","tools":[{SPEC},{SPEC}]"#);
    check("all strict", strict(Some(true)), &format!(r#"{pair},"strict_tools":true"#), Lost::default());
    check("some strict", strict(None), &pair, lost(&[], &[Feature::Strict]));
    let marked = Tool { cache: Some(CacheMark::Hour), ..tool(None) };
    let marked = Request { tools: vec![marked], ..Request::default() };
    check("marked", marked, &tools(""), lost(&[], &[Feature::CacheMark]));
}

#[test]
fn how_formats_and_thoughts_are_told() {
    let format = |format| Request { format: Some(format), ..Request::default() };
    let json = r#","response_format":{"type":"json_object"}"#;
    check("any JSON", format(Format::Json), json, Lost::default());
    let schema = |description: Option<&'static str>| Format::Schema {
        name: Some("n".into()),
        description: description.map(Into::into),
        schema: r#"{ "a": 1.50 }"#.into(),
        strict: None,
    };
    let expected = r#","response_format":{"type":"json_object","json_schema":{ "a": 1.50 }}"#;
    check("a schema", format(schema(None)), expected, Lost::default());
    let expected = r#","response_format":{"type":"json_object","json_schema":{"description":"d","a": 1.50 }}"#;
    check("a schema that is described", format(schema(Some("d"))), expected, Lost::default());

    let check_reasoning = |name: &str, effort, budget, expected: &str| {
        let reasoning = Some(Reasoning { effort, budget, is_shown: None });
        let expected = format!(r#","thinking":{{{expected}}}"#);
        check(name, Request { reasoning, ..Request::default() }, &expected, Lost::default());
    };
    check_reasoning("off", Some(Effort::None), None, r#""type":"disabled""#);
    check_reasoning("an effort", Some(Effort::Low), None, r#""type":"enabled","token_budget":1024"#);
    check_reasoning("a high effort", Some(Effort::High), None, r#""type":"enabled""#);
    check_reasoning("a budget", None, Some(5_000), r#""type":"enabled","token_budget":5000"#);
    check_reasoning("left to the model", None, None, r#""type":"enabled""#);
}

#[test]
fn what_a_provider_refuses_is_lost() {
    let form = Request {
        messages: vec![message(Role::User, vec![text("Hi")])],
        tools: vec![tool(None)],
        format: Some(Format::Json),
        max_tokens: Some(1),
        stop: vec!["a".into()],
        seed: Some("7"),
        top_k: Some("1"),
        reasoning: Some(Reasoning::default()),
        ..Request::default()
    };
    let refuses =
        ["tools", "response_format", "max_tokens", "stop_sequences", "seed", "k", "thinking"].map(str::to_owned);
    let fields = [
        Feature::Tools,
        Feature::Format,
        Feature::MaxTokens,
        Feature::Stop,
        Feature::Seed,
        Feature::TopK,
        Feature::Reasoning,
    ];

    assert_eq!((format!("{{{HI}}}"), lost(&fields, &[])), write(&form, &refuses));
}

proptest! {
    #![proptest_config(config(1_000))]

    #[test]
    fn any_form_becomes_json(form in arbitrary::request(Upstream::Cohere)) {
        let (body, _) = write(&form, &[]);

        prop_assert!(Object::parse(&body).is_ok(), "{}", body);
    }
}
