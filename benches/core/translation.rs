//! From one dialect to another: a request there, an answer and an event of a stream back.

use std::fmt;

use divan::Bencher;
use tiercel_wire::{Endpoint, Request, Unsupported, Upstream, encode};

use crate::inputs::{prompt, reading, target};

/// Bytes of the prompt and of the answer.
const N_BYTES: usize = 2_000;

const PAIRS: [Pair; 9] = [
    Pair(Endpoint::ChatCompletions, Upstream::Anthropic),
    Pair(Endpoint::ChatCompletions, Upstream::Gemini),
    Pair(Endpoint::ChatCompletions, Upstream::Responses),
    Pair(Endpoint::ChatCompletions, Upstream::Bedrock),
    Pair(Endpoint::ChatCompletions, Upstream::Cohere),
    Pair(Endpoint::Messages, Upstream::OpenAi),
    Pair(Endpoint::Messages, Upstream::Gemini),
    Pair(Endpoint::Responses, Upstream::OpenAi),
    Pair(Endpoint::StreamGenerateContent, Upstream::OpenAi),
];

/// A client's dialect and a provider's.
#[derive(Clone, Copy)]
struct Pair(Endpoint, Upstream);

impl fmt::Display for Pair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} to {:?}", self.0.client(), self.1)
    }
}

#[divan::bench(args = PAIRS)]
fn request_of_2_kb(bencher: Bencher<'_, '_>, Pair(endpoint, upstream): Pair) {
    let request = Request::parse(endpoint, Some("auto"), body(endpoint).as_bytes()).unwrap();
    bencher.bench_local(|| encode(&request, &target(upstream), Unsupported::Refuse).unwrap());
}

#[divan::bench(args = PAIRS)]
fn answer_of_2_kb(bencher: Bencher<'_, '_>, Pair(endpoint, upstream): Pair) {
    let reading = reading(endpoint, &body(endpoint), upstream);
    let answer = answer(upstream);
    bencher.with_inputs(|| answer.clone().into_bytes()).bench_local_values(|answer| reading.whole(answer).unwrap());
}

#[divan::bench(args = PAIRS)]
fn event(bencher: Bencher<'_, '_>, Pair(endpoint, upstream): Pair) {
    let mut reader = reading(endpoint, &body(endpoint), upstream).stream();
    let (start, event) = events(upstream);
    reader.feed(&start, &mut Vec::new()).unwrap();
    bencher.bench_local(|| {
        let mut output = Vec::new();
        reader.feed(&event, &mut output).unwrap();
        output
    });
}

fn body(endpoint: Endpoint) -> String {
    let prompt = prompt(N_BYTES);
    match endpoint {
        Endpoint::Responses => {
            format!(
                r#"{{"model":"auto","instructions":"Be brief.","input":"{prompt}","temperature":0.2,"stream":true}}"#
            )
        }
        Endpoint::Messages => format!(
            r#"{{"model":"auto","max_tokens":256,"system":"Be brief.","messages":[{{"role":"user","content":"{prompt}"}}],"temperature":0.2,"stream":true}}"#
        ),
        Endpoint::StreamGenerateContent => format!(
            r#"{{"systemInstruction":{{"parts":[{{"text":"Be brief."}}]}},"contents":[{{"role":"user","parts":[{{"text":"{prompt}"}}]}}],"generationConfig":{{"temperature":0.2}}}}"#
        ),
        _ => format!(
            r#"{{"model":"auto","messages":[{{"role":"system","content":"Be brief."}},{{"role":"user","content":"{prompt}"}}],"temperature":0.2,"max_tokens":256,"stream":true}}"#
        ),
    }
}

fn answer(upstream: Upstream) -> String {
    let text = prompt(N_BYTES);
    match upstream {
        Upstream::OpenAi => format!(
            r#"{{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"gpt-4o-mini","choices":[{{"index":0,"message":{{"role":"assistant","content":"{text}","refusal":null}},"logprobs":null,"finish_reason":"stop"}}],"usage":{{"prompt_tokens":42,"completion_tokens":500,"total_tokens":542}}}}"#
        ),
        Upstream::Responses => format!(
            r#"{{"id":"resp_1","object":"response","created_at":1700000000,"status":"completed","model":"gpt-5-mini","output":[{{"id":"msg_1","type":"message","role":"assistant","status":"completed","content":[{{"type":"output_text","text":"{text}","annotations":[]}}]}}],"usage":{{"input_tokens":42,"output_tokens":500,"total_tokens":542}}}}"#
        ),
        Upstream::Anthropic => format!(
            r#"{{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[{{"type":"text","text":"{text}"}}],"stop_reason":"end_turn","stop_sequence":null,"usage":{{"input_tokens":42,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":500}}}}"#
        ),
        Upstream::Gemini => format!(
            r#"{{"candidates":[{{"content":{{"role":"model","parts":[{{"text":"{text}"}}]}},"finishReason":"STOP","index":0}}],"usageMetadata":{{"promptTokenCount":42,"candidatesTokenCount":500,"totalTokenCount":542}},"modelVersion":"gemini-2.5-flash","responseId":"r1"}}"#
        ),
        Upstream::Bedrock => format!(
            r#"{{"output":{{"message":{{"role":"assistant","content":[{{"text":"{text}"}}]}}}},"stopReason":"end_turn","usage":{{"inputTokens":42,"outputTokens":500,"totalTokens":542}}}}"#
        ),
        Upstream::Cohere => format!(
            r#"{{"id":"c1","message":{{"role":"assistant","content":[{{"type":"text","text":"{text}"}}]}},"finish_reason":"COMPLETE","usage":{{"tokens":{{"input_tokens":42,"output_tokens":500}}}}}}"#
        ),
    }
}

/// What a stream begins with, and an event of which many follow.
fn events(upstream: Upstream) -> (Vec<u8>, Vec<u8>) {
    let (starts, event): (&[&str], &str) = match upstream {
        Upstream::OpenAi => (
            &[],
            r#"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o-mini","choices":[{"index":0,"delta":{"content":" word"},"finish_reason":null}]}"#,
        ),
        Upstream::Responses => (
            &[
                r#"{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","model":"gpt-5-mini"}}"#,
                r#"{"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"msg_1","type":"message","role":"assistant","content":[]}}"#,
                r#"{"type":"response.content_part.added","sequence_number":2,"item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","text":""}}"#,
            ],
            r#"{"type":"response.output_text.delta","sequence_number":3,"item_id":"msg_1","output_index":0,"content_index":0,"delta":" word"}"#,
        ),
        Upstream::Anthropic => (
            &[
                r#"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[],"stop_reason":null,"usage":{"input_tokens":42,"output_tokens":1}}}"#,
                r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
            ],
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" word"}}"#,
        ),
        Upstream::Gemini => (
            &[],
            r#"{"candidates":[{"content":{"role":"model","parts":[{"text":" word"}]},"index":0}],"usageMetadata":{"promptTokenCount":42,"candidatesTokenCount":5,"totalTokenCount":47},"modelVersion":"gemini-2.5-flash"}"#,
        ),
        Upstream::Bedrock => {
            let start = frame("messageStart", r#"{"role":"assistant"}"#);
            return (start, frame("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"text":" word"}}"#));
        }
        Upstream::Cohere => (
            &[
                r#"{"type":"message-start","id":"c1","delta":{"message":{"role":"assistant"}}}"#,
                r#"{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}}"#,
            ],
            r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":" word"}}}}"#,
        ),
    };
    let line = |data: &str| format!("data: {data}\n\n").into_bytes();
    (starts.iter().flat_map(|data| line(data)).collect(), line(event))
}

/// An event as AWS frames it: lengths, their checksum, headers, payload, the checksum of all.
fn frame(event: &str, payload: &str) -> Vec<u8> {
    let mut headers = Vec::new();
    for (name, value) in [(":event-type", event), (":message-type", "event")] {
        headers.push(u8::try_from(name.len()).unwrap());
        headers.extend(name.as_bytes());
        headers.push(7);
        headers.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
        headers.extend(value.as_bytes());
    }
    let lengths = [12 + headers.len() + payload.len() + 4, headers.len()];
    let mut frame: Vec<u8> =
        lengths.into_iter().flat_map(|length| u32::try_from(length).unwrap().to_be_bytes()).collect();
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame.extend(headers);
    frame.extend(payload.as_bytes());
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame
}
