//! Each stage by itself, in the order of a request.

use std::sync::Arc;
use std::time::Duration;

use divan::Bencher;
use tiercel_core::access_log::AccessLog;
use tiercel_core::classifier::Classifier;
use tiercel_core::config::Balance;
use tiercel_core::health::{Choice, Chosen, HealthTable, Verdict};
use tiercel_core::keys::{Keys, Principal};
use tiercel_core::metrics::Metrics;
use tiercel_core::plan::Group;
use tiercel_core::prices::PriceTable;
use tiercel_core::registry::Registry;
use tiercel_core::settlement::TokenUsage;
use tiercel_gateway::{Error, Kind};
use tiercel_upstream::{Connection, Event};
use tiercel_wire::{Endpoint, Request, Unsupported, Upstream, encode};

use crate::PROMPTS;
use crate::inputs::{
    NOW, World, answer, body, config, conversation, delta, gateway, http_answer, incoming, prompt, reading, send, sent,
    settlement, target,
};

/// Head and key, and the error that says that the body could not be read: there is no way to have only the former.
#[divan::bench]
fn head_and_key_and_refusal(bencher: Bencher<'_, '_>) {
    let gateway = gateway();
    let error = Error::new(Kind::BodyTimeout, "the body did not come in time");
    bencher.bench_local(|| gateway.reject(&incoming(b""), &error, NOW));
}

#[divan::bench(args = [1, 10, 1_000])]
fn key_among(bencher: Bencher<'_, '_>, n_keys: usize) {
    let keys = Keys::new(&config(n_keys), &World).unwrap();
    bencher.bench_local(|| keys.authenticate(Some(b"sk-key_0"), NOW.unix).unwrap().clone());
}

#[divan::bench(args = PROMPTS)]
fn json_scan(bencher: Bencher<'_, '_>, n_prompt_bytes: usize) {
    let body = body(n_prompt_bytes, false);
    bencher.bench_local(|| Request::parse(Endpoint::ChatCompletions, None, body.as_bytes()).unwrap());
}

#[divan::bench(args = PROMPTS)]
fn outline(bencher: Bencher<'_, '_>, n_prompt_bytes: usize) {
    let request = Request::parse(Endpoint::ChatCompletions, None, body(n_prompt_bytes, false).as_bytes()).unwrap();
    bencher.bench_local(|| request.outline());
}

/// Messages of 130 bytes.
#[divan::bench(args = [10, 100])]
fn outline_of_messages(bencher: Bencher<'_, '_>, n_messages: usize) {
    let request = Request::parse(Endpoint::ChatCompletions, None, conversation(n_messages).as_bytes()).unwrap();
    bencher.bench_local(|| request.outline());
}

#[divan::bench]
fn plan(bencher: Bencher<'_, '_>) {
    let registry = Registry::new(&config(1), &World, Arc::new(HealthTable::new(1))).unwrap();
    let principal = Principal::operator();
    bencher.bench_local(|| registry.plan(&principal, "auto").unwrap());
}

/// Task and `p_cheap` of a prompt of this many bytes.
#[divan::bench(args = [130, 500, 2_000, 1_000_000])]
fn classify(bencher: Bencher<'_, '_>, n_prompt_bytes: usize) {
    let classifier = Classifier::shipped();
    let text = prompt(n_prompt_bytes);
    bencher.bench_local(|| classifier.classify(&text));
}

/// Chooses a deployment and a key of a tier, begins an attempt, and ends it with its time to first token.
#[divan::bench(args = [1, 2, 8])]
fn choose_begin_and_end_among(bencher: Bencher<'_, '_>, n_deployments: usize) {
    let health = Arc::new(HealthTable::new(1));
    let registry = Registry::new(&config(1), &World, Arc::clone(&health)).unwrap();
    let deployments = (0..n_deployments).map(|n| registry.deployment(&format!("openai/{n}")).unwrap());
    let deployments: Arc<[_]> = deployments.collect();
    let group = Group { deployments: Arc::clone(&deployments), ..registry.group_of(Arc::clone(&deployments[0])) };
    let first_token = Verdict::Success(Some(Duration::from_millis(300)));
    let mut turn = 0;
    bencher.bench_local(|| {
        turn += 1;
        health.random(|random| {
            let choice = group.choose(&[], &|_| true, Balance::Load, turn, random, NOW.monotonic);
            let Choice::Attempt(Chosen { deployment, slot }) = choice else { return };
            deployment.health.end(slot, &deployment.provider.health, first_token, NOW.monotonic, random);
        });
    });
}

#[divan::bench(args = PROMPTS)]
fn encode_body(bencher: Bencher<'_, '_>, n_prompt_bytes: usize) {
    let request = Request::parse(Endpoint::ChatCompletions, None, body(n_prompt_bytes, true).as_bytes()).unwrap();
    bencher.bench_local(|| encode(&request, &target(Upstream::OpenAi), Unsupported::Refuse).unwrap());
}

#[divan::bench(args = PROMPTS)]
fn encode_head_and_copy(bencher: Bencher<'_, '_>, n_prompt_bytes: usize) {
    let body = body(n_prompt_bytes, false);
    bencher.with_inputs(Connection::plain).bench_local_refs(|connection| send(connection, &body));
}

#[divan::bench]
fn http_answer_read(bencher: Bencher<'_, '_>) {
    let answer = http_answer();
    bencher.with_inputs(sent).bench_local_refs(|connection| {
        let mut body = Vec::new();
        let event = |event: Event<'_>| {
            if let Event::Body(data) = event {
                body.extend_from_slice(data);
            }
        };
        connection.receive(&answer, &mut Vec::new(), event).unwrap();
        body
    });
}

#[divan::bench]
fn answer_json_read(bencher: Bencher<'_, '_>) {
    let reading = reading(Endpoint::ChatCompletions, &body(PROMPTS[0], false), Upstream::OpenAi);
    bencher.with_inputs(|| answer().into_bytes()).bench_local_values(|answer| reading.whole(answer).unwrap());
}

#[divan::bench]
fn stream_event(bencher: Bencher<'_, '_>) {
    let event = format!("data: {}\n\n", delta(7));
    let mut reader = reading(Endpoint::ChatCompletions, &body(PROMPTS[0], true), Upstream::OpenAi).stream();
    bencher.bench_local(|| {
        let mut output = Vec::new();
        reader.feed(event.as_bytes(), &mut output).unwrap();
        output
    });
}

#[divan::bench]
fn price(bencher: Bencher<'_, '_>) {
    let prices = PriceTable::bundled();
    let usage = TokenUsage { input: 42, output: 22, ..TokenUsage::default() };
    bencher.bench_local(|| prices.cost("openai", "gpt-4o-mini", divan::black_box(&usage), NOW.unix).unwrap());
}

#[divan::bench]
fn record_in_metrics(bencher: Bencher<'_, '_>) {
    let metrics = Metrics::new("0", "0");
    bencher.bench_local(|| metrics.record(&settlement()));
}

#[divan::bench]
fn line_of_the_access_log(bencher: Bencher<'_, '_>) {
    let log = AccessLog::new(1, 10_000);
    bencher.with_inputs(|| drop(log.drain())).bench_local_values(|()| log.push(&settlement()));
}
