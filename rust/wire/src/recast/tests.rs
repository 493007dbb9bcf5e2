//! There and back keeps meaning, what cannot be kept gives nothing, and no bytes panic.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{Context, as_stream, as_whole, read_whole};
use crate::chat::{Answer, arbitrary};
use crate::replay::{Replay, config};
use crate::stream::State;
use crate::{Client, Endpoint, Request, Upstream, Usage, anthropic, gemini, openai, responses};

const CLIENTS: [Client; 4] = [Client::OpenAi, Client::Responses, Client::Anthropic, Client::Gemini];

fn request(client: Client) -> Request {
    let (endpoint, body) = match client {
        Client::OpenAi => (Endpoint::ChatCompletions, r#"{"model":"m","messages":[]}"#),
        Client::Responses => (Endpoint::Responses, r#"{"model":"m","input":"hi"}"#),
        Client::Anthropic => (Endpoint::Messages, r#"{"model":"m","max_tokens":9,"messages":[]}"#),
        Client::Gemini => (Endpoint::GenerateContent, r#"{"contents":[]}"#),
    };
    Request::parse(endpoint, Some("m"), body.as_bytes()).unwrap()
}

/// `answer` as a client gets it.
fn written(client: Client, answer: &Answer<'_>) -> String {
    let write = match client {
        Client::OpenAi => openai::write_answer,
        Client::Responses => responses::write_answer,
        Client::Anthropic => anthropic::write_answer,
        Client::Gemini => gemini::write_answer,
    };
    String::from_utf8(write(answer, &Context { request: &request(client), id: "7", unix_seconds: 1_800_000_000 }))
        .unwrap()
}

fn replay(client: Client) -> Replay {
    match client {
        Client::OpenAi => Replay { upstream: Upstream::OpenAi, reader: || Box::new(openai::EventReader::new(1)) },
        Client::Responses => {
            Replay { upstream: Upstream::Responses, reader: || Box::new(responses::EventReader::default()) }
        }
        Client::Anthropic => {
            Replay { upstream: Upstream::Anthropic, reader: || Box::new(anthropic::EventReader::default()) }
        }
        Client::Gemini => Replay { upstream: Upstream::Gemini, reader: || Box::new(gemini::EventReader::default()) },
    }
}

/// An answer by anyone.
fn answers() -> impl Strategy<Value = Answer<'static>> {
    let all = [Upstream::OpenAi, Upstream::Responses, Upstream::Anthropic, Upstream::Gemini, Upstream::Bedrock];
    select(all.to_vec()).prop_flat_map(arbitrary::answer)
}

/// Checks that `answer` is the same after a stream was made of it; whether one can be made.
fn check_there_and_back(client: Client, answer: &Answer<'_>, wants_usage: bool, places: &[Index]) -> bool {
    let (request, body) = (request(client), written(client, answer));
    let Some(stream) = as_stream(&request, body.as_bytes(), wants_usage) else { return false };
    let kept = read_whole(client, &body).unwrap();
    let back = as_whole(&request, &stream, kept.usage.as_ref()).unwrap();

    assert_eq!(Some(&kept), read_whole(client, std::str::from_utf8(&back).unwrap()).as_ref(), "{body}");
    let replay = replay(client);
    let whole = replay.feed([&*stream]);
    assert_eq!(Ok(State::Finished), whole.result, "{body}");
    assert_eq!(whole, replay.feed(stream.chunks(1)), "{body}");
    for place in places {
        let (start, rest) = stream.split_at(place.index(stream.len()));
        assert_eq!(whole, replay.feed([start, rest]), "{body}");
        assert_eq!(None, as_whole(&request, start, None), "a part of {body}");
    }
    true
}

fn check_all(client: Client, least: usize) {
    let mut n_recast = 0;
    let places = || vec(any::<Index>(), 8);
    let mut runner = proptest::test_runner::TestRunner::new(config(512));
    let n_recast_of = std::cell::Cell::new(0);
    runner
        .run(&(answers(), any::<bool>(), places()), |(answer, wants_usage, places)| {
            let is_recast = check_there_and_back(client, &answer, wants_usage, &places);
            n_recast_of.set(n_recast_of.get() + usize::from(is_recast));
            Ok(())
        })
        .unwrap();
    n_recast += n_recast_of.get();

    println!("{client:?} {n_recast}");
    assert!(n_recast >= least, "{n_recast} of 512 answers have a stream");
}

#[test]
fn there_and_back_for_openai() {
    check_all(Client::OpenAi, 100);
}

#[test]
fn there_and_back_for_responses() {
    check_all(Client::Responses, 100);
}

#[test]
fn there_and_back_for_anthropic() {
    check_all(Client::Anthropic, 100);
}

#[test]
fn there_and_back_for_gemini() {
    check_all(Client::Gemini, 100);
}
