//! Every stream for every client: cut anywhere, broken off anywhere, and whether the client's SDK can read it.

use serde_json::Value;
use tiercel_wire::{Client, Interruption, State, Upstream};

use crate::cases;
use crate::checkers::{self, Said};
use crate::replay::{events, feed, feed_cut_anywhere};
use crate::sides::{CLIENTS, Manner, UPSTREAMS, reading, word};

/// Hands each stream of each provider to `check`: the provider, the case, and the events apart.
fn each_stream(mut check: impl FnMut(Upstream, &str, &[Vec<u8>])) {
    for upstream in UPSTREAMS {
        for case in cases::CASES {
            if let Some(events) = events(upstream, case) {
                check(upstream, case, &events);
            }
        }
    }
}

/// Which event completes a stream: nothing is missing after it.
fn terminal_event(upstream: Upstream, case: &str) -> usize {
    let text = cases::stream(upstream, case).unwrap();
    let events =
        text.lines().filter(|line| line.starts_with(if upstream == Upstream::Bedrock { "{" } else { "data:" }));
    let is_terminal = |line: &str| {
        let event: Value = serde_json::from_str(line.trim_start_matches("data:")).unwrap_or_default();
        match upstream {
            Upstream::OpenAi => event["choices"][0]["finish_reason"].is_string(),
            Upstream::Responses => event["type"] == "response.completed" || event["type"] == "response.incomplete",
            Upstream::Anthropic => event["type"] == "message_stop",
            Upstream::Gemini => {
                event["candidates"][0]["finishReason"].is_string() || event["promptFeedback"].is_object()
            }
            Upstream::Bedrock => event["event"] == "metadata",
            Upstream::Cohere => event["type"] == "message-end",
        }
    };
    let position = events.map(is_terminal).position(|is_terminal| is_terminal);
    position.unwrap_or_else(|| panic!("{}/{case}.stream.txt has no end", upstream.word()))
}

fn check_cut_anywhere(client: Client) {
    each_stream(|upstream, case, events| {
        let name = format!("{}/{case} for {}", upstream.word(), word(client));
        let reading = reading(client, upstream, case, Manner::Stream);
        let outcome = feed_cut_anywhere(&name, &reading, &events.concat());

        assert_eq!(Ok(State::Finished), outcome.result, "{name}");
        assert!(outcome.usage.is_some(), "{name}");
    });
}

#[test]
fn cut_anywhere_for_openai() {
    check_cut_anywhere(Client::OpenAi);
}

#[test]
fn cut_anywhere_for_responses() {
    check_cut_anywhere(Client::Responses);
}

#[test]
fn cut_anywhere_for_anthropic() {
    check_cut_anywhere(Client::Anthropic);
}

#[test]
fn cut_anywhere_for_gemini() {
    check_cut_anywhere(Client::Gemini);
}

#[test]
fn an_error_inside_a_stream_is_one() {
    for upstream in UPSTREAMS {
        let events = events(upstream, "error").unwrap();
        for client in CLIENTS {
            let name = format!("{} for {}", upstream.word(), word(client));
            let outcome =
                feed_cut_anywhere(&name, &reading(client, upstream, "text", Manner::Stream), &events.concat());

            assert!(matches!(outcome.result, Err(Interruption::UpstreamError(_))), "{name}: {:?}", outcome.result);
            check_has_no_end(client, &outcome.output, &name);
        }
    }
}

#[test]
fn a_stream_without_its_end_is_interrupted() {
    each_stream(|upstream, case, events| {
        let (before, end) = events.split_at(terminal_event(upstream, case));
        for client in CLIENTS {
            let reading = reading(client, upstream, case, Manner::Stream);
            let check = |name: &str, pieces: &[&[u8]]| {
                let name = format!("{}/{case} for {}, {name}", upstream.word(), word(client));
                let outcome = feed(&reading, pieces.iter().copied());

                assert_eq!(Err(Interruption::Truncated), outcome.result, "{name}");
                check_has_no_end(client, &outcome.output, &name);
            };
            for n_events in 0..=before.len() {
                check(&format!("{n_events} events"), &[&before[..n_events].concat()]);
            }
            // Of an event that is text, the blank line may be missing, but nothing before it.
            let n_bytes = end[0].iter().rposition(|byte| !byte.is_ascii_whitespace()).unwrap();
            for place in 0..n_bytes {
                check(&format!("{place} bytes of the last event"), &[&before.concat(), &end[0][..place]]);
            }
        }
    });
}

/// What ends a stream of the client's dialect is not there.
fn check_has_no_end(client: Client, output: &str, name: &str) {
    let ends: &[&str] = match client {
        Client::OpenAi => &["[DONE]"],
        Client::Responses => &["event: response.completed", "event: response.incomplete"],
        Client::Anthropic => &["event: message_stop"],
        Client::Gemini => &["\"finishReason\""],
    };

    assert!(ends.iter().all(|end| !output.contains(end)), "{name}: {output}");
}

#[test]
fn every_client_is_told_the_same_in_a_form_that_its_sdk_can_read() {
    each_stream(|upstream, case, events| {
        let body = events.concat();
        let read = |client| {
            let name = format!("{}/{case} for {}", upstream.word(), word(client));
            let output = feed(&reading(client, upstream, case, Manner::Stream), [&*body]).output;
            let said = std::panic::catch_unwind(|| checkers::read(client, &output));
            said.unwrap_or_else(|_| panic!("{name}: {output}"))
        };
        let [first, others @ ..] = CLIENTS.map(read);
        for (client, other) in CLIENTS[1..].iter().zip(others) {
            assert_eq!(first, other, "{}/{case} for {}", upstream.word(), word(*client));
        }
        assert_ne!(Said::default(), first, "{}/{case}", upstream.word());
    });
}
