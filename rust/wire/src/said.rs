//! What an answer says, read from what a client was sent.

use crate::chat::{Content, Event, Finish};
use crate::endpoint::Task;
use crate::stream::{Framing, Interruption, ReadEvents};
use crate::{Client, Request, Upstream, anthropic, gemini, openai, responses};

/// An answer that is whole and for anybody who asks the same.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    /// Its text, without thoughts; empty for embeddings.
    pub text: String,
}

impl Request {
    /// What `body`, all of an answer to this request in its own dialect, says.
    ///
    /// # Errors
    /// Why it is no answer for others, in a word: it broke off, was kept back, was refused, or calls tools.
    pub fn said(&self, body: &[u8]) -> Result<Said, &'static str> {
        match self.endpoint.task() {
            Task::Embed => Ok(Said { text: String::new() }),
            Task::Count => Err("endpoint"),
            Task::Generate if self.is_stream => stream_says(self.endpoint.client(), body),
            Task::Generate => whole_says(self.endpoint.client(), body),
        }
    }
}

fn whole_says(client: Client, body: &[u8]) -> Result<Said, &'static str> {
    let text = std::str::from_utf8(body).map_err(|_| "unread")?;
    let answer = match client {
        Client::OpenAi => openai::read_answer(text),
        Client::Responses => responses::read_answer(text),
        Client::Anthropic => anthropic::read_answer(text),
        Client::Gemini => gemini::read_answer(text),
    };
    let answer = answer.map_err(|_| "unread")?;
    let [choice] = &*answer.choices else { return Err("choices") };
    let mut said = Said { text: String::new() };
    for part in &choice.parts {
        match &part.content {
            Content::Text(text) => said.text.push_str(text),
            Content::Call(_) => return Err("tool_calls"),
            Content::Refusal(_) => return Err("refused"),
            _ => {}
        }
    }
    check(&choice.finish).map(|()| said)
}

fn stream_says(client: Client, mut body: &[u8]) -> Result<Said, &'static str> {
    let (upstream, mut reader): (_, Box<dyn ReadEvents>) = match client {
        Client::OpenAi => (Upstream::OpenAi, Box::new(openai::EventReader::new(1))),
        Client::Responses => (Upstream::Responses, Box::<responses::EventReader>::default()),
        Client::Anthropic => (Upstream::Anthropic, Box::<anthropic::EventReader>::default()),
        Client::Gemini => (Upstream::Gemini, Box::<gemini::EventReader>::default()),
    };
    let mut said = Said { text: String::new() };
    let (mut is_whole, mut fault) = (false, None);
    let mut listen = |event: Event<'_>| match event {
        Event::Text { text, .. } => said.text.push_str(text),
        Event::CallStart { .. } => fault = fault.or(Some("tool_calls")),
        Event::Refusal { .. } => fault = fault.or(Some("refused")),
        Event::Finish { finish, .. } => fault = fault.or(check(&finish).err()),
        Event::End => is_whole = true,
        _ => {}
    };
    let mut framing = Framing::of(upstream);
    let mut read = || -> Result<(), Interruption> {
        while let Some(event) = framing.next(&mut body)? {
            reader.read(&event, &mut listen)?;
        }
        if let Some(event) = framing.end()? {
            reader.read(&event, &mut listen)?;
        }
        reader.end(&mut listen)
    };
    // Once a stream has said that it is at its end, that the body ends too is no fault.
    let was_read = read().is_ok();
    match fault {
        Some(word) => Err(word),
        None if was_read || is_whole => Ok(said),
        None => Err("unread"),
    }
}

fn check(finish: &Finish) -> Result<(), &'static str> {
    match finish {
        Finish::Stop | Finish::StopSequence(_) => Ok(()),
        Finish::Length => Err("truncated"),
        Finish::Calls => Err("tool_calls"),
        Finish::Filter => Err("filtered"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Endpoint;

    fn said(endpoint: Endpoint, request: &str, answer: &str) -> Result<String, &'static str> {
        Request::parse(endpoint, Some("m"), request.as_bytes()).unwrap().said(answer.as_bytes()).map(|said| said.text)
    }

    #[test]
    fn what_whole_answers_say() {
        let check = |expected: Result<&str, &'static str>, answer: &str| {
            let request = r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#;
            let found = said(Endpoint::ChatCompletions, request, answer);
            assert_eq!(expected.map(str::to_owned), found, "{answer}");
        };
        let answer = |message: &str, finish: &str| {
            format!(r#"{{"choices":[{{"index":0,"message":{message},"finish_reason":"{finish}"}}]}}"#)
        };
        check(Ok("hello"), &answer(r#"{"role":"assistant","content":"hello"}"#, "stop"));
        check(Err("truncated"), &answer(r#"{"role":"assistant","content":"hel"}"#, "length"));
        check(Err("filtered"), &answer(r#"{"role":"assistant","content":""}"#, "content_filter"));
        check(Err("refused"), &answer(r#"{"role":"assistant","content":null,"refusal":"no"}"#, "stop"));
        let call = r#"{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]}"#;
        check(Err("tool_calls"), &answer(call, "tool_calls"));
        check(Err("unread"), r#"{"choices":[]}"#);
        check(Err("unread"), "<html>");
    }

    #[test]
    fn what_streams_say() {
        let check = |case: &str, expected: Result<&str, &'static str>, events: &[&str]| {
            let request = r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}"#;
            let stream = events.iter().map(|event| ["data: ", event, "\n\n"].concat()).collect::<Vec<_>>().concat();
            assert_eq!(expected.map(str::to_owned), said(Endpoint::ChatCompletions, request, &stream), "{case}");
        };
        let text = r#"{"id":"1","choices":[{"index":0,"delta":{"role":"assistant","content":"hel"}}]}"#;
        let more = r#"{"id":"1","choices":[{"index":0,"delta":{"content":"lo"}}]}"#;
        let end = r#"{"id":"1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
        check("whole", Ok("hello"), &[text, more, end, "[DONE]"]);
        check("cut off", Err("unread"), &[text, more]);
        check("too long", Err("truncated"), &[text, &end.replace("stop", "length"), "[DONE]"]);
        check("kept back", Err("filtered"), &[text, &end.replace("stop", "content_filter"), "[DONE]"]);
        check("no events", Err("unread"), &["<html>"]);
    }
}
