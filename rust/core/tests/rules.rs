//! What rules ask of a request, which of them decides, and what is said of it.

#[path = "support/rules.rs"]
mod support;

use std::cell::Cell;
use support::{compile, facts, rule};
use tiercel_core::config::ResponseFormat;
use tiercel_core::money::NanoDollars;
use tiercel_core::rules::{Decision, Facts};

/// Whether a rule of that content holds for the request.
fn check(content: &str, facts: &Facts<'_>, expected: bool) {
    let decision = rule(content).decide(facts);

    assert_eq!(decision.tier.is_some(), expected, "{content}");
    assert!(decision.undecided.is_empty(), "{content}: {decision:?}");
}

#[test]
fn each_matcher_holds_or_does_not() {
    let facts = facts();
    let check = |content: &str, expected: bool| check(content, &facts, expected);
    check("", true);
    check("any_phrase = ['opening hours', 'refund policy']", true);
    check("any_phrase = ['opening hours']", false);
    check("all_phrases = ['refund', 'POLICY']", true);
    check("all_phrases = ['refund', 'hours']", false);
    check("no_phrase = ['hours', 'menu']", true);
    check("no_phrase = ['hours', 'policy']", false);
    check("any_phrase = ['refund']\nall_phrases = ['your']\nno_phrase = ['hours']", true);
    check("any_phrase = ['refund']\nall_phrases = ['hours']", false);
    check("any_pattern = ['^x', 'Refund\\s+\\w+']", true);
    check("any_pattern = ['refund']", false);
    check("any_pattern = ['(?i)refund']", true);
    check("min_tokens = 6", true);
    check("min_tokens = 7", false);
    check("max_tokens = 6", true);
    check("max_tokens = 5", false);
    check("min_tokens = 28", false);
    check("max_tokens = 27", true);
    check("min_characters = 27\nmax_characters = 27", true);
    check("min_characters = 28", false);
    check("max_characters = 26", false);
    check("min_turns = 2\nmax_turns = 2", true);
    check("min_turns = 3", false);
    check("max_turns = 1", false);
    check("has_images = true", true);
    check("has_images = false", false);
    check("has_tools = false", true);
    check("has_tools = true", false);
    check("has_code = false", true);
    check("has_code = true", false);
    check("response_format = 'json_object'", true);
    check("response_format = 'json_schema'", false);
    check("languages = ['de', 'hi']", false);
    check("hours = '18:00-19:00'", true);
    check("hours = '18:31-19:00'", false);
    check("hours = '23:00-01:00'\ntimezone = '+05:30'", true);
    check("weekdays = ['thu']", true);
    check("weekdays = ['fri']", false);
    check("weekdays = ['fri']\ntimezone = '+05:30'", true);
    check("tenants = ['umbrella', 'ac*']", true);
    check("tenants = ['umbrella']", false);
    check("keys = ['shop']", true);
    check("keys = ['shop-*']", false);
    check("headers = { X-Team = 'support-*' }", true);
    check("headers = { X-Team = 'sales-*' }", false);
    check("headers = { X-Region = '*' }", false);
    check("metadata = { plan = 'gold' }", true);
    check("metadata = { plan = 'free' }", false);
    check("metadata = { seats = '*' }", false);
    check("tasks = ['math', 'code']", true);
    check("tasks = ['math']", false);
    check("tasks = ['code']\nmin_confidence = 0.75", true);
    check("tasks = ['code']\nmin_confidence = 0.8", false);
    check("when = 'n_images == 1'", true);
    check("when = 'n_images == 2'", false);
}

#[test]
fn what_is_not_known_of_a_request_matches_nothing() {
    let nobody = Facts { tenant: None, task: &|| None, header: &|_| None, metadata: &[], text: "", ..facts() };
    check("tenants = ['*']", &nobody, false);
    check("tasks = ['code']", &nobody, false);
    check("headers = { x-team = '*' }", &nobody, false);
    check("metadata = { plan = '*' }", &nobody, false);
    check("any_phrase = ['a']", &nobody, false);
    check("languages = ['en']", &nobody, false);
    check("no_phrase = ['a']", &nobody, true);
}

#[test]
fn code_and_language_are_read_off_the_text() {
    let german = "Schreibe mir bitte eine Antwort an den Kunden, der auf seine Bestellung wartet.";
    check("languages = ['de']", &Facts { text: german, ..facts() }, true);
    check("languages = ['en']", &Facts { text: german, ..facts() }, false);
    check("has_code = true", &Facts { text: "Explain:\n```\nx = 1\n```", ..facts() }, true);
    check("response_format = 'text'", &Facts { response_format: ResponseFormat::Text, ..facts() }, true);
}

#[test]
fn a_long_message_is_searched_at_its_start_and_end() {
    let long = format!("refund {} hours {} policy", "é ".repeat(40_000), "é ".repeat(40_000));
    let facts = Facts { text: &long, n_text_bytes: long.len(), ..facts() };
    check("all_phrases = ['refund', 'policy']", &facts, true);
    check("any_phrase = ['hours']", &facts, false);
}

const THREE: &str = "
[[routes.auto.rules]]
name = 'thrift'
tenants = ['acme']
max_cost = 0.01
session = false
continue = true
[[routes.auto.rules]]
name = 'images'
has_images = true
use = 'mid'
max_cost = 0.5
[[routes.auto.rules]]
name = 'rest'
use = 'cheap'
";

#[test]
fn the_first_rule_that_holds_decides_and_one_that_continues_is_remembered() {
    let rules = compile(THREE).unwrap();

    let decision = rules.decide(&facts());

    let max_cost = Some(NanoDollars(500_000_000));
    let expected =
        Decision { held: vec![0, 1], tier: Some("mid".into()), max_cost, session: Some(false), undecided: vec![] };
    assert_eq!(decision, expected);
    assert_eq!(rules.name(1).map(|it| &**it), Some("images"));

    let decision = rules.decide(&Facts { n_images: 0, ..facts() });

    let max_cost = Some(NanoDollars(10_000_000));
    let expected =
        Decision { held: vec![0, 2], tier: Some("cheap".into()), max_cost, session: Some(false), undecided: vec![] };
    assert_eq!(decision, expected);
}

#[test]
fn rules_may_be_shared_by_threads() {
    fn check<T: Send + Sync>(_: &T) {}
    check(&compile(THREE).unwrap());
}

#[test]
fn a_route_without_rules_decides_nothing() {
    let rules = compile("").unwrap();

    assert_eq!(rules.decide(&facts()), Decision::default());
    assert_eq!(rules.why(&Decision::default(), &facts()), "no rule holds");
}

#[test]
fn a_rule_says_why_it_held() {
    let check = |content: &str, expected: &str| {
        let rules = rule(content);

        assert_eq!(rules.why(&rules.decide(&facts()), &facts()), expected, "{content}");
    };
    check("", "rule it: always");
    check(
        "any_phrase = ['Refund  Policy', 'menu']\nmax_tokens = 200",
        "rule it: contains \"refund policy\", 6 tokens <= 200",
    );
    check("any_pattern = ['Re+fund']\nmin_turns = 1", "rule it: 1 <= 2 turns, matches \"Re+fund\"");
    check("no_phrase = ['menu']\nhas_code = false", "rule it: does not contain \"menu\", contains no code");
    check("min_characters = 3\nmax_characters = 30", "rule it: 3 <= 27 characters <= 30");
    check("has_images = true\nhas_tools = false", "rule it: 1 images, no tools");
    check("hours = '18:00-19:00'\nweekdays = ['thu']", "rule it: it is 18:30, it is thu");
    check("tenants = ['a*']\nkeys = ['*']", "rule it: tenant acme, key shop");
    check(
        "headers = { x-team = 's*' }\nmetadata = { plan = 'g*' }",
        "rule it: header x-team is \"s*\", metadata plan is \"g*\"",
    );
    check("tasks = ['code']\nmin_confidence = 0.5", "rule it: task code, 0.75 >= 0.50");
    check("response_format = 'json_object'", "rule it: the answer is wanted as json_object");
    check("when = 'hour > 8'", "rule it: hour > 8");
    check("when = 'hour < 8'", "no rule holds");
    check("when = '1 / n_images == 1'", "rule it: 1 / n_images == 1");
    check(
        "when = '1 / (n_images - 1) == 1'",
        "rule it was left out: it divides by zero, or a number is too large; no rule holds",
    );

    let rules = compile(THREE).unwrap();
    assert_eq!(rules.why(&rules.decide(&facts()), &facts()), "rule thrift: tenant acme; rule images: 1 images");
}

/// How often tokens are counted for a rule of that content and a text of `n_text_bytes`.
#[test]
fn tokens_are_counted_only_where_the_bytes_do_not_tell() {
    let check = |content: &str, n_text_bytes: usize, expected: u32| {
        let counted = Cell::new(0);
        let count_tokens = || {
            counted.set(counted.get() + 1);
            n_text_bytes as u64 / 4
        };
        rule(content).decide(&Facts { count_tokens: &count_tokens, n_text_bytes, ..facts() });

        assert_eq!(counted.get(), expected, "{content}, {n_text_bytes} bytes");
    };
    check("max_tokens = 200", 200, 0);
    check("max_tokens = 200", 201, 1);
    check("max_tokens = 200", 200 * 128, 1);
    check("max_tokens = 200", 200 * 128 + 1, 0);
    check("min_tokens = 200", 199, 0);
    check("min_tokens = 200", 200, 1);
    check("min_tokens = 200", 199 * 128 + 1, 0);
    check("min_tokens = 100\nmax_tokens = 200", 800, 1);
    check("max_tokens = 200\nany_phrase = ['hours']", 800, 0);
    check("max_tokens = 200\nany_phrase = ['refund']", 800, 1);
    check("when = 'prompt_tokens > 2000'", 2_000, 0);
    check("when = 'prompt_tokens > 2000'", 2_001, 1);
    check("when = '2000 >= prompt_tokens && has_tools'", 2_001, 1);
    check("when = 'has_tools && 2000 >= prompt_tokens'", 2_001, 0);
    check("when = 'prompt_tokens * 2 > 10 || prompt_tokens == 3'", 4, 1);
    check("when = 'n_images > 0'", 2_001, 0);
}
