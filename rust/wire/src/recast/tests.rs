//! There and back keeps meaning, what cannot be kept gives nothing, and no bytes panic.

use std::cell::Cell;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestRunner;

use super::{Context, as_stream, as_whole, read_whole};
use crate::chat::{Answer, arbitrary};
use crate::replay::{Replay, config};
use crate::stream::State;
use crate::{Client, Endpoint, Request, Upstream, Usage, anthropic, gemini, openai, responses};

const CLIENTS: [Client; 4] = [Client::OpenAi, Client::Responses, Client::Anthropic, Client::Gemini];

fn request(client: Client) -> Request {
    let (endpoint, body) = match client {
        Client::OpenAi => (Endpoint::ChatCompletions, r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#),
        Client::Responses => (Endpoint::Responses, r#"{"model":"m","input":"hi"}"#),
        Client::Anthropic => {
            (Endpoint::Messages, r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}"#)
        }
        Client::Gemini => (Endpoint::GenerateContent, r#"{"contents":[{"parts":[{"text":"hi"}]}]}"#),
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

/// An answer by anyone. Gemini's streams keep their log probabilities, and its whole answers have no place for them.
fn answers(client: Client) -> impl Strategy<Value = Answer<'static>> {
    let all = [Upstream::OpenAi, Upstream::Responses, Upstream::Anthropic, Upstream::Gemini, Upstream::Bedrock];
    select(all.to_vec()).prop_flat_map(arbitrary::answer).prop_map(move |mut answer| {
        if client == Client::Gemini {
            answer.choices.iter_mut().for_each(|choice| choice.logprobs = None);
        }
        answer
    })
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

/// Checks that many answers, and so not only the plainest, can be recast.
fn check_all(client: Client, least: u32) {
    let n_recast = Cell::new(0);
    let checked = TestRunner::new(config(256)).run(
        &(answers(client), any::<bool>(), vec(any::<Index>(), 8)),
        |(answer, wants_usage, places)| {
            n_recast.set(n_recast.get() + u32::from(check_there_and_back(client, &answer, wants_usage, &places)));
            Ok(())
        },
    );

    assert!(checked.is_ok(), "{checked:?}");
    assert!(n_recast.get() >= least, "only {} answers can be recast", n_recast.get());
}

#[test]
fn there_and_back_for_openai() {
    check_all(Client::OpenAi, 64);
}

#[test]
fn there_and_back_for_responses() {
    check_all(Client::Responses, 64);
}

#[test]
fn there_and_back_for_anthropic() {
    check_all(Client::Anthropic, 64);
}

#[test]
fn there_and_back_for_gemini() {
    check_all(Client::Gemini, 64);
}

/// An answer with a thought, a text and all kinds of counts.
fn plain(client: Client) -> &'static str {
    match client {
        Client::OpenAi => {
            r#"{"id":"c1","object":"chat.completion","created":5,"model":"gpt","choices":[{"index":0,"message":{"role":"assistant","content":"Hi.","refusal":null,"reasoning_content":"Hm."},"logprobs":{"content":[{"token":"Hi."}],"refusal":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,"prompt_tokens_details":{"cached_tokens":2,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":1}},"system_fingerprint":"fp"}"#
        }
        Client::Responses => {
            r#"{"id":"r1","object":"response","created_at":5,"status":"completed","error":null,"incomplete_details":null,"model":"gpt","output":[{"id":"rs1","type":"reasoning","summary":[{"type":"summary_text","text":"Hm."},{"type":"summary_text","text":"So."}]},{"id":"m1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hi.","annotations":[],"logprobs":[]}]}],"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":2},"output_tokens":4,"output_tokens_details":{"reasoning_tokens":1},"total_tokens":13}}"#
        }
        Client::Anthropic => {
            r#"{"id":"m1","type":"message","role":"assistant","model":"claude","content":[{"type":"thinking","thinking":"Hm.","signature":"c2ln"},{"type":"text","text":"Hi."}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":7,"cache_read_input_tokens":2,"output_tokens":4,"output_tokens_details":{"thinking_tokens":1},"service_tier":"standard"}}"#
        }
        Client::Gemini => {
            r#"{"candidates":[{"content":{"parts":[{"text":"Hm.","thought":true,"thoughtSignature":"c2ln"},{"text":"Hi."}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":9,"cachedContentTokenCount":2,"candidatesTokenCount":3,"thoughtsTokenCount":1,"totalTokenCount":13,"promptTokensDetails":[{"modality":"TEXT","tokenCount":9}]},"modelVersion":"gemini","responseId":"g1"}"#
        }
    }
}

fn plain_stream(client: Client) -> String {
    String::from_utf8(as_stream(&request(client), plain(client).as_bytes(), true).unwrap()).unwrap()
}

/// Checks that no stream is made of the plain answer with `place`, which is there, replaced.
fn check_whole(name: &str, client: Client, place: &str, by: &str) {
    let body = plain(client);
    assert!(body.contains(place), "{name}");

    assert_eq!(None, as_stream(&request(client), body.replacen(place, by, 1).as_bytes(), true), "{name}");
}

/// Checks that no whole answer is made of the plain stream with the first `place`, which is there, replaced.
fn check_stream(name: &str, client: Client, place: &str, by: &str) {
    let stream = plain_stream(client);
    assert!(as_whole(&request(client), stream.as_bytes(), None).is_some(), "{name}");
    assert!(stream.contains(place), "{name}: {stream}");

    assert_eq!(None, as_whole(&request(client), stream.replacen(place, by, 1).as_bytes(), None), "{name}");
}

#[test]
fn which_whole_answers_have_no_stream() {
    let check = |name: &str, place: &str, by: &str| check_whole(name, Client::OpenAi, place, by);
    check("a member of the body that is not known", r#""created""#, r#""citations":["a"],"created""#);
    check("a member of the choice that is not known", r#""index""#, r#""content_filter_results":{"a":{}},"index""#);
    check("a member of the message that is not known", r#""role""#, r#""audio":{"id":"a"},"role""#);
    check("annotations", r#""role""#, r#""annotations":[{"type":"url_citation"}],"role""#);
    check("calls", r#""role""#, r#""tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}],"role""#);
    check("a count that is not known", r#""audio_tokens":0"#, r#""audio_tokens":1"#);
    check("thoughts that are counted beside the completion", r#""completion_tokens":4"#, r#""completion_tokens":3"#);
    check("a count that cannot be", r#""cached_tokens":2"#, r#""cached_tokens":10"#);
    check("a thought by another name", "reasoning_content", "reasoning");
    check(
        "a signature that is not marked",
        r#""reasoning_content":"Hm.""#,
        r#""reasoning_details":[{"type":"reasoning.text","text":"Hm.","signature":"a"}]"#,
    );
    check("half a surrogate pair", "Hi.", r"\ud800");
    check("text in parts", r#""Hi.""#, r#"[{"type":"text","text":"Hi."}]"#);
    check("a key that is there twice", r#""role""#, r#""content":"Ha.","role""#);
    check("an end that is not known", r#""stop""#, r#""eos""#);
    check(
        "an end of which two are one in the form",
        r#""refusal":null,"reasoning_content":"Hm."},"logprobs":{"content":[{"token":"Hi."}],"refusal":null},"finish_reason":"stop""#,
        r#""refusal":"No."},"finish_reason":"content_filter""#,
    );
    check("choices in another order", r#""index":0"#, r#""index":1"#);
    check("no time", r#""created":5,"#, "");
    check("no id", r#""c1""#, r#""""#);
    check("an error", r#""id""#, r#""error":{"message":"a"},"id""#);
    check("half a body", r#""system_fingerprint":"fp"}"#, "");

    let check = |name: &str, place: &str, by: &str| check_whole(name, Client::Responses, place, by);
    check("annotations", r#""annotations":[]"#, r#""annotations":[{"type":"url_citation"}]"#);
    check(
        "a call",
        r#""output":["#,
        r#""output":[{"id":"f1","type":"function_call","call_id":"a","name":"f","arguments":"{}"},"#,
    );
    check("what a tool of the provider's did", r#""output":["#, r#""output":[{"id":"w1","type":"web_search_call"},"#);
    check("a member of an item that is not known", r#""role""#, r#""new":1,"role""#);
    check("a part that is not known", r#""type":"output_text""#, r#""type":"output_image""#);
    check(
        "a thought that is told itself",
        r#""summary""#,
        r#""content":[{"type":"reasoning_text","text":"a"}],"summary""#,
    );
    check("one in the background", r#""status":"completed","error""#, r#""status":"in_progress","error""#);

    let check = |name: &str, place: &str, by: &str| check_whole(name, Client::Anthropic, place, by);
    check("a member that is not known", r#""role""#, r#""container":{"id":"a"},"role""#);
    check("citations", r#""text":"Hi.""#, r#""text":"Hi.","citations":[{"type":"char_location"}]"#);
    check("a call", r#"{"type":"text","text":"Hi."}"#, r#"{"type":"tool_use","id":"a","name":"f","input":{}}"#);
    check("what a tool of the provider's did", r#""text","text":"Hi.""#, r#""server_tool_use","id":"a""#);
    check("a thought without a signature", "c2ln", "");
    check("two texts", r#"{"type":"text","text":"Hi."}"#, r#"{"type":"text","text":"H"},{"type":"text","text":"i."}"#);
    check("an end that is not known", "end_turn", "pause_turn");
    check("searches", r#""input_tokens""#, r#""server_tool_use":{"web_search_requests":1},"input_tokens""#);

    let check = |name: &str, place: &str, by: &str| check_whole(name, Client::Gemini, place, by);
    check("a call", r#"{"text":"Hi."}"#, r#"{"functionCall":{"name":"f"}}"#);
    check("no end", r#""finishReason":"STOP","#, "");
    check("no answer", r#""candidates""#, r#""error":{"code":500},"candidates""#);
}

#[test]
fn which_streams_have_no_whole_answer() {
    let check = |name: &str, place: &str, by: &str| check_stream(name, Client::OpenAi, place, by);
    check("a member of a chunk that is not known", r#""model""#, r#""citations":["a"],"model""#);
    check("a member of a choice that is not known", r#""index":0"#, r#""index":0,"native_finish_reason":"a""#);
    check("a member of a piece that is not known", r#"{"content":"Hi.""#, r#"{"audio":{"id":"a"},"content":"Hi.""#);
    check(
        "a call",
        r#"{"content":"Hi.""#,
        r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f"}}],"content":"Hi.""#,
    );
    check("a choice that begins and does not end", r#""index":0"#, r#""index":1"#);
    check("a choice without those before", r#""choices":[{"index":0"#, r#""choices":[{"index":128"#);
    check("an error", "data: [DONE]", "data: {\"error\":{\"message\":\"a\"}}\n\ndata: [DONE]");
    check("no mark at the end", "data: [DONE]\n\n", "");
    check("something behind the end", "data: [DONE]", "data: [DONE]\n\ndata: [DONE]");
    check("no last blank line", "[DONE]\n\n", "[DONE]\n");
    check("text that is no JSON", "data: [DONE]", "data: a\n\ndata: [DONE]");
    check(
        "a thought behind the text",
        "data: [DONE]",
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"a\"}}]}\n\ndata: [DONE]",
    );

    let check = |name: &str, place: &str, by: &str| check_stream(name, Client::Responses, place, by);
    check("what was said is not in the last event", r#""delta":"Hi.""#, r#""delta":"Ha.""#);
    check("another answer's last event", r#""id":"r1""#, r#""id":"r2""#);
    check("a response that failed", r#""type":"response.completed""#, r#""type":"response.failed""#);
    let stream = plain_stream(Client::Responses).replace(r#""annotations":[]"#, r#""annotations":[{"type":"a"}]"#);
    assert_eq!(None, as_whole(&request(Client::Responses), stream.as_bytes(), None), "annotations");

    let check = |name: &str, place: &str, by: &str| check_stream(name, Client::Anthropic, place, by);
    check(
        "a member that is not known",
        r#""stop_reason":"end_turn""#,
        r#""stop_reason":"end_turn","stop_details":{"a":1}"#,
    );
    check("citations", r#""type":"text_delta","text""#, r#""type":"citations_delta","citation""#);
    check(
        "an event that is not known",
        "event: message_stop",
        "data: {\"type\":\"message_note\"}\n\nevent: message_stop",
    );
    check("a thought without a signature", "c2ln", "");
    let block = "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":2,\"content_block\":{\"type\":\"text\",\"text\":\"a\"}}\n\n";
    check("two texts", "event: message_delta", &[block, "event: message_delta"].concat());

    let check = |name: &str, place: &str, by: &str| check_stream(name, Client::Gemini, place, by);
    check("a member that is not known", r#""modelVersion""#, r#""new":1,"modelVersion""#);
    check("citations", r#""finishReason""#, r#""citationMetadata":{"citations":[{}]},"finishReason""#);
    check("grounding", r#""finishReason""#, r#""groundingMetadata":{"webSearchQueries":["a"]},"finishReason""#);
    check("a picture", r#"{"text":"Hi."}"#, r#"{"inlineData":{"mimeType":"image/png","data":"aGk="}}"#);
    check("an end that the form has no word for", "STOP", "RECITATION");
    check("images in the prompt", r#""TEXT""#, r#""IMAGE""#);
    check("thoughts among the candidates", r#""candidatesTokenCount":3"#, r#""candidatesTokenCount":4"#);
}

#[test]
fn what_has_no_other_form() {
    let check = |endpoint, body: &str| {
        let request = Request::parse(endpoint, Some("m"), body.as_bytes()).unwrap();
        let (plain, stream) = (plain(endpoint.client()), plain_stream(endpoint.client()));

        assert_eq!(None, as_stream(&request, plain.as_bytes(), true), "{endpoint:?}");
        assert_eq!(None, as_whole(&request, stream.as_bytes(), None), "{endpoint:?}");
    };
    check(Endpoint::Completions, r#"{"model":"m","prompt":"hi"}"#);
    check(Endpoint::Embeddings, r#"{"model":"m","input":"hi"}"#);
    check(Endpoint::CountMessageTokens, r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#);
    check(Endpoint::CountTokens, r#"{"contents":[{"parts":[{"text":"hi"}]}]}"#);
}

#[test]
fn usage_is_told_where_it_is_wanted() {
    let request = request(Client::OpenAi);
    let stream = as_stream(&request, plain(Client::OpenAi).as_bytes(), false).unwrap();
    let used = Usage { n_input: 7, n_cache_read: 2, n_output: 4, n_reasoning: 1, ..Usage::default() };
    let body = |usage| String::from_utf8(as_whole(&request, &stream, usage).unwrap()).unwrap();

    assert!(!String::from_utf8(stream.clone()).unwrap().contains("usage"));
    assert!(plain_stream(Client::OpenAi).contains(r#""usage":{"prompt_tokens":9,"#));
    assert!(!body(None).contains("usage"));
    assert_eq!(Some(used), read_whole(Client::OpenAi, &body(Some(&used))).unwrap().usage);
}

#[test]
fn a_long_text_is_many_events() {
    let text = "é漢😀".repeat(200_000);
    for client in [Client::OpenAi, Client::Anthropic] {
        let body = plain(client).replacen("Hi.", &text, 1);
        let stream = as_stream(&request(client), body.as_bytes(), true).unwrap();
        let back = as_whole(&request(client), &stream, None).unwrap();

        assert!(String::from_utf8(back).unwrap().contains(&text));
    }
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..64), place in any::<Index>(), client in select(CLIENTS.to_vec())) {
        let request = request(client);
        let (body, stream) = (plain(client).as_bytes(), plain_stream(client).into_bytes());
        for kept in [body, &stream] {
            let (start, rest) = kept.split_at(place.index(kept.len()));
            let over = rest.get(bytes.len()..).unwrap_or_default();
            for mangled in [&*bytes, &[start, &bytes, rest].concat(), &[start, &bytes, over].concat()] {
                as_stream(&request, mangled, true);
                as_whole(&request, mangled, None);
            }
        }
    }
}
