//! The request that is sent, with a number in it so that no two are the same: no cache may answer for the gateway, unless
//! the cache is what is measured.

use std::fmt;

use serde_json::json;

use crate::HOLD_MARK;

/// Digits of a number; numbers start again after a hundred million.
const N_DIGITS: usize = 8;

/// Marks of a number that is spelt in marks; numbers start again after 2^20.
const N_MARKS: usize = 20;

/// Which answer to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One JSON body.
    Unary,
    /// Server-sent events to `[DONE]`.
    Stream,
    /// Server-sent events that stop after the first.
    Held,
}

/// How the number is written. Either is of one width, which fixes the content length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spelling {
    /// In digits: each number makes another question.
    Digits,
    /// In spaces and exclamation marks: each number puts the same question in another way.
    Marks,
}

/// A chat completion, head and body, ready to be numbered.
pub struct Prompt {
    before: Vec<u8>,
    after: Vec<u8>,
    spelling: Spelling,
    /// So many different requests are there.
    n_distinct: u64,
    pub(super) shape: Shape,
}

/// A question without one place for its number.
#[derive(Debug, PartialEq, Eq)]
pub struct Misplaced;

impl std::error::Error for Misplaced {}

impl fmt::Display for Misplaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the question has to have {number} or {marks} in it, once")
    }
}

impl Prompt {
    /// `question`, asked of `model` under a customer's usual system prompt.
    ///
    /// Its number goes where it has `{number}` or `{marks}`: see [`Spelling`]. Numbers start again after `n_distinct`.
    /// `head` is the request's, as far as it depends on whom is asked: its line and fields, each with its line end.
    ///
    /// # Errors
    /// When the question has no place for its number, or two.
    pub fn new(head: &str, model: &str, question: &str, shape: Shape, n_distinct: u64) -> Result<Self, Misplaced> {
        let (spelling, place, number) =
            match (question.matches("{number}").count(), question.matches("{marks}").count()) {
                (1, 0) => (Spelling::Digits, "{number}", "0".repeat(N_DIGITS)),
                (0, 1) => (Spelling::Marks, "{marks}", " ".repeat(N_MARKS)),
                _ => return Err(Misplaced),
            };
        let mark = if shape == Shape::Held { HOLD_MARK } else { "" };
        let body = json!({
            "model": model,
            "messages": [
                {"role": "system", "content": "You are the support assistant of an online store."},
                {"role": "user", "content": format!("{mark}{question}")},
            ],
            "stream": shape != Shape::Unary,
            "temperature": 0.2,
        })
        .to_string();
        let (before, after) = body.split_once(place).ok_or(Misplaced)?;
        let length = before.len() + number.len() + after.len();
        let before = format!("{head}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{before}");
        Ok(Self { before: before.into_bytes(), after: after.into(), spelling, n_distinct: n_distinct.max(1), shape })
    }

    /// The bytes of request `number`.
    pub(super) fn write(&self, number: u64, into: &mut Vec<u8>) {
        let number = number % self.n_distinct;
        into.clear();
        into.extend_from_slice(&self.before);
        match self.spelling {
            Spelling::Digits => into.extend_from_slice(format!("{:0N_DIGITS$}", number % 100_000_000).as_bytes()),
            Spelling::Marks => into.extend((0..N_MARKS).map(|bit| if number >> bit & 1 == 0 { b' ' } else { b'!' })),
        }
        into.extend_from_slice(&self.after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(question: &str, number: u64, expected: &str) {
        let head = "POST / HTTP/1.1\r\nhost: x\r\n";
        let mut bytes = Vec::new();
        Prompt::new(head, "auto", question, Shape::Unary, 200_000_000).unwrap().write(number, &mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();

        assert!(body.contains(expected), "{body}");
        assert!(head.ends_with(&format!("content-length: {}", body.len())), "{head}");
    }

    #[test]
    fn every_number_has_the_same_width() {
        check("Order {number}?", 0, "\"Order 00000000?\"");
        check("Order {number}?", 12_345, "\"Order 00012345?\"");
        check("Order {number}?", 100_000_007, "\"Order 00000007?\"");
        check("Where{marks}", 0, "\"Where                    \"");
        check("Where{marks}", 5, "\"Where! !                 \"");
        check("Where{marks}", 5 + (1 << 20), "\"Where! !                 \"");
    }

    #[test]
    fn few_may_be_asked_again_and_again() {
        let prompt = Prompt::new("", "auto", "Order {number}?", Shape::Unary, 2).unwrap();
        let [first, second, third] = [0, 1, 2].map(|number| {
            let mut bytes = Vec::new();
            prompt.write(number, &mut bytes);
            bytes
        });

        assert_ne!(first, second);
        assert_eq!(first, third);
    }

    #[test]
    fn a_question_has_one_place() {
        for question in ["", "{number} or {number}", "{number} or {marks}"] {
            assert_eq!(Some(Misplaced), Prompt::new("", "auto", question, Shape::Unary, 1).err());
        }
    }
}
