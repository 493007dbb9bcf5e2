//! What is written reads as what it was written from, in the same dialect: nothing changes its meaning on the way.

use proptest::prelude::*;

use crate::chat::{Content, Lost, Media, Message, Part, Reasoning, Request, Role, Source, arbitrary};
use crate::openai::{read_answer, read_request, write_answer, write_request};
use crate::{Quirks, Upstream};

use super::{CHAT, config, context, hi, parsed, target};

/// The form with what this dialect cannot tell from something else made one.
fn normal(mut form: Request<'_>) -> Request<'_> {
    form.messages = form.messages.into_iter().flat_map(normal_message).collect();
    form.messages.dedup_by(|message, before| {
        let is_one = is_result(message) && is_result(before);
        if is_one {
            before.parts.append(&mut message.parts);
        }
        is_one
    });
    for tool in &mut form.tools {
        tool.cache = None;
    }
    if form.tools.is_empty() {
        (form.tool_choice, form.parallel_calls) = (None, None);
    }
    // The provider takes words, and one choice where nothing is said.
    let effort = form.reasoning.and_then(Reasoning::effort);
    form.reasoning = effort.map(|effort| Reasoning { effort: Some(effort), ..Default::default() });
    form.n = if form.n == 1 { 0 } else { form.n };
    form.top_k = None;
    form
}

fn is_result(message: &Message<'_>) -> bool {
    matches!(message.parts.first(), Some(Part { content: Content::Result { .. }, .. }))
}

/// Results are messages of their own; an assistant's parts have their order.
fn normal_message(mut message: Message<'_>) -> Vec<Message<'_>> {
    message.parts.iter_mut().for_each(normal_part);
    if message.role == Role::Assistant {
        message.parts.retain(|part| match &part.content {
            Content::Text(text) => !text.is_empty(),
            Content::Thought { signature, .. } => signature.is_some(),
            _ => true,
        });
        message.parts.sort_by_key(|part| match &part.content {
            Content::Thought { .. } | Content::RedactedThought(_) => 0,
            Content::Call(_) => 2,
            _ => 1,
        });
    }
    let (results, others): (Vec<_>, Vec<_>) =
        std::mem::take(&mut message.parts).into_iter().partition(|part| matches!(part.content, Content::Result { .. }));
    let results = (!results.is_empty()).then(|| Message::new(Role::User, results));
    let others = (results.is_none() || !others.is_empty()).then_some(Message { parts: others, ..message });
    results.into_iter().chain(others).collect()
}

fn normal_part(part: &mut Part<'_>) {
    part.cache = None;
    match &mut part.content {
        Content::Result { parts, is_error, .. } => {
            *is_error = false;
            parts.iter_mut().for_each(normal_part);
        }
        Content::Document(Media { name, source: Source::Base64 { .. }, .. }) => {
            name.get_or_insert("document".into());
        }
        // An uploaded file has its name already.
        Content::Document(Media { name, source: Source::File(_), .. }) => *name = None,
        _ => {}
    }
}

fn check(mut form: Request<'_>) {
    // Only OpenAI's own files are named to it.
    for part in form.messages.iter_mut().flat_map(|message| &mut message.parts) {
        if let Content::Document(Media { source: Source::File(id), .. }) = &mut part.content {
            *id = format!("file-{id}").into();
        }
    }
    let body = write_request(&form, &target(Quirks::default()), &mut Lost::default());
    let body = String::from_utf8(body).unwrap();
    let request = parsed(CHAT, &body);

    assert_eq!(Ok(normal(form)), read_request(&request).map(normal), "{body}");
}

#[test]
fn bodies_go_there_and_back() {
    let check = |members: &str| check(read_request(&parsed(CHAT, &hi(members))).unwrap());
    check("");
    check(r#","temperature":0.70,"top_p":1,"frequency_penalty":0.5,"presence_penalty":-0.5,"seed":7,"n":3"#);
    check(r#","stop":"a","logprobs":true,"top_logprobs":2,"user":"u","stream":true,"max_tokens":9"#);
    check(
        r#","tools":[{"type":"function","function":{"name":"f","parameters":{ "a": 1.0 }}}],"tool_choice":"required""#,
    );
    check(r#","functions":[{"name":"f"}],"function_call":{"name":"f"}"#);
    check(r#","response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{},"strict":true}}"#);
    check(r#","reasoning":{"max_tokens":3000}"#);
}

proptest! {
    #![proptest_config(config(1_000))]

    #[test]
    fn requests_go_there_and_back(form in arbitrary::request(Upstream::OpenAi)) {
        check(form);
    }

    #[test]
    fn answers_go_there_and_back(answer in arbitrary::answer(Upstream::OpenAi)) {
        let request = parsed(CHAT, &hi(""));
        let written = write_answer(&answer, &context(&request));
        let text = std::str::from_utf8(&written).unwrap();
        let again = read_answer(text).unwrap();
        prop_assert_eq!(answer.choices.len(), again.choices.len());
        // How long caches are kept, this dialect does not say.
        let usage = answer.usage.map(|usage| crate::Usage { n_cache_write_1h: 0, ..usage });
        prop_assert_eq!(usage, again.usage);
        for (choice, again) in answer.choices.iter().zip(&again.choices) {
            prop_assert_eq!(&choice.logprobs, &again.logprobs);
            for select in [text_of, refusal_of, thought_of, calls_of] {
                prop_assert_eq!(select(&choice.parts), select(&again.parts), "{}", text);
            }
        }
    }

    #[test]
    fn no_body_panics(body in nearly_a_request(), legacy: bool) {
        let endpoint = if legacy { crate::Endpoint::Completions } else { CHAT };
        if let Ok(request) = crate::Request::parse(endpoint, None, body.as_bytes())
            && let Ok(form) = read_request(&request)
        {
            write_request(&form, &target(Quirks::default()), &mut Lost::default());
        }
        let _answer = read_answer(&body);
    }
}

fn concat(parts: &[Part<'_>], select: impl Fn(&Content<'_>) -> Option<String>) -> String {
    parts.iter().filter_map(|part| select(&part.content)).collect()
}

fn text_of(parts: &[Part<'_>]) -> String {
    concat(parts, |content| if let Content::Text(text) = content { Some(text.to_string()) } else { None })
}

fn refusal_of(parts: &[Part<'_>]) -> String {
    concat(parts, |content| if let Content::Refusal(text) = content { Some(text.to_string()) } else { None })
}

fn thought_of(parts: &[Part<'_>]) -> String {
    concat(parts, |content| if let Content::Thought { text, .. } = content { Some(text.to_string()) } else { None })
}

fn calls_of(parts: &[Part<'_>]) -> String {
    concat(parts, |content| match content {
        Content::Call(call) => Some(format!("{} {} {}\n", call.id, call.name, call.arguments)),
        _ => None,
    })
}

/// A good body with some of its text replaced by pieces of others.
fn nearly_a_request() -> impl Strategy<Value = String> {
    let full = hi(
        r#","tools":[{"type":"function","function":{"name":"f","parameters":{}}}],"stop":["a"],"reasoning":{"effort":"low"},"choices":[{"index":0,"message":{"content":"a","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}],"reasoning_details":[{"text":"t"}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":1},"prompt":["a"]"#,
    );
    let pieces =
        ["null", "1", "-1", "\"\"", "[]", "{}", "[[]]", "{\"a\":1}", "\"tool\"", "true", "1e400", "\"\\ud800\""];
    (any::<prop::sample::Index>(), prop::sample::select(pieces.to_vec())).prop_map(move |(index, piece)| {
        let marks: Vec<_> = full.match_indices(':').map(|(place, _)| place + 1).collect();
        let start = *index.get(&marks);
        let value = crate::json::Value::parse(&full[start..]);
        let length = value.map_or_else(|fault| fault.offset, |value| value.text().len());
        format!("{}{piece}{}", &full[..start], &full[start + length..])
    })
}
