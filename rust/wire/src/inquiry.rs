//! What makes two requests the same question, but for the words of it.
//!
//! # Why everything counts that is not known not to
//! A parameter that is newer than this code may change the answer. So the list is of what is left out: how the answer
//! is to travel, and what clients note for themselves.
//!
//! # Why as it is spelt
//! Two spellings of the same value make two questions, which costs a second answer; a reading that takes two values for
//! one gives somebody the answer to what was not asked. Only the order of the top-level members is made the same, since
//! that differs between SDKs.

use std::borrow::Cow;
use std::ops::Range;

use crate::endpoint::Task;
use crate::json::{Cursor, Fault, Object, Shape, Value};
use crate::{Endpoint, Outline, Request};

/// What changes no answer: how it travels, and notes.
const LEFT_OUT: [&str; 8] = [
    "stream",
    "stream_options",
    "metadata",
    "labels",
    "user",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
];

/// Members by which an answer depends on what the provider remembers, or is to come later.
const STATE: [&str; 3] = ["previous_response_id", "conversation", "background"];

/// A request as a cache sees it.
pub struct Inquiry<'a> {
    /// What the answer depends on beside the last text of the user: names and values of the body's members in the order
    /// of their names. That text is left out where it stands, which cuts the value around it in two.
    pub pieces: Vec<&'a str>,
    /// The last text of the user, where there is one.
    pub question: Option<Cow<'a, str>>,
    /// How freely the model is to write, where the client says so.
    pub temperature: Option<f64>,
    /// Why its answer is none for others, in a word.
    pub is_for_nobody_else: Option<&'static str>,
}

impl Request {
    /// What it asks; `outline` is its own.
    pub fn inquiry(&self, outline: &Outline<'_>) -> Inquiry<'_> {
        let mut members = Vec::new();
        let mut cursor = Cursor::new(&self.body);
        let walked = cursor.object(|cursor, key| {
            let shape = cursor.shape()?;
            let start = cursor.position();
            let value = cursor.skip()?;
            members.push((key.name(), key.spelt(), shape, start..start + value.len()));
            Ok::<_, Fault>(())
        });
        members.sort_by(|left, right| left.0.cmp(&right.0));
        let (mut temperature, mut has_state) = (None, false);
        let mut pieces = Vec::with_capacity(2 * members.len() + 1);
        for (name, spelt, shape, span) in members {
            let value = &self.body[span.clone()];
            match &*name {
                "temperature" => temperature = value.parse().ok(),
                "generationConfig" | "generation_config" => {
                    let config = Object::parse(value).ok();
                    temperature = config.and_then(|config| config.get("temperature")?.number()?.parse().ok());
                }
                name => has_state |= STATE.contains(&name) && !matches!(shape, Shape::Null | Shape::False),
            }
            if !LEFT_OUT.contains(&&*name) {
                pieces.push(spelt);
                self.push_without(&mut pieces, span, outline.last_text.as_ref());
            }
        }
        // With the quotes around it, it is a value; one that no string can hold has none.
        let literal = outline.last_text.as_ref().map(|span| &self.body[span.start - 1..=span.end]);
        let question = literal.map(|literal| {
            let value = Value::parse(literal).ok()?;
            value.string().filter(|_| value.is_exact_string())
        });
        let is_for_nobody_else = match (self.endpoint.task(), self.endpoint) {
            // The body was read before; what cannot be read now is not understood.
            _ if walked.is_err() || question == Some(None) => Some("unread"),
            (Task::Count, _) | (_, Endpoint::Completions) => Some("endpoint"),
            _ if outline.is_in_tool_loop => Some("tool_results"),
            _ if self.n_choices > 1 => Some("choices"),
            _ if has_state => Some("state"),
            _ => None,
        };
        Inquiry { pieces, question: question.flatten(), temperature, is_for_nobody_else }
    }

    /// Adds the value at `span`, with what stands at `hole` left out.
    fn push_without<'a>(&'a self, pieces: &mut Vec<&'a str>, span: Range<usize>, hole: Option<&Range<usize>>) {
        match hole.filter(|hole| span.start <= hole.start && hole.end <= span.end) {
            None => pieces.push(&self.body[span]),
            Some(hole) => pieces.extend([&self.body[span.start..hole.start], &self.body[hole.end..span.end]]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(endpoint: Endpoint, body: &str) -> Request {
        Request::parse(endpoint, Some("m"), body.as_bytes()).unwrap()
    }

    fn pieces(endpoint: Endpoint, body: &str) -> Vec<String> {
        let request = request(endpoint, body);
        request.inquiry(&request.outline()).pieces.into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn what_is_the_same_question() {
        let check = |case: &str, is_same, endpoint, one: &str, other: &str| {
            assert_eq!(is_same, pieces(endpoint, one) == pieces(endpoint, other), "{case}");
        };
        let chat = Endpoint::ChatCompletions;
        let body = r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#;
        check("the same", true, chat, body, body);
        let words = r#"{"model":"m","messages":[{"role":"user","content":"bye"}]}"#;
        check("other last words", true, chat, body, words);
        let order = r#"{"messages":[{"role":"user","content":"hi"}],"model":"m"}"#;
        check("another order", true, chat, body, order);
        let stream = r#"{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}]}"#;
        check("a stream", true, chat, body, stream);
        let user = r#"{"model":"m","user":"u","metadata":{"a":"b"},"messages":[{"role":"user","content":"hi"}]}"#;
        check("another user's", true, chat, body, user);
        let model = r#"{"model":"n","messages":[{"role":"user","content":"hi"}]}"#;
        check("another model", false, chat, body, model);
        let new = r#"{"model":"m","newer_than_us":1,"messages":[{"role":"user","content":"hi"}]}"#;
        check("something unknown", false, chat, body, new);
        let system = r#"{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"hi"}]}"#;
        check("instructions", false, chat, body, system);
        let one = r#"{"model":"m","messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}"#;
        let other = one.replace(r#""a""#, r#""x""#);
        check("another history", false, chat, one, &other);
        let part = |image: &str| {
            format!(
                r#"{{"model":"m","messages":[{{"role":"user","content":[{{"type":"text","text":"hi"}},{{"type":"image_url","image_url":{{"url":"{image}"}}}}]}}]}}"#
            )
        };
        check("another image", false, chat, &part("a"), &part("b"));
        let max = |n: u32| format!(r#"{{"model":"m","max_tokens":{n},"messages":[{{"role":"user","content":"hi"}}]}}"#);
        check("another bound", false, Endpoint::Messages, &max(1), &max(2));
        let input = |text: &str| format!(r#"{{"model":"m","input":"{text}"}}"#);
        check("a text alone", true, Endpoint::Responses, &input("a"), &input("b"));
        check("what is embedded", false, Endpoint::Embeddings, &input("a"), &input("b"));
        let contents = |text: &str, mark: &str| {
            format!(r#"{{"contents":[{{"role":"user","parts":[{{"text":"{mark}"}},{{"text":"{text}"}}]}}]}}"#)
        };
        check("the last of two texts", true, Endpoint::GenerateContent, &contents("a", "x"), &contents("b", "x"));
        check("the first of two", false, Endpoint::GenerateContent, &contents("a", "x"), &contents("a", "y"));
    }

    #[test]
    fn where_the_hole_is() {
        let body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a \\\"b\\\" c\"}]}";

        assert_eq!(
            ["messages", r#"[{"role":"user","content":""#, r#""}]"#, "model", r#""m""#].as_slice(),
            pieces(Endpoint::ChatCompletions, body)
        );
    }

    #[test]
    fn what_the_last_words_are() {
        let check = |expected: Option<&str>, content: &str| {
            let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":{content}}}]}}"#);
            let request = request(Endpoint::ChatCompletions, &body);
            let inquiry = request.inquiry(&request.outline());
            let found = (inquiry.question.as_deref(), inquiry.is_for_nobody_else.is_some());
            assert_eq!((expected, expected.is_none()), found, "{content}");
        };
        check(Some("hi"), r#""hi""#);
        check(Some("caf\u{e9} \"x\""), r#""caf\u00e9 \"x\"""#);
        check(Some("b"), r#"[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#);
        check(None, r#""\ud800""#);
    }

    #[test]
    fn which_answers_are_for_nobody_else() {
        let check = |expected: Option<&str>, endpoint, body: &str| {
            let request = request(endpoint, body);
            assert_eq!(expected, request.inquiry(&request.outline()).is_for_nobody_else, "{body}");
        };
        let chat = Endpoint::ChatCompletions;
        check(None, chat, r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#);
        check(Some("choices"), chat, r#"{"model":"m","n":2,"messages":[{"role":"user","content":"hi"}]}"#);
        let tools = r#"{"model":"m","messages":[{"role":"user","content":"hi"},{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"1","content":"r"}]}"#;
        check(Some("tool_results"), chat, tools);
        check(Some("state"), Endpoint::Responses, r#"{"model":"m","previous_response_id":"r","input":"hi"}"#);
        check(
            None,
            Endpoint::Responses,
            r#"{"model":"m","previous_response_id":null,"background":false,"input":"hi"}"#,
        );
        check(Some("endpoint"), Endpoint::CountTokens, r#"{"contents":[{"parts":[{"text":"hi"}]}]}"#);
        check(None, Endpoint::Embeddings, r#"{"model":"m","input":["a","b"]}"#);
    }

    #[test]
    fn how_freely_it_is_to_write() {
        let check = |expected: Option<f64>, endpoint, body: &str| {
            let request = request(endpoint, body);
            assert_eq!(expected, request.inquiry(&request.outline()).temperature, "{body}");
        };
        check(None, Endpoint::ChatCompletions, r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#);
        check(
            Some(0.7),
            Endpoint::ChatCompletions,
            r#"{"model":"m","temperature":0.7,"messages":[{"role":"user","content":"hi"}]}"#,
        );
        check(
            Some(0.5),
            Endpoint::GenerateContent,
            r#"{"contents":[{"parts":[{"text":"hi"}]}],"generationConfig":{"temperature":0.5}}"#,
        );
    }
}
