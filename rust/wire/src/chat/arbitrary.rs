//! Forms that nobody thought of: for tests that there and back keeps meaning, and that no writer panics.
//!
//! Strings are leaked where the form borrows them: a test ends soon.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::{
    Answer, CacheMark, Call, Choice, Content, Effort, Event, Finish, Format, Logprobs, Lost, Media, Message, Part,
    Reasoning, Request, Role, Signature, Source, Tool, ToolChoice,
};
use crate::{Endpoint, Hosting, Quirks, Target, Upstream, Usage, anthropic, gemini, openai, responses};

const NUMBERS: &[&str] = &["0", "1", "0.5", "0.70", "1.0", "5e-1"];
const INTEGERS: &[&str] = &["1", "7", "40"];
const SCHEMAS: &[&str] = &[
    r#"{"type":"object","properties":{}}"#,
    r#"{ "type": "object", "properties": { "a\"b": { "type": "number", "minimum": 1.50 } }, "required": ["a\"b"] }"#,
];
const ARGUMENTS: &[&str] = &["{}", r#"{"a":1.50}"#, r#"{ "b": "\u00e9\"", "c": [null, {"d": 1e400}] }"#];
const BASE64: &[&str] = &["aGk=", "AAECAw=="];
const EFFORTS: [Effort; 7] =
    [Effort::None, Effort::Minimal, Effort::Low, Effort::Medium, Effort::High, Effort::ExtraHigh, Effort::Max];

/// Any text, with preference for those at which writers and readers go wrong.
pub(crate) fn text() -> impl Strategy<Value = &'static str> {
    let corners =
        ["", " ", "hi", "\n", "\"\\/\u{8}\u{1f}\u{7f}", "é漢😀", "\u{0}", "data: [DONE]\n\n", "tiercel.", "{}"];
    prop_oneof![3 => select(corners.to_vec()), 1 => any::<String>().prop_map(|text| &*text.leak())]
}

/// Any text but the empty one.
pub(crate) fn some_text() -> impl Strategy<Value = &'static str> {
    text().prop_filter("there must be some", |text| !text.is_empty())
}

/// What names a function, a model, a call.
pub(crate) fn word() -> impl Strategy<Value = &'static str> {
    "[a-zA-Z][a-zA-Z0-9_-]{0,12}".prop_map(|word| &*word.leak())
}

/// A conversation as clients have them: instructions first, then turns by turns; each call has its result in the next
/// message, calls have ids of their own, and no message is without parts. Signatures were made by `made_by`.
pub(crate) fn request(made_by: Upstream) -> impl Strategy<Value = Request<'static>> {
    let said = (vec(message(Role::System, text_part().boxed()), 0..3), vec(turns(made_by), 1..4), vec(tool(), 0..3));
    let numbers = [NUMBERS, NUMBERS, INTEGERS, NUMBERS, NUMBERS, INTEGERS].map(|numbers| option::of(select(numbers)));
    let shape = (
        option::of(tool_choice()),
        option::of(any::<bool>()),
        option::of(format()),
        option::of(1_u64..100_000),
        vec(some_text(), 0..3),
        0_u32..4,
        option::of((0_u32..20).prop_map(|n_top| Logprobs { n_top })),
        option::of(reasoning()),
        option::of(word()),
        any::<bool>(),
    );
    (said, numbers, shape).prop_map(|((instructions, turns, tools), numbers, shape)| {
        let mut messages: Vec<_> = instructions.into_iter().chain(turns.into_iter().flatten()).collect();
        number_calls(&mut messages);
        let [temperature, top_p, top_k, frequency_penalty, presence_penalty, seed] = numbers;
        let (tool_choice, parallel_calls, format, max_tokens, stop, n, logprobs, reasoning, user, is_stream) = shape;
        Request {
            messages,
            tools,
            tool_choice,
            parallel_calls,
            format,
            max_tokens,
            temperature,
            top_p,
            top_k,
            frequency_penalty,
            presence_penalty,
            seed,
            stop: stop.into_iter().map(Into::into).collect(),
            n,
            logprobs,
            reasoning,
            user: user.map(Into::into),
            is_stream,
            unknown: Vec::new(),
            hints: Vec::new(),
        }
    })
}

/// `form` as a client of each dialect would send it.
pub(crate) fn bodies(form: &Request<'_>) -> [(Endpoint, String); 4] {
    let write = |endpoint, upstream, write: fn(&Request<'_>, &Target<'_>, &mut Lost) -> Vec<u8>| {
        let target = Target { upstream, hosting: Hosting::Own, model: "m", quirks: Quirks::default() };
        (endpoint, String::from_utf8(write(form, &target, &mut Lost::default())).unwrap())
    };
    [
        write(Endpoint::ChatCompletions, Upstream::OpenAi, openai::write_request),
        write(Endpoint::Responses, Upstream::Responses, responses::write_request),
        write(Endpoint::Messages, Upstream::Anthropic, anthropic::write_request),
        write(Endpoint::GenerateContent, Upstream::Gemini, gemini::write_request),
    ]
}

/// An answer of a provider of the dialect `made_by`, of one to three choices.
pub(crate) fn answer(made_by: Upstream) -> impl Strategy<Value = Answer<'static>> {
    let logprobs = select(vec![r#"{"content":[]}"#, r#"{"content":[{"token":"a","logprob":-0.50}],"refusal":null}"#]);
    let part =
        prop_oneof![4 => answer_part(made_by), 1 => text().prop_map(|text| Part::new(Content::Refusal(text.into())))];
    let choice = (vec(part, 0..5), finish(), option::of(logprobs)).prop_map(|(parts, finish, logprobs)| Choice {
        parts,
        finish,
        logprobs: logprobs.map(Into::into),
    });
    (prop_oneof![Just(""), word()], prop_oneof![Just(""), word()], vec(choice, 1..4), option::of(usage())).prop_map(
        |(id, model, mut choices, usage)| {
            for choice in &mut choices {
                number(&mut choice.parts, &mut 0);
            }
            Answer { id: id.into(), model: model.into(), choices, usage }
        },
    )
}

/// Events in any order at all, whether or not they make sense.
pub(crate) fn events(made_by: Upstream) -> impl Strategy<Value = Vec<Event<'static>>> {
    vec(event(made_by), 0..24)
}

/// Events as a provider of the dialect `made_by` sends them, for `n_choices` choices: a start, the pieces of each choice
/// before its end, usage, the end.
pub(crate) fn stream(made_by: Upstream, n_choices: u32) -> impl Strategy<Value = Vec<Event<'static>>> {
    let choice = (vec(answer_part(made_by), 0..5), finish());
    (word(), word(), vec(choice, n_choices as usize), option::of(usage())).prop_map(|(id, model, choices, usage)| {
        let mut events = vec![Event::Start { id, model }];
        for (index, (mut parts, finish)) in (0..).zip(choices) {
            number(&mut parts, &mut 0);
            let mut n_calls = 0;
            for part in parts {
                push_pieces(part.content, index, &mut n_calls, &mut events);
            }
            events.push(Event::Finish { choice: index, finish });
        }
        events.extend(usage.map(Event::Usage));
        events.push(Event::End);
        events
    })
}

/// The events that say `content`.
fn push_pieces(content: Content<'static>, choice: u32, n_calls: &mut u32, events: &mut Vec<Event<'static>>) {
    match content {
        Content::Text(text) => events.push(Event::Text { choice, text: text.into_owned().leak() }),
        Content::Refusal(text) => events.push(Event::Refusal { choice, text: text.into_owned().leak() }),
        Content::Thought { text, signature } => {
            events.push(Event::Thought { choice, text: text.into_owned().leak() });
            events.extend(signature.map(|signature| Event::ThoughtSignature { choice, signature }));
        }
        Content::RedactedThought(signature) => events.push(Event::RedactedThought { choice, signature }),
        Content::Call(Call { id, name, arguments, signature }) => {
            let (id, name, json) = (id.into_owned().leak(), name.into_owned().leak(), arguments.into_owned().leak());
            let call = *n_calls;
            *n_calls += 1;
            events.push(Event::CallStart { choice, call, id, name, signature });
            let (start, rest) = json.split_at(1);
            events.extend([start, rest].map(|json| Event::CallArguments { choice, call, json }));
        }
        Content::Image(_) | Content::Document(_) | Content::Audio(_) | Content::Result { .. } => {}
    }
}

fn event(made_by: Upstream) -> impl Strategy<Value = Event<'static>> {
    let choice = || prop_oneof![9 => 0_u32..3, 1 => any::<u32>()];
    let call = || prop_oneof![9 => 0_u32..3, 1 => any::<u32>()];
    prop_oneof![
        (text(), text()).prop_map(|(id, model)| Event::Start { id, model }),
        (choice(), text()).prop_map(|(choice, text)| Event::Text { choice, text }),
        (choice(), text()).prop_map(|(choice, text)| Event::Thought { choice, text }),
        (choice(), signature(made_by)).prop_map(|(choice, signature)| Event::ThoughtSignature { choice, signature }),
        (choice(), signature(made_by)).prop_map(|(choice, signature)| Event::RedactedThought { choice, signature }),
        (choice(), text()).prop_map(|(choice, text)| Event::Refusal { choice, text }),
        (choice(), call(), text(), text(), option::of(signature(made_by)))
            .prop_map(|(choice, call, id, name, signature)| Event::CallStart { choice, call, id, name, signature }),
        (choice(), call(), text()).prop_map(|(choice, call, json)| Event::CallArguments { choice, call, json }),
        choice().prop_map(|choice| Event::Logprobs { choice, json: r#"{"content":[]}"# }),
        (choice(), finish()).prop_map(|(choice, finish)| Event::Finish { choice, finish }),
        usage().prop_map(Event::Usage),
        Just(Event::End),
    ]
}

/// A message of the user, or one of the assistant with the results of its calls.
fn turns(made_by: Upstream) -> impl Strategy<Value = Vec<Message<'static>>> {
    let user =
        message(Role::User, prop_oneof![3 => text_part(), 1 => media_part()].boxed()).prop_map(|user| vec![user]);
    let result = (vec(text_part(), 1..3), any::<bool>());
    let assistant = (vec(answer_part(made_by), 1..5), vec(result, 4)).prop_map(|(parts, results)| {
        let n_calls = parts.iter().filter(|part| matches!(part.content, Content::Call(_))).count();
        let result = |(parts, is_error)| Part::new(Content::Result { call_id: "".into(), parts, is_error });
        let results: Vec<_> = results.into_iter().take(n_calls).map(result).collect();
        let answered = (!results.is_empty()).then(|| Message::new(Role::User, results));
        [Message::new(Role::Assistant, parts)].into_iter().chain(answered).collect()
    });
    prop_oneof![user, assistant]
}

fn message(role: Role, part: BoxedStrategy<Part<'static>>) -> impl Strategy<Value = Message<'static>> {
    (vec(part, 1..3), option::weighted(0.1, word())).prop_map(move |(parts, name)| Message {
        role,
        parts,
        name: name.map(Into::into),
    })
}

fn text_part() -> impl Strategy<Value = Part<'static>> {
    let cache = option::weighted(0.2, select(vec![CacheMark::FiveMinutes, CacheMark::Hour]));
    (text(), cache).prop_map(|(text, cache)| Part { content: Content::Text(text.into()), cache })
}

fn media_part() -> impl Strategy<Value = Part<'static>> {
    let base64 = |media_type: &'static str| {
        select(BASE64).prop_map(move |data| Source::Base64 { media_type: media_type.into(), data: data.into() })
    };
    let url = Source::Url { url: "https://example.com/a.png?b=\"c\"".into(), media_type: None };
    let image = (prop_oneof![base64("image/png"), Just(url)], option::of(select(vec!["low", "high", "auto"])))
        .prop_map(|(source, detail)| Content::Image(Media { detail: detail.map(Into::into), ..Media::new(source) }));
    let document = (
        prop_oneof![3 => base64("application/pdf"), 1 => word().prop_map(|id| Source::File(id.into()))],
        option::of(word()),
    )
        .prop_map(|(source, name)| Content::Document(Media { name: name.map(Into::into), ..Media::new(source) }));
    let audio =
        prop_oneof![base64("audio/wav"), base64("audio/mp3")].prop_map(|source| Content::Audio(Media::new(source)));
    prop_oneof![3 => image, 2 => document, 1 => audio].prop_map(Part::new)
}

/// What a model says. Its calls have no ids yet.
fn answer_part(made_by: Upstream) -> impl Strategy<Value = Part<'static>> {
    let call = (word(), select(ARGUMENTS), option::weighted(0.3, signature(made_by)));
    let call = call.prop_map(|(name, arguments, signature)| {
        Content::Call(Call { id: "".into(), name: name.into(), arguments: arguments.into(), signature })
    });
    let thought = (text(), option::of(signature(made_by)))
        .prop_map(|(text, signature)| Content::Thought { text: text.into(), signature });
    prop_oneof![
        4 => text().prop_map(|text| Content::Text(text.into())),
        3 => call,
        2 => thought,
        1 => signature(made_by).prop_map(Content::RedactedThought),
    ]
    .prop_map(Part::new)
}

fn signature(made_by: Upstream) -> impl Strategy<Value = Signature<'static>> {
    "[A-Za-z0-9+/]{4,24}".prop_map(move |text| Signature::new(made_by, text))
}

fn tool() -> impl Strategy<Value = Tool<'static>> {
    (word(), option::of(some_text()), option::of(select(SCHEMAS)), option::of(any::<bool>())).prop_map(
        |(name, description, parameters, strict)| Tool {
            name: name.into(),
            description: description.map(Into::into),
            parameters: parameters.map(Into::into),
            strict,
            cache: None,
        },
    )
}

fn tool_choice() -> impl Strategy<Value = ToolChoice<'static>> {
    prop_oneof![
        Just(ToolChoice::Auto),
        Just(ToolChoice::None),
        Just(ToolChoice::Required),
        word().prop_map(|name| ToolChoice::Named(name.into())),
    ]
}

fn format() -> impl Strategy<Value = Format<'static>> {
    let schema = (word(), option::of(some_text()), select(SCHEMAS), option::of(any::<bool>()));
    let schema = schema.prop_map(|(name, description, schema, strict)| Format::Schema {
        name: Some(name.into()),
        description: description.map(Into::into),
        schema: schema.into(),
        strict,
    });
    prop_oneof![1 => Just(Format::Json), 2 => schema]
}

fn reasoning() -> impl Strategy<Value = Reasoning> {
    let effort = select(EFFORTS.to_vec()).prop_map(|effort| Reasoning { effort: Some(effort), ..Reasoning::default() });
    let budget = (1_024_u64..32_768).prop_map(|n_tokens| Reasoning { budget: Some(n_tokens), ..Reasoning::default() });
    prop_oneof![effort, budget]
}

fn finish() -> impl Strategy<Value = Finish> {
    let sequence = option::of("[a-z]{1,5}").prop_map(Finish::StopSequence);
    prop_oneof![2 => Just(Finish::Stop), 1 => sequence, 1 => Just(Finish::Length), 1 => Just(Finish::Calls), 1 => Just(Finish::Filter)]
}

fn usage() -> impl Strategy<Value = Usage> {
    (1_u64..100_000, 0_u64..1_000, 0_u64..1_000, 1_u64..1_000, 0_u64..1_000).prop_map(
        |(n_input, n_cache_read, n_cache_write, n_written, n_reasoning)| Usage {
            n_input,
            n_cache_read,
            n_cache_write,
            n_cache_write_1h: n_cache_write / 2,
            n_output: n_written + n_reasoning,
            n_reasoning,
            is_suspect: false,
        },
    )
}

/// Gives calls their ids, and results those of the calls before them.
fn number_calls(messages: &mut [Message<'static>]) {
    let mut n_calls = 0;
    let mut n_results = 0;
    for message in messages {
        number(&mut message.parts, &mut n_calls);
        for part in &mut message.parts {
            if let Content::Result { call_id, .. } = &mut part.content {
                *call_id = format!("call_{n_results}").into();
                n_results += 1;
            }
        }
    }
}

fn number(parts: &mut [Part<'static>], n_calls: &mut u32) {
    for part in parts {
        if let Content::Call(call) = &mut part.content {
            call.id = format!("call_{n_calls}").into();
            *n_calls += 1;
        }
    }
}
