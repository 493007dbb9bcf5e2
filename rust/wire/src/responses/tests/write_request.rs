//! What providers are asked.

use serde_json::json;

use super::{assistant, call, hi_form, json, result, said, target, user};
use crate::chat::{
    CacheMark, Call, Content, Effort, Feature, Format, Logprobs, Lost, Media, Message, Part, Reasoning, Request, Role,
    Signature, Source, Tool, ToolChoice,
};
use crate::responses::write_request;
use crate::{Quirks, Upstream};

/// What `change` adds to the plainest request is `expected`, beside what is always there.
fn check(name: &str, change: impl FnOnce(&mut Request<'static>), expected: serde_json::Value) {
    let mut form = hi_form();
    change(&mut form);
    let mut lost = Lost::default();
    let mut written = json(&write_request(&form, &target(Quirks::default()), &mut lost));
    let body = written.as_object_mut().unwrap();
    let always = [body.remove("model"), body.remove("input"), body.remove("store")];

    assert_eq!(expected, written, "{name}");
    let hi = json!([{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}]);
    assert_eq!([Some("up".into()), Some(hi), Some(false.into())], always, "{name}");
    assert_eq!(Lost::default().fields(crate::Client::OpenAi), lost.fields(crate::Client::OpenAi), "{name}");
}

/// `message` is these items, and what is named is lost.
fn check_items(name: &str, message: Message<'static>, expected: serde_json::Value, expected_lost: &Lost) {
    let form = Request { messages: vec![message], ..Request::default() };
    let mut lost = Lost::default();
    let written = json(&write_request(&form, &target(Quirks::default()), &mut lost));

    assert_eq!(expected, written["input"], "{name}");
    assert!(*expected_lost == lost, "{name}");
}

fn nothing() -> Lost {
    Lost::default()
}

fn field(feature: Feature) -> Lost {
    let mut lost = Lost::default();
    lost.field(feature);
    lost
}

fn hint(feature: Feature) -> Lost {
    let mut lost = Lost::default();
    lost.hint(feature);
    lost
}

fn base64(media_type: &'static str) -> Media<'static> {
    Media::new(Source::Base64 { media_type: media_type.into(), data: "aGk=".into() })
}

#[test]
fn parameters() {
    check("nothing", |_| {}, json!({}));
    check("a stream", |form| form.is_stream = true, json!({"stream": true}));
    check("numbers", |form| form.temperature = Some("0.70"), json!({"temperature": 0.7}));
    check("the nucleus", |form| form.top_p = Some("0.5"), json!({"top_p": 0.5}));
    check("a bound", |form| form.max_tokens = Some(9), json!({"max_output_tokens": 9}));
    check("a user", |form| form.user = Some("u".into()), json!({"safety_identifier": "u"}));
    check("one at a time", |form| form.parallel_calls = Some(false), json!({"parallel_tool_calls": false}));
    let logprobs = json!({"top_logprobs": 2, "include": ["message.output_text.logprobs"]});
    check("log probabilities", |form| form.logprobs = Some(Logprobs { n_top: 2 }), logprobs);
    check("a required call", |form| form.tool_choice = Some(ToolChoice::Required), json!({"tool_choice": "required"}));
    let named = json!({"tool_choice": {"type": "function", "name": "f"}});
    check("a named one", |form| form.tool_choice = Some(ToolChoice::Named("f".into())), named);
    check("JSON", |form| form.format = Some(Format::Json), json!({"text": {"format": {"type": "json_object"}}}));
    let schema = Format::Schema { name: None, description: None, schema: "{}".into(), strict: None };
    let format = json!({"text": {"format": {"type": "json_schema", "name": "answer", "schema": {}}}});
    check("a schema", |form| form.format = Some(schema), format);
}

#[test]
fn tools() {
    let tool = |strict| Tool { name: "f".into(), description: None, parameters: None, strict, cache: None };
    let plain = json!({"tools": [{"type": "function", "name": "f", "parameters": null, "strict": false}]});
    check("nothing said is not strict", |form| form.tools = vec![tool(None)], plain);
    let described = Tool { description: Some("d".into()), parameters: Some("{}".into()), ..tool(Some(true)) };
    let full =
        json!({"tools": [{"type": "function", "name": "f", "description": "d", "parameters": {}, "strict": true}]});
    check("all of one", |form| form.tools = vec![described], full);
}

#[test]
fn reasoning() {
    let check = |name: &str, reasoning: Reasoning, expected| {
        check(name, |form| form.reasoning = Some(reasoning), expected);
    };
    let effort = |effort| Reasoning { effort: Some(effort), ..Reasoning::default() };
    let sealed = json!(["reasoning.encrypted_content"]);
    let high = json!({"reasoning": {"effort": "high"}, "include": sealed});
    check("an effort", effort(Effort::High), high);
    let shown = Reasoning { is_shown: Some(true), budget: Some(2_000), effort: None };
    check(
        "a budget, to be read",
        shown,
        json!({"reasoning": {"effort": "medium", "summary": "auto"}, "include": sealed}),
    );
    check("none seals no thoughts", effort(Effort::None), json!({"reasoning": {"effort": "none"}}));
}

#[test]
fn messages() {
    let message =
        |role: &str, kind: &str| json!([{"type": "message", "role": role, "content": [{"type": kind, "text": "a"}]}]);
    check_items("a system's", said(Role::System, "a"), message("system", "input_text"), &nothing());
    check_items("the user's", said(Role::User, "a"), message("user", "input_text"), &nothing());
    let told = json!([{"type": "message", "role": "assistant", "content": "a"}]);
    check_items("an assistant's", said(Role::Assistant, "a"), told, &nothing());
    let part = |text: &str| json!({"type": "output_text", "text": text, "annotations": []});
    let several = json!([{"type": "message", "role": "assistant", "content": [part("a"), part("b")]}]);
    let both = assistant([Content::Text("a".into()), Content::Text("b".into())]);
    check_items("an assistant's, in parts", both, several, &nothing());
    let refusal = json!([{"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}]);
    check_items("a refusal", assistant([Content::Refusal("No.".into())]), refusal, &nothing());
    let turn = assistant([Content::Text("a".into()), Content::Call(call("c", "f", "{}")), Content::Text("b".into())]);
    let items = json!([
        {"type": "message", "role": "assistant", "content": "a"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "message", "role": "assistant", "content": "b"},
    ]);
    check_items("a turn, in order", turn, items, &nothing());
    let named = Message { name: Some("ann".into()), ..said(Role::User, "a") };
    check_items("a name", named, message("user", "input_text"), &hint(Feature::SpeakerName));
    let marked = Message::new(Role::User, vec![Part { cache: Some(CacheMark::Hour), ..Part::text("a") }]);
    check_items("a mark", marked, message("user", "input_text"), &hint(Feature::CacheMark));
}

#[test]
fn a_developer_where_there_is_one() {
    let form = Request { messages: vec![said(Role::System, "s")], ..Request::default() };
    let quirks = Quirks { developer_role: true, ..Quirks::default() };
    let written = json(&write_request(&form, &target(quirks), &mut Lost::default()));

    assert_eq!("developer", written["input"][0]["role"]);
}

#[test]
fn media() {
    let check = |name: &str, content: Content<'static>, expected: serde_json::Value| {
        let items = json!([{"type": "message", "role": "user", "content": [expected]}]);
        check_items(name, user([content]), items, &nothing());
    };
    let url = Media::new(Source::Url { url: "https://a/b".into(), media_type: None });
    let linked = json!({"type": "input_image", "image_url": "https://a/b", "detail": "auto"});
    check("an image", Content::Image(url.clone()), linked);
    let inline = json!({"type": "input_image", "image_url": "data:image/png;base64,aGk=", "detail": "low"});
    check("one in the body", Content::Image(Media { detail: Some("low".into()), ..base64("image/png") }), inline);
    let pdf =
        json!({"type": "input_file", "filename": "document.pdf", "file_data": "data:application/pdf;base64,aGk="});
    check("a file gets a name", Content::Document(base64("application/pdf")), pdf);
    check("one elsewhere", Content::Document(url), json!({"type": "input_file", "file_url": "https://a/b"}));
    let uploaded = Media::new(Source::File("file-1".into()));
    check("one at OpenAI", Content::Document(uploaded), json!({"type": "input_file", "file_id": "file-1"}));
    let text = Media { name: Some("Title".into()), ..Media::new(Source::Text("t".into())) };
    let texts = json!([{"type": "message", "role": "user", "content": [
        {"type": "input_text", "text": "Title"}, {"type": "input_text", "text": "t"},
    ]}]);
    check_items("a text is said, after its name", user([Content::Document(text)]), texts, &nothing());
    let foreign = Media::new(Source::File("file_01".into()));
    check_items("one at another provider", user([Content::Image(foreign)]), json!([]), &field(Feature::FileId));
    check_items("sound", user([Content::Audio(base64("audio/wav"))]), json!([]), &field(Feature::Audio));
    let drawn = assistant([Content::Image(base64("image/png"))]);
    check_items("an image by the model", drawn, json!([]), &field(Feature::Image));
}

#[test]
fn results() {
    let output =
        |output: serde_json::Value| json!([{"type": "function_call_output", "call_id": "c", "output": output}]);
    let text = user([result("c", vec![Part::text("1")])]);
    check_items("a text", text, output(json!("1")), &nothing());
    let parts = vec![Part::text("1"), Part::new(Content::Image(base64("image/png")))];
    let seen = json!([
        {"type": "input_text", "text": "1"},
        {"type": "input_image", "image_url": "data:image/png;base64,aGk=", "detail": "auto"},
    ]);
    check_items("an image", user([result("c", parts)]), output(seen), &nothing());
    let failed = Content::Result { call_id: "c".into(), parts: vec![Part::text("no")], is_error: true };
    check_items("an error", user([failed]), output(json!("no")), &hint(Feature::ResultError));
}

#[test]
fn thoughts() {
    let signed = |made_by| Some(Signature::new(made_by, "ab"));
    let thought = |signature| assistant([Content::Thought { text: "t".into(), signature }]);
    let own =
        json!([{"type": "reasoning", "summary": [{"type": "summary_text", "text": "t"}], "encrypted_content": "ab"}]);
    check_items("its own", thought(signed(Upstream::Responses)), own, &nothing());
    check_items("another's", thought(signed(Upstream::Anthropic)), json!([]), &hint(Feature::Thought));
    check_items("nobody's", thought(None), json!([]), &hint(Feature::Thought));
    let sealed = assistant([Content::RedactedThought(Signature::new(Upstream::Responses, "ab"))]);
    let redacted = json!([{"type": "reasoning", "summary": [], "encrypted_content": "ab"}]);
    check_items("a sealed one", sealed, redacted, &nothing());
    let gemini = Call { signature: signed(Upstream::Gemini), ..call("c", "f", "{}") };
    let unsigned = json!([{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}]);
    check_items("the signature of a call", assistant([Content::Call(gemini)]), unsigned, &hint(Feature::Thought));
}

#[test]
fn what_cannot_be_said() {
    let check = |name: &str, feature: Feature, change: fn(&mut Request<'static>)| {
        let mut form = hi_form();
        change(&mut form);
        let mut lost = Lost::default();
        let written = json(&write_request(&form, &target(Quirks::default()), &mut lost));

        assert!(field(feature) == lost, "{name}");
        assert_eq!(3, written.as_object().unwrap().len(), "{name}: {written}");
    };
    check("top_k", Feature::TopK, |form| form.top_k = Some("4"));
    check("a penalty", Feature::FrequencyPenalty, |form| form.frequency_penalty = Some("1"));
    check("another", Feature::PresencePenalty, |form| form.presence_penalty = Some("1"));
    check("a seed", Feature::Seed, |form| form.seed = Some("7"));
    check("a stop sequence", Feature::Stop, |form| form.stop = vec!["x".into()]);
    check("choices", Feature::Choices, |form| form.n = 2);
}

#[test]
fn what_a_provider_refuses() {
    let check = |field_name: &str, feature: Feature, change: fn(&mut Request<'static>)| {
        let mut form = hi_form();
        change(&mut form);
        let refuses = [field_name.to_owned(), "store".to_owned()];
        let quirks = Quirks { refuses: &refuses, ..Quirks::default() };
        let mut lost = Lost::default();
        let written = json(&write_request(&form, &target(quirks), &mut lost));

        assert!(field(feature) == lost, "{field_name}");
        assert_eq!(2, written.as_object().unwrap().len(), "{field_name}: {written}");
    };
    check("temperature", Feature::Temperature, |form| form.temperature = Some("1"));
    check("top_p", Feature::TopP, |form| form.top_p = Some("1"));
    check("max_output_tokens", Feature::MaxTokens, |form| form.max_tokens = Some(1));
    check("reasoning", Feature::Reasoning, |form| form.reasoning = Some(Reasoning::default()));
    check("top_logprobs", Feature::Logprobs, |form| form.logprobs = Some(Logprobs { n_top: 1 }));
    check("text", Feature::Format, |form| form.format = Some(Format::Json));
    check("tool_choice", Feature::ToolChoice, |form| form.tool_choice = Some(ToolChoice::Auto));
    check("parallel_tool_calls", Feature::ParallelCalls, |form| form.parallel_calls = Some(true));
    check("safety_identifier", Feature::User, |form| form.user = Some("u".into()));
}
