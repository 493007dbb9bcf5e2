//! What clients ask for.

use crate::chat::{
    CacheMark, Call, Content, Effort, Format, Logprobs, Media, Message, Part, Reasoning, Request, Role, Signature,
    Source, Tool, ToolChoice,
};
use crate::openai::read_request;
use crate::{Endpoint, Upstream};

use super::{CHAT, hi, hi_form, parsed};

/// `members` change the form as `expect` does, and nothing else.
fn check(name: &str, members: &str, expect: impl FnOnce(&mut Request<'static>)) {
    let request = parsed(CHAT, &hi(members));
    let mut expected = hi_form();
    expect(&mut expected);

    assert_eq!(Ok(expected), read_request(&request), "{name}");
}

/// `messages`, elements of the array, are `expected`.
fn check_messages(name: &str, messages: &str, expected: &[Message<'static>]) {
    check_with_unknown(name, messages, expected, &[]);
}

fn check_with_unknown(name: &str, messages: &str, expected: &[Message<'static>], unknown: &[&str]) {
    let request = parsed(CHAT, &format!(r#"{{"model":"m","messages":[{messages}]}}"#));
    let form = read_request(&request).unwrap();

    assert_eq!(
        (expected, unknown.to_vec()),
        (&*form.messages, form.unknown.iter().map(String::as_str).collect()),
        "{name}"
    );
}

fn check_refused(name: &str, body: &str, parameter: &str, text: &str) {
    let request = parsed(CHAT, body);
    let error = read_request(&request).unwrap_err();

    assert_eq!(Some(parameter), error.parameter(), "{name}");
    assert!(error.to_string().contains(text), "{name}: {error}");
}

fn user(parts: Vec<Part<'static>>) -> Message<'static> {
    Message::new(Role::User, parts)
}

fn assistant(contents: impl IntoIterator<Item = Content<'static>>) -> Message<'static> {
    Message::new(Role::Assistant, contents.into_iter().map(Part::new).collect())
}

fn call(id: &'static str, name: &'static str, arguments: &'static str) -> Content<'static> {
    Content::Call(Call { id: id.into(), name: name.into(), arguments: arguments.into(), signature: None })
}

fn result(id: &'static str, text: &'static str) -> Part<'static> {
    Part::new(Content::Result { call_id: id.into(), parts: vec![Part::text(text)], is_error: false })
}

fn base64(media_type: &'static str) -> Media<'static> {
    Media::new(Source::Base64 { media_type: media_type.into(), data: "aGk=".into() })
}

fn made_by_openai(text: &'static str) -> Signature<'static> {
    Signature::new(Upstream::OpenAi, text)
}

fn tool(parameters: Option<&'static str>) -> Tool<'static> {
    Tool { name: "f".into(), description: None, parameters: parameters.map(Into::into), strict: None, cache: None }
}

#[test]
fn parameters() {
    check("none", "", |_| {});
    check("null is absent", r#","temperature":null,"stop":null,"tools":null,"thinking":null"#, |_| {});
    check("numbers stay as they are spelt", r#","temperature":0.70,"top_p":1E-1,"seed":7,"top_k":40"#, |form| {
        (form.temperature, form.top_p, form.seed, form.top_k) = (Some("0.70"), Some("1E-1"), Some("7"), Some("40"));
    });
    check("penalties", r#","frequency_penalty":-0.5,"presence_penalty":2"#, |form| {
        (form.frequency_penalty, form.presence_penalty) = (Some("-0.5"), Some("2"));
    });
    check("both bounds on tokens", r#","max_tokens":5,"max_completion_tokens":9"#, |form| form.max_tokens = Some(9));
    check("no bound, as local servers say it", r#","max_tokens":-1"#, |_| {});
    check("one stop sequence", r#","stop":"\n""#, |form| form.stop = vec!["\n".into()]);
    check("several", r#","stop":["a","b"]"#, |form| form.stop = vec!["a".into(), "b".into()]);
    check("choices", r#","n":3"#, |form| form.n = 3);
    check("one choice", r#","n":1"#, |form| form.n = 1);
    check("a stream", r#","stream":true,"stream_options":{"include_usage":true}"#, |form| form.is_stream = true);
    check("log probabilities", r#","logprobs":true,"top_logprobs":5"#, |form| {
        form.logprobs = Some(Logprobs { n_top: 5 });
    });
    check("none of them", r#","logprobs":false"#, |_| {});
    check("a user", r#","user":"u""#, |form| form.user = Some("u".into()));
    check("by its newer name", r#","safety_identifier":"u""#, |form| form.user = Some("u".into()));
}

#[test]
fn what_has_no_place() {
    let check = |name: &str, members: &str, unknown: &[&str], hints: &[&str]| {
        let request = parsed(CHAT, &hi(members));
        let form = read_request(&request).unwrap();
        let names = |names: &[String]| names.join(" ");

        assert_eq!((unknown.join(" "), hints.join(" ")), (names(&form.unknown), names(&form.hints)), "{name}");
    };
    check(
        "what changes the answer",
        r#","verbosity":"low","prediction":{},"logit_bias":{"1":2}"#,
        &["verbosity", "prediction", "logit_bias"],
        &[],
    );
    let heard = r#","modalities":["text","audio"],"audio":{"voice":"x"},"web_search_options":{}"#;
    check("what else does", heard, &["modalities", "audio", "web_search_options"], &[]);
    check("what nobody has heard of", r#","min_p":0.1"#, &["min_p"], &[]);
    check(
        "what is the default",
        r#","verbosity":"medium","logit_bias":{},"modalities":["text"],"store":false"#,
        &[],
        &[],
    );
    let kept = r#","metadata":{"a":"b"},"store":true,"service_tier":"flex","prompt_cache_key":"k""#;
    check("bookkeeping", kept, &[], &["metadata", "prompt_cache_key", "service_tier", "store"]);
    check(
        "two users",
        r#","user":"u","safety_identifier":"v","prompt_cache_retention":"24h""#,
        &[],
        &["prompt_cache_retention", "safety_identifier"],
    );
    check(
        "padding of streams",
        r#","stream_options":{"include_obfuscation":false}"#,
        &[],
        &["stream_options.include_obfuscation"],
    );
    check("tools of other kinds", r#","tools":[{"type":"custom","custom":{"name":"x"}}]"#, &["tools[0].type"], &[]);
    let odd = r#","tools":[{"type":"function","function":{"name":"f","x":1},"y":2}]"#;
    check("members of a tool", odd, &["tools[0].function.x", "tools[0].y"], &[]);
    let allowed = r#","tool_choice":{"type":"allowed_tools","allowed_tools":{}}"#;
    check("choices of other kinds", allowed, &["tool_choice.type"], &[]);
    check("a grammar", r#","response_format":{"type":"grammar","grammar":"x"}"#, &["response_format.type"], &[]);
    check("details of thinking", r#","reasoning":{"effort":"low","x":1}"#, &["reasoning.x"], &[]);
}

#[test]
fn tools() {
    let schema = r#"{ "type": "object", "x": 1.50 }"#;
    let full = format!(
        r#","tools":[{{"type":"function","function":{{"name":"f","description":"d","parameters":{schema},"strict":true}}}}]"#
    );
    check("all of one", &full, |form| {
        let described = Tool {
            description: Some("d".into()),
            strict: Some(true),
            ..tool(Some(r#"{ "type": "object", "x": 1.50 }"#))
        };
        form.tools = vec![described];
    });
    check("little of one", r#","tools":[{"function":{"name":"f"}}]"#, |form| form.tools = vec![tool(None)]);
    check("a mark", r#","tools":[{"function":{"name":"f"},"cache_control":{"type":"ephemeral"}}]"#, |form| {
        form.tools = vec![Tool { cache: Some(CacheMark::FiveMinutes), ..tool(None) }];
    });
    check("the older form", r#","functions":[{"name":"f","parameters":{}}],"function_call":"auto""#, |form| {
        form.tools = vec![tool(Some("{}"))];
        (form.parallel_calls, form.tool_choice) = (Some(false), Some(ToolChoice::Auto));
    });
    let choice = |word: &str, expected: ToolChoice<'static>| {
        check(word, &format!(r#","tool_choice":{word}"#), |form| form.tool_choice = Some(expected));
    };
    choice(r#""auto""#, ToolChoice::Auto);
    choice(r#""none""#, ToolChoice::None);
    choice(r#""required""#, ToolChoice::Required);
    choice(r#""any""#, ToolChoice::Required);
    choice(r#"{"type":"function","function":{"name":"f"}}"#, ToolChoice::Named("f".into()));
    check("a function by name", r#","function_call":{"name":"f"}"#, |form| {
        form.tool_choice = Some(ToolChoice::Named("f".into()));
    });
    check("one at a time", r#","parallel_tool_calls":false"#, |form| form.parallel_calls = Some(false));
}

#[test]
fn formats() {
    check("text", r#","response_format":{"type":"text"}"#, |_| {});
    check("JSON", r#","response_format":{"type":"json_object"}"#, |form| form.format = Some(Format::Json));
    let schema = r#","response_format":{"type":"json_schema","json_schema":{"name":"p","description":"d","schema":{ "a": 1.0 },"strict":true}}"#;
    check("a schema", schema, |form| {
        let (name, description) = (Some("p".into()), Some("d".into()));
        form.format = Some(Format::Schema { name, description, schema: r#"{ "a": 1.0 }"#.into(), strict: Some(true) });
    });
}

#[test]
fn reasoning() {
    let check = |name: &str, members: &str, effort: Option<Effort>, budget: Option<u64>, is_shown: Option<bool>| {
        check(name, members, |form| form.reasoning = Some(Reasoning { effort, budget, is_shown }));
    };
    check("OpenAI's word", r#","reasoning_effort":"minimal""#, Some(Effort::Minimal), None, None);
    check("the highest", r#","reasoning_effort":"xhigh""#, Some(Effort::ExtraHigh), None, None);
    check(
        "OpenRouter's effort",
        r#","reasoning":{"effort":"high","exclude":true}"#,
        Some(Effort::High),
        None,
        Some(false),
    );
    check("its budget", r#","reasoning":{"max_tokens":2000}"#, None, Some(2000), None);
    check("left to the model", r#","reasoning":{"enabled":true}"#, None, None, None);
    check("switched off", r#","reasoning":{"enabled":false}"#, Some(Effort::None), None, None);
    check("Anthropic's budget", r#","thinking":{"type":"enabled","budget_tokens":1024}"#, None, Some(1024), None);
    check("Anthropic's off", r#","thinking":{"type":"disabled"}"#, Some(Effort::None), None, None);
}

#[test]
fn messages() {
    let text = |role, text: &'static str| Message::new(role, vec![Part::text(text)]);
    check_messages("a system's", r#"{"role":"system","content":"s"}"#, &[text(Role::System, "s")]);
    check_messages("a developer's", r#"{"role":"developer","content":"s"}"#, &[text(Role::System, "s")]);
    let named = Message { name: Some("ann".into()), ..text(Role::User, "hi") };
    check_messages("a name", r#"{"role":"user","name":"ann","content":"hi"}"#, &[named]);
    check_messages(
        "an assistant's",
        r#"{"role":"assistant","content":"a","annotations":[]}"#,
        &[text(Role::Assistant, "a")],
    );
    check_messages("one that says nothing", r#"{"role":"assistant","content":""}"#, &[assistant([])]);
    let refusal = r#"{"role":"assistant","content":null,"refusal":"No."}"#;
    check_messages("a refusal", refusal, &[assistant([Content::Refusal("No.".into())])]);
    let marked = Part { cache: Some(CacheMark::Hour), ..Part::text("s") };
    let mark =
        r#"{"role":"system","content":[{"type":"text","text":"s","cache_control":{"type":"ephemeral","ttl":"1h"}}]}"#;
    check_messages("a mark on a part", mark, &[Message::new(Role::System, vec![marked])]);
    let marked = Part { cache: Some(CacheMark::FiveMinutes), ..Part::text("s") };
    let mark = r#"{"role":"user","content":"s","cache_control":{"type":"ephemeral"}}"#;
    check_messages("a mark on a message", mark, &[user(vec![marked])]);
    let odd =
        r#"{"role":"user","content":[{"type":"text","text":"s","x":1},{"type":"video_url","video_url":{}}],"y":2}"#;
    let left_over = ["messages[0].content[0].x", "messages[0].content[1].type", "messages[0].y"];
    check_with_unknown("what has no place", odd, &[user(vec![Part::text("s")])], &left_over);
}

#[test]
fn media() {
    let check = |name: &str, part: &str, expected: Content<'static>| {
        check_messages(name, &format!(r#"{{"role":"user","content":[{part}]}}"#), &[user(vec![Part::new(expected)])]);
    };
    let url = || Media::new(Source::Url { url: "https://a/b.png".into(), media_type: None });
    check("an image", r#"{"type":"image_url","image_url":{"url":"https://a/b.png"}}"#, Content::Image(url()));
    check("one without the object", r#"{"type":"image_url","image_url":"https://a/b.png"}"#, Content::Image(url()));
    let closely = Media { detail: Some("high".into()), ..base64("image/png") };
    let inline = r#"{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk=","detail":"high"}}"#;
    check("one in the body", inline, Content::Image(closely));
    let sound = r#"{"type":"input_audio","input_audio":{"data":"aGk=","format":"wav"}}"#;
    check("sound", sound, Content::Audio(base64("audio/wav")));
    let file = r#"{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,aGk="}}"#;
    check("a file", file, Content::Document(Media { name: Some("a.pdf".into()), ..base64("application/pdf") }));
    let uploaded = r#"{"type":"file","file":{"file_id":"file-1"}}"#;
    check("one at the provider", uploaded, Content::Document(Media::new(Source::File("file-1".into()))));
    let linked = r#"{"type":"file","file":{"file_data":"https://a/b.png"}}"#;
    check("one by its URL", linked, Content::Document(url()));
}

#[test]
fn calls_and_results() {
    let calls = r#"{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\": 1.0}"}},{"id":"c2","type":"function","function":{"name":"g","arguments":""}}]}"#;
    let expected = assistant([call("c1", "f", r#"{"a": 1.0}"#), call("c2", "g", "{}")]);
    check_messages("calls", calls, std::slice::from_ref(&expected));
    let results = format!(
        r#"{calls},{{"role":"tool","tool_call_id":"c1","name":"f","content":"1"}},{{"role":"tool","tool_call_id":"c2","content":[{{"type":"text","text":"2"}}]}},{{"role":"user","content":"hi"}}"#
    );
    let answered = [expected, user(vec![result("c1", "1"), result("c2", "2")]), user(vec![Part::text("hi")])];
    check_messages("results, in one message", &results, &answered);
    let older = r#"{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"1"}"#;
    check_messages(
        "the older form",
        older,
        &[assistant([call("call_0", "f", "{}")]), user(vec![result("call_0", "1")])],
    );
    let signed = r#"{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"tiercel.gemini.abcd"}}}]}"#;
    let mine = Call {
        id: "c".into(),
        name: "f".into(),
        arguments: "{}".into(),
        signature: Some(Signature::new(Upstream::Gemini, "abcd")),
    };
    check_messages("a signed call", signed, &[assistant([Content::Call(mine)])]);
    let custom = r#"{"role":"assistant","content":"a","tool_calls":[{"id":"c","type":"custom","custom":{}}]}"#;
    let names = ["messages[0].tool_calls[0].type"];
    check_with_unknown("a call of another kind", custom, &[assistant([Content::Text("a".into())])], &names);
}

#[test]
fn thoughts() {
    let check = |name: &str, members: &str, expected: Vec<Content<'static>>| {
        check_messages(name, &format!(r#"{{"role":"assistant","content":"",{members}}}"#), &[assistant(expected)]);
    };
    let thought = |text: &'static str, signature| Content::Thought { text: text.into(), signature };
    check("DeepSeek's", r#""reasoning_content":"t""#, vec![thought("t", None)]);
    check("OpenRouter's", r#""reasoning":"t""#, vec![thought("t", None)]);
    let signed = r#""reasoning":"t","reasoning_details":[{"type":"reasoning.text","text":"t","signature":"abcd","format":"x","index":0}]"#;
    check("signed, and read once", signed, vec![thought("t", Some(made_by_openai("abcd")))]);
    let foreign = r#""reasoning_details":[{"type":"reasoning.text","text":"t","signature":"tiercel.anthropic.abcd"}]"#;
    check("of another dialect", foreign, vec![thought("t", Some(Signature::new(Upstream::Anthropic, "abcd")))]);
    let pieces = r#""reasoning_details":[{"text":"a","index":0},{"text":"b","index":0},{"signature":"abcd","index":0},{"text":"c","index":1},{"summary":"d"}]"#;
    check(
        "in pieces",
        pieces,
        vec![thought("ab", Some(made_by_openai("abcd"))), thought("c", None), thought("d", None)],
    );
    let sealed = r#""reasoning_details":[{"type":"reasoning.encrypted","data":"tiercel.bedrock.efgh"}]"#;
    check("sealed", sealed, vec![Content::RedactedThought(Signature::new(Upstream::Bedrock, "efgh"))]);
}

#[test]
fn what_is_refused() {
    let refused =
        |name: &str, members: &str, parameter: &str, text: &str| check_refused(name, &hi(members), parameter, text);
    refused("a number that is none", r#","temperature":"hot""#, "temperature", "`temperature` must be a number");
    refused("a bad stop", r#","stop":[1]"#, "stop", "an array of strings");
    refused("a bad effort", r#","reasoning_effort":"huge""#, "reasoning_effort", "minimal, low");
    refused("a bad effort inside", r#","reasoning":{"effort":1}"#, "reasoning", "`reasoning.effort` must");
    refused("a bad choice", r#","tool_choice":"maybe""#, "tool_choice", "names a function");
    refused("a nameless tool", r#","tools":[{"function":{}}]"#, "tools", "`tools[0].function.name` is missing");
    refused("a schema that is none", r#","tools":[{"function":{"name":"f","parameters":[]}}]"#, "tools", "JSON Schema");
    refused(
        "a format without one",
        r#","response_format":{"type":"json_schema"}"#,
        "response_format",
        "json_schema` is",
    );
    let messages = |name: &str, message: &str, text: &str| {
        check_refused(name, &format!(r#"{{"model":"m","messages":[{message}]}}"#), "messages", text);
    };
    messages("a message that is none", "1", "`messages[0]` must be an object");
    messages("no role", r#"{"content":"a"}"#, "`messages[0].role` is missing");
    messages("a bad role", r#"{"role":"robot","content":"a"}"#, "`messages[0].role` must be developer");
    messages("no content", r#"{"role":"user"}"#, "`messages[0].content` is missing");
    messages("bad content", r#"{"role":"user","content":1}"#, "`messages[0].content` must be an array");
    messages("a part of no type", r#"{"role":"user","content":[{}]}"#, "`messages[0].content[0].type` is missing");
    messages(
        "a result of a function nobody called",
        r#"{"role":"function","name":"f","content":"a"}"#,
        "tool_call_id` is",
    );
    messages("a result of nothing", r#"{"role":"tool","content":"a"}"#, "`messages[0].tool_call_id` is missing");
    let file = r#"{"role":"user","content":[{"type":"file","file":{"file_data":"aGk="}}]}"#;
    messages("bytes of no type", file, "`messages[0].content[0].file.file_data` must be a data: URL");
    let call = r#"{"role":"assistant","tool_calls":[{"function":{"name":"f"}}]}"#;
    messages("a call without an id", call, "`messages[0].tool_calls[0].id` is missing");
}

#[test]
fn legacy_prompts() {
    let read = |prompt: &str, members: &str| {
        let body = format!(r#"{{"model":"m","prompt":{prompt}{members}}}"#);
        let request = parsed(Endpoint::Completions, &body);
        read_request(&request).map(|form| (form.text(), form.unknown)).map_err(|error| error.to_string())
    };
    let unknown = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();

    assert_eq!(Ok(("hi\n".to_owned(), vec![])), read(r#""hi""#, r#","echo":false,"best_of":1,"suffix":null"#));
    assert_eq!(Ok(("hi\n".to_owned(), vec![])), read(r#"["hi"]"#, ""));
    let names = unknown(&["suffix", "echo", "best_of", "logprobs"]);
    assert_eq!(
        Ok(("hi\n".to_owned(), names)),
        read(r#""hi""#, r#","suffix":"x","echo":true,"best_of":2,"logprobs":3"#)
    );
    for prompts in [r#"["a","b"]"#, "[1,2]", "[[1],[2]]"] {
        assert!(read(prompts, "").unwrap_err().contains("`prompt` must be one text"), "{prompts}");
    }
}
