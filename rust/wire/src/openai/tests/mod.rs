//! What is read and written when OpenAI's dialect meets another.
#![expect(clippy::needless_pass_by_value, reason = "rows of tables read better without borrows")]

mod foreign;
mod read_request;
mod write_request;
mod there_and_back;
mod answers;
mod read_stream;
mod write_stream;
mod embed;

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;
use serde_json::Value;

use crate::chat::{Event, Message, Part, Request, Role};
use crate::translation::Context;
use crate::{Endpoint, Hosting, Quirks, Target, Upstream};

const CHAT: Endpoint = Endpoint::ChatCompletions;

fn config(n_cases: u32) -> ProptestConfig {
    ProptestConfig { rng_seed: RngSeed::Fixed(4), failure_persistence: None, ..ProptestConfig::with_cases(n_cases) }
}

fn parsed(endpoint: Endpoint, body: &str) -> crate::Request {
    crate::Request::parse(endpoint, None, body.as_bytes()).unwrap_or_else(|error| panic!("{error}: {body}"))
}

/// A chat request that says "hi", with more members.
fn hi(members: &str) -> String {
    format!(r#"{{"model":"m","messages":[{{"role":"user","content":"hi"}}]{members}}}"#)
}

/// The form of `hi("")`.
fn hi_form() -> Request<'static> {
    Request { messages: vec![Message::new(Role::User, vec![Part::text("hi")])], ..Request::default() }
}

fn target(quirks: Quirks<'_>) -> Target<'_> {
    Target { upstream: Upstream::OpenAi, hosting: Hosting::Own, model: "up", quirks }
}

fn context(request: &crate::Request) -> Context<'_> {
    Context { request, id: "7", unix_seconds: 1_800_000_000 }
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)))
}

/// The event, whose strings are leaked.
fn leaked(event: &Event<'_>) -> Event<'static> {
    let leak = |text: &str| -> &'static str { text.to_owned().leak() };
    let own = |signature: &crate::chat::Signature<'_>| {
        crate::chat::Signature::new(signature.made_by, signature.text.clone().into_owned())
    };
    match event {
        Event::Start { id, model } => Event::Start { id: leak(id), model: leak(model) },
        Event::Text { choice, text } => Event::Text { choice: *choice, text: leak(text) },
        Event::Thought { choice, text } => Event::Thought { choice: *choice, text: leak(text) },
        Event::ThoughtSignature { choice, signature } => {
            Event::ThoughtSignature { choice: *choice, signature: own(signature) }
        }
        Event::RedactedThought { choice, signature } => {
            Event::RedactedThought { choice: *choice, signature: own(signature) }
        }
        Event::Refusal { choice, text } => Event::Refusal { choice: *choice, text: leak(text) },
        Event::CallStart { choice, call, id, name, signature } => Event::CallStart {
            choice: *choice,
            call: *call,
            id: leak(id),
            name: leak(name),
            signature: signature.as_ref().map(own),
        },
        Event::CallArguments { choice, call, json } => {
            Event::CallArguments { choice: *choice, call: *call, json: leak(json) }
        }
        Event::Logprobs { choice, json } => Event::Logprobs { choice: *choice, json: leak(json) },
        Event::Finish { choice, finish } => Event::Finish { choice: *choice, finish: finish.clone() },
        Event::Usage(usage) => Event::Usage(*usage),
        Event::End => Event::End,
    }
}
