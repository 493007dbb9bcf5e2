//! There and back keeps meaning, and no input panics.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;

use super::{MODEL, request, target, with};
use crate::anthropic::{EventReader, EventWriter, read_answer, read_request, write_answer, write_request};
use crate::chat::{self, Answer, Content, Effort, Event, Format, Lost, Message, Part, Role, Source, arbitrary};
use crate::stream::{ReadEvents, WriteEvents};
use crate::translation::Context;
use crate::{Endpoint, Request, Upstream, sse};

/// What is left of a form for `MODEL`, as `write_request` promises.
fn expected(mut form: chat::Request<'static>) -> chat::Request<'static> {
    if form.has_only_instructions() {
        form.messages.iter_mut().for_each(|message| message.role = Role::User);
    }
    let system = form.messages.iter().filter(|message| message.role == Role::System);
    let system: Vec<_> = system.flat_map(|message| message.parts.clone()).filter(is_kept).collect();
    let mut messages: Vec<Message<'_>> = Vec::new();
    if !system.is_empty() {
        messages.push(Message::new(Role::System, system));
    }
    for message in form.messages.into_iter().filter(|message| message.role != Role::System) {
        let parts: Vec<_> = message.parts.into_iter().filter(is_kept).map(plain).collect();
        match messages.last_mut().filter(|last| last.role == message.role) {
            Some(last) => last.parts.extend(parts),
            None if parts.is_empty() => {}
            None => messages.push(Message::new(message.role, parts)),
        }
    }
    for message in &mut messages {
        message.parts.sort_by_key(|part| !matches!(part.content, Content::Result { .. }));
    }
    form.messages = messages;
    for tool in &mut form.tools {
        tool.parameters = tool.parameters.take().or(Some(r#"{"type":"object","properties":{}}"#.into()));
        tool.strict = tool.strict.filter(|is_strict| *is_strict);
    }
    if form.tools.is_empty() {
        form.tool_choice = None;
    } else if form.parallel_calls == Some(false) {
        form.tool_choice = form.tool_choice.or(Some(chat::ToolChoice::Auto));
    }
    let is_choosing = !matches!(form.tool_choice, None | Some(chat::ToolChoice::None));
    form.parallel_calls = form.parallel_calls.filter(|is_parallel| !is_parallel && is_choosing);
    form.format = form.format.and_then(|format| match format {
        Format::Json => None,
        Format::Schema { schema, description, .. } => {
            let schema = match description {
                // A space is not kept at the start, as the description goes there.
                Some(_) => return None,
                None => schema,
            };
            Some(Format::Schema { name: None, description: None, schema, strict: None })
        }
    });
    let last =
        form.messages.iter().rfind(|message| message.role == Role::Assistant).map_or(&[][..], |last| &last.parts);
    let is_in_the_midst = last.iter().any(|part| matches!(part.content, Content::Call(_)))
        && !matches!(last[0].content, Content::Thought { .. } | Content::RedactedThought(_));
    let is_refused = is_in_the_midst || form.forces_call();
    let max_tokens = form.max_tokens.unwrap_or(64_000);
    form.reasoning = form.reasoning.and_then(|mut reasoning| {
        let budget = reasoning.budget().unwrap_or(Effort::Medium.budget());
        let thinks = max_tokens > 1_024 && reasoning.effort() != Some(Effort::None) && !is_refused;
        reasoning.budget = Some(budget.clamp(1_024, max_tokens.max(1_025) - 1));
        reasoning.effort = None;
        thinks.then_some(reasoning)
    });
    form.max_tokens = Some(max_tokens);
    let is_free = form.reasoning.is_none();
    let keep = |number: &&str| is_free && !matches!(number.parse(), Ok(1.0));
    form.temperature = form.temperature.filter(keep);
    form.top_p = form.top_p.filter(keep).filter(|_| form.temperature.is_none());
    form.top_k = form.top_k.filter(|_| is_free);
    form.stop.retain(|text| !text.trim().is_empty());
    chat::Request { n: 0, logprobs: None, seed: None, frequency_penalty: None, presence_penalty: None, ..form }
}

fn is_kept(part: &Part<'_>) -> bool {
    match &part.content {
        Content::Text(text) => !text.trim().is_empty(),
        Content::Audio(_) | Content::Thought { signature: None, .. } => false,
        Content::Document(media) => !matches!(media.source, Source::File(_)),
        _ => true,
    }
}

fn plain(mut part: Part<'static>) -> Part<'static> {
    match &mut part.content {
        Content::Image(media) => media.detail = None,
        Content::Call(call) => call.signature = None,
        Content::Result { parts, .. } => parts.retain(is_kept),
        _ => {}
    }
    part
}

/// What is left of an answer: its first choice, in blocks that say something.
fn expected_parts(answer: &Answer<'static>) -> Vec<Part<'static>> {
    let parts = answer.choices[0].parts.iter().cloned().map(|part| match part.content {
        Content::Refusal(text) => Part::new(Content::Text(text)),
        Content::Call(call) => Part::new(Content::Call(chat::Call { signature: None, ..call })),
        content => Part::new(content),
    });
    parts.filter(|part| !matches!(&part.content, Content::Text(text) if text.is_empty())).collect()
}

/// Without what only Anthropic's clients can carry: what marks unsigned thoughts and signed calls.
fn unmarked(parts: Vec<Part<'_>>) -> Vec<Part<'_>> {
    let parts = parts.into_iter().filter(|part| match &part.content {
        Content::RedactedThought(signature) => !signature.text.starts_with("tiercel.call."),
        _ => true,
    });
    let mut parts: Vec<_> = parts.collect();
    for part in &mut parts {
        if let Content::Thought { signature, .. } = &mut part.content
            && signature.as_ref().is_some_and(|signature| signature.text == "tiercel.unsigned")
        {
            *signature = None;
        }
    }
    parts
}

fn read_events(body: &[u8]) -> (Vec<Event<'static>>, bool) {
    let mut decoder = sse::Decoder::default();
    let mut reader = EventReader::default();
    let (mut input, mut events) = (body, Vec::new());
    while let Ok(Some(event)) = decoder.next(&mut input) {
        let mut sink = |event: Event<'_>| events.extend(said(&event));
        if reader.read(&event, &mut sink).is_err() {
            return (events, false);
        }
    }
    (events, true)
}

/// The event with strings of its own, in pieces as they come together again: one letter at a time.
fn said(event: &Event<'_>) -> Vec<Event<'static>> {
    let leak = |text: &str| -> &'static str { text.to_owned().leak() };
    let letters = |text: &str| -> Vec<&'static str> { text.chars().map(|letter| leak(&letter.to_string())).collect() };
    let own =
        |signature: &chat::Signature<'_>| chat::Signature::new(signature.made_by, signature.text.clone().into_owned());
    match event {
        Event::Text { text, .. } | Event::Refusal { text, .. } => {
            letters(text).into_iter().map(|text| Event::Text { choice: 0, text }).collect()
        }
        Event::Thought { text, .. } => {
            letters(text).into_iter().map(|text| Event::Thought { choice: 0, text }).collect()
        }
        Event::ThoughtSignature { signature, .. } if signature.text == "tiercel.unsigned" => Vec::new(),
        Event::ThoughtSignature { signature, .. } => {
            vec![Event::ThoughtSignature { choice: 0, signature: own(signature) }]
        }
        Event::RedactedThought { signature, .. } if signature.text.starts_with("tiercel.call.") => Vec::new(),
        Event::RedactedThought { signature, .. } => {
            vec![Event::RedactedThought { choice: 0, signature: own(signature) }]
        }
        Event::CallStart { call, id, name, .. } => {
            vec![Event::CallStart { choice: 0, call: *call, id: leak(id), name: leak(name), signature: None }]
        }
        Event::CallArguments { call, json, .. } => {
            letters(json).into_iter().map(|json| Event::CallArguments { choice: 0, call: *call, json }).collect()
        }
        Event::Start { id, model } => vec![Event::Start { id: leak(id), model: leak(model) }],
        Event::Finish { finish, .. } => vec![Event::Finish { choice: 0, finish: finish.clone() }],
        Event::End => vec![Event::End],
        Event::Usage(_) | Event::Logprobs { .. } => Vec::new(),
    }
}

fn context(request: &Request) -> Context<'_> {
    Context { request, id: "req_1", unix_seconds: 0 }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(4), ..ProptestConfig::default() })]

    #[test]
    fn requests_there_and_back(form in arbitrary::request(Upstream::Anthropic)) {
        // Whether thoughts may begin is told by all that the user says, what is lost of it included.
        let is_media = |part: &Part<'_>| matches!(part.content, Content::Audio(_) | Content::Document(_));
        prop_assume!(!form.messages.iter().any(|message| message.parts.iter().all(is_media)));
        let body = String::from_utf8(write_request(&form, &target(MODEL), &mut Lost::default())).unwrap();
        let mut expected = expected(form);
        // Of a form of which nothing is left there is no request.
        prop_assume!(expected.messages.iter().any(|message| message.role != Role::System));
        let request = request(&body);
        let mut read = read_request(&request).unwrap();

        // A schema with a description comes back as one schema.
        if expected.format.is_none() {
            expected.format.clone_from(&read.format);
        }
        read.messages.iter_mut().for_each(|message| message.name = None);
        prop_assert!(expected == read, "{body}");
    }

    #[test]
    fn answers_there_and_back(answer in arbitrary::answer(Upstream::Anthropic)) {
        let request = request(&with(""));
        let body = String::from_utf8(write_answer(&answer, &context(&request))).unwrap();
        let read = read_answer(&body).ok().unwrap();

        prop_assert!(answer.usage == read.usage, "{body}");
        prop_assert!(answer.choices[0].finish == read.choices[0].finish, "{body}");
        prop_assert!(expected_parts(&answer) == unmarked(read.choices[0].parts.clone()), "{body}");
    }

    #[test]
    fn streams_there_and_back(events in arbitrary::stream(Upstream::Anthropic, 1)) {
        let request = request(&with(""));
        let mut writer = EventWriter::new(&context(&request));
        let mut body = Vec::new();
        for event in &events {
            writer.write(event, &mut body);
        }
        let (read, is_good) = read_events(&body);

        let expected: Vec<_> = events.iter().flat_map(said).collect();
        prop_assert!(is_good);
        prop_assert!(expected == read, "{}", String::from_utf8_lossy(&body));
    }

    #[test]
    fn no_body_panics(body in any::<String>(), noise in any::<char>(), place in any::<Index>()) {
        let golden = include_str!("../../../tests/golden/anthropic/cached.request.json");
        let places: Vec<usize> = golden.char_indices().map(|(place, _)| place).collect();
        let place = places[place.index(places.len())];
        let next = place + golden[place..].chars().next().map_or(0, char::len_utf8);
        let replaced = [&golden[..place], &noise.to_string(), &golden[next..]].concat();
        for body in [&*body, &replaced, &golden[..place]] {
            if let Ok(request) = Request::parse(Endpoint::Messages, None, body.as_bytes()) {
                let _ = read_request(&request).map(|form| write_request(&form, &target(MODEL), &mut Lost::default()));
                request.encode(&target(MODEL), &mut Vec::new());
            }
        }
    }

    #[test]
    fn no_answer_panics(body in any::<String>(), noise in any::<char>(), place in any::<Index>()) {
        let answer = include_str!("../../../tests/golden/anthropic/thinking.answer.json");
        let stream = include_str!("../../../tests/golden/anthropic/tools.stream.txt");
        for golden in [answer, stream] {
            let places: Vec<usize> = golden.char_indices().map(|(place, _)| place).collect();
            let place = places[place.index(places.len())];
            let next = place + golden[place..].chars().next().map_or(0, char::len_utf8);
            let replaced = [&golden[..place], &noise.to_string(), &golden[next..]].concat();
            for body in [&*body, &replaced] {
                let _ = read_answer(body);
                let _ = read_events(body.as_bytes());
            }
        }
    }
}
