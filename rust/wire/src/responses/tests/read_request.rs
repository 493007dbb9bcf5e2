//! What clients ask for beside the conversation.

use super::{hi, hi_form, parsed, said};
use crate::chat::{Effort, Format, Logprobs, Reasoning, Request, Role, Tool, ToolChoice};
use crate::responses::read_request;
use crate::{Endpoint, Kind};

/// `members` change the form as `expect` does, and nothing else.
fn check(name: &str, members: &str, expect: impl FnOnce(&mut Request<'static>)) {
    let request = parsed(&hi(members));
    let mut expected = hi_form();
    expect(&mut expected);

    assert_eq!(Ok(expected), read_request(&request), "{name}");
}

fn check_names(name: &str, members: &str, unknown: &[&str], hints: &[&str]) {
    let request = parsed(&hi(members));
    let form = read_request(&request).unwrap();

    assert_eq!((unknown.join(" "), hints.join(" ")), (form.unknown.join(" "), form.hints.join(" ")), "{name}");
}

fn check_refused(name: &str, body: &str, parameter: &str, text: &str) {
    let parsed = crate::Request::parse(Endpoint::Responses, None, body.as_bytes());
    let error = parsed.and_then(|request| read_request(&request).map(drop)).unwrap_err();

    assert_eq!(Some(parameter), error.parameter(), "{name}");
    assert!(error.to_string().contains(text), "{name}: {error}");
}

fn tool() -> Tool<'static> {
    Tool { name: "f".into(), description: None, parameters: None, strict: None, cache: None }
}

#[test]
fn what_the_gateway_decides_on() {
    let request = parsed(
        r#"{"model":"m","stream":true,"max_output_tokens":9,"instructions":"s","input":[{"role":"user"}],"tools":[]}"#,
    );

    assert_eq!(("m", true, Some(9)), (request.model(), request.is_stream(), request.max_tokens()));
    assert_eq!((1, true), (request.n_choices(), request.wants_usage()));
    assert_eq!(3 + 17 + 2, request.n_prompt_bytes());
}

#[test]
fn parameters() {
    check("none", "", |_| {});
    check("null is absent", r#","temperature":null,"tools":null,"text":null,"reasoning":null,"include":null"#, |_| {});
    check("numbers stay as they are spelt", r#","temperature":0.70,"top_p":1E-1"#, |form| {
        (form.temperature, form.top_p) = (Some("0.70"), Some("1E-1"));
    });
    check("penalties, as Open Responses has them", r#","frequency_penalty":-0.5,"presence_penalty":2"#, |form| {
        (form.frequency_penalty, form.presence_penalty) = (Some("-0.5"), Some("2"));
    });
    check("a bound on tokens", r#","max_output_tokens":5"#, |form| form.max_tokens = Some(5));
    check("a stream", r#","stream":true"#, |form| form.is_stream = true);
    check("a user", r#","safety_identifier":"u""#, |form| form.user = Some("u".into()));
    check("by its older name", r#","user":"u""#, |form| form.user = Some("u".into()));
    check("instructions come first", r#","instructions":"s""#, |form| {
        form.messages.insert(0, said(Role::System, "s"));
    });
    let logprobs = r#","include":["message.output_text.logprobs","reasoning.encrypted_content"]"#;
    check("log probabilities", logprobs, |form| form.logprobs = Some(Logprobs { n_top: 0 }));
    check("with the likeliest", r#","top_logprobs":5"#, |form| form.logprobs = Some(Logprobs { n_top: 5 }));
    check("none of them", r#","top_logprobs":0"#, |_| {});
}

#[test]
fn tools() {
    let schema = r#"{ "type": "object", "x": 1.50 }"#;
    let full = format!(
        r#","tools":[{{"type":"function","name":"f","description":"d","parameters":{schema},"strict":true,"defer_loading":false}}]"#
    );
    check("all of one", &full, |form| {
        let (description, parameters) = (Some("d".into()), Some(r#"{ "type": "object", "x": 1.50 }"#.into()));
        form.tools = vec![Tool { description, parameters, strict: Some(true), ..tool() }];
    });
    check("little of one", r#","tools":[{"type":"function","name":"f","parameters":null,"strict":null}]"#, |form| {
        form.tools = vec![tool()];
    });
    let choice = |word: &str, expected: ToolChoice<'static>| {
        check(word, &format!(r#","tool_choice":{word}"#), |form| form.tool_choice = Some(expected));
    };
    choice(r#""auto""#, ToolChoice::Auto);
    choice(r#""none""#, ToolChoice::None);
    choice(r#""required""#, ToolChoice::Required);
    choice(r#"{"type":"function","name":"f"}"#, ToolChoice::Named("f".into()));
    check("one at a time", r#","parallel_tool_calls":false"#, |form| form.parallel_calls = Some(false));
}

#[test]
fn formats() {
    check("text", r#","text":{"format":{"type":"text"},"verbosity":"medium"}"#, |_| {});
    check("JSON", r#","text":{"format":{"type":"json_object"}}"#, |form| form.format = Some(Format::Json));
    let schema =
        r#","text":{"format":{"type":"json_schema","name":"p","description":"d","schema":{ "a": 1.0 },"strict":true}}"#;
    check("a schema", schema, |form| {
        let (name, description) = (Some("p".into()), Some("d".into()));
        form.format = Some(Format::Schema { name, description, schema: r#"{ "a": 1.0 }"#.into(), strict: Some(true) });
    });
}

#[test]
fn reasoning() {
    let check = |name: &str, members: &str, effort: Option<Effort>, is_shown: Option<bool>| {
        let members = format!(r#","reasoning":{{{members}}}"#);
        check(name, &members, |form| form.reasoning = Some(Reasoning { effort, budget: None, is_shown }));
    };
    check("an effort", r#""effort":"xhigh""#, Some(Effort::ExtraHigh), None);
    check("none at all", r#""effort":"none","context":"auto","mode":"standard""#, Some(Effort::None), None);
    check("a summary", r#""effort":"low","summary":"detailed""#, Some(Effort::Low), Some(true));
    check("by its older name", r#""generate_summary":"auto""#, None, Some(true));
    self::check("nothing said", r#","reasoning":{"effort":null,"summary":null}"#, |_| {});
}

#[test]
fn what_has_no_place() {
    let kept = r#","previous_response_id":"resp_1","conversation":"conv_1","prompt":{"id":"p"},"background":true"#;
    check_names("what OpenAI keeps", kept, &["previous_response_id", "conversation", "prompt", "background"], &[]);
    check_names("cutting down", r#","truncation":"auto""#, &["truncation"], &[]);
    check_names("what nobody has heard of", r#","seed":7,"min_p":0.1"#, &["seed", "min_p"], &[]);
    let usual = r#","background":false,"store":false,"truncation":"disabled","service_tier":"auto","metadata":{}"#;
    check_names("what is so anyway", usual, &[], &[]);
    let books = r#","metadata":{"a":"b"},"store":true,"service_tier":"flex","prompt_cache_key":"k","max_tool_calls":3"#;
    check_names(
        "bookkeeping",
        books,
        &[],
        &["max_tool_calls", "metadata", "prompt_cache_key", "service_tier", "store"],
    );
    check_names("two users", r#","user":"u","safety_identifier":"v""#, &[], &["user"]);
    check_names("padding of streams", r#","stream_options":{"include_obfuscation":false}"#, &[], &["stream_options"]);
    let include = r#","include":["web_search_call.action.sources"]"#;
    check_names("details of built-in tools", include, &[], &["include (web_search_call.action.sources)"]);
    let tools = r#","tools":[{"type":"web_search"},{"type":"function","name":"f"},{"type":"mcp","server_label":"s"}]"#;
    check_names("built-in tools", tools, &["tools[0] (web_search)", "tools[2] (mcp)"], &[]);
    let odd = r#","tools":[{"type":"function","name":"f","defer_loading":true,"x":1}]"#;
    check_names("members of a tool", odd, &["tools[0].defer_loading", "tools[0].x"], &[]);
    let allowed = r#","tool_choice":{"type":"allowed_tools","mode":"auto","tools":[]}"#;
    check_names("choices of other kinds", allowed, &["tool_choice (allowed_tools)"], &[]);
    let grammar = r#","text":{"format":{"type":"grammar"},"verbosity":"low"}"#;
    check_names("other formats", grammar, &["text.format (grammar)", "text.verbosity"], &[]);
    let thinking = r#","reasoning":{"effort":"low","mode":"pro","context":"all_turns"}"#;
    check_names("ways of thinking", thinking, &["reasoning.mode", "reasoning.context"], &[]);
}

#[test]
fn what_is_refused() {
    check_refused("no input", r#"{"model":"m"}"#, "input", "`input` is missing");
    check_refused("no item", r#"{"model":"m","instructions":"s","input":[]}"#, "input", "`input` is missing");
    check_refused("a bound that is none", &hi(r#","max_output_tokens":-1"#), "max_output_tokens", "must be an integer");
    check_refused("a stream that is none", &hi(r#","stream":"yes""#), "stream", "must be true, false or null");
    check_refused("instructions", &hi(r#","instructions":["s"]"#), "instructions", "must be a string");
    check_refused(
        "an effort",
        &hi(r#","reasoning":{"effort":"much"}"#),
        "reasoning",
        "`reasoning.effort` must be none",
    );
    check_refused("no schema", &hi(r#","text":{"format":{"type":"json_schema"}}"#), "text", "`text.format.schema` is");
    check_refused("a nameless tool", &hi(r#","tools":[{"type":"function"}]"#), "tools", "`tools[0].name` is missing");
    check_refused("a tool of no kind", &hi(r#","tools":[{"name":"f"}]"#), "tools", "`tools[0].type` is missing");
    check_refused("a choice", &hi(r#","tool_choice":"any""#), "tool_choice", "must be \"none\", \"auto\"");
    check_refused("an include", &hi(r#","include":[1]"#), "include", "must be an array of strings");
    check_refused("a number", &hi(r#","temperature":"0.7""#), "temperature", "must be a number");
    check_refused("a key twice", &hi(r#","Input":"ho""#), "input", "differs from `input` only in case");
}

#[test]
fn a_body_is_json() {
    let error = crate::Request::parse(Endpoint::Responses, None, b"{\"model\":\"m\",").err().unwrap();

    assert_eq!(Kind::Json, error.kind());
}
