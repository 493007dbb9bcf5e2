use proptest::collection::vec;
use proptest::prelude::*;

use super::{Outline, ResponseFormat};
use crate::chat::{self, Content, Format, Message, Part, Role, arbitrary};
use crate::replay::config;
use crate::{Endpoint, Request, Upstream};

const CHAT: Endpoint = Endpoint::ChatCompletions;

fn parse(endpoint: Endpoint, body: &str) -> Request {
    Request::parse(endpoint, Some("m"), body.as_bytes()).unwrap_or_else(|error| panic!("{error}: {body}"))
}

/// A request of these members and what else must be there.
fn request(endpoint: Endpoint, members: &str) -> Request {
    let body = match endpoint {
        Endpoint::Messages => format!(r#"{{"model":"m","max_tokens":9,{members}}}"#),
        Endpoint::GenerateContent => format!("{{{members}}}"),
        _ => format!(r#"{{"model":"m",{members}}}"#),
    };
    parse(endpoint, &body)
}

fn check(name: &str, endpoint: Endpoint, members: &str, expected: &Outline<'_>) {
    let request = request(endpoint, members);
    let outline = request.outline();
    // What conversations are told apart by has a test of its own, and so has where the last text stands.
    let expected = Outline {
        opening: outline.opening,
        last_text: outline.last_text.clone(),
        max_output_tokens: expected.max_output_tokens.or(request.max_tokens()),
        ..expected.clone()
    };

    assert_eq!(expected, outline, "{name}");
}

/// What is said in one turn of the user.
fn said(text: &str) -> Outline<'_> {
    Outline { text: text.into(), n_text_bytes: text.len(), n_messages: 1, n_turns: 1, ..Outline::default() }
}

#[test]
fn what_the_user_says() {
    let hi = said("hi");
    let two = Outline { n_text_bytes: 2, ..said("a\nb") };
    check("a text", CHAT, r#""messages":[{"role":"user","content":"hi"}]"#, &hi);
    check("escapes", CHAT, r#""messages":[{"role":"user","content":"h\u0069"}]"#, &hi);
    check("the role behind", CHAT, r#""messages":[{"content":"hi","role":"user"}]"#, &hi);
    let parts = r#"[{"type":"text","text":"a"},{"text":"b","type":"text"}]"#;
    let half = r#""messages":[{"role":"user","content":"\ud800"}]"#;
    check("half a surrogate pair", CHAT, half, &Outline { n_text_bytes: 2, ..said("\u{fffd}") });
    check("parts", CHAT, &format!(r#""messages":[{{"role":"user","content":{parts}}}]"#), &two);
    let both = r#""messages":[{"role":"user","content":"a"},{"role":"user","content":"b"}]"#;
    check("two messages", CHAT, both, &two);
    check("a text to go on with", Endpoint::Completions, r#""prompt":"hi""#, &hi);
    check("two of them", Endpoint::Completions, r#""prompt":["a","b"]"#, &two);
    check("tokens", Endpoint::Completions, r#""prompt":[1,2]"#, &Outline::default());
    check("an input", Endpoint::Responses, r#""input":"hi""#, &hi);
    check("an item", Endpoint::Responses, r#""input":[{"role":"user","content":"hi"}]"#, &hi);
    let item = r#""input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}]"#;
    check("an item's part", Endpoint::Responses, item, &hi);
    check(
        "a block",
        Endpoint::Messages,
        r#""messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]"#,
        &hi,
    );
    check("a part", Endpoint::GenerateContent, r#""contents":[{"parts":[{"text":"a"},{"text":"b"}]}]"#, &two);
}

#[test]
fn what_was_said_before() {
    let expected = |n_text_bytes| Outline {
        text: "c".into(),
        previous: Some("a".into()),
        n_text_bytes,
        n_messages: 3,
        n_turns: 2,
        ..Outline::default()
    };
    let turns = r#"{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}"#;
    check("chat", CHAT, &format!(r#""messages":[{{"role":"system","content":"be"}},{turns}]"#), &expected(5));
    check("responses", Endpoint::Responses, &format!(r#""instructions":"be","input":[{turns}]"#), &expected(5));
    check("messages", Endpoint::Messages, &format!(r#""system":"be","messages":[{turns}]"#), &expected(5));
    let blocks = r#"[{"type":"text","text":"be","cache_control":{"type":"ephemeral"}}]"#;
    let marked = Outline { n_cache_marks: 1, ..expected(5) };
    check("blocks", Endpoint::Messages, &format!(r#""system":{blocks},"messages":[{turns}]"#), &marked);
    let contents = concat!(
        r#""system_instruction":{"parts":[{"text":"be"}]},"contents":[{"role":"user","parts":[{"text":"a"}]},"#,
        r#"{"role":"model","parts":[{"text":"t","thought":true},{"text":"b"}]},{"role":"user","parts":[{"text":"c"}]}]"#,
    );
    check("contents", Endpoint::GenerateContent, contents, &expected(5));
    let thought = concat!(
        r#""input":[{"role":"user","content":"a"},{"type":"reasoning","content":[{"type":"reasoning_text","text":"t"}]},"#,
        r#"{"role":"assistant","content":[{"type":"output_text","text":"b"}]},{"role":"user","content":"c"}]"#,
    );
    check("a thought", Endpoint::Responses, thought, &expected(3));
    let empty = turns.replace(r#""b""#, "null");
    let merged = Outline { text: "a\nc".into(), n_text_bytes: 2, ..said("") };
    check("an answer without content", CHAT, &format!(r#""messages":[{empty}]"#), &merged);
}

#[test]
fn what_tools_are_for() {
    let expected = |n_messages, n_text_bytes, is_in_tool_loop| Outline {
        text: "q".into(),
        n_messages,
        n_text_bytes,
        n_turns: 1,
        is_in_tool_loop,
        ..Outline::default()
    };
    let question = r#"{"role":"user","content":"q"}"#;
    let call = r#"{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}"#;
    let result = r#"{"role":"tool","tool_call_id":"1","content":"r"}"#;
    let chat = |name: &str, messages: &str, expected: &Outline<'_>| {
        check(name, CHAT, &format!(r#""messages":[{question},{messages}]"#), expected);
    };
    chat("a call that waits", call, &expected(2, 3, true));
    chat("results", &[call, result, result].join(","), &expected(3, 5, true));
    chat("an answer", &[call, result, r#"{"role":"assistant","content":"a"}"#].join(","), &expected(4, 5, false));
    let functions = r#"{"role":"assistant","function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"r"}"#;
    chat("the older form", functions, &expected(3, 4, true));
    let interrupted = Outline { text: "u".into(), previous: Some("q".into()), n_turns: 2, ..expected(3, 5, true) };
    chat("a user who goes between", &[call, result, r#"{"role":"user","content":"u"}"#].join(","), &interrupted);

    let items = r#"{"type":"function_call","arguments":"{}"},{"type":"function_call_output","output":"r"}"#;
    check("items", Endpoint::Responses, &format!(r#""input":[{question},{items}]"#), &expected(3, 4, true));
    let searched = r#"{"type":"web_search_call","status":"completed"}"#;
    check(
        "a provider's tool",
        Endpoint::Responses,
        &format!(r#""input":[{question},{searched}]"#),
        &expected(1, 1, false),
    );

    let used = r#"{"role":"assistant","content":[{"type":"thinking","thinking":"t"},{"type":"tool_use","name":"f","input":{}}]}"#;
    let given =
        r#"{"role":"user","content":[{"type":"tool_result","content":[{"type":"text","text":"r"},{"type":"image"}]}]}"#;
    let shown = Outline { n_images: 1, ..expected(3, 4, true) };
    check("blocks", Endpoint::Messages, &format!(r#""messages":[{question},{used},{given}]"#), &shown);

    let contents = concat!(
        r#""contents":[{"parts":[{"text":"q"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},"#,
        r#"{"role":"function","parts":[{"functionResponse":{"name":"f","response":{}}}]}]"#,
    );
    check("parts", Endpoint::GenerateContent, contents, &expected(3, 5, true));
}

#[test]
fn what_is_no_text() {
    let image = Outline { n_messages: 1, n_images: 1, ..Outline::default() };
    let file = Outline { n_messages: 1, has_audio_or_files: true, ..Outline::default() };
    let chat = |part: &str, expected: &Outline<'_>| {
        check(part, CHAT, &format!(r#""messages":[{{"role":"user","content":[{part}]}}]"#), expected);
    };
    chat(r#"{"type":"image_url","image_url":{"url":"https://a"}}"#, &image);
    chat(r#"{"type":"input_audio","input_audio":{"data":"aGk=","format":"wav"}}"#, &file);
    chat(r#"{"type":"file","file":{"file_data":"data:a"}}"#, &file);
    let block = |block: &str, expected: &Outline<'_>| {
        check(block, Endpoint::Messages, &format!(r#""messages":[{{"role":"user","content":[{block}]}}]"#), expected);
    };
    block(r#"{"type":"image","source":{"type":"base64","data":"aGk="}}"#, &image);
    block(r#"{"type":"document","source":{"type":"base64","data":"aGk="}}"#, &file);
    let text = Outline { n_text_bytes: 3, ..file.clone() };
    block(r#"{"type":"document","source":{"data":"abc","type":"text"}}"#, &text);
    block(r#"{"type":"document","source":{"type":"content","content":[{"type":"text","text":"abc"}]}}"#, &file);
    let item = |part: &str, expected: &Outline<'_>| {
        check(part, Endpoint::Responses, &format!(r#""input":[{{"role":"user","content":[{part}]}}]"#), expected);
    };
    item(r#"{"type":"input_image","image_url":"https://a"}"#, &image);
    item(r#"{"type":"input_file","file_id":"f"}"#, &file);
    let part = |part: &str, expected: &Outline<'_>| {
        check(part, Endpoint::GenerateContent, &format!(r#""contents":[{{"parts":[{part}]}}]"#), expected);
    };
    part(r#"{"inlineData":{"mimeType":"image/png","data":"aGk="}}"#, &image);
    part(r#"{"file_data":{"file_uri":"https://a","mime_type":"video/mp4"}}"#, &file);
}

#[test]
fn what_is_said_beside() {
    let hi = said("hi");
    let turns = r#"[{"role":"user","content":"hi"}]"#;
    let chat = |members: &str, expected: &Outline<'_>| {
        check(members, CHAT, &format!(r#""messages":{turns},{members}"#), expected);
    };
    let tools = |n_tools| Outline { n_tools, ..hi.clone() };
    let format = |response_format| Outline { response_format, ..hi.clone() };
    let session = |name: &'static str| Outline { session: Some(name.into()), ..hi.clone() };
    chat(r#""tools":[{"type":"function"},{"type":"function"}],"functions":[{}]"#, &tools(3));
    chat(r#""tools":{}"#, &tools(0));
    chat(r#""response_format":{"type":"json_object"}"#, &format(ResponseFormat::JsonObject));
    chat(r#""response_format":{"type":"json_schema","json_schema":{}}"#, &format(ResponseFormat::JsonSchema));
    chat(r#""response_format":{"type":"text"}"#, &hi);
    chat(r#""response_format":"json""#, &hi);
    chat(r#""user":"u","prompt_cache_key":"k""#, &session("k"));
    chat(r#""user":"u","prompt_cache_key":"""#, &session("u"));
    chat(r#""max_completion_tokens":7"#, &Outline { max_output_tokens: Some(7), ..hi.clone() });
    let metadata = vec![("a".into(), "b\n".into())];
    chat(r#""metadata":{"a":"b\n","c":1}"#, &Outline { metadata, ..hi.clone() });
    let pairs: Vec<_> = (0..20).map(|index| format!(r#""{index}":"""#)).collect();
    let metadata = (0..16).map(|index| (index.to_string().into(), "".into())).collect();
    chat(&format!(r#""metadata":{{{}}}"#, pairs.join(",")), &Outline { metadata, ..hi.clone() });

    let responses = |members: &str, expected: &Outline<'_>| {
        check(members, Endpoint::Responses, &format!(r#""input":"hi",{members}"#), expected);
    };
    responses(r#""text":{"format":{"type":"json_schema"}}"#, &format(ResponseFormat::JsonSchema));
    responses(r#""previous_response_id":"resp_1""#, &session("resp_1"));
    responses(r#""tools":[{"type":"web_search"}]"#, &tools(1));

    let messages = |members: &str, expected: &Outline<'_>| {
        check(members, Endpoint::Messages, &format!(r#""messages":{turns},{members}"#), expected);
    };
    let schema = r#"{"type":"json_schema","schema":{}}"#;
    messages(&format!(r#""output_config":{{"format":{schema}}}"#), &format(ResponseFormat::JsonSchema));
    messages(&format!(r#""output_format":{schema}"#), &format(ResponseFormat::JsonSchema));
    let metadata = vec![("user_id".into(), "u".into())];
    messages(r#""metadata":{"user_id":"u"}"#, &Outline { metadata, ..session("u") });
    let marked = Outline { n_cache_marks: 2, ..tools(1) };
    messages(r#""cache_control":{},"tools":[{"name":"f","cache_control":{"type":"ephemeral"}}]"#, &marked);

    let gemini = |members: &str, expected: &Outline<'_>| {
        check(
            members,
            Endpoint::GenerateContent,
            &format!(r#""contents":[{{"parts":[{{"text":"hi"}}]}}],{members}"#),
            expected,
        );
    };
    gemini(r#""tools":[{"functionDeclarations":[{},{}]},{"googleSearch":{}}]"#, &tools(3));
    gemini(r#""generationConfig":{"responseMimeType":"application/json"}"#, &format(ResponseFormat::JsonObject));
    gemini(r#""generation_config":{"response_schema":{}}"#, &format(ResponseFormat::JsonSchema));
    gemini(r#""labels":{"a":"b"}"#, &Outline { metadata: vec![("a".into(), "b".into())], ..hi.clone() });
}

#[test]
fn what_cannot_be_read_counts_as_nothing() {
    let check = |endpoint, members: &str, expected: &Outline<'_>| check(members, endpoint, members, expected);
    for message in ["1", "{}", "[]", r#""hi""#, r#"{"role":"user"}"#, r#"{"role":1,"content":{}}"#] {
        check(CHAT, &format!(r#""messages":[{message}]"#), &Outline::default());
        check(Endpoint::Responses, &format!(r#""input":[{message}]"#), &Outline::default());
        check(Endpoint::GenerateContent, &format!(r#""contents":[{message}]"#), &Outline::default());
    }
    check(
        CHAT,
        r#""messages":[{"role":"user","content":[1,{"type":"new","text":"hi"},{"type":1}]}]"#,
        &Outline::default(),
    );
    check(CHAT, r#""messages":[{"role":"critic","content":""}]"#, &Outline::default());
    check(Endpoint::Embeddings, r#""input":"hi""#, &Outline::default());
    check(Endpoint::Messages, r#""messages":[1],"system":1,"metadata":[],"tools":1"#, &Outline::default());
}

#[test]
fn conversations_are_told_apart() {
    let opening = |turns: &[&str]| {
        let messages: Vec<_> = turns
            .iter()
            .map(|turn| turn.split_once(": ").unwrap())
            .map(|(role, text)| format!(r#"{{"role":"{role}","content":"{text}"}}"#))
            .collect();
        request(CHAT, &format!(r#""messages":[{}]"#, messages.join(","))).outline().opening
    };
    let first = opening(&["system: be", "user: a"]);
    assert_eq!(first, opening(&["system: be", "user: a", "assistant: b", "user: c"]), "it goes on");
    assert_eq!(first, opening(&["system: be", "user: a", "assistant: b", "system: now", "user: c"]), "told more later");
    assert_ne!(first, opening(&["system: be", "user: b"]), "another question");
    assert_ne!(first, opening(&["system: do", "user: a"]), "other instructions");
    assert_ne!(first, opening(&["user: a"]), "no instructions");
}

/// What all dialects can say of a form, in messages that say something.
fn common(mut form: chat::Request<'static>) -> chat::Request<'static> {
    let is_common = |part: &Part<'_>| match &part.content {
        Content::Text(text) => !text.trim().is_empty(),
        Content::Image(_) | Content::Call(_) | Content::Result { .. } => true,
        _ => false,
    };
    for message in &mut form.messages {
        message.parts.retain(is_common);
    }
    form.messages.retain(|message| !message.parts.is_empty());
    form
}

/// The user's turns that have text.
fn turns(form: &chat::Request<'_>) -> Vec<String> {
    let said: Vec<_> = form.messages.iter().filter(|message| message.role != Role::System).collect();
    let user = said.chunk_by(|one, next| one.role == next.role).filter(|turn| turn[0].role == Role::User);
    user.map(|turn| texts(turn).join("\n")).filter(|text| !text.is_empty()).collect()
}

fn texts<'a>(messages: &[&'a Message<'_>]) -> Vec<&'a str> {
    let parts = messages.iter().flat_map(|message| &message.parts);
    parts.filter_map(|part| if let Content::Text(text) = &part.content { Some(&**text) } else { None }).collect()
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn any_characters_are_found_however_they_are_spelled(
        parts in vec(vec(any::<char>(), 1..40), 1..4),
        is_escaped in any::<bool>(),
    ) {
        let parts: Vec<String> = parts.into_iter().map(String::from_iter).collect();
        let spelled = |part: &String| if is_escaped {
            let units: Vec<_> = part.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
            format!("\"{}\"", units.concat())
        } else {
            serde_json::Value::from(part.as_str()).to_string()
        };
        let content: Vec<_> = parts.iter().map(|part| format!(r#"{{"type":"text","text":{}}}"#, spelled(part))).collect();
        let request = request(CHAT, &format!(r#""messages":[{{"role":"user","content":[{}]}}]"#, content.join(",")));
        let outline = request.outline();

        prop_assert_eq!(parts.join("\n"), &*outline.text);
        prop_assert_eq!(parts.iter().map(String::len).sum::<usize>(), outline.n_text_bytes);
    }

    #[test]
    fn all_dialects_say_the_same(form in arbitrary::request(Upstream::OpenAi)) {
        let form = common(form);
        prop_assume!(!form.has_only_instructions());
        let turns = turns(&form);
        let n_images = form.messages.iter().flat_map(|message| &message.parts)
            .filter(|part| matches!(part.content, Content::Image(_))).count();
        let format = match &form.format {
            None => ResponseFormat::Text,
            Some(Format::Json) => ResponseFormat::JsonObject,
            Some(Format::Schema { .. }) => ResponseFormat::JsonSchema,
        };
        let mut n_messages = Vec::new();
        for (endpoint, body) in arbitrary::bodies(&form) {
            let request = parse(endpoint, &body);
            let outline = request.outline();
            let previous = turns.len().checked_sub(2).map(|index| turns[index].as_str());
            prop_assert_eq!(turns.last().map_or("", String::as_str), &outline.text, "{}", body);
            prop_assert_eq!(previous, outline.previous.as_deref(), "{}", body);
            prop_assert_eq!(turns.len(), outline.n_turns as usize, "{}", body);
            prop_assert_eq!(n_images, outline.n_images as usize, "{}", body);
            prop_assert_eq!(form.tools.len(), outline.n_tools as usize, "{}", body);
            // Anthropic has no JSON without a schema, and is told some schemas in words.
            if endpoint != Endpoint::Messages {
                prop_assert_eq!(format, outline.response_format, "{}", body);
            }
            n_messages.push((outline.n_messages, outline.is_in_tool_loop));
        }
        n_messages.dedup();
        prop_assert_eq!(1, n_messages.len(), "{:?}", n_messages);
    }

    #[test]
    fn no_body_panics(place in any::<prop::sample::Index>(), noise in prop::sample::select(vec!["1", "[]", "{}", "null", r#""a""#])) {
        for (endpoint, golden) in [
            (CHAT, include_str!("../../tests/golden/openai/tool_result.request.json")),
            (Endpoint::Responses, include_str!("../../tests/golden/responses/tool_result.request.json")),
            (Endpoint::Messages, include_str!("../../tests/golden/anthropic/cached.request.json")),
            (Endpoint::GenerateContent, include_str!("../../tests/golden/gemini/tool_result.request.json")),
        ] {
            // Another value in the place of one.
            let values: Vec<_> = golden.match_indices(": ").map(|(colon, _)| colon + 2).collect();
            let start = values[place.index(values.len())];
            let end = start + crate::json::Cursor::at(golden, start).skip().unwrap().len();
            let body = [&golden[..start], noise, &golden[end..]].concat();
            if let Ok(request) = Request::parse(endpoint, Some("m"), body.as_bytes()) {
                request.outline();
                let _ = request.with_preface("p");
            }
        }
    }
}
