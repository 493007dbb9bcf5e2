use proptest::prelude::*;

use crate::chat::{Content, Role, arbitrary};
use crate::replay::config;
use crate::{Endpoint, Kind, Request, Upstream, anthropic, gemini, openai, responses};

fn parse(endpoint: Endpoint, body: &str) -> Request {
    Request::parse(endpoint, Some("m"), body.as_bytes()).unwrap_or_else(|error| panic!("{error}: {body}"))
}

#[test]
fn where_a_preface_goes() {
    let check = |name: &str, endpoint, body: &str, expected: &str| {
        let request = parse(endpoint, body).with_preface("Be \"brief\".\n").unwrap();

        assert_eq!(expected, request.body(), "{name}");
    };
    let chat = |name: &str, messages: &str, expected: &str| {
        let body = |messages: &str| format!(r#"{{"messages" : {messages},"x":1.0,"model":"m"}}"#);
        check(name, Endpoint::ChatCompletions, &body(messages), &body(expected));
    };
    chat(
        "before a user's message",
        r#"[ {"role":"user","content":"hi"}]"#,
        r#"[{"role":"system","content":"Be \"brief\".\n"}, {"role":"user","content":"hi"}]"#,
    );
    chat(
        "before the client's own",
        r#"[{"content" : "be","role":"system"},{"role":"user","content":"hi"}]"#,
        r#"[{"content" : "Be \"brief\".\n\n\nbe","role":"system"},{"role":"user","content":"hi"}]"#,
    );
    chat(
        "before the developer's parts",
        r#"[{"role":"developer","content":[{"type":"text","text":"be"}]}]"#,
        r#"[{"role":"developer","content":[{"type":"text","text":"Be \"brief\".\n"},{"type":"text","text":"be"}]}]"#,
    );
    chat(
        "before instructions of no good form",
        r#"[{"role":"system","content":1}]"#,
        r#"[{"role":"system","content":"Be \"brief\".\n"},{"role":"system","content":1}]"#,
    );
    let responses = |name: &str, body: &str, expected: &str| check(name, Endpoint::Responses, body, expected);
    responses(
        "no instructions",
        r#" { "model":"m","input":"hi"}"#,
        r#" {"instructions":"Be \"brief\".\n", "model":"m","input":"hi"}"#,
    );
    responses(
        "instructions",
        r#"{"model":"m","instructions":"be","input":"hi"}"#,
        r#"{"model":"m","instructions":"Be \"brief\".\n\n\nbe","input":"hi"}"#,
    );
    responses(
        "null",
        r#"{"model":"m","instructions": null ,"input":"hi"}"#,
        r#"{"model":"m","instructions": "Be \"brief\".\n" ,"input":"hi"}"#,
    );
    let messages = |name: &str, system: &str, expected: &str| {
        let body = |system: &str| format!(r#"{{{system}"model":"m","max_tokens":9,"messages":[{{}}]}}"#);
        check(name, Endpoint::Messages, &body(system), &body(expected));
    };
    messages("no system", "", r#""system":"Be \"brief\".\n","#);
    messages("an empty text", r#""system":"","#, r#""system":"Be \"brief\".\n","#);
    messages("a text", r#""system":"be","#, r#""system":"Be \"brief\".\n\n\nbe","#);
    messages("no blocks", r#""system":[ ],"#, r#""system":[{"type":"text","text":"Be \"brief\".\n"} ],"#);
    messages(
        "blocks",
        r#""system":[{"type":"text","text":"be","cache_control":{"type":"ephemeral"}}],"#,
        r#""system":[{"type":"text","text":"Be \"brief\".\n"},{"type":"text","text":"be","cache_control":{"type":"ephemeral"}}],"#,
    );
    let gemini = |name: &str, system: &str, expected: &str| {
        let body = |system: &str| format!(r#"{{{system}"contents":[{{"parts":[{{"text":"hi"}}]}}]}}"#);
        check(name, Endpoint::GenerateContent, &body(system), &body(expected));
    };
    let whole = r#""systemInstruction":{"parts":[{"text":"Be \"brief\".\n"}]},"#;
    gemini("no instruction", "", whole);
    gemini("null", r#""systemInstruction":null,"#, whole);
    gemini("nothing in it", r#""systemInstruction":{},"#, whole);
    gemini("no list of parts", r#""systemInstruction":{"parts":null},"#, whole);
    gemini("no parts", r#""systemInstruction":{"parts":[]},"#, whole);
    gemini(
        "another spelling",
        r#""system_instruction":{"role":"system"},"#,
        r#""system_instruction":{"parts":[{"text":"Be \"brief\".\n"}],"role":"system"},"#,
    );
    gemini(
        "parts",
        r#""systemInstruction":{"parts":[ {"text":"be"}]},"#,
        r#""systemInstruction":{"parts":[{"text":"Be \"brief\".\n"}, {"text":"be"}]},"#,
    );
    check(
        "a text to go on with",
        Endpoint::Completions,
        r#"{"model":"m","prompt":"a"}"#,
        r#"{"model":"m","prompt":"a"}"#,
    );
}

#[test]
fn what_has_no_place_for_one() {
    let check = |endpoint, body: &str, expected: &str| {
        let error = parse(endpoint, body).with_preface("p").err().unwrap();

        assert_eq!((Kind::Invalid, Some(expected)), (error.kind(), error.parameter()), "{body}");
    };
    check(Endpoint::Responses, r#"{"model":"m","input":"hi","instructions":[]}"#, "instructions");
    check(Endpoint::Messages, r#"{"model":"m","max_tokens":9,"messages":[{}],"system":1}"#, "system");
    let contents = r#"{"contents":[{"parts":[]}],"systemInstruction":"#;
    check(Endpoint::GenerateContent, &format!(r#"{contents}"be"}}"#), "systemInstruction");
    check(Endpoint::GenerateContent, &format!(r#"{contents}{{"parts":1}}}}"#), "systemInstruction");
}

proptest! {
    #![proptest_config(config(200))]

    /// What is added stands in one piece, and is the first that the model reads.
    #[test]
    fn all_else_stays_as_it_is(form in arbitrary::request(Upstream::OpenAi), preface in arbitrary::some_text()) {
        for (endpoint, body) in arbitrary::bodies(&form) {
            let Ok(request) = Request::parse(endpoint, Some("m"), body.as_bytes()) else { continue };
            let prefaced = request.with_preface(preface).unwrap();

            let (before, after) = (request.body().as_bytes(), prefaced.body().as_bytes());
            let n_same = before.iter().zip(after).take_while(|(before, after)| before == after).count();
            prop_assert!(after.ends_with(&before[n_same..]), "{} {}", request.body(), prefaced.body());
            let read = match endpoint {
                Endpoint::Responses => responses::read_request(&prefaced),
                Endpoint::Messages => anthropic::read_request(&prefaced),
                Endpoint::GenerateContent => gemini::read_request(&prefaced),
                _ => openai::read_request(&prefaced),
            };
            let Ok(read) = read else { continue };
            prop_assert!(read.messages[0].role == Role::System);
            let Content::Text(text) = &read.messages[0].parts[0].content else { panic!("no text") };
            prop_assert!(text.starts_with(preface), "{}", text);
        }
    }
}
