//! The cache on a request's way: nothing found among many questions, the same words, and other words.

use std::sync::Arc;
use std::time::Duration;

use divan::Bencher;
use tiercel_gateway::{Gateway, Next};

use crate::inputs::{NOW, body, connect, gateway_with, http_answer, open, prompt};
use crate::rules::{phrase_rules, word};
use crate::{Opened, PROMPTS, open_and_send};

const CACHE: &str = "[cache]\nmode = \"semantic\"\nmax_entries = 200_000\nmax_error = 0.5\ncheck_rate = 0.001\n";
/// Ways to ask the same, until answers to other words are given: by a mark more each time.
const N_LESSONS: usize = 600;

/// Different questions that are looked for, in turn: who asks the same again finds near what the last look brought there.
const N_ASKED: usize = 1_000;

/// P1 and P2: with every layer of routing and a cache of 10,000 and of 100,000 questions, among which there is none like it.
#[divan::bench(args = PROMPTS)]
fn open_through_every_layer_and_cache(bencher: Bencher<'_, '_>, n_prompt_bytes: usize) {
    let (n_rules, n_questions) = if n_prompt_bytes == PROMPTS[0] { (20, 10_000) } else { (1_000, 100_000) };
    let rules = phrase_rules(n_rules, &prompt(n_prompt_bytes), None);
    let gateway = gateway_with(&format!("max_cost = 1.0\n{rules}\n{CACHE}"));
    fill(&gateway, n_prompt_bytes, n_questions);
    // The conversation is as long as the prompt, and only its last words are looked for.
    let asked: Vec<String> = (0..N_ASKED).map(|number| asking(n_prompt_bytes, &another_question(number))).collect();
    open_and_send(bencher, &gateway, &asked);
}

/// From the request to the answer.
#[divan::bench]
fn exact_hit(bencher: Bencher<'_, '_>) {
    let gateway = gateway_with(CACHE);
    fill(&gateway, PROMPTS[0], 10_000);
    hit(bencher, &gateway, &asking(PROMPTS[0], &question(5)), "exact");
}

/// The same, to other words, among 10,000 questions.
#[divan::bench]
fn semantic_hit(bencher: Bencher<'_, '_>) {
    let gateway = gateway_with(CACHE);
    for n_marks in 0..N_LESSONS {
        answer(&gateway, &asking(PROMPTS[0], &format!("{}{}", question(5), "!".repeat(n_marks))));
        follow(&gateway);
    }
    fill(&gateway, PROMPTS[0], 10_000);
    hit(bencher, &gateway, &asking(PROMPTS[0], &format!("Could you please tell me {}", question(5))), "semantic");
}

fn hit(bencher: Bencher<'_, '_>, gateway: &Arc<Gateway>, asked: &str, expected: &str) {
    bencher.with_inputs(|| connect(gateway)).bench_local_values(|_| {
        let mut call = open(gateway, asked);
        let reply = call.take_reply(NOW);
        let headers = reply.iter().flat_map(|reply| &reply.headers);
        // One in a thousand of the answers to other words is compared with the model's.
        let is_expected = |(name, told): &(_, String)| name != "x-tiercel-cache" || told.starts_with(expected);
        assert!(headers.into_iter().all(is_expected));
        (reply, Opened(call))
    });
}

/// Has so many questions answered and known; few where it is only tried whether the benchmark works.
fn fill(gateway: &Arc<Gateway>, n_prompt_bytes: usize, n_questions: usize) {
    let is_measured = std::env::args().any(|argument| argument == "--bench");
    for number in 0..if is_measured { n_questions } else { 100 } {
        answer(gateway, &asking(n_prompt_bytes, &question(number)));
    }
    follow(gateway);
}

fn follow(gateway: &Gateway) {
    let follower = gateway.cache_follower();
    while follower.follow() == Some(Duration::ZERO) {}
}

fn answer(gateway: &Arc<Gateway>, asked: &str) {
    let mut connection = connect(gateway);
    let mut call = open(gateway, asked);
    if matches!(call.next_attempt(NOW), Next::Attempt(_)) {
        connection.begin(&mut call, NOW);
        connection.feed(&mut call, &http_answer(), NOW);
    }
    call.settle(NOW);
}

/// Another one for each number.
fn question(number: usize) -> String {
    let [first, second, third] = words(number);
    format!("How do I {first} the {second} of my {third}?")
}

/// One that none of these answers, though some may be near.
fn another_question(number: usize) -> String {
    let [first, second, third] = words(number);
    format!("My {first} has not arrived yet, and the {second} page of the {third} is empty.")
}

fn words(number: usize) -> [String; 3] {
    [number, 7 * number + 3, 31 * number + 5 + number / 10_000].map(|number| word(number % 10_000))
}

/// A conversation of about so many bytes that ends with `question`.
fn asking(n_prompt_bytes: usize, question: &str) -> String {
    let body = body(n_prompt_bytes, false);
    let (text, system) = (prompt(n_prompt_bytes), prompt(n_prompt_bytes.saturating_sub(80)));
    let user = format!(r#"{{"role":"user","content":"{text}"}}"#);
    assert!(body.contains(&user), "{body}");
    let turns = format!(r#"{{"role":"system","content":"{system}"}},{{"role":"user","content":"{question}"}}"#);
    body.replace(&user, &turns)
}
