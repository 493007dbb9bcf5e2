//! One page a pair of dialects: what each side gets of what the other said.

use std::fmt::Write;

use serde_json::Value;
use tiercel_wire::{AnswerError, Client, ClientError, Kind, Reading, Unsupported, Upstream, Usage, encode};

use crate::cases;
use crate::replay::{events, feed};
use crate::sides::{ID, Manner, reading, request, target, word};

pub(crate) fn page(client: Client, upstream: Upstream) -> String {
    let mut page = format!("# From a client of `{}` to a provider of `{}`\n", word(client), upstream.word());
    for case in cases::CASES.iter().chain(&cases::SOME_HAVE) {
        write!(page, "\n## {case}\n").unwrap();
        push_request(client, upstream, case, Manner::Whole, &mut page);
        if *case == "text" {
            push_request(client, upstream, case, Manner::Stream, &mut page);
        }
        push_answer(client, upstream, case, &mut page);
        push_stream(client, upstream, case, &mut page);
    }
    page.push_str("\n## Refusals\n");
    for status in cases::REFUSALS {
        push_refusal(client, upstream, status, &mut page);
    }
    page.push_str("\n## An error inside a stream\n");
    push_stream(client, upstream, "error", &mut page);
    page
}

fn push_request(client: Client, upstream: Upstream, case: &str, manner: Manner, page: &mut String) {
    let Some(request) = request(client, case, manner) else { return };
    let target = target(upstream);
    let refusal = match encode(&request, &target, Unsupported::Refuse) {
        Ok(_) => None,
        Err(error) if error.kind() == Kind::Unsupported => Some(error),
        Err(error) => panic!("{} to {}, {case}: {error}", word(client), upstream.word()),
    };
    let outgoing = encode(&request, &target, Unsupported::Drop).unwrap();
    let title = if manner == Manner::Stream { "Request for a stream" } else { "Request" };
    write!(page, "\n### {title}\n\nPOST {}\n\n", outgoing.path).unwrap();
    push_json(&outgoing.body, page);
    if let Some(refusal) = refusal {
        write!(page, "\nRefused unless the client has it dropped: {refusal}\n").unwrap();
    }
    if !outgoing.dropped.is_empty() {
        write!(page, "\nDropped: {}\n", outgoing.dropped.join(", ")).unwrap();
    }
}

fn push_answer(client: Client, upstream: Upstream, case: &str, page: &mut String) {
    let Some(answer) = cases::answer(upstream, case) else { return };
    page.push_str("\n### Answer\n\n");
    match reading(client, upstream, case, Manner::Whole).whole(answer.into_bytes()) {
        Ok(whole) => {
            push_json(&whole.body, page);
            push_counts(whole.usage, whole.n_content_bytes, page);
        }
        Err(error) => push_error(&error, page),
    }
}

fn push_error(error: &AnswerError, page: &mut String) {
    writeln!(page, "No answer: {error:?}").unwrap();
}

fn push_stream(client: Client, upstream: Upstream, case: &str, page: &mut String) {
    let Some(events) = events(upstream, case) else { return };
    let outcome = feed(&reading(client, upstream, case, Manner::Stream), [&*events.concat()]);
    page.push_str("\n### Stream\n\n```\n");
    push_events(&outcome.output, page);
    if let Err(interruption) = &outcome.result {
        let error = ClientError {
            status: 502,
            message: &interruption.to_string(),
            parameter: None,
            code: "upstream_stream_interrupted",
            request_id: ID,
        };
        writeln!(page, "--- {interruption:?}; then the gateway tells of it").unwrap();
        push_events(std::str::from_utf8(&error.event(client)).unwrap(), page);
    }
    page.push_str("```\n");
    push_counts(outcome.usage, outcome.n_content_bytes, page);
}

fn push_refusal(client: Client, upstream: Upstream, status: u16, page: &mut String) {
    let Some(body) = cases::answer(upstream, &format!("error_{status}")) else { return };
    write!(page, "\n### {status}\n\n").unwrap();
    let reading: Reading = reading(client, upstream, "text", Manner::Whole);
    match reading.refusal(status, body.into_bytes()) {
        Some(body) => push_json(&body, page),
        None => page.push_str("Not readable.\n"),
    }
}

/// Without the blank lines between them, which the checks of streams look after.
fn push_events(text: &str, page: &mut String) {
    for line in text.lines().filter(|line| !line.is_empty()) {
        writeln!(page, "{line}").unwrap();
    }
}

fn push_counts(usage: Option<Usage>, n_content_bytes: u64, page: &mut String) {
    match usage {
        Some(usage) => write!(page, "\nCounted: {usage:?}, {n_content_bytes} bytes of content\n").unwrap(),
        None => write!(page, "\nCounted: no usage, {n_content_bytes} bytes of content\n").unwrap(),
    }
}

fn push_json(body: &[u8], page: &mut String) {
    let body = std::str::from_utf8(body).unwrap();
    let value: Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"));
    write!(page, "```json\n{value:#}\n```\n").unwrap();
}
