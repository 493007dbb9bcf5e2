//! One page a pair of dialects: what each side gets of what the other said.

use std::fmt::Write;

use serde_json::Value;
use tiercel_wire::{Client, ClientError, Kind, Unsupported, Upstream, Usage, encode};

use crate::cases::{self, EMBEDDINGS};
use crate::replay::{events, feed};
use crate::sides::{ID, Manner, reading, request, target, word};

pub(crate) fn page(client: Client, upstream: Upstream) -> String {
    let text = format!("# From a client of `{}` to a provider of `{}`\n", word(client), upstream.word());
    let mut page = Page { client, upstream, text };
    for case in cases::CASES.into_iter().chain([cases::IMAGE_URL]) {
        page.case(case);
    }
    if cases::request(word(client), EMBEDDINGS).is_some() && cases::answer(upstream, EMBEDDINGS).is_some() {
        page.case(EMBEDDINGS);
    }
    page.text.push_str("\n## Refusals\n");
    for status in cases::REFUSALS {
        page.refusal(status);
    }
    page.text.push_str("\n## An error inside a stream\n");
    page.stream("error");
    page.text
}

struct Page {
    client: Client,
    upstream: Upstream,
    text: String,
}

impl Page {
    fn case(&mut self, case: &str) {
        write!(self.text, "\n## {case}\n").unwrap();
        self.request("Request", case, Manner::Whole);
        if case == "text" {
            self.request("Request for a stream", case, Manner::Stream);
        }
        if !cases::REQUESTS.contains(&case) {
            self.answer(case);
            self.stream(case);
        }
    }

    fn request(&mut self, title: &str, case: &str, manner: Manner) {
        let Some(request) = request(self.client, case, manner) else { return };
        let target = target(self.upstream, case);
        let refusal = encode(&request, &target, Unsupported::Refuse).err();
        let outgoing = encode(&request, &target, Unsupported::Drop).unwrap();
        write!(self.text, "\n### {title}\n\nPOST {}\n\n", outgoing.path).unwrap();
        self.json(&outgoing.body);
        if let Some(refusal) = refusal {
            assert_eq!(Kind::Unsupported, refusal.kind(), "{case}: {refusal}");
            write!(self.text, "\nRefused unless the client has it dropped: {refusal}\n").unwrap();
        }
        if !outgoing.dropped.is_empty() {
            write!(self.text, "\nDropped: {}\n", outgoing.dropped.join(", ")).unwrap();
        }
    }

    fn answer(&mut self, case: &str) {
        let Some(answer) = cases::answer(self.upstream, case) else { return };
        let reading = reading(self.client, self.upstream, case, Manner::Whole);
        let whole = reading.whole(answer.into_bytes()).unwrap();
        self.text.push_str("\n### Answer\n\n");
        self.json(&whole.body);
        self.counts(whole.usage, whole.n_content_bytes);
    }

    fn stream(&mut self, case: &str) {
        let Some(events) = events(self.upstream, case) else { return };
        let outcome = feed(&reading(self.client, self.upstream, case, Manner::Stream), [&*events.concat()]);
        self.text.push_str("\n### Stream\n\n```\n");
        self.events(&outcome.output);
        if let Err(interruption) = &outcome.result {
            let error = ClientError {
                status: 502,
                message: &interruption.to_string(),
                parameter: None,
                code: "upstream_stream_interrupted",
                request_id: ID,
            };
            writeln!(self.text, "--- {interruption:?}; then the gateway tells of it:").unwrap();
            self.events(std::str::from_utf8(&error.event(self.client)).unwrap());
        }
        self.text.push_str("```\n");
        self.counts(outcome.usage, outcome.n_content_bytes);
    }

    fn refusal(&mut self, status: u16) {
        let body = cases::answer(self.upstream, &format!("error_{status}")).unwrap();
        let reading = reading(self.client, self.upstream, "text", Manner::Whole);
        write!(self.text, "\n### {status}\n\n").unwrap();
        self.json(&reading.refusal(status, body.into_bytes()).unwrap());
    }

    /// Without the blank lines between them, which the checks of streams look after.
    fn events(&mut self, events: &str) {
        for line in events.lines().filter(|line| !line.is_empty()) {
            writeln!(self.text, "{line}").unwrap();
        }
    }

    fn counts(&mut self, usage: Option<Usage>, n_content_bytes: u64) {
        write!(self.text, "\nCounted: {usage:?}, {n_content_bytes} bytes of content\n").unwrap();
    }

    fn json(&mut self, body: &[u8]) {
        let value: Value = serde_json::from_slice(body).unwrap();
        write!(self.text, "```json\n{value:#}\n```\n").unwrap();
    }
}
