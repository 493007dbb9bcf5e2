//! Requests of OpenAI's dialect: which are accepted, what is read, what goes to the upstream.
#![expect(clippy::unwrap_used, reason = "a test may panic, and so may the functions that its rows share")]

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::Value;
use tiercel_wire::{Endpoint, Error, Hosting, Kind, MaxTokens, Quirks, Request, Target, Upstream};

const CHAT: Endpoint = Endpoint::ChatCompletions;

/// Fields that stay as they are whoever the provider is.
const KEPT: [&str; 7] = ["messages", "stream", "n", "max_tokens", "temperature", "user", "metadata"];

fn chat(body: &str) -> Result<Request, Error> {
    Request::parse(CHAT, None, body.as_bytes())
}

/// A chat request that is good but for `members`.
fn with(members: &str) -> String {
    format!(r#"{{"model":"m","messages":[{{"role":"user","content":"hi"}}]{members}}}"#)
}

fn encoded(request: &Request, model: &str, stream_usage: bool) -> String {
    encoded_for(request, model, Quirks { stream_usage, ..Quirks::default() })
}

fn encoded_for(request: &Request, model: &str, quirks: Quirks<'_>) -> String {
    let mut output = Vec::new();
    request.encode(&Target { upstream: Upstream::OpenAi, hosting: Hosting::Own, model, quirks }, &mut output);
    String::from_utf8(output).unwrap()
}

fn keys(n_keys: usize) -> String {
    let keys: Vec<_> = (0..n_keys).map(|index| format!(r#","k{index}":0"#)).collect();
    keys.concat()
}

#[test]
fn what_is_read() {
    let body =
        with(r#","stream":true,"n":3,"max_tokens":7,"user":"u\u0000\r\n","metadata":{ "a": 1e400 },"new":[1.0]"#);
    let request = chat(&body).unwrap();

    assert_eq!(CHAT, request.endpoint());
    assert_eq!("m", request.model());
    assert!(request.is_stream());
    assert!(!request.wants_usage());
    assert_eq!(3, request.n_choices());
    assert_eq!(Some(7), request.max_tokens());
    assert_eq!(Some(r#"[{"role":"user","content":"hi"}]"#), request.field("messages"));
    assert_eq!(Some(r#""u\u0000\r\n""#), request.field("user"));
    assert_eq!(Some(r#"{ "a": 1e400 }"#), request.field("metadata"));
    assert_eq!(None, request.field("temperature"));
    assert_eq!(body, request.body());
}

#[test]
fn which_models_there_can_be() {
    let check = |name: &str, literal: &str, expected: Option<&str>| {
        let body = format!(r#"{{"messages":[1],"model":{literal}}}"#);

        assert_eq!(expected.map(str::to_owned), chat(&body).ok().map(|request| request.model().to_owned()), "{name}");
    };
    check("a plain one", r#""gpt-4o""#, Some("gpt-4o"));
    check("one with escapes", r#""gpt\u002d4o\/\ud83d\ude00""#, Some("gpt-4o/😀"));
    check("256 bytes", &format!("\"{}\"", "x".repeat(256)), Some(&"x".repeat(256)));
    check("257 bytes", &format!("\"{}\"", "x".repeat(257)), None);
    check("none", "null", None);
    check("an empty one", r#""""#, None);
    check("a number", "4", None);
    check("a NUL", r#""a\u0000""#, None);
    check("a carriage return", r#""a\r""#, None);
    check("a line feed", r#""a\n""#, None);
    check("half a surrogate pair", r#""a\ud800""#, None);
}

#[test]
fn what_else_is_read() {
    let n_choices = |members: &str| chat(&with(members)).ok().map(|request| request.n_choices());
    let max_tokens = |members: &str| chat(&with(members)).ok().map(|request| request.max_tokens());
    let is_stream = |members: &str| chat(&with(members)).ok().map(|request| request.is_stream());

    assert_eq!(Some(1), n_choices(""));
    assert_eq!(Some(1), n_choices(r#","n":null"#));
    assert_eq!(Some(128), n_choices(r#","n":128"#));
    for bad in ["0", "129", "-1", "1.0", "1e400", "\"1\"", "true", "[]"] {
        assert_eq!(None, n_choices(&format!(r#","n":{bad}"#)), "n = {bad}");
    }
    assert_eq!(Some(None), max_tokens(""));
    assert_eq!(Some(None), max_tokens(r#","max_tokens":null"#));
    assert_eq!(Some(Some(0)), max_tokens(r#","max_tokens":0"#));
    assert_eq!(Some(Some(9)), max_tokens(r#","max_tokens":5,"max_completion_tokens":9"#));
    assert_eq!(Some(None), max_tokens(r#","max_tokens":-1,"max_completion_tokens":9"#));
    for bad in ["1.5", "1e400", "\"1\"", "false", "{}"] {
        assert_eq!(None, max_tokens(&format!(r#","max_tokens":{bad}"#)), "max_tokens = {bad}");
    }
    assert_eq!(Some(false), is_stream(""));
    assert_eq!(Some(false), is_stream(r#","stream":null"#));
    assert_eq!(Some(false), is_stream(r#","stream":false"#));
    assert_eq!(Some(true), is_stream(r#","stream":true"#));
    for bad in ["1", "\"true\"", "{}"] {
        assert_eq!(None, is_stream(&format!(r#","stream":{bad}"#)), "stream = {bad}");
    }
}

#[test]
fn the_other_endpoints() {
    let check = |name: &str, endpoint, body: &str, expected| {
        let request = Request::parse(endpoint, None, body.as_bytes());

        assert_eq!(expected, request.ok().map(|request| request.n_choices()), "{name}");
    };
    check("one prompt", Endpoint::Completions, r#"{"model":"m","prompt":"a"}"#, Some(1));
    check("three prompts", Endpoint::Completions, r#"{"model":"m","prompt":["a","b","c"],"n":2}"#, Some(6));
    check("one prompt of tokens", Endpoint::Completions, r#"{"model":"m","prompt":[1,2,3]}"#, Some(1));
    check("two prompts of tokens", Endpoint::Completions, r#"{"model":"m","prompt":[[1,2],[3]]}"#, Some(2));
    check("no prompt", Endpoint::Completions, r#"{"model":"m"}"#, None);
    check("inputs", Endpoint::Embeddings, r#"{"model":"m","input":["a","b"]}"#, Some(1));
    check("no input", Endpoint::Embeddings, r#"{"model":"m","prompt":"a"}"#, None);
    check("a stream of vectors", Endpoint::Embeddings, r#"{"model":"m","input":"a","stream":true}"#, None);
    check("messages that are none", CHAT, r#"{"model":"m","messages":[]}"#, None);
    check("messages of another shape", CHAT, r#"{"model":"m","messages":{"a":1}}"#, None);
}

#[test]
fn what_is_refused_and_what_is_said() {
    let check = |name: &str, body: &str, kind, parameter, text: &str| {
        let error = chat(body).err().unwrap();

        assert_eq!((kind, parameter), (error.kind(), error.parameter()), "{name}");
        assert!(error.to_string().contains(text), "{name}: {error}");
    };
    check("nothing", "", Kind::Json, None, "byte 0");
    check("an array", "[]", Kind::Json, None, "an object was expected");
    check("a byte order mark", &format!("\u{feff}{}", with("")), Kind::Json, None, "byte 0");
    check("something behind", &(with("") + "x"), Kind::Json, None, "nothing may follow");
    check("NaN", &with(r#","temperature":NaN"#), Kind::Json, None, "a value was expected");
    check("100,000 levels", &with(&format!(r#","a":{}"#, "[".repeat(100_000))), Kind::Json, None, "nesting");
    check("a double", &with(r#","model":"b""#), Kind::AmbiguousKey, Some("model"), r#""model" is there a second time"#);
    check("an escaped double", &with(r#","mod\u0065l":"b""#), Kind::AmbiguousKey, Some("model"), "second time");
    check("a double of a field unknown here", &with(r#","x":1,"y":2,"x":1"#), Kind::AmbiguousKey, None, r#""x" is"#);
    check("another case", &with(r#","Model":"b""#), Kind::AmbiguousKey, Some("model"), "write `model`");
    check("another case, escaped", &with(r#","\u0053tream":true"#), Kind::AmbiguousKey, Some("stream"), "`stream`");
    check("a long s, which Go folds", &with(r#","ſtream":true"#), Kind::AmbiguousKey, Some("stream"), "`stream`");
    check(
        "a Kelvin sign, which Go folds",
        &with(r#","max_to\u212Aens":1"#),
        Kind::AmbiguousKey,
        Some("max_tokens"),
        "",
    );
    check("half a surrogate pair as key", &with(r#","\ud800":1"#), Kind::Json, None, "surrogate");
    check("no model", r#"{"messages":[1]}"#, Kind::Missing, Some("model"), "`model` is missing; name a model");
    check("no messages", r#"{"model":"m"}"#, Kind::Missing, Some("messages"), "at least one message");
    check("a bad n", &with(r#","n":0"#), Kind::Invalid, Some("n"), "from 1 to 128");
    check("bad options", &with(r#","stream_options":1"#), Kind::Invalid, Some("stream_options"), "an object or null");
    let twice = with(r#","stream_options":{"include_usage":true,"include_usage":false}"#);
    check("a double inside the options", &twice, Kind::Invalid, Some("stream_options"), "only once");
    let cased = with(r#","stream_options":{"Include_Usage":true}"#);
    check("another case inside the options", &cased, Kind::Invalid, Some("stream_options"), "small letters");
    check("more keys than there are", &with(&keys(1_001)), Kind::AmbiguousKey, None, "more than 1000 keys");
    let error = Request::parse(CHAT, None, b"{\"model\":\"\xff\"}").err().unwrap();
    assert!(error.to_string().contains("byte 10: the bytes are not UTF-8"), "{error}");
}

#[test]
fn a_thousand_keys_pass() {
    assert!(chat(&with(&keys(1_000))).is_ok());
}

#[test]
fn what_goes_to_the_upstream() {
    let check = |name: &str, body: &str, include_usage, expected: &str| {
        assert_eq!(expected, encoded(&chat(body).unwrap(), "up\"x", include_usage), "{name}");
    };
    let plain = r#" { "z" : 1.50 , "model" : "m" , "messages" : [ 1 ] } "#;
    check("all but the model stays", plain, true, r#" { "z" : 1.50 , "model" : "up\"x" , "messages" : [ 1 ] } "#);
    let stream = r#"{"model":"m","messages":[1],"stream":true}"#;
    check("an upstream that cannot tell usage", stream, false, r#"{"model":"up\"x","messages":[1],"stream":true}"#);
    let asked = r#"{"model":"up\"x","stream_options":{"include_usage":true},"messages":[1],"stream":true}"#;
    check("usage is asked for", stream, true, asked);
    let null = r#"{"stream_options": null,"model":"m","messages":[1],"stream":true}"#;
    let asked = r#"{"stream_options": {"include_usage":true},"model":"up\"x","messages":[1],"stream":true}"#;
    check("in the place of null", null, true, asked);
    let empty = r#"{"model":"m","messages":[1],"stream":true,"stream_options":{ }}"#;
    let asked = r#"{"model":"up\"x","messages":[1],"stream":true,"stream_options":{"include_usage":true }}"#;
    check("in empty options", empty, true, asked);
    let other = r#"{"model":"m","messages":[1],"stream":true,"stream_options":{"x":1}}"#;
    let asked = r#"{"model":"up\"x","messages":[1],"stream":true,"stream_options":{"include_usage":true,"x":1}}"#;
    check("beside other options", other, true, asked);
    let denied = r#"{"model":"m","messages":[1],"stream":true,"stream_options":{"include_usage": false}}"#;
    let asked = r#"{"model":"up\"x","messages":[1],"stream":true,"stream_options":{"include_usage": true}}"#;
    check("where the client declined", denied, true, asked);
    let by_client = asked.replace(r#"up\"x"#, "m");
    check("where the client asked", &by_client, true, asked);
}

#[test]
fn how_the_bound_on_tokens_is_spelt() {
    let check = |name: &str, only, members: &str, expected: &str| {
        let quirks = Quirks { max_tokens: only, ..Quirks::default() };

        assert_eq!(with(expected), encoded_for(&chat(&with(members)).unwrap(), "m", quirks), "{name}");
    };
    let (old, new) = (Some(MaxTokens::MaxTokens), Some(MaxTokens::MaxCompletionTokens));
    check("both are taken", None, r#","max_tokens":7"#, r#","max_tokens":7"#);
    check("the new one", new, r#","max_tokens" : 7"#, r#","max_completion_tokens" : 7"#);
    check("the old one", old, r#","max_completion_tokens":7"#, r#","max_tokens":7"#);
    check("the right one already", new, r#","max_completion_tokens":7"#, r#","max_completion_tokens":7"#);
    let both = r#","max_tokens":7,"max_completion_tokens":8"#;
    check("both are there", new, both, both);
    let escaped = r#","max\u005ftokens":7"#;
    check("a key with escapes", new, escaped, escaped);
    check("none is there", new, "", "");
}

#[test]
fn a_bound_of_a_legacy_completion_is_left_alone() {
    let body = r#"{"model":"m","prompt":"a","max_tokens":7}"#;
    let request = Request::parse(Endpoint::Completions, None, body.as_bytes()).unwrap();
    let quirks = Quirks { max_tokens: Some(MaxTokens::MaxCompletionTokens), ..Quirks::default() };

    assert_eq!(body, encoded_for(&request, "m", quirks));
}

#[test]
fn who_asked_for_usage() {
    let wants = |options: &str| chat(&with(&format!(r#","stream_options":{options}"#))).unwrap().wants_usage();

    assert!(wants(r#"{"include_usage":true}"#));
    assert!(wants(r#"{"include\u005fusage":true}"#));
    assert!(!wants(r#"{"include_usage":false}"#));
    assert!(!wants(r#"{"include_usage":null}"#));
    assert!(!wants("{}"));
    assert!(!wants("null"));
}

fn members() -> impl Strategy<Value = Vec<String>> {
    let member = prop::sample::select(vec![
        r#""stream":true"#,
        r#" "stream" : false"#,
        r#""stream_options":{"include_usage":false}"#,
        r#""stream_options": { "a" : 1e400 }"#,
        r#""stream_options":null"#,
        r#""n": 2 "#,
        r#""temperature":0.70"#,
        r#""user":"é\ud800""#,
        r#""unheard_of":[{"a":"}{"},null]"#,
    ]);
    let needed = [r#""model":"m""#.to_owned(), r#""messages" : [ {"content":"\\\"model\\\""} ]"#.to_owned()];
    prop::collection::vec(member, 0..6)
        .prop_map(move |others| needed.iter().cloned().chain(others.into_iter().map(str::to_owned)).collect::<Vec<_>>())
        .prop_shuffle()
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(2), failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn no_body_panics(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _result = Request::parse(CHAT, None, &body);
    }

    #[test]
    fn only_the_edits_change(members in members(), model in "[a-z\"\\\\é]{1,9}", include_usage: bool) {
        let body = format!("{{{}}}", members.join(","));
        let Ok(request) = chat(&body) else { return Ok(()) };
        let again = encoded(&request, &model, include_usage);
        let reread = chat(&again).unwrap();
        prop_assert_eq!(&model, reread.model());
        prop_assert_eq!(request.is_stream() && include_usage, reread.wants_usage());
        for field in KEPT {
            prop_assert_eq!(request.field(field), reread.field(field));
        }
        // Taking the edits back gives the body, byte for byte.
        prop_assert_eq!(&body, &encoded(&chat(&encoded(&request, "m", false)).unwrap(), "m", false));
        for member in members.iter().filter(|member| !member.contains("\"model\":") && !member.contains("stream_options")) {
            prop_assert!(again.contains(member.as_str()));
        }
        prop_assert_eq!(serde_json::from_str::<Value>(&body).is_ok(), serde_json::from_str::<Value>(&again).is_ok());
    }
}
