//! What each field of a request becomes.

use super::{form, parse};
use crate::Endpoint;
use crate::chat::{Effort, Format, Logprobs, Message, Part, Reasoning, Request, Role, Tool, ToolChoice};

fn check(name: &str, members: &str, change: impl FnOnce(&mut Request<'static>)) {
    let mut expected =
        Request { messages: vec![Message::new(Role::User, vec![Part::text("hi")])], ..Request::default() };
    change(&mut expected);

    assert_eq!(expected, form(&format!(r#"{{"contents":[{{"parts":[{{"text":"hi"}}]}}],{members}}}"#)), "{name}");
}

fn config(name: &str, members: &str, change: impl FnOnce(&mut Request<'static>)) {
    check(name, &format!(r#""generationConfig":{{{members}}}"#), change);
}

#[test]
fn how_the_answer_is_made() {
    config("temperature", r#""temperature":0.70"#, |form| form.temperature = Some("0.70"));
    config("nucleus", r#""topP":0.9"#, |form| form.top_p = Some("0.9"));
    config("the same in snake case", r#""top_p":0.9"#, |form| form.top_p = Some("0.9"));
    config("number of likeliest tokens", r#""topK":40"#, |form| form.top_k = Some("40"));
    config("seed", r#""seed":-7"#, |form| form.seed = Some("-7"));
    config("presence", r#""presencePenalty":0.5"#, |form| form.presence_penalty = Some("0.5"));
    config("frequency", r#""frequencyPenalty":-0.5"#, |form| form.frequency_penalty = Some("-0.5"));
    config("bound", r#""maxOutputTokens":64"#, |form| form.max_tokens = Some(64));
    config("candidates", r#""candidateCount":3"#, |form| form.n = 3);
    config("stops", r#""stopSequences":["a","\n"]"#, |form| form.stop = vec!["a".into(), "\n".into()]);
    config("probabilities", r#""responseLogprobs":true"#, |form| form.logprobs = Some(Logprobs { n_top: 0 }));
    config("and of others", r#""responseLogprobs":true,"logprobs":4"#, |form| {
        form.logprobs = Some(Logprobs { n_top: 4 });
    });
    config("no probabilities", r#""responseLogprobs":false"#, |_| {});
    config("text only", r#""responseModalities":["TEXT"]"#, |_| {});
    config("nothing", r#""temperature":null,"stopSequences":[],"audioTimestamp":false"#, |_| {});
}

#[test]
fn what_the_answer_must_be() {
    let schema = |schema: &'static str| {
        Some(Format::Schema { name: None, description: None, schema: schema.into(), strict: None })
    };
    config("text", r#""responseMimeType":"text/plain""#, |_| {});
    config("JSON", r#""responseMimeType":"application/json""#, |form| form.format = Some(Format::Json));
    let json_schema = r#""responseMimeType":"application/json","responseJsonSchema":{ "type":"object" }"#;
    config("of a schema", json_schema, |form| form.format = schema(r#"{ "type":"object" }"#));
    let older = r#""responseMimeType":"application/json","_responseJsonSchema":{}"#;
    config("by the older name", older, |form| form.format = schema("{}"));
    let own = r#""responseMimeType":"application/json","responseSchema":{"type":"STRING","nullable":true}"#;
    config("of Google's kind of schema", own, |form| form.format = schema(r#"{"type":["string","null"]}"#));
    config("one of some words", r#""responseMimeType":"text/x.enum","responseSchema":{"enum":["A"]}"#, |form| {
        form.format = schema(r#"{"enum":["A"]}"#);
        form.unknown = vec!["generationConfig.responseMimeType".to_owned()];
    });
}

#[test]
fn how_much_is_thought() {
    let check = |name, members: &str, reasoning| {
        config(name, &format!(r#""thinkingConfig":{{{members}}}"#), |form| form.reasoning = reasoning);
    };
    let nothing = Reasoning::default();
    check("nothing said", "", None);
    check("as the model likes", r#""thinkingBudget":-1"#, None);
    check("a budget", r#""thinkingBudget":1024"#, Some(Reasoning { budget: Some(1024), ..nothing }));
    check("none", r#""thinkingBudget":0"#, Some(Reasoning { budget: Some(0), ..nothing }));
    check("a level", r#""thinkingLevel":"HIGH""#, Some(Reasoning { effort: Some(Effort::High), ..nothing }));
    check(
        "a small level",
        r#""thinking_level":"minimal""#,
        Some(Reasoning { effort: Some(Effort::Minimal), ..nothing }),
    );
    check("no level", r#""thinkingLevel":"THINKING_LEVEL_UNSPECIFIED""#, None);
    check("to be shown", r#""includeThoughts":true"#, Some(Reasoning { is_shown: Some(true), ..nothing }));
    check("not to be shown", r#""includeThoughts":false"#, Some(Reasoning { is_shown: Some(false), ..nothing }));
}

#[test]
fn what_may_be_called() {
    let tool =
        |name: &'static str| Tool { name: name.into(), description: None, parameters: None, strict: None, cache: None };
    let declared = |members: &str| format!(r#""tools":[{{"functionDeclarations":[{{"name":"f"{members}}}]}}]"#);
    check("a function", &declared(""), |form| form.tools = vec![tool("f")]);
    check(
        "in snake case",
        r#""tools":[{"function_declarations":[{"name":"f"}]},{"function_declarations":[{"name":"g"}]}]"#,
        |form| {
            form.tools = vec![tool("f"), tool("g")];
        },
    );
    check("with a description", &declared(r#","description":"d""#), |form| {
        form.tools = vec![Tool { description: Some("d".into()), ..tool("f") }];
    });
    check("with a schema", &declared(r#","parametersJsonSchema":{ "type":"object" }"#), |form| {
        form.tools = vec![Tool { parameters: Some(r#"{ "type":"object" }"#.into()), ..tool("f") }];
    });
    check("with Google's kind of schema", &declared(r#","parameters":{"type":"OBJECT"}"#), |form| {
        form.tools = vec![Tool { parameters: Some(r#"{"type":"object"}"#.into()), ..tool("f") }];
    });
    check("with what it gives", &declared(r#","response":{"type":"OBJECT"},"behavior":"NON_BLOCKING""#), |form| {
        form.tools = vec![tool("f")];
        form.hints = vec!["tools[0].functionDeclarations[0].response".to_owned()];
        form.unknown = vec!["tools[0].functionDeclarations[0].behavior".to_owned()];
    });
    check("Google's own tools", r#""tools":[{"googleSearch":{}},{"codeExecution":{},"urlContext":{}}]"#, |form| {
        form.unknown =
            ["tools[0].googleSearch", "tools[1].codeExecution", "tools[1].urlContext"].map(String::from).to_vec();
    });
}

#[test]
fn which_must_be_called() {
    let check = |name, members: &str, choice, unknown: &[&str]| {
        let tools = r#""tools":[{"functionDeclarations":[{"name":"f"},{"name":"g"}]}]"#;
        check(name, &format!(r#"{tools},"toolConfig":{{"functionCallingConfig":{{{members}}}}}"#), |form| {
            form.tools = ["f", "g"]
                .map(|name| Tool { name: name.into(), description: None, parameters: None, strict: None, cache: None })
                .to_vec();
            form.tool_choice = choice;
            form.unknown = unknown.iter().map(|&name| name.to_owned()).collect();
        });
    };
    check("nothing said", "", None, &[]);
    check("any or none", r#""mode":"AUTO""#, Some(ToolChoice::Auto), &[]);
    check("none", r#""mode":"NONE""#, Some(ToolChoice::None), &[]);
    check("any", r#""mode":"ANY""#, Some(ToolChoice::Required), &[]);
    check("in small letters", r#""mode":"any""#, Some(ToolChoice::Required), &[]);
    check("one", r#""mode":"ANY","allowedFunctionNames":["g"]"#, Some(ToolChoice::Named("g".into())), &[]);
    check("any of all", r#""mode":"ANY","allowedFunctionNames":["g","f"]"#, Some(ToolChoice::Required), &[]);
    check(
        "some",
        r#""mode":"AUTO","allowedFunctionNames":["g"]"#,
        Some(ToolChoice::Auto),
        &["toolConfig.functionCallingConfig.allowedFunctionNames"],
    );
    check(
        "calls in pieces",
        r#""mode":"AUTO","streamFunctionCallArguments":true"#,
        Some(ToolChoice::Auto),
        &["toolConfig.functionCallingConfig.streamFunctionCallArguments"],
    );
}

#[test]
fn what_has_no_place() {
    let unknown =
        |name, members: &str, unknown: &str| check(name, members, |form| form.unknown = vec![unknown.to_owned()]);
    let hint = |name, members: &str, hint: &str| check(name, members, |form| form.hints = vec![hint.to_owned()]);
    unknown("contents at Google", r#""cachedContent":"cachedContents/1""#, "cachedContent");
    unknown("a new field", r#""new":1"#, "new");
    unknown("speech", r#""generationConfig":{"speechConfig":{}}"#, "generationConfig.speechConfig");
    unknown(
        "pictures",
        r#""generationConfig":{"responseModalities":["TEXT","IMAGE"]}"#,
        "generationConfig.responseModalities",
    );
    unknown("places", r#""toolConfig":{"retrievalConfig":{"languageCode":"en"}}"#, "toolConfig.retrievalConfig");
    let blocking =
        r#""safetySettings":[{"category":"C","threshold":"BLOCK_NONE"},{"threshold":"BLOCK_LOW_AND_ABOVE"}]"#;
    unknown("filters that block more", blocking, "safetySettings");
    hint(
        "filters that block less",
        r#""safetySettings":[{"threshold":"BLOCK_NONE"},{"threshold":"OFF"}]"#,
        "safetySettings",
    );
    hint("labels", r#""labels":{"team":"a"}"#, "labels");
    hint("keeping", r#""store":true"#, "store");
    hint(
        "how closely to look",
        r#""generationConfig":{"mediaResolution":"MEDIA_RESOLUTION_LOW"}"#,
        "generationConfig.mediaResolution",
    );
    check("a model that the path names", r#""model":"models/m","store":false,"tools":[]"#, |_| {});
}

#[test]
fn which_values_are_refused() {
    let check = |members: &str, expected: &str| {
        let body = format!(r#"{{"contents":[{{"parts":[{{"text":"hi"}}]}}],{members}}}"#);
        let request = parse(Endpoint::GenerateContent, &body);

        assert_eq!(expected, super::super::read_request(request).err().unwrap().to_string(), "{members}");
    };
    check(r#""generationConfig":{"temperature":"hot"}"#, "`generationConfig.temperature` must be a number");
    check(
        r#""generationConfig":{"stopSequences":"a"}"#,
        "`generationConfig.stopSequences` must be an array of strings",
    );
    check(r#""generationConfig":{"responseLogprobs":1}"#, "`generationConfig.responseLogprobs` must be true or false");
    check(r#""generationConfig":{"thinkingConfig":1}"#, "`generationConfig.thinkingConfig` must be an object");
    check(
        r#""generationConfig":{"thinkingConfig":{"thinkingLevel":"HUGE"}}"#,
        "`generationConfig.thinkingConfig.thinkingLevel` must be MINIMAL, LOW, MEDIUM, HIGH or XHIGH",
    );
    check(
        r#""generationConfig":{"thinkingConfig":{"thinkingBudget":-2}}"#,
        "`generationConfig.thinkingConfig.thinkingBudget` must be an integer of at least -1",
    );
    check(r#""tools":{}"#, "`tools` must be an array");
    check(r#""tools":[1]"#, "`tools[0]` must be an object");
    check(r#""tools":[{"functionDeclarations":[{}]}]"#, "`tools[0].functionDeclarations[0].name` must be there");
    check(
        r#""toolConfig":{"functionCallingConfig":{"mode":"SOME"}}"#,
        "`toolConfig.functionCallingConfig.mode` must be AUTO, ANY, NONE or VALIDATED",
    );
    check(r#""safetySettings":[1]"#, "`safetySettings[0]` must be an object");
}

#[test]
fn what_is_counted() {
    let inner = r#"{"generateContentRequest":{"contents":[{"parts":[{"text":"hi"}]}],"systemInstruction":{"parts":[{"text":"be"}]}}}"#;
    let request = parse(Endpoint::CountTokens, inner);

    assert_eq!("be\nhi\n", super::super::read_request(request).unwrap().text());
}
