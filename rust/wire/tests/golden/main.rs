//! Every pair of dialects: what a client's request becomes on its way to a provider, and what the provider's answer
//! becomes on its way back. The pages in `pairs` are made anew by `make bless`, and read in the diff.
//!
//! `<dialect>/<case>.request.json` is what a client of the dialect sends, `.answer.json` and `.stream.txt` are what a
//! provider of it answers.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a golden file that is wrong fails its test"
)]

mod cases;
mod sides;
mod frames;
mod replay;
mod page;
mod checkers;
mod native;
mod recast;
mod streams;
mod next_turn;

use expect_test::expect_file;
use tiercel_wire::Client;

use sides::{CLIENTS, UPSTREAMS, native, word};

#[test]
fn every_dialect_has_every_case() {
    let mut missing = Vec::new();
    let mut demand = |dialect: &str, file: String, is_there: bool| {
        if !is_there {
            missing.push(format!("{dialect}/{file}"));
        }
    };
    for client in CLIENTS.map(word) {
        for case in cases::CASES {
            // What ends an answer says nothing of the request.
            let is_there = cases::ENDINGS.contains(&case) || cases::request(client, case).is_some();
            demand(client, format!("{case}.request.json"), is_there);
        }
    }
    for upstream in UPSTREAMS {
        for case in cases::CASES.into_iter().filter(|case| !cases::NOT_SAID.contains(&(upstream, case))) {
            demand(upstream.word(), format!("{case}.answer.json"), cases::answer(upstream, case).is_some());
            demand(upstream.word(), format!("{case}.stream.txt"), cases::stream(upstream, case).is_some());
        }
        for status in cases::REFUSALS {
            let case = format!("error_{status}");
            demand(upstream.word(), format!("{case}.answer.json"), cases::answer(upstream, &case).is_some());
        }
        demand(upstream.word(), "error.stream.txt".to_owned(), cases::stream(upstream, "error").is_some());
    }

    assert!(missing.is_empty(), "{missing:#?}");
}

fn check_pages(client: Client) {
    for upstream in UPSTREAMS.into_iter().filter(|upstream| *upstream != native(client)) {
        let page = page::page(client, upstream);
        expect_file![format!("pairs/{}-to-{}.md", word(client), upstream.word())].assert_eq(&page);
    }
}

#[test]
fn pages_of_openai() {
    check_pages(Client::OpenAi);
}

#[test]
fn pages_of_responses() {
    check_pages(Client::Responses);
}

#[test]
fn pages_of_anthropic() {
    check_pages(Client::Anthropic);
}

#[test]
fn pages_of_gemini() {
    check_pages(Client::Gemini);
}
