//! The request that is sent, with a number in it so that no two are the same: no cache may answer for the gateway.

use serde_json::json;

use crate::HOLD_MARK;

/// Where the number goes; its width fixes the content length.
const PLACE: &str = "00000000";

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

/// A chat completion, head and body, ready to be numbered.
pub struct Prompt {
    before: Vec<u8>,
    after: Vec<u8>,
    pub(super) shape: Shape,
}

impl Prompt {
    /// A customer's question with a system prompt: 130 bytes of text, as in the figures of other gateways.
    pub fn new(address: &str, path: &str, model: &str, key: &str, shape: Shape) -> Self {
        let mark = if shape == Shape::Held { HOLD_MARK } else { "" };
        let question = format!("What is your refund policy? My order {PLACE}, a pair of shoes, does not fit. {mark}");
        let body = json!({
            "model": model,
            "messages": [
                {"role": "system", "content": "You are the support assistant of an online store."},
                {"role": "user", "content": question},
            ],
            "stream": shape != Shape::Unary,
            "temperature": 0.2,
        })
        .to_string();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let (before, after) = body.split_once(PLACE).unwrap_or((&body, ""));
        Self { before: (head + before).into_bytes(), after: after.into(), shape }
    }

    /// The bytes of request `number`; numbers start again after a hundred million.
    pub(super) fn write(&self, number: u64, into: &mut Vec<u8>) {
        into.clear();
        into.extend_from_slice(&self.before);
        into.extend_from_slice(format!("{:0width$}", number % 100_000_000, width = PLACE.len()).as_bytes());
        into.extend_from_slice(&self.after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(number: u64, written: &str) {
        let mut bytes = Vec::new();
        Prompt::new("127.0.0.1:80", "/v1/chat/completions", "auto", "sk-x", Shape::Unary).write(number, &mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();

        assert!(body.contains(&format!("My order {written},")), "{body}");
        assert!(head.ends_with(&format!("content-length: {}", body.len())), "{head}");
    }

    #[test]
    fn every_number_has_the_same_width() {
        check(0, "00000000");
        check(12_345, "00012345");
        check(100_000_007, "00000007");
    }
}
