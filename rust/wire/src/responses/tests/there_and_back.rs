//! What is written and read again says the same, and nothing that is read makes the reader fail otherwise than by an
//! error.

use proptest::prelude::*;

use super::{config, context, hi, parsed, target};
use crate::chat::{Answer, Call, Content, Finish, Lost, Message, Part, Reasoning, Request, Role, Source, arbitrary};
use crate::responses::{read_answer, read_request, write_answer, write_request};
use crate::{Endpoint, Quirks, Upstream, Usage};

/// `form` without what this dialect cannot say, as it reads what is left.
fn said(mut form: Request<'static>) -> Request<'static> {
    (form.top_k, form.frequency_penalty, form.presence_penalty, form.seed) = (None, None, None, None);
    (form.stop, form.n) = (Vec::new(), 0);
    for tool in &mut form.tools {
        tool.strict = Some(tool.strict.unwrap_or_default());
    }
    form.reasoning = form.reasoning.map(|reasoning| Reasoning { effort: reasoning.effort(), ..Reasoning::default() });
    for message in std::mem::take(&mut form.messages) {
        let parts: Vec<_> = message.parts.into_iter().filter_map(said_part).collect();
        let is_result = |part: Option<&Part<'_>>| matches!(part, Some(Part { content: Content::Result { .. }, .. }));
        match form.messages.last_mut() {
            _ if parts.is_empty() => {}
            Some(last)
                if last.role == message.role
                    && (last.role == Role::Assistant || is_result(last.parts.last()) && is_result(parts.first())) =>
            {
                last.parts.extend(parts);
            }
            _ => form.messages.push(Message::new(message.role, parts)),
        }
    }
    form
}

fn said_part(part: Part<'static>) -> Option<Part<'static>> {
    let content = match part.content {
        Content::Audio(_) | Content::Thought { signature: None, .. } => return None,
        Content::Document(document) if matches!(document.source, Source::File(_)) => return None,
        Content::Image(mut image) => {
            image.detail.get_or_insert("auto".into());
            Content::Image(image)
        }
        Content::Document(mut document) => {
            document.name.get_or_insert("document.pdf".into());
            Content::Document(document)
        }
        Content::Call(call) => Content::Call(Call { signature: None, ..call }),
        Content::Result { call_id, parts, .. } => {
            Content::Result { call_id, parts: parts.into_iter().filter_map(said_part).collect(), is_error: false }
        }
        other => other,
    };
    Some(Part::new(content))
}

/// `answer` as this dialect tells it: one choice, texts that follow one another as one.
fn told(answer: Answer<'_>, model: &str) -> Answer<'static> {
    let mut parts: Vec<Part<'static>> = Vec::new();
    let choice = answer.choices.into_iter().next().unwrap();
    for part in choice.parts {
        match (part.content, parts.last_mut()) {
            (Content::Text(text), Some(Part { content: Content::Text(said), .. })) => said.to_mut().push_str(&text),
            (Content::Text(text), _) => parts.push(Part::text(text.into_owned())),
            (Content::Refusal(text), _) => parts.push(Part::new(Content::Refusal(text.into_owned().into()))),
            (Content::Call(call), _) => {
                let [id, name, arguments] = [call.id, call.name, call.arguments].map(|text| text.into_owned().into());
                parts.push(Part::new(Content::Call(Call { id, name, arguments, signature: None })));
            }
            // How signatures come through is told of by the table of answers.
            _ => {}
        }
    }
    let has_calls = parts.iter().any(|part| matches!(part.content, Content::Call(_)));
    let finish = match choice.finish {
        Finish::Stop | Finish::StopSequence(_) | Finish::Calls if has_calls => Finish::Calls,
        Finish::Stop | Finish::StopSequence(_) | Finish::Calls => Finish::Stop,
        cut => cut,
    };
    let id = if answer.id.is_empty() { "resp_7".into() } else { answer.id.into_owned().into() };
    let model = if answer.model.is_empty() { model.to_owned().into() } else { answer.model.into_owned().into() };
    let choices = vec![crate::chat::Choice { parts, finish, logprobs: None }];
    // How long something is kept in the cache is not told.
    let usage = answer.usage.map(|usage| Usage { n_cache_write_1h: 0, ..usage });
    Answer { id, model, choices, usage }
}

fn without_thoughts(mut answer: Answer<'_>) -> Answer<'_> {
    for choice in &mut answer.choices {
        choice.logprobs = None;
        choice.parts.retain(|part| !matches!(part.content, Content::Thought { .. } | Content::RedactedThought(_)));
    }
    answer
}

proptest! {
    #![proptest_config(config(512))]

    #[test]
    fn a_request_says_the_same(form in arbitrary::request(Upstream::Responses)) {
        let body = write_request(&form, &target(Quirks::default()), &mut Lost::default());
        let said = said(form);
        prop_assume!(said.messages.iter().any(|message| message.role != Role::System));
        let request = parsed(std::str::from_utf8(&body).unwrap());

        prop_assert_eq!(Ok(said), read_request(&request));
    }

    #[test]
    fn an_answer_says_the_same(answer in arbitrary::answer(Upstream::Responses)) {
        let request = parsed(&hi(""));
        // A thought parts two texts; without it they are one.
        let answer = without_thoughts(answer);
        let body = write_answer(&answer, &context(&request));
        let read = read_answer(std::str::from_utf8(&body).unwrap()).map(without_thoughts);

        prop_assert_eq!(Ok(told(answer, request.model())), read);
    }

    #[test]
    fn no_body_is_too_odd(members in any::<String>(), place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut body = FULL.as_bytes().to_vec();
        let place = place.index(body.len());
        body[place] = byte;
        for body in [body, hi(&members).into_bytes()] {
            if let Ok(request) = crate::Request::parse(Endpoint::Responses, None, &body) {
                let _ = read_request(&request).map(drop);
            }
            let _ = std::str::from_utf8(&body).map(|text| read_answer(text).map(drop));
        }
    }
}

/// Something of everything, so that a changed byte can hit it.
const FULL: &str = r#"{"model":"m","instructions":"s","input":[{"role":"user","content":[{"type":"input_text","text":"a"},{"type":"input_image","image_url":"data:image/png;base64,aGk="},{"type":"input_file","file_id":"file-1"}]},{"type":"reasoning","summary":[{"type":"summary_text","text":"t"}],"encrypted_content":"tiercel.call.x"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"1"}],"tools":[{"type":"function","name":"f","parameters":{}}],"tool_choice":{"type":"function","name":"f"},"text":{"format":{"type":"json_schema","name":"n","schema":{}}},"reasoning":{"effort":"low"},"include":["message.output_text.logprobs"],"output":[{"type":"message","content":[{"type":"output_text","text":"b","logprobs":[{}]}]},{"type":"reasoning","summary":[]}],"usage":{"input_tokens":1,"output_tokens":2}}"#;

#[test]
fn requests_of_clients_say_the_same() {
    let check = |name: &str, members: &str| {
        let request = parsed(&hi(members));
        let form = read_request(&request).unwrap();
        let body = write_request(&form, &target(Quirks::default()), &mut Lost::default());
        let again = parsed(std::str::from_utf8(&body).unwrap());

        assert_eq!(Ok(&form), read_request(&again).as_ref(), "{name}");
    };
    check("plainly", "");
    check("instructions", r#","instructions":"s""#);
    check("numbers", r#","temperature":0.70,"top_p":1E-1,"max_output_tokens":9"#);
    check("thinking", r#","reasoning":{"effort":"xhigh","summary":"auto"},"include":["reasoning.encrypted_content"]"#);
    check("a format", r#","text":{"format":{"type":"json_schema","name":"n","schema":{ "a" : 1.0 },"strict":true}}"#);
    check("tools", r#","tools":[{"type":"function","name":"f","parameters":{ },"strict":false}],"tool_choice":"none""#);
    check("log probabilities", r#","top_logprobs":3,"parallel_tool_calls":true,"stream":true,"user":"u""#);
}
