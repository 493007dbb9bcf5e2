//! How long each stage of a request takes, and how long all of them take together.
//!
//! What is measured is what runs in production: client keys are on, JSON and HTTP are read and written, the access log
//! and the metrics are kept. Not in it are the crossing between Python and Rust, which `test_core.py` measures, and the
//! sockets, which `tiercel bench gateway` does. Inputs are made and results dropped outside the measured time.
#![expect(clippy::unwrap_used, reason = "a benchmark whose input is wrong should stop")]

#[path = "core/cache.rs"]
mod cache;
#[path = "core/inputs.rs"]
mod inputs;
#[path = "core/rules.rs"]
mod rules;
#[path = "core/semantic.rs"]
mod semantic;
#[path = "core/stages.rs"]
mod stages;
#[path = "core/translation.rs"]
mod translation;

use std::sync::Arc;

use divan::{Bencher, Divan};
use tiercel_core::tokens::{self, Encoding};
use tiercel_gateway::{Call, Gateway, Next};

use inputs::{NOW, body, connect, gateway, gateway_with, http_answer, open, prompt, stream_reads};
use rules::phrase_rules;

/// Bytes of the prompt: what other gateways' figures are about, and a page of text.
const PROMPTS: [usize; 2] = [130, 2_000];

fn main() {
    // Many samples of few iterations: the median then does not depend on what else the machine did meanwhile.
    Divan::default().sample_count(10_000).config_with_args().main();
}

/// From the request that the server hands over to the bytes for the provider's socket, on a connection that is there.
#[divan::bench(args = PROMPTS)]
fn open_to_plan_and_bytes(bencher: Bencher<'_, '_>, n_prompt_bytes: usize) {
    open_and_send(bencher, &gateway(), &[body(n_prompt_bytes, false)]);
}

/// The same with every layer of routing on: a bound on costs, so that deployments are priced; 20 rules before the short
/// prompt, 1,000 with 5,000 phrases before the long one, of which none holds; and so the classifier.
#[divan::bench(args = PROMPTS)]
fn open_through_every_layer(bencher: Bencher<'_, '_>, n_prompt_bytes: usize) {
    let n_rules = if n_prompt_bytes == PROMPTS[0] { 20 } else { 1_000 };
    let rules = phrase_rules(n_rules, &prompt(n_prompt_bytes), None);
    open_and_send(bencher, &gateway_with(&format!("max_cost = 1.0\n{rules}")), &[body(n_prompt_bytes, false)]);
}

/// Each of `bodies` in turn.
fn open_and_send(bencher: Bencher<'_, '_>, gateway: &Arc<Gateway>, bodies: &[String]) {
    let mut bodies = bodies.iter().cycle();
    let next = || (gateway.connect(0).unwrap(), bodies.next().unwrap());
    bencher.with_inputs(next).bench_local_values(|(mut connection, body)| {
        let mut call = open(gateway, body);
        assert!(matches!(call.next_attempt(NOW), Next::Attempt(_)));
        let step = connection.begin(&mut call, NOW);
        (step, Opened(call), connection)
    });
}

/// A call that is settled when it is dropped, as in production: else it would hold its place at the deployment.
struct Opened(Call);

impl Drop for Opened {
    fn drop(&mut self) {
        self.0.settle(NOW);
    }
}

/// From the request to the books, with the provider's answer between.
#[divan::bench(args = PROMPTS)]
fn whole_call(bencher: Bencher<'_, '_>, n_prompt_bytes: usize) {
    let gateway = gateway();
    let body = body(n_prompt_bytes, false);
    let answer = http_answer();
    bencher.with_inputs(|| connect(&gateway)).bench_local_values(|mut connection| {
        let mut call = open(&gateway, &body);
        assert!(matches!(call.next_attempt(NOW), Next::Attempt(_)));
        connection.begin(&mut call, NOW);
        connection.feed(&mut call, &answer, NOW);
        let reply = call.take_reply(NOW).unwrap();
        call.settle(NOW);
        (reply, call, connection)
    });
}

/// The same of a stream whose events come one a read.
#[divan::bench]
fn whole_stream_of_52_events(bencher: Bencher<'_, '_>) {
    let gateway = gateway();
    let body = body(PROMPTS[0], true);
    let reads = stream_reads();
    bencher.with_inputs(|| connect(&gateway)).bench_local_values(|mut connection| {
        let mut call = open(&gateway, &body);
        assert!(matches!(call.next_attempt(NOW), Next::Attempt(_)));
        connection.begin(&mut call, NOW);
        let steps: Vec<_> = reads.iter().map(|read| connection.feed(&mut call, read, NOW)).collect();
        call.settle(NOW);
        (steps, call, connection)
    });
}

/// Not on every request's path: a rule has to ask for it.
#[divan::bench(args = PROMPTS)]
fn count_tokens(bencher: Bencher<'_, '_>, n_bytes: usize) {
    let text = prompt(n_bytes);
    tokens::count(&text, Encoding::O200k);
    bencher.bench_local(|| tokens::count(&text, Encoding::O200k));
}
