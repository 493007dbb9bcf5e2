//! What the upstream says, made once: at run time it only copies.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::LAST_WORDS;

/// The head of every stream.
pub(super) const STREAM_HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

/// The chunk that ends a chunked body.
pub(super) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// The upstream's answers.
pub struct Script {
    /// Head and body of the unary answer.
    pub(super) answer: Bytes,
    /// One HTTP chunk an event, the finish reason and `[DONE]` included.
    pub(super) events: Vec<Bytes>,
    /// The pause between two events.
    pub(super) delay: Duration,
}

impl Script {
    /// A stream has `n_deltas` events with a word each, then one with the finish reason and the usage, then `[DONE]`.
    pub fn new(n_deltas: usize, delay: Duration) -> Self {
        let words = (0..n_deltas).map(|index| event(&chunk(&json!({"content": format!(" word{index}")}), None)));
        let finish = event(&chunk(&json!({}), Some(n_deltas)));
        let events = words.chain([finish, http_chunk("data: [DONE]\n\n")]).collect();
        Self { answer: answer(), events, delay }
    }
}

fn answer() -> Bytes {
    let content = format!("You can ask for a refund within 30 days of purchase: open the orders page and {LAST_WORDS}");
    let body = json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000, "model": "gpt-4o-mini",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 42, "completion_tokens": 22, "total_tokens": 64},
    })
    .to_string();
    let length = body.len();
    Bytes::from(format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"))
}

/// One `chat.completion.chunk`; the last one carries the finish reason and the usage of `finished` words.
fn chunk(delta: &Value, finished: Option<usize>) -> Value {
    let mut chunk = json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "gpt-4o-mini",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finished.map(|_| "stop")}],
    });
    if let Some(n_tokens) = finished {
        chunk["usage"] = json!({"prompt_tokens": 42, "completion_tokens": n_tokens, "total_tokens": 42 + n_tokens});
    }
    chunk
}

fn event(data: &Value) -> Bytes {
    http_chunk(&format!("data: {data}\n\n"))
}

fn http_chunk(data: &str) -> Bytes {
    Bytes::from(format!("{:x}\r\n{data}\r\n", data.len()))
}
