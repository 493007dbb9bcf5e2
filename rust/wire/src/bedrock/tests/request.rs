//! What requests become, and what is lost.

use proptest::prelude::*;

use crate::bedrock::write_request;
use crate::chat::{
    CacheMark, Call, Content, Effort, Feature, Format, Logprobs, Lost, Message, Part, Reasoning, Request, Role,
    Signature, Tool, ToolChoice, arbitrary,
};
use crate::json::{Object, Value};
use crate::replay::config;
use crate::{Hosting, Quirks, Target, Upstream};

const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const EARLY: &str = "anthropic.claude-3-7-sonnet-20250219-v1:0";
const ADAPTIVE: &str = "anthropic.claude-opus-4-7";
/// It cannot be made to call a tool.
const FREE: &str = "anthropic.claude-fable-5-1";
const NOVA: &str = "amazon.nova-pro-v1:0";
const NOVA_2: &str = "us.amazon.nova-2-lite-v1:0";
const GPT_OSS: &str = "openai.gpt-oss-120b-1:0";
const LLAMA: &str = "meta.llama3-3-70b-instruct-v1:0";
const HI: &str = r#""messages":[{"role":"user","content":[{"text":"Hi"}]}]"#;

pub(super) fn write(form: &Request<'_>, model: &str, refuses: &[String]) -> (String, Lost) {
    let quirks = Quirks { refuses, ..Quirks::default() };
    let target = Target { upstream: Upstream::Bedrock, hosting: Hosting::Own, model, quirks };
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
fn check(name: &str, model: &str, form: Request<'_>, rest: &str, expected: Lost) {
    let messages = vec![Message::new(Role::User, vec![Part::text("Hi")])];
    let (body, lost) = write(&Request { messages, ..form }, model, &[]);

    assert_eq!((format!("{{{HI}{rest}}}"), expected), (body, lost), "{name}");
}

fn check_messages(name: &str, model: &str, messages: Vec<Message<'_>>, expected: &str, lost: Lost) {
    let form = Request { messages, ..Request::default() };

    assert_eq!((format!("{{{expected}}}"), lost), write(&form, model, &[]), "{name}");
}

fn user(parts: Vec<Part<'_>>) -> Message<'_> {
    Message::new(Role::User, parts)
}

fn assistant(parts: Vec<Part<'_>>) -> Message<'_> {
    Message::new(Role::Assistant, parts)
}

fn call<'a>(id: &'a str, arguments: &'a str) -> Part<'a> {
    Part::new(Content::Call(Call { id: id.into(), name: "f".into(), arguments: arguments.into(), signature: None }))
}

fn result<'a>(id: &'a str, parts: Vec<Part<'a>>, is_error: bool) -> Part<'a> {
    Part::new(Content::Result { call_id: id.into(), parts, is_error })
}

fn tool(strict: Option<bool>) -> Tool<'static> {
    Tool { name: "f".into(), description: None, parameters: None, strict, cache: None }
}

#[test]
fn where_instructions_and_turns_go() {
    let system = |text| Message::new(Role::System, vec![Part::text(text)]);
    let conversation = vec![system("A"), user(vec![Part::text("Hi")]), system("B"), assistant(vec![Part::text("Yes")])];
    let expected = r#""system":[{"text":"A"},{"text":"B"}],"messages":[{"role":"user","content":[{"text":"Hi"}]},{"role":"assistant","content":[{"text":"Yes"}]}]"#;
    check_messages("instructions go to the front", CLAUDE, conversation, expected, Lost::default());

    let blank = vec![
        user(vec![Part::text("a"), Part::text(" \n")]),
        assistant(vec![Part::text("")]),
        user(vec![Part::text("b")]),
    ];
    let expected = r#""messages":[{"role":"user","content":[{"text":"a"},{"text":"b"}]}]"#;
    check_messages("blank texts are left out, and neighbours joined", CLAUDE, blank, expected, Lost::default());

    let named = Message { name: Some("ann".into()), ..user(vec![Part::text("Hi")]) };
    check_messages("names are lost", CLAUDE, vec![named], HI, lost(&[], &[Feature::SpeakerName]));
    check_messages("instructions alone are the question", CLAUDE, vec![system("Hi")], HI, Lost::default());
}

#[test]
fn how_calls_and_results_are_written() {
    let conversation = vec![
        user(vec![Part::text("Go")]),
        assistant(vec![call("a", r#"{"x": 1.50}"#), call("b/c", "[1]")]),
        user(vec![
            Part::text("So?"),
            result("a", vec![Part::text("1"), Part::text(" ")], false),
            result("b/c", vec![], true),
        ]),
    ];
    let expected = concat!(
        r#""messages":[{"role":"user","content":[{"text":"Go"}]},{"role":"assistant","content":["#,
        r#"{"toolUse":{"toolUseId":"a","name":"f","input":{"x": 1.50}}},"#,
        r#"{"toolUse":{"toolUseId":"b_c","name":"f","input":{"arguments":"[1]"}}}]},{"role":"user","content":["#,
        r#"{"toolResult":{"toolUseId":"a","content":[{"text":"1"}]}},"#,
        r#"{"toolResult":{"toolUseId":"b_c","content":[],"status":"error"}},{"text":"So?"}]}],"#,
        r#""toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object","properties":{}}}}}]}"#,
    );
    let name = "a result comes first in its turn, and what was called is there as a tool";
    check_messages(name, CLAUDE, conversation, expected, Lost::default());

    let long = format!("{}-end", "x".repeat(100));
    let form = Request { messages: vec![assistant(vec![call(&long, "{}")])], ..Request::default() };
    let id = format!(r#""toolUseId":"{}-end""#, "x".repeat(60));
    assert!(write(&form, CLAUDE, &[]).0.contains(&id));
}

#[test]
fn which_thoughts_go_back() {
    let thought = |signature| Part::new(Content::Thought { text: "Hm".into(), signature });
    let own = Signature::new(Upstream::Bedrock, "s");
    let turn = vec![thought(Some(own.clone())), Part::new(Content::RedactedThought(own)), Part::text("Yes")];
    let expected = r#""messages":[{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"Hm","signature":"s"}}},{"reasoningContent":{"redactedContent":"s"}},{"text":"Yes"}]}]"#;
    check_messages("its own", CLAUDE, vec![assistant(turn)], expected, Lost::default());

    let signed = Call {
        id: "a".into(),
        name: "f".into(),
        arguments: "{}".into(),
        signature: Some(Signature::new(Upstream::Gemini, "s")),
    };
    let signed = assistant(vec![Part::new(Content::Call(signed))]);
    let expected = concat!(
        r#""messages":[{"role":"assistant","content":[{"toolUse":{"toolUseId":"a","name":"f","input":{}}}]}],"#,
        r#""toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object","properties":{}}}}}]}"#,
    );
    check_messages("a call without its signature", CLAUDE, vec![signed], expected, lost(&[], &[Feature::Thought]));

    let foreign = Signature::new(Upstream::Anthropic, "s");
    for part in [thought(None), thought(Some(foreign.clone())), Part::new(Content::RedactedThought(foreign))] {
        let expected = r#""messages":[]"#;
        check_messages("no other's", CLAUDE, vec![assistant(vec![part])], expected, lost(&[], &[Feature::Thought]));
    }
}

#[test]
fn where_cache_points_go() {
    let marked = |mark| vec![user(vec![Part { cache: Some(mark), ..Part::text("Hi") }])];
    let expected = |point: &str| format!(r#""messages":[{{"role":"user","content":[{{"text":"Hi"}}{point}]}}]"#);
    let five = expected(r#",{"cachePoint":{"type":"default"}}"#);
    let hour = expected(r#",{"cachePoint":{"type":"default","ttl":"1h"}}"#);
    check_messages("Claude", CLAUDE, marked(CacheMark::FiveMinutes), &five, Lost::default());
    check_messages("Claude, an hour", CLAUDE, marked(CacheMark::Hour), &hour, Lost::default());
    check_messages("Nova knows no hours", NOVA, marked(CacheMark::Hour), &five, Lost::default());
    let none = expected("");
    check_messages("Llama knows none", LLAMA, marked(CacheMark::Hour), &none, lost(&[], &[Feature::CacheMark]));

    let tools =
        || Request { tools: vec![Tool { cache: Some(CacheMark::FiveMinutes), ..tool(None) }], ..Request::default() };
    let spec = r#"{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object","properties":{}}}}}"#;
    let with = format!(r#","toolConfig":{{"tools":[{spec},{{"cachePoint":{{"type":"default"}}}}]}}"#);
    let without = format!(r#","toolConfig":{{"tools":[{spec}]}}"#);
    check("behind tools, Claude", CLAUDE, tools(), &with, Lost::default());
    check("behind tools, Nova", NOVA, tools(), &without, lost(&[], &[Feature::CacheMark]));
}

#[test]
fn how_sampling_is_told() {
    let all = Request {
        max_tokens: Some(100),
        temperature: Some("0.70"),
        top_p: Some("0.9"),
        stop: vec!["a".into(), "\"".into()],
        ..Request::default()
    };
    let expected = r#","inferenceConfig":{"maxTokens":100,"temperature":0.70,"topP":0.9,"stopSequences":["a","\""]}"#;
    check("what Converse knows", LLAMA, all, expected, Lost::default());
    let top_k = || Request { top_k: Some("5"), ..Request::default() };
    check("Claude's words", CLAUDE, top_k(), r#","additionalModelRequestFields":{"top_k":5}"#, Lost::default());
    let nova = r#","additionalModelRequestFields":{"inferenceConfig":{"topK":5}}"#;
    check("Nova's words", NOVA, top_k(), nova, Lost::default());
    check("no words", LLAMA, top_k(), "", lost(&[Feature::TopK], &[]));
    let warm = || Request { temperature: Some("1.5"), ..Request::default() };
    check("no more than 1", LLAMA, warm(), "", lost(&[Feature::Temperature], &[]));
    let both = || Request { temperature: Some("0.5"), top_p: Some("0.9"), ..Request::default() };
    let cool = r#","inferenceConfig":{"temperature":0.5}"#;
    check("one of two", CLAUDE, both(), cool, lost(&[Feature::TopP], &[]));
    check("none", ADAPTIVE, both(), "", lost(&[Feature::Temperature, Feature::TopP], &[]));
    let defaults = Request { temperature: Some("1.0"), top_p: Some("1"), ..Request::default() };
    check("what Claude does anyway", ADAPTIVE, defaults, "", Lost::default());
    let reasoning = Some(Reasoning { budget: Some(5_000), ..Reasoning::default() });
    let thinking = r#","additionalModelRequestFields":{"thinking":{"type":"enabled","budget_tokens":5000}}"#;
    let thoughtful = Request { reasoning, ..top_k() };
    check("none while it thinks", CLAUDE, thoughtful, thinking, lost(&[Feature::TopK], &[]));
    let blank = || Request { stop: vec!["\n".into(), "a".into()], ..Request::default() };
    let expected = r#","inferenceConfig":{"stopSequences":["a"]}"#;
    check("Claude stops at no blanks", CLAUDE, blank(), expected, lost(&[Feature::Stop], &[]));
    let expected = r#","inferenceConfig":{"stopSequences":["\n","a"]}"#;
    check("others do", LLAMA, blank(), expected, Lost::default());
    let penalties = Request { frequency_penalty: Some("0"), presence_penalty: Some("0.0"), ..Request::default() };
    check("penalties that are none", LLAMA, penalties, "", Lost::default());
    let others = Request {
        frequency_penalty: Some("1"),
        presence_penalty: Some("1"),
        seed: Some("1"),
        n: 2,
        logprobs: Some(Logprobs { n_top: 1 }),
        user: Some("u".into()),
        ..Request::default()
    };
    let fields =
        [Feature::FrequencyPenalty, Feature::PresencePenalty, Feature::Seed, Feature::Choices, Feature::Logprobs];
    check("what nobody knows", CLAUDE, others, "", lost(&fields, &[Feature::User]));
    check("one answer is all there is", CLAUDE, Request { n: 1, ..Request::default() }, "", Lost::default());
}

#[test]
fn how_tools_are_told() {
    const SPEC: &str = r#"{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object","properties":{}}}}}"#;
    let form = |choice| Request { tools: vec![tool(None)], tool_choice: choice, ..Request::default() };
    let config = |choice: &str| format!(r#","toolConfig":{{"tools":[{SPEC}]{choice}}}"#);
    let check_choice = |name: &str, choice, expected: &str| check(name, NOVA, form(choice), expected, Lost::default());
    check_choice("no choice", None, &config(""));
    check_choice("auto", Some(ToolChoice::Auto), &config(r#","toolChoice":{"auto":{}}"#));
    check_choice("required", Some(ToolChoice::Required), &config(r#","toolChoice":{"any":{}}"#));
    let named = config(r#","toolChoice":{"tool":{"name":"f"}}"#);
    check_choice("named", Some(ToolChoice::Named("f".into())), &named);
    check_choice("none", Some(ToolChoice::None), "");
    let forced = form(Some(ToolChoice::Required));
    check("forced, and it is not to be", FREE, forced, &config(""), lost(&[Feature::ToolChoice], &[]));
    let spoken = Request { messages: vec![assistant(vec![call("a", "{}")])], ..form(Some(ToolChoice::None)) };
    let (body, dropped) = write(&spoken, NOVA, &[]);
    assert_eq!(lost(&[Feature::ToolChoice], &[]), dropped);
    assert!(body.ends_with(&format!("{}}}", config(""))), "{body}");

    let described =
        Tool { description: Some("d".into()), parameters: Some(r#"{ "a": 1.50 }"#.into()), ..tool(Some(true)) };
    let tools = || Request { tools: vec![described.clone()], ..Request::default() };
    let spec = |strict: &str| {
        format!(
            r#","toolConfig":{{"tools":[{{"toolSpec":{{"name":"f","description":"d","inputSchema":{{"json":{{ "a": 1.50 }}}}{strict}}}}}]}}"#
        )
    };
    check("strict", CLAUDE, tools(), &spec(r#","strict":true"#), Lost::default());
    check("strict, and nobody knows it", EARLY, tools(), &spec(""), lost(&[], &[Feature::Strict]));

    let one = |tool_choice| Request { parallel_calls: Some(false), ..form(tool_choice) };
    let auto = config("")
        + r#","additionalModelRequestFields":{"tool_choice":{"type":"auto","disable_parallel_tool_use":true}}"#;
    check("one at a time", CLAUDE, one(None), &auto, Lost::default());
    let any = config(r#","toolChoice":{"any":{}}"#)
        + r#","additionalModelRequestFields":{"tool_choice":{"disable_parallel_tool_use":true}}"#;
    check("exactly one", CLAUDE, one(Some(ToolChoice::Required)), &any, Lost::default());
    check(
        "one, and it is not to be forced",
        FREE,
        one(Some(ToolChoice::Required)),
        &auto,
        lost(&[Feature::ToolChoice], &[]),
    );
    check("one of none", CLAUDE, one(Some(ToolChoice::None)), "", Lost::default());
    check("one at a time, Nova", NOVA, one(None), &config(""), lost(&[Feature::ParallelCalls], &[]));
    let several = Request { parallel_calls: Some(true), ..form(None) };
    check("several", NOVA, several, &config(""), Lost::default());
}

#[test]
fn how_a_schema_is_told() {
    let schema = || Format::Schema {
        name: Some("n".into()),
        description: Some("d".into()),
        schema: r#"{ "a": 1.50 }"#.into(),
        strict: Some(true),
    };
    let form = |format| Request { format: Some(format), ..Request::default() };
    let expected = r#","outputConfig":{"textFormat":{"type":"json_schema","structure":{"jsonSchema":{"schema":"{ \"a\": 1.50 }","name":"n","description":"d"}}}}"#;
    check("Claude", CLAUDE, form(schema()), expected, Lost::default());
    check("Llama, which Bedrock judges", LLAMA, form(schema()), expected, Lost::default());
    check("Claude of old", EARLY, form(schema()), "", lost(&[Feature::Format], &[]));
    check("Nova", NOVA_2, form(schema()), "", lost(&[Feature::Format], &[]));
    check("any JSON", CLAUDE, form(Format::Json), "", lost(&[Feature::Format], &[]));
}

#[test]
fn how_much_a_model_is_to_think() {
    let check_reasoning = |name: &str, model: &str, reasoning: Reasoning, expected: &str, lost: Lost| {
        check(name, model, Request { reasoning: Some(reasoning), ..Request::default() }, expected, lost);
    };
    let effort = |effort| Reasoning { effort: Some(effort), ..Reasoning::default() };
    let budget = |n_tokens| Reasoning { budget: Some(n_tokens), ..Reasoning::default() };
    let fields = |json: &str| format!(r#","additionalModelRequestFields":{{{json}}}"#);
    let none = Lost::default;
    let enabled = fields(r#""thinking":{"type":"enabled","budget_tokens":5000}"#);
    check_reasoning("Claude, in tokens", CLAUDE, budget(5_000), &enabled, none());
    check_reasoning("Claude, not at all", CLAUDE, effort(Effort::None), "", none());
    let adaptive = r#","outputConfig":{"effort":"low"}"#.to_owned() + &fields(r#""thinking":{"type":"adaptive"}"#);
    check_reasoning("Claude, in words", ADAPTIVE, effort(Effort::Low), &adaptive, none());
    let shown = |is_shown| Reasoning { is_shown: Some(is_shown), ..Reasoning::default() };
    let display = fields(r#""thinking":{"type":"adaptive","display":"summarized"}"#);
    check_reasoning("Claude, to be seen", ADAPTIVE, shown(true), &display, none());
    let nova =
        |effort: &str| fields(&format!(r#""reasoningConfig":{{"type":"enabled","maxReasoningEffort":"{effort}"}}"#));
    check_reasoning("Nova 2", NOVA_2, effort(Effort::ExtraHigh), &nova("high"), none());
    check_reasoning("Nova 2, left to it", NOVA_2, Reasoning::default(), &nova("medium"), none());
    check_reasoning("Nova 2, not at all", NOVA_2, effort(Effort::None), "", none());
    check_reasoning("gpt-oss", GPT_OSS, effort(Effort::Minimal), &fields(r#""reasoning_effort":"low""#), none());
    check_reasoning("gpt-oss always does", GPT_OSS, effort(Effort::None), "", lost(&[Feature::Reasoning], &[]));
    check_reasoning("Nova cannot", NOVA, effort(Effort::Low), "", lost(&[Feature::Reasoning], &[]));
    check_reasoning("Llama is not known to", LLAMA, budget(2_000), "", lost(&[Feature::Reasoning], &[]));
    check_reasoning("and shows nothing", LLAMA, shown(true), "", lost(&[], &[Feature::Reasoning]));

    // Between a call and its result nobody begins to think.
    let calling = vec![assistant(vec![call("a", "{}")]), user(vec![result("a", vec![Part::text("1")], false)])];
    let form = Request { messages: calling, reasoning: Some(budget(5_000)), ..Request::default() };
    let (body, dropped) = write(&form, CLAUDE, &[]);
    assert_eq!((false, lost(&[], &[Feature::Reasoning])), (body.contains("thinking"), dropped));
    // Nor before a call that is forced, but where it is told in words.
    let forced = |reasoning| Request {
        messages: vec![user(vec![Part::text("Hi")])],
        tools: vec![tool(None)],
        tool_choice: Some(ToolChoice::Required),
        reasoning: Some(reasoning),
        ..Request::default()
    };
    let (body, dropped) = write(&forced(budget(5_000)), CLAUDE, &[]);
    assert_eq!((false, lost(&[], &[Feature::Reasoning])), (body.contains("thinking"), dropped));
    let (body, dropped) = write(&forced(effort(Effort::Low)), ADAPTIVE, &[]);
    assert_eq!((true, Lost::default()), (body.contains("adaptive"), dropped));
}

#[test]
fn what_a_provider_refuses_is_lost() {
    let form = Request {
        messages: vec![user(vec![Part::text("Hi")])],
        top_k: Some("5"),
        reasoning: Some(Reasoning { effort: Some(Effort::Low), ..Reasoning::default() }),
        format: Some(Format::Schema { name: None, description: None, schema: "{}".into(), strict: None }),
        tools: vec![tool(Some(true))],
        ..Request::default()
    };
    let refuses = ["outputConfig", "additionalModelRequestFields", "toolConfig"].map(str::to_owned);
    let expected = lost(&[Feature::TopK, Feature::Reasoning, Feature::Format, Feature::Tools], &[]);

    assert_eq!((format!("{{{HI}}}"), expected), write(&form, ADAPTIVE, &refuses));
    let effort = Request { tools: vec![], format: None, top_k: None, ..form };
    let (body, dropped) = write(&effort, ADAPTIVE, &["outputConfig".to_owned()]);
    assert_eq!(lost(&[Feature::Reasoning], &[]), dropped, "{body}");
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn any_form_becomes_json_whose_roles_alternate(
        form in arbitrary::request(Upstream::Bedrock),
        model in prop::sample::select(vec![CLAUDE, EARLY, ADAPTIVE, FREE, NOVA, NOVA_2, GPT_OSS, LLAMA]),
    ) {
        let (body, _) = write(&form, model, &[]);
        let body = Object::parse(&body).unwrap_or_else(|fault| panic!("{fault:?}: {body}"));
        let messages = body.array("messages").into_iter().filter_map(Value::object);
        let roles: Vec<_> = messages.map(|message| message.string("role")).collect();

        prop_assert!(roles.windows(2).all(|pair| pair[0] != pair[1]), "{:?}", roles);
    }
}
