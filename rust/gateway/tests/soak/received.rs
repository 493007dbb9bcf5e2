//! What a client got, and whether it may be that.

use std::collections::BTreeMap;

use serde_json::Value;
use tiercel_gateway::{Reply, Step};

use crate::reply::Said;

/// All that went to a client.
#[derive(Default)]
pub(crate) struct Received {
    head: Option<Reply>,
    body: Vec<u8>,
    reply: Option<Reply>,
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Terminal,
    Error,
}

impl Received {
    pub(crate) fn take(&mut self, step: &mut Step) {
        if let Some(head) = step.head.take() {
            assert!(self.head.replace(head).is_none(), "a second head");
        }
        assert!(step.body.is_empty() || self.head.is_some(), "a body before its head");
        self.body.append(&mut step.body);
    }

    pub(crate) fn reply(&mut self, reply: Option<Reply>) {
        self.reply = reply;
    }

    /// Holds it against what providers said to this call, each under its number, and against the line of the log.
    pub(crate) fn check(&self, said: &BTreeMap<usize, Said>, outcome: &str, has_left: bool) {
        match (&self.head, &self.reply) {
            (Some(_), reply) => {
                let rest = reply.as_ref().map_or(&[][..], |reply| &reply.body);
                let stream = [&self.body, rest].concat();
                let (text, end) = read_stream(std::str::from_utf8(&stream).unwrap());
                let source = source(&text, said);
                let is_whole = source.is_some_and(|said| said.is_whole && said.text == text);
                match end {
                    Some(End::Terminal) => {
                        assert!(is_whole, "a stream that broke off is passed off as whole");
                        assert_eq!("answered", outcome, "of a whole stream");
                    }
                    Some(End::Error) => assert_ne!("answered", outcome, "of a stream with an error"),
                    None => assert!(has_left, "a stream without an end"),
                }
            }
            (None, Some(reply)) if reply.status == 200 => {
                let answer: Value = serde_json::from_slice(&reply.body).unwrap();
                let texts = [&answer["choices"][0]["message"]["content"], &answer["content"][0]["text"]];
                let text = texts.into_iter().find_map(Value::as_str).unwrap_or_default();
                let is_whole = source(text, said).is_some_and(|said| said.is_whole && said.text == text);
                assert!(is_whole, "an answer that broke off is passed off as whole: {answer}");
                assert_eq!("answered", outcome, "of a whole answer");
            }
            (None, Some(_)) => assert!(["failed", "rejected"].contains(&outcome), "{outcome}, of an error"),
            (None, None) => assert!(has_left, "no answer at all"),
        }
    }
}

/// The one answer that `text` is the beginning of; `None` where there is no text.
fn source<'a>(text: &str, said: &'a BTreeMap<usize, Said>) -> Option<&'a Said> {
    let number = text.strip_prefix('[')?.split_once('.')?.0.parse().unwrap();
    assert!(said.contains_key(&number), "{text} was said to another call");
    let said = &said[&number];
    assert!(said.text.starts_with(text), "{text} is not the beginning of one answer");
    Some(said)
}

/// The text of a stream, and its end.
fn read_stream(stream: &str) -> (String, Option<End>) {
    let (mut text, mut end) = (String::new(), None);
    for event in stream.split_inclusive("\n\n") {
        assert!(event.ends_with("\n\n"), "half an event: {event}");
        let Some(data) = event.lines().find_map(|line| line.strip_prefix("data: ")) else { continue };
        assert!(end.is_none(), "{data} after the end");
        if data == "[DONE]" {
            end = Some(End::Terminal);
            continue;
        }
        let data: Value = serde_json::from_str(data).unwrap();
        if data["type"] == "message_stop" {
            end = Some(End::Terminal);
        } else if data["error"].is_object() {
            end = Some(End::Error);
        }
        let pieces = [&data["choices"][0]["delta"]["content"], &data["delta"]["text"]];
        text.extend(pieces.into_iter().filter_map(Value::as_str));
    }
    (text, end)
}
