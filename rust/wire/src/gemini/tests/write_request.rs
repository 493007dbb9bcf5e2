//! What Google is asked for each field of the form.

use super::{THIRD, VERTEX, written};
use crate::chat::{CacheMark, Effort, Format, Logprobs, Message, Part, Reasoning, Request, Role, Tool, ToolChoice};
use crate::target::Hosting;

const CONTENTS: &str = r#"{"contents":[{"role":"user","parts":[{"text":"hi"}]}]"#;

#[derive(Clone, Copy)]
struct Lost<'a> {
    fields: &'a [&'a str],
    hints: &'a [&'a str],
}

const NOTHING: Lost<'_> = Lost { fields: &[], hints: &[] };

fn check_at(name: &str, model: &str, change: impl FnOnce(&mut Request<'static>), expected: &str, lost: Lost<'_>) {
    let mut form = Request { messages: vec![Message::new(Role::User, vec![Part::text("hi")])], ..Request::default() };
    change(&mut form);
    let (body, fields, hints) = written(&form, Hosting::Own, model);

    let expected = if expected.is_empty() { format!("{CONTENTS}}}") } else { format!("{CONTENTS},{expected}}}") };
    assert_eq!(expected, body, "{name}");
    assert_eq!((lost.fields, lost.hints), (&*strs(&fields), &*strs(&hints)), "{name}");
}

fn strs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

fn check(name: &str, change: impl FnOnce(&mut Request<'static>), expected: &str, lost: Lost<'_>) {
    check_at(name, THIRD, change, expected, lost);
}

fn config(name: &str, change: impl FnOnce(&mut Request<'static>), expected: &str) {
    check(name, change, &format!(r#""generationConfig":{{{expected}}}"#), NOTHING);
}

#[test]
fn how_the_answer_is_made() {
    check("nothing said", |_| {}, "", NOTHING);
    config("temperature", |form| form.temperature = Some("0.70"), r#""temperature":0.70"#);
    config("nucleus", |form| form.top_p = Some("1"), r#""topP":1"#);
    config("number of likeliest tokens", |form| form.top_k = Some("40"), r#""topK":40"#);
    config("bound", |form| form.max_tokens = Some(64), r#""maxOutputTokens":64"#);
    config("candidates", |form| form.n = 2, r#""candidateCount":2"#);
    check("one candidate", |form| form.n = 1, "", NOTHING);
    config("presence", |form| form.presence_penalty = Some("0.5"), r#""presencePenalty":0.5"#);
    config("frequency", |form| form.frequency_penalty = Some("-0.5"), r#""frequencyPenalty":-0.5"#);
    config("stops", |form| form.stop = vec!["a\n".into(), "b".into()], r#""stopSequences":["a\n","b"]"#);
    config("probabilities", |form| form.logprobs = Some(Logprobs { n_top: 0 }), r#""responseLogprobs":true"#);
    config(
        "and of others",
        |form| form.logprobs = Some(Logprobs { n_top: 2 }),
        r#""responseLogprobs":true,"logprobs":2"#,
    );
    let lost = Lost { fields: &["seed"], hints: &[] };
    check("what the provider refuses", |form| form.seed = Some("7"), "", lost);
    check("no calls at once, of which there are none", |form| form.parallel_calls = Some(false), "", NOTHING);
    check("calls at once", |form| form.parallel_calls = Some(true), "", NOTHING);
    check("a user", |form| form.user = Some("u".into()), "", Lost { fields: &[], hints: &["user"] });
}

#[test]
fn what_the_answer_must_be() {
    config("JSON", |form| form.format = Some(Format::Json), r#""responseMimeType":"application/json""#);
    let schema = |description: Option<&'static str>| Format::Schema {
        name: Some("n".into()),
        description: description.map(Into::into),
        schema: r#"{ "type":"object" }"#.into(),
        strict: Some(true),
    };
    let expected = r#""responseMimeType":"application/json","responseJsonSchema":{ "type":"object" }"#;
    config("of a schema", |form| form.format = Some(schema(None)), expected);
    let expected = r#""responseMimeType":"application/json","responseJsonSchema":{"description":"d","type":"object" }"#;
    config("of a schema that is described", |form| form.format = Some(schema(Some("d"))), expected);
}

#[test]
fn how_much_is_thought() {
    let check = |name, model, reasoning, expected: &str| {
        let expected = format!(r#""generationConfig":{{"thinkingConfig":{{{expected}}}}}"#);
        check_at(name, model, |form| form.reasoning = Some(reasoning), &expected, NOTHING);
    };
    let effort = |effort| Reasoning { effort: Some(effort), ..Reasoning::default() };
    let budget = |budget| Reasoning { budget: Some(budget), ..Reasoning::default() };
    check("a level", THIRD, effort(Effort::Low), r#""thinkingLevel":"LOW""#);
    check("as little as can be", THIRD, effort(Effort::None), r#""thinkingLevel":"MINIMAL""#);
    check("more than there is a level for", THIRD, effort(Effort::Max), r#""thinkingLevel":"HIGH""#);
    check("a model without a number", "gemini-flash-latest", effort(Effort::Medium), r#""thinkingLevel":"MEDIUM""#);
    check("tokens", THIRD, budget(2_000), r#""thinkingBudget":2000"#);
    check("a level for the second generation", "gemini-2.5-flash", effort(Effort::Medium), r#""thinkingBudget":2048"#);
    check("none for the second generation", "gemini-2.5-flash", effort(Effort::None), r#""thinkingBudget":0"#);
    check("tokens for the second generation", "gemini-2.5-flash", budget(128), r#""thinkingBudget":128"#);
    check(
        "to be shown",
        THIRD,
        Reasoning { is_shown: Some(true), ..budget(1) },
        r#""thinkingBudget":1,"includeThoughts":true"#,
    );
}

#[test]
fn what_may_be_called() {
    let tool = || Tool { name: "f".into(), description: None, parameters: None, strict: None, cache: None };
    let declared = |members: &str| format!(r#""tools":[{{"functionDeclarations":[{{"name":"f"{members}}}]}}]"#);
    check("a function", |form| form.tools = vec![tool()], &declared(""), NOTHING);
    let described = Tool { description: Some("d".into()), parameters: Some("{ }".into()), ..tool() };
    let expected = declared(r#","description":"d","parametersJsonSchema":{ }"#);
    check("with a description and a schema", |form| form.tools = vec![described], &expected, NOTHING);
    let lost = Lost { fields: &[], hints: &["messages[].content[].cache_control", "tools[].function.strict"] };
    let marked = Tool { cache: Some(CacheMark::Hour), strict: Some(true), ..tool() };
    check("to the letter, kept", |form| form.tools = vec![marked], &declared(""), lost);

    let once = |form: &mut Request<'static>| (form.tools, form.parallel_calls) = (vec![tool()], Some(false));
    let lost = Lost { fields: &["parallel_tool_calls"], hints: &[] };
    check("no calls at once", once, &declared(""), lost);
    let expected = format!(r#"{},"toolConfig":{{"functionCallingConfig":{{"mode":"ANY"}}}}"#, declared(""));
    let lost = Lost { fields: &[], hints: &["parallel_tool_calls"] };
    let forced = |form: &mut Request<'static>| {
        once(form);
        form.tool_choice = Some(ToolChoice::Required);
    };
    check("the only one, once, as for structured output", forced, &expected, lost);

    let choose = |name, choice, expected: &str| {
        let expected = format!(r#"{},"toolConfig":{{"functionCallingConfig":{{{expected}}}}}"#, declared(""));
        check(name, |form| (form.tools, form.tool_choice) = (vec![tool()], Some(choice)), &expected, NOTHING);
    };
    choose("any or none", ToolChoice::Auto, r#""mode":"AUTO""#);
    choose("none", ToolChoice::None, r#""mode":"NONE""#);
    choose("any", ToolChoice::Required, r#""mode":"ANY""#);
    choose("one", ToolChoice::Named("f".into()), r#""mode":"ANY","allowedFunctionNames":["f"]"#);
    check("none where there is none", |form| form.tool_choice = Some(ToolChoice::None), "", NOTHING);
}

#[test]
fn vertex_is_asked_in_the_same_words() {
    let form = Request { messages: vec![Message::new(Role::User, vec![Part::text("hi")])], ..Request::default() };

    assert_eq!(written(&form, Hosting::Own, THIRD), written(&form, VERTEX, THIRD));
}
