//! Tests of the dialect: each way by itself, and there and back.

mod scan;
mod foreign;
mod read_request;
mod read_contents;
mod write_request;
mod write_contents;
mod there_and_back;
mod answer;
mod stream;
mod embed;
mod error;
mod golden;

use crate::chat::{Lost, Request};
use crate::target::{Hosting, Quirks, Target};
use crate::translation::Context;
use crate::{Client, Endpoint, Upstream};

const THIRD: &str = "gemini-3-flash";
const VERTEX: Hosting<'static> = Hosting::Vertex { project: "p", location: "global" };

/// A client's request, for as long as the test runs.
fn parse(endpoint: Endpoint, body: &str) -> &'static crate::Request {
    Box::leak(Box::new(super::scan(endpoint, "auto", body).unwrap()))
}

fn form(body: &str) -> Request<'static> {
    super::read_request(parse(Endpoint::GenerateContent, body)).unwrap()
}

/// The body for a provider, and what is lost: that which changes the answer, and that which does not.
fn written(form: &Request<'_>, hosting: Hosting<'_>, model: &str) -> (String, Vec<String>, Vec<String>) {
    let mut lost = Lost::default();
    let refuses = ["seed".to_owned()];
    let quirks = Quirks { refuses: &refuses, ..Quirks::default() };
    let target = Target { upstream: Upstream::Gemini, hosting, model, quirks };
    let body = super::write_request(form, &target, &mut lost);
    (String::from_utf8(body).unwrap(), lost.fields(Client::OpenAi), lost.hints(Client::OpenAi))
}

fn context(endpoint: Endpoint) -> Context<'static> {
    let body = match endpoint {
        Endpoint::EmbedContent => r#"{"content":{"parts":[{"text":"hi"}]}}"#,
        Endpoint::BatchEmbedContents => r#"{"requests":[{"content":{"parts":[{"text":"hi"}]}}]}"#,
        _ => r#"{"contents":[{"parts":[{"text":"hi"}]}]}"#,
    };
    Context { request: parse(endpoint, body), id: "req_1", unix_seconds: 0 }
}
