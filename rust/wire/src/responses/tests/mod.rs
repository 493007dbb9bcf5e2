//! What is read and written when the dialect of responses meets another.

#![expect(clippy::needless_pass_by_value, reason = "what is expected is written where it is passed")]

mod read_request;
mod read_input;
mod write_request;
mod there_and_back;
mod answers;
mod read_stream;
mod write_stream;
mod native;

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;
use serde_json::Value;

use crate::chat::{Call, Content, Message, Part, Request, Role};
use crate::translation::Context;
use crate::{Endpoint, Hosting, Quirks, Target, Upstream};

fn config(n_cases: u32) -> ProptestConfig {
    ProptestConfig { rng_seed: RngSeed::Fixed(4), failure_persistence: None, ..ProptestConfig::with_cases(n_cases) }
}

fn parsed(body: &str) -> crate::Request {
    crate::Request::parse(Endpoint::Responses, None, body.as_bytes()).unwrap_or_else(|error| panic!("{error}: {body}"))
}

/// A request that says "hi", with more members.
fn hi(members: &str) -> String {
    format!(r#"{{"model":"m","input":"hi"{members}}}"#)
}

/// The form of `hi("")`.
fn hi_form() -> Request<'static> {
    Request { messages: vec![said(Role::User, "hi")], ..Request::default() }
}

fn said(role: Role, text: &'static str) -> Message<'static> {
    Message::new(role, vec![Part::text(text)])
}

fn user(contents: impl IntoIterator<Item = Content<'static>>) -> Message<'static> {
    Message::new(Role::User, contents.into_iter().map(Part::new).collect())
}

fn assistant(contents: impl IntoIterator<Item = Content<'static>>) -> Message<'static> {
    Message { role: Role::Assistant, ..user(contents) }
}

fn call(id: &'static str, name: &'static str, arguments: &'static str) -> Call<'static> {
    Call { id: id.into(), name: name.into(), arguments: arguments.into(), signature: None }
}

fn result(id: &'static str, parts: Vec<Part<'static>>) -> Content<'static> {
    Content::Result { call_id: id.into(), parts, is_error: false }
}

fn target(quirks: Quirks<'_>) -> Target<'_> {
    Target { upstream: Upstream::Responses, hosting: Hosting::Own, model: "up", quirks }
}

fn context(request: &crate::Request) -> Context<'_> {
    Context { request, id: "7", unix_seconds: 1_800_000_000 }
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)))
}
