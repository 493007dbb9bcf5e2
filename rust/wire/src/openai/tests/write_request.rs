//! What providers are asked.

use serde_json::{Value, json};

use crate::chat::{
    CacheMark, Call, Content, Effort, Feature, Format, Logprobs, Lost, Media, Message, Part, Reasoning, Request, Role,
    Signature, Source, Tool, ToolChoice,
};
use crate::openai::write_request;
use crate::{MaxTokens, Quirks, Upstream};

use super::{hi_form, json, target};

/// Writes `form` and gives back the body, what was lost, and which hints were.
fn written(form: &Request<'_>, quirks: Quirks<'_>) -> (Value, Lost) {
    let mut lost = Lost::default();
    (json(&write_request(form, &target(quirks), &mut lost)), lost)
}

/// The form that says "hi", changed as `change` does, has besides its message just `members`.
fn check_for(
    name: &str,
    quirks: Quirks<'_>,
    change: impl FnOnce(&mut Request<'static>),
    members: Value,
    expected: Lost,
) {
    let mut form = hi_form();
    change(&mut form);
    let (mut body, lost) = written(&form, quirks);
    let body = body.as_object_mut().unwrap();

    assert_eq!(Some(json!("up")), body.remove("model"), "{name}");
    assert_eq!(Some(json!([{"role": "user", "content": "hi"}])), body.remove("messages"), "{name}");
    assert_eq!((members.as_object().unwrap(), expected), (&*body, lost), "{name}");
}

fn check(name: &str, change: impl FnOnce(&mut Request<'static>), members: Value) {
    check_for(name, Quirks::default(), change, members, Lost::default());
}

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

/// `message` becomes the messages `expected`.
fn check_message(name: &str, message: Message<'_>, quirks: Quirks<'_>, expected: Value, expected_lost: Lost) {
    let (body, lost) = written(&Request { messages: vec![message], ..Request::default() }, quirks);

    assert_eq!((&expected, expected_lost), (&body["messages"], lost), "{name}");
}

fn check_parts(name: &str, role: Role, parts: Vec<Part<'_>>, expected: Value, expected_lost: Lost) {
    check_message(name, Message::new(role, parts), Quirks::default(), expected, expected_lost);
}

fn tool() -> Tool<'static> {
    let parameters = Some(r#"{"a": 1.50}"#.into());
    Tool { name: "f".into(), description: Some("d".into()), parameters, strict: Some(true), cache: None }
}

fn base64(media_type: &'static str) -> Media<'static> {
    Media::new(Source::Base64 { media_type: media_type.into(), data: "aGk=".into() })
}

#[test]
fn parameters() {
    check("none", |_| {}, json!({}));
    check("a bound", |form| form.max_tokens = Some(9), json!({"max_tokens": 9}));
    let sampling = |form: &mut Request<'_>| {
        (form.temperature, form.top_p, form.seed) = (Some("0.7"), Some("0.9"), Some("7"));
        (form.frequency_penalty, form.presence_penalty) = (Some("-0.5"), Some("2"));
    };
    let expected =
        json!({"temperature": 0.7, "top_p": 0.9, "seed": 7, "frequency_penalty": -0.5, "presence_penalty": 2});
    check("sampling", sampling, expected);
    check("stop", |form| form.stop = vec!["\n".into(), "b".into()], json!({"stop": ["\n", "b"]}));
    check("choices", |form| form.n = 2, json!({"n": 2}));
    check("one choice", |form| form.n = 1, json!({}));
    check("log probabilities", |form| form.logprobs = Some(Logprobs { n_top: 0 }), json!({"logprobs": true}));
    let top = json!({"logprobs": true, "top_logprobs": 3});
    check("and of others", |form| form.logprobs = Some(Logprobs { n_top: 3 }), top);
    check("a user", |form| form.user = Some("u".into()), json!({"user": "u"}));
    let stream = json!({"stream": true, "stream_options": {"include_usage": true}});
    check("a stream", |form| form.is_stream = true, stream);
    let reasoning = |effort, budget| Some(Reasoning { effort, budget, is_shown: None });
    check("effort", |form| form.reasoning = reasoning(Some(Effort::Low), None), json!({"reasoning_effort": "low"}));
    check("a budget", |form| form.reasoning = reasoning(None, Some(4_096)), json!({"reasoning_effort": "high"}));
    check("left to the model", |form| form.reasoning = reasoning(None, None), json!({}));
}

#[test]
fn quirks() {
    let new = Quirks { max_tokens: Some(MaxTokens::MaxCompletionTokens), ..Quirks::default() };
    let expected = json!({"max_completion_tokens": 9});
    check_for("the newer bound", new, |form| form.max_tokens = Some(9), expected, Lost::default());
    let silent = Quirks { stream_usage: false, ..Quirks::default() };
    check_for("no usage in streams", silent, |form| form.is_stream = true, json!({"stream": true}), Lost::default());
    let system = || Message::new(Role::System, vec![Part::text("s")]);
    let developer = Quirks { developer_role: true, ..Quirks::default() };
    check_message("a developer", system(), developer, json!([{"role": "developer", "content": "s"}]), Lost::default());
    let as_system = json!([{"role": "system", "content": "s"}]);
    check_message("a system", system(), Quirks::default(), as_system, Lost::default());
    let fields =
        ["tools", "response_format", "temperature", "stop", "n", "logprobs", "reasoning_effort", "user", "max_tokens"];
    let refuses = fields.map(str::to_owned);
    let change = |form: &mut Request<'_>| {
        (form.tools, form.format, form.temperature) = (vec![tool()], Some(Format::Json), Some("1"));
        (form.stop, form.n, form.logprobs) = (vec!["a".into()], 2, Some(Logprobs { n_top: 1 }));
        form.reasoning = Some(Reasoning { effort: Some(Effort::Low), ..Reasoning::default() });
        (form.user, form.max_tokens) = (Some("u".into()), Some(9));
    };
    let features = [
        Feature::Tools,
        Feature::Format,
        Feature::Temperature,
        Feature::Stop,
        Feature::Choices,
        Feature::Logprobs,
        Feature::Reasoning,
        Feature::MaxTokens,
    ];
    let quirks = Quirks { refuses: &refuses, ..Quirks::default() };
    check_for("what is refused", quirks, change, json!({}), lost(&features, &[Feature::User]));
    let top_k = |form: &mut Request<'_>| form.top_k = Some("40");
    check_for("what this dialect cannot say", Quirks::default(), top_k, json!({}), lost(&[Feature::TopK], &[]));
}

#[test]
fn tools() {
    let function = json!({"type": "function", "function": {"name": "f", "description": "d", "parameters": {"a": 1.5}, "strict": true}});
    check("all of one", |form| form.tools = vec![tool()], json!({"tools": [function]}));
    let bare = Tool { name: "f".into(), description: None, parameters: None, strict: None, cache: None };
    let expected = json!({"tools": [{"type": "function", "function": {"name": "f"}}]});
    check("little of one", |form| form.tools = vec![bare.clone()], expected.clone());
    let marked = |form: &mut Request<'static>| {
        form.tools = vec![Tool { cache: Some(CacheMark::Hour), ..bare.clone() }];
    };
    check_for("a mark", Quirks::default(), marked, expected, lost(&[], &[Feature::CacheMark]));
    let check_choice = |choice: ToolChoice<'static>, expected: Value| {
        let change = |form: &mut Request<'static>| {
            (form.tools, form.tool_choice, form.parallel_calls) = (vec![tool()], Some(choice), Some(false));
        };
        let members = json!({"tools": [function], "tool_choice": expected, "parallel_tool_calls": false});
        check("a choice", change, members);
    };
    check_choice(ToolChoice::Auto, json!("auto"));
    check_choice(ToolChoice::None, json!("none"));
    check_choice(ToolChoice::Required, json!("required"));
    check_choice(ToolChoice::Named("f".into()), json!({"type": "function", "function": {"name": "f"}}));
    let among_none = |form: &mut Request<'static>| {
        (form.tool_choice, form.parallel_calls) = (Some(ToolChoice::Auto), Some(true));
    };
    check("a choice among none", among_none, json!({}));
}

#[test]
fn formats() {
    let expected = json!({"response_format": {"type": "json_object"}});
    check("JSON", |form| form.format = Some(Format::Json), expected);
    let schema = |name: Option<&'static str>| {
        let name = name.map(Into::into);
        Format::Schema { name, description: Some("d".into()), schema: r#"{"a": 1}"#.into(), strict: Some(false) }
    };
    let expected = |name: &str| {
        let schema = json!({"name": name, "description": "d", "schema": {"a": 1}, "strict": false});
        json!({"response_format": {"type": "json_schema", "json_schema": schema}})
    };
    check("a schema", |form| form.format = Some(schema(Some("p"))), expected("p"));
    check("a schema without a name", |form| form.format = Some(schema(None)), expected("answer"));
}

#[test]
fn numbers_and_schemas_stay_as_they_are_spelt() {
    let form = Request { temperature: Some("0.70"), tools: vec![tool()], ..hi_form() };
    let body = String::from_utf8(write_request(&form, &target(Quirks::default()), &mut Lost::default())).unwrap();

    assert!(body.contains(r#""temperature":0.70"#) && body.contains(r#""parameters":{"a": 1.50}"#), "{body}");
}

#[test]
fn messages() {
    let user = |parts| Message::new(Role::User, parts);
    let check = |name, parts, expected| check_parts(name, Role::User, parts, expected, Lost::default());
    check("a text", vec![Part::text("a")], json!([{"role": "user", "content": "a"}]));
    let both = json!([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]);
    check("texts", vec![Part::text("a"), Part::text("b")], json!([{"role": "user", "content": both}]));
    check("nothing", vec![], json!([{"role": "user", "content": ""}]));
    let named = Message { name: Some("ann".into()), ..user(vec![Part::text("a")]) };
    let expected = json!([{"role": "user", "name": "ann", "content": "a"}]);
    check_message("a name", named, Quirks::default(), expected, Lost::default());
    let marked = vec![Part { cache: Some(CacheMark::Hour), ..Part::text("a") }];
    let expected = json!([{"role": "user", "content": "a"}]);
    check_parts("a mark", Role::User, marked, expected, lost(&[], &[Feature::CacheMark]));
}

#[test]
fn results() {
    let result = |id: &'static str, parts, is_error| Part::new(Content::Result { call_id: id.into(), parts, is_error });
    let tool = |id: &str, content: Value| json!({"role": "tool", "tool_call_id": id, "content": content});
    let check = |name, parts, expected, lost| check_parts(name, Role::User, parts, expected, lost);
    let parts = vec![Part::text("go on"), result("c1", vec![Part::text("1")], false), result("c2", vec![], false)];
    let expected = json!([tool("c1", json!("1")), tool("c2", json!("")), {"role": "user", "content": "go on"}]);
    check("results come before the rest", parts, expected, Lost::default());
    let failed = vec![result("c", vec![Part::text("no")], true)];
    check("an error", failed, json!([tool("c", json!("no"))]), lost(&[], &[Feature::ResultError]));
    let image = Part::new(Content::Image(base64("image/png")));
    let shown =
        json!({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}]});
    let parts = vec![result("c", vec![Part::text("see"), image], false)];
    check("an image is shown by the user", parts, json!([tool("c", json!("see")), shown]), Lost::default());
}

#[test]
fn media() {
    let check = |name: &str, content, expected: Value| {
        let expected = json!([{"role": "user", "content": [expected]}]);
        check_parts(name, Role::User, vec![Part::new(content)], expected, Lost::default());
    };
    let check_lost = |name, content, feature| {
        let expected = json!([{"role": "user", "content": []}]);
        check_parts(name, Role::User, vec![Part::new(content)], expected, lost(&[feature], &[]));
    };
    let url = |url: &'static str| Source::Url { url: url.into(), media_type: None };
    let file = |id: &'static str| Media::new(Source::File(id.into()));
    let image = Media { detail: Some("low".into()), ..Media::new(url("https://a/b")) };
    let expected = json!({"type": "image_url", "image_url": {"url": "https://a/b", "detail": "low"}});
    check("an image", Content::Image(image), expected);
    check_lost("an image elsewhere", Content::Image(file("x")), Feature::FileId);
    let pdf = |name: &str| json!({"type": "file", "file": {"filename": name, "file_data": "data:application/pdf;base64,aGk="}});
    let named = Media { name: Some("a.pdf".into()), ..base64("application/pdf") };
    check("a document", Content::Document(named), pdf("a.pdf"));
    check("one without a name", Content::Document(base64("application/pdf")), pdf("document"));
    let uploaded = json!({"type": "file", "file": {"file_id": "file-1"}});
    check("one at OpenAI", Content::Document(file("file-1")), uploaded);
    check_lost("one elsewhere", Content::Document(file("x")), Feature::FileId);
    check_lost("one by its URL", Content::Document(Media::new(url("https://a/b"))), Feature::Document);
    let sound = |format: &str| json!({"type": "input_audio", "input_audio": {"data": "aGk=", "format": format}});
    check("sound", Content::Audio(base64("audio/wav")), sound("wav"));
    check("sound by its other name", Content::Audio(base64("audio/mpeg")), sound("mp3"));
    check_lost("sound by its URL", Content::Audio(Media::new(url("https://a/b"))), Feature::Audio);
    let plain = Media { name: Some("Title".into()), ..Media::new(Source::Text("body".into())) };
    let texts =
        json!([{"role": "user", "content": [{"type": "text", "text": "Title"}, {"type": "text", "text": "body"}]}]);
    check_parts("a document of text", Role::User, vec![Part::new(Content::Document(plain))], texts, Lost::default());
}

#[test]
fn what_assistants_said() {
    let call = |signature| {
        let (id, name, arguments) = ("c".into(), "f".into(), r#"{"a":1}"#.into());
        Content::Call(Call { id, name, arguments, signature })
    };
    let thought = |signature| Content::Thought { text: "t".into(), signature };
    let by = Signature::new;
    let refuses = ["reasoning_content".to_owned()];
    let check_for = |name: &str, quirks, contents: Vec<Content<'static>>, members: Value, lost| {
        let mut expected = json!({"role": "assistant"});
        expected.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let message = Message::new(Role::Assistant, contents.into_iter().map(Part::new).collect());
        check_message(name, message, quirks, json!([expected]), lost);
    };
    let check = |name, contents, members, lost| check_for(name, Quirks::default(), contents, members, lost);
    let text = || Content::Text("a".into());
    let written = || json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": r#"{"a":1}"#}});
    check("nothing", vec![], json!({"content": ""}), Lost::default());
    check("text", vec![text()], json!({"content": "a"}), Lost::default());
    check("a call", vec![call(None)], json!({"content": null, "tool_calls": [written()]}), Lost::default());
    let mixed = json!({"content": "a", "tool_calls": [written()]});
    check("both", vec![call(None), text()], mixed.clone(), Lost::default());
    let mut signed = written();
    signed["extra_content"] = json!({"google": {"thought_signature": "abcd"}});
    let expected = json!({"content": null, "tool_calls": [signed]});
    check("a call signed here", vec![call(Some(by(Upstream::OpenAi, "abcd")))], expected, Lost::default());
    let elsewhere = vec![call(Some(by(Upstream::Gemini, "abcd"))), text()];
    check("a call signed elsewhere", elsewhere, mixed, lost(&[], &[Feature::Thought]));
    let refusal = json!({"content": null, "refusal": "No."});
    check("a refusal", vec![Content::Refusal("No.".into())], refusal, Lost::default());
    let plain = || vec![thought(Some(by(Upstream::OpenAi, ""))), text()];
    check("a thought", plain(), json!({"content": "a", "reasoning_content": "t"}), Lost::default());
    let quirks = Quirks { refuses: &refuses, ..Quirks::default() };
    check_for("a thought that is refused", quirks, plain(), json!({"content": "a"}), lost(&[], &[Feature::Thought]));
    let signed =
        vec![thought(Some(by(Upstream::OpenAi, "abcd"))), Content::RedactedThought(by(Upstream::OpenAi, "ef"))];
    let details = json!([
        {"type": "reasoning.text", "text": "t", "signature": "abcd", "index": 0},
        {"type": "reasoning.encrypted", "data": "ef", "index": 1},
    ]);
    check("signed and sealed ones", signed, json!({"content": "", "reasoning_details": details}), Lost::default());
    let foreign = vec![thought(Some(by(Upstream::Anthropic, "abcd"))), thought(None), text()];
    check("thoughts of others", foreign, json!({"content": "a"}), lost(&[], &[Feature::Thought]));
}
