//! Rules compiled together decide as each would alone, and no text, pattern or expression makes them panic.
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

#[path = "support/rules.rs"]
mod support;

use proptest::prelude::*;
use std::fmt::Write;
use support::{compile, facts, rule};
use tiercel_core::rules::{Facts, MAX_TOKEN_BYTES};
use tiercel_core::tokens::{Encoding, count};

const WORDS: [&str; 8] = ["refund", "policy", "hours", "cat", "é", "退款", "c++", "open"];

fn phrases() -> impl Strategy<Value = Vec<String>> {
    let phrase = prop::collection::vec(prop::sample::select(&WORDS[..]), 1..3).prop_map(|words| words.join(" "));
    prop::collection::vec(phrase, 0..3)
}

/// What a rule asks, as TOML.
fn content() -> impl Strategy<Value = String> {
    let bound = || prop::option::of(0u32..40);
    (phrases(), phrases(), phrases(), bound(), bound(), prop::option::of(any::<bool>())).prop_map(
        |(any, all, none, min_tokens, max_characters, has_images)| {
            let mut content = String::new();
            for (field, list) in [("any_phrase", any), ("all_phrases", all), ("no_phrase", none)] {
                if !list.is_empty() {
                    writeln!(content, "{field} = {list:?}").unwrap();
                }
            }
            for (field, bound) in [("min_tokens", min_tokens), ("max_characters", max_characters)] {
                if let Some(bound) = bound {
                    writeln!(content, "{field} = {bound}").unwrap();
                }
            }
            if let Some(has_images) = has_images {
                writeln!(content, "has_images = {has_images}").unwrap();
            }
            content
        },
    )
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(&WORDS[..]).prop_map(str::to_owned),
        1 => "[ \\n.,A-Za-zé退_]{0,3}".prop_map(|it| it),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|words| words.join(" "))
}

/// Any characters, those that control something too, which a pattern's `\PC` leaves out.
fn characters() -> impl Strategy<Value = String> {
    prop::collection::vec(any::<char>(), 0..80).prop_map(String::from_iter)
}

/// Whether the phrase stands in the text, by looking at each place for it.
fn naively_contains(text: &str, phrase: &str) -> bool {
    let fold = |text: &str| text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let (text, phrase) = (fold(text), fold(phrase));
    let is_word =
        |it: Option<char>| it.is_some_and(|it| it != '退' && it != '款' && (it == '_' || it.is_alphanumeric()));
    text.match_indices(&phrase).any(|(start, _)| {
        let (before, from) = text.split_at(start);
        let (inside, after) = from.split_at(phrase.len());
        let cuts = |left: &str, right: &str| is_word(left.chars().next_back()) && is_word(right.chars().next());
        !cuts(before, inside) && !cuts(inside, after)
    })
}

proptest! {
    #[test]
    fn rules_together_decide_as_each_alone(contents in prop::collection::vec(content(), 0..12), text in text(), n_images in 0u32..2) {
        let n_tokens = count(&text, Encoding::O200k) as u64;
        let facts = Facts { text: &text, n_text_bytes: text.len(), count_tokens: &|| n_tokens, n_images, ..facts() };
        let mut together = String::new();
        for (index, content) in contents.iter().enumerate() {
            write!(together, "[[routes.auto.rules]]\nname = 'r{index}'\nuse = 'cheap'\ncontinue = true\n{content}").unwrap();
        }

        let held = compile(&together).unwrap().decide(&facts).held;

        let alone: Vec<_> = (0..contents.len()).filter(|it| rule(&contents[*it]).decide(&facts).tier.is_some()).collect();
        prop_assert_eq!(held, alone);
    }

    #[test]
    fn a_phrase_is_found_where_it_is(text in text(), any in phrases()) {
        let facts = Facts { text: &text, ..facts() };
        prop_assume!(!any.is_empty());

        let found = rule(&format!("any_phrase = {any:?}")).decide(&facts).tier.is_some();

        prop_assert_eq!(found, any.iter().any(|phrase| naively_contains(&text, phrase)), "{:?} in {:?}", any, text);
    }

    #[test]
    fn what_the_bytes_tell_of_tokens_is_what_counting_tells(text in "(\\PC{0,40}| {0,600}|a{0,300}|é{0,200}|\n{0,300})", bound in 0u64..80) {
        let n_tokens = count(&text, Encoding::O200k) as u64;
        let facts = Facts { text: &text, n_text_bytes: text.len(), count_tokens: &|| n_tokens, ..facts() };
        let holds = |content: String| rule(&content).decide(&facts).tier.is_some();

        for encoding in [Encoding::O200k, Encoding::Cl100k] {
            prop_assert!((text.len().div_ceil(MAX_TOKEN_BYTES)..=text.len()).contains(&count(&text, encoding)));
        }
        prop_assert_eq!(holds(format!("min_tokens = {bound}")), n_tokens >= bound);
        prop_assert_eq!(holds(format!("max_tokens = {bound}")), n_tokens <= bound);
        prop_assert_eq!(holds(format!("when = 'prompt_tokens > {bound}'")), n_tokens > bound);
    }

    #[test]
    fn no_text_makes_a_rule_panic(text in prop_oneof![characters(), "[a-zé退\\n\\t ]{0,80}"], times in 1..2_000_usize) {
        let text = text.repeat(times);
        let content = "any_phrase = ['é', 'a b', '退']\nno_phrase = ['.']\nany_pattern = ['\\w+é$']\nlanguages = ['en']\nhas_code = false";
        let facts = Facts { text: &text, n_text_bytes: text.len(), ..facts() };
        let rules = rule(content);

        let decision = rules.decide(&facts);

        prop_assert!(!rules.why(&decision, &facts).is_empty());
    }

    #[test]
    fn no_pattern_makes_the_compiler_panic(pattern in "\\PC*|[a-z(|)*+?{}0-9\\[\\]\\\\^$.-]{0,30}") {
        let content = serde_json::json!([pattern]).to_string();
        let _ = compile(&format!("[[routes.auto.rules]]\nname = 'it'\nuse = 'cheap'\nany_pattern = {content}")).map_err(|error| error.to_string());
    }

    #[test]
    fn no_expression_makes_the_compiler_panic(source in "\\PC{0,60}|[a-z0-9 ()\\[\\].,:?!<>=&|+*/%'\"{}-]{0,40}") {
        check_expression(&source);
    }

    /// Pieces of real expressions in any order reach further than random characters do.
    #[test]
    fn no_patchwork_makes_the_compiler_panic(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..16)) {
        check_expression(&pieces.concat());
    }
}

fn check_expression(source: &str) {
    let source = serde_json::json!(source).to_string();
    match compile(&format!("[[routes.auto.rules]]\nname = 'it'\nuse = 'cheap'\nwhen = {source}")) {
        Ok(rules) => drop(rules.decide(&facts())),
        Err(error) => drop(error.to_string()),
    }
}

const PIECES: &[&str] = &[
    "prompt_tokens",
    "task",
    "p_cheap",
    "header",
    "metadata",
    ".x",
    "['x']",
    "has(",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    " && ",
    " || ",
    "!",
    " == ",
    " < ",
    " >= ",
    " in ",
    " ? ",
    " : ",
    "1",
    "2.5",
    "'é'",
    "\"",
    "true",
    "null",
    "-",
    " + ",
    " / ",
    "0",
    ".size()",
    ".contains(",
    ".exists(x, ",
    "9223372036854775807",
    "1u",
    "b'x'",
    ",",
    "x",
    "//",
    "\n",
    "\\",
    "`",
];
