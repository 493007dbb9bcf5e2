//! Rules of a route: as many as an operator may come to have, on a page of text.

use std::fmt::Write;

use divan::Bencher;
use tiercel_core::config::{Config, Overrides, ResponseFormat};
use tiercel_core::rules::{Facts, Rules};
use tiercel_core::tokens::{self, Encoding};

use crate::PROMPTS;
use crate::inputs::{NOW, prompt};

const N_PHRASES_A_RULE: usize = 5;
const SYLLABLES: [&str; 10] = ["ka", "re", "to", "mi", "sun", "del", "ora", "bi", "ent", "low"];

/// No rule holds but the last. Each phrase begins with a word of the prompt, so that the search is not over at once.
#[divan::bench(args = [1, 100, 1_000])]
fn rules_of_5_phrases(bencher: Bencher<'_, '_>, n_rules: usize) {
    let text = prompt(PROMPTS[1]);
    bench(bencher, &phrase_rules(n_rules, &text, Some("tracking page")), &text);
}

/// Each condition is evaluated, and none counts tokens.
#[divan::bench(args = [1, 10])]
fn rules_in_cel(bencher: Bencher<'_, '_>, n_rules: usize) {
    let mut rules = String::new();
    for rule in 0..n_rules {
        let hour = if rule + 1 == n_rules { ">= 0" } else { "< 0" };
        let condition = format!("prompt_tokens < 2001 && tenant == \"acme\" && hour {hour}");
        writeln!(rules, "[[routes.auto.rules]]\nname = \"r{rule}\"\nuse = \"cheap\"\nwhen = '{condition}'").unwrap();
    }
    bench(bencher, &rules, &prompt(PROMPTS[1]));
}

/// So many rules, each of five phrases that begin with a word of `text` and are not in it; the last has `another` too.
pub(crate) fn phrase_rules(n_rules: usize, text: &str, another: Option<&str>) -> String {
    let words: Vec<_> = text.split(' ').take(16).collect();
    let mut rules = String::new();
    for rule in 0..n_rules {
        let phrases: Vec<_> = (rule * N_PHRASES_A_RULE..(rule + 1) * N_PHRASES_A_RULE)
            .map(|n| format!("{} {}", words[n % words.len()], word(n)))
            .chain(another.filter(|_| rule + 1 == n_rules).map(str::to_owned))
            .collect();
        writeln!(
            rules,
            "[[routes.auto.rules]]\nname = \"r{rule}\"\nuse = \"cheap\"\nmax_tokens = 2000\nany_phrase = {phrases:?}"
        )
        .unwrap();
    }
    rules
}

fn bench(bencher: Bencher<'_, '_>, rules: &str, text: &str) {
    let config = format!(
        "providers.local.base_url = \"http://127.0.0.1:9001/v1\"\ntiers.cheap = [\"local/a\"]\n[routes.auto]\ntiers = [\"cheap\"]\ndefault = \"cheap\"\n{rules}"
    );
    let config = Config::parse(&config, "tiercel.toml", &Overrides::default()).unwrap();
    let rules = Rules::compile(&config, "auto", &[]).unwrap();
    let facts = Facts {
        text,
        n_text_bytes: text.len(),
        count_tokens: &|| tokens::count(text, Encoding::O200k) as u64,
        n_messages: 1,
        n_turns: 1,
        n_images: 0,
        n_tools: 0,
        response_format: ResponseFormat::Text,
        key: "shop",
        tenant: Some("acme"),
        header: &|_| None,
        metadata: &[],
        task: &|| None,
        p_cheap: &|| None,
        unix: NOW.unix,
        budget_left: None,
    };
    bencher.bench_local(|| {
        let decision = rules.decide(&facts);
        assert!(decision.tier.is_some());
        decision
    });
}

/// A made-up word, another for each number.
pub(crate) fn word(number: usize) -> String {
    let digits = format!("{number:04}");
    digits.bytes().map(|digit| SYLLABLES[usize::from(digit - b'0')]).collect()
}
