//! The dialect, against itself: what it reads it writes again, so most rows show both ways at once.

mod conversations;
mod parameters;
mod models;
mod answers;
mod upstream_streams;
mod client_streams;
mod requests;
mod errors;
mod round_trips;

use serde_json::Value;

use super::{read_request, write_request};
use crate::chat::Lost;
use crate::target::{Hosting, Quirks, Target};
use crate::{Client, Endpoint, Request, Upstream};

/// A model that takes all there is, budgets of thought included.
const MODEL: &str = "claude-sonnet-4-5";

fn request(body: &str) -> Request {
    Request::parse(Endpoint::Messages, None, body.as_bytes()).unwrap()
}

fn target(model: &str) -> Target<'_> {
    Target { upstream: Upstream::Anthropic, hosting: Hosting::Own, model, quirks: Quirks::default() }
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// What became of a request.
struct Translated {
    body: Value,
    /// Leftovers of reading, and what was lost in writing.
    refused: Vec<String>,
    hints: Vec<String>,
}

/// Reads a request and writes it for `target`.
fn translate(body: &str, target: &Target<'_>) -> Translated {
    let request = request(body);
    let form = read_request(&request).unwrap();
    let mut lost = Lost::default();
    let written = write_request(&form, target, &mut lost);
    let refused = form.unknown.iter().cloned().chain(lost.fields(Client::Anthropic)).collect();
    let hints = form.hints.iter().cloned().chain(lost.hints(Client::Anthropic)).collect();
    Translated { body: json(&written), refused, hints }
}

/// A request to say hi, with these members beside.
fn with(members: &str) -> String {
    format!(r#"{{"model":"m","max_tokens":8192,"messages":[{{"role":"user","content":"hi"}}]{members}}}"#)
}
