//! What rules found out about one request so far: each thing once, and only when a rule asks.

use super::facts::Facts;
use super::phrases::{Found, Phrases};
use super::{code, language, start_of};
use regex::{RegexSet, SetMatches};
use std::borrow::Cow;
use std::cell::OnceCell;

/// The most bytes that a token has, in both vocabularies of [`tokens`](crate::tokens).
pub const MAX_TOKEN_BYTES: usize = 128;

/// How much of the last message is searched, from its start and up to its end. At some hundred megabytes a second, a
/// message of the largest size would keep a worker for tens of milliseconds.
const MAX_SEARCHED: usize = 32 * 1024;

pub(super) struct Scene<'r, 'a> {
    pub(super) facts: Facts<'a>,
    phrases: &'r Phrases,
    patterns: &'r RegexSet,
    text: OnceCell<Cow<'a, str>>,
    tokens: OnceCell<u64>,
    characters: OnceCell<usize>,
    found: OnceCell<Found>,
    matched: OnceCell<SetMatches>,
    has_code: OnceCell<bool>,
    language: OnceCell<Option<&'static str>>,
    task: OnceCell<Option<(&'a str, f32)>>,
    p_cheap: OnceCell<Option<f32>>,
}

impl<'r, 'a> Scene<'r, 'a> {
    pub(super) fn new(facts: &Facts<'a>, phrases: &'r Phrases, patterns: &'r RegexSet) -> Self {
        Self {
            facts: *facts,
            phrases,
            patterns,
            text: OnceCell::new(),
            tokens: OnceCell::new(),
            characters: OnceCell::new(),
            found: OnceCell::new(),
            matched: OnceCell::new(),
            has_code: OnceCell::new(),
            language: OnceCell::new(),
            task: OnceCell::new(),
            p_cheap: OnceCell::new(),
        }
    }

    pub(super) fn tokens(&self) -> u64 {
        *self.tokens.get_or_init(self.facts.count_tokens)
    }

    /// Whether there are at least `n` tokens. They are counted only where the bytes do not tell.
    pub(super) fn has_tokens(&self, n: u64) -> bool {
        self.bytes_tell(n).unwrap_or_else(|| self.tokens() >= n)
    }

    /// Whether there are at least `n` tokens, as far as the bytes tell.
    pub(super) fn bytes_tell(&self, n: u64) -> Option<bool> {
        let n_bytes = self.facts.n_text_bytes;
        if n > n_bytes as u64 {
            return Some(false);
        }
        (n <= n_bytes.div_ceil(MAX_TOKEN_BYTES) as u64).then_some(true)
    }

    pub(super) fn characters(&self) -> usize {
        *self.characters.get_or_init(|| self.facts.text.chars().count())
    }

    /// What of the last message is searched.
    fn text(&self) -> &str {
        self.text.get_or_init(|| {
            let text = self.facts.text;
            if text.len() <= 2 * MAX_SEARCHED {
                return Cow::Borrowed(text);
            }
            let end = (text.len() - MAX_SEARCHED..).find_map(|at| text.get(at..)).unwrap_or_default();
            Cow::Owned(format!("{}\n{end}", start_of(text, MAX_SEARCHED)))
        })
    }

    pub(super) fn found(&self) -> &Found {
        self.found.get_or_init(|| self.phrases.find(self.text()))
    }

    /// What was found, if it was looked for already.
    pub(super) fn found_already(&self) -> Option<&Found> {
        self.found.get()
    }

    pub(super) fn matched(&self) -> &SetMatches {
        self.matched.get_or_init(|| self.patterns.matches(self.text()))
    }

    pub(super) fn has_code(&self) -> bool {
        *self.has_code.get_or_init(|| code::has_code(self.text()))
    }

    pub(super) fn language(&self) -> Option<&'static str> {
        *self.language.get_or_init(|| language::language(self.facts.text))
    }

    pub(super) fn task(&self) -> Option<(&'a str, f32)> {
        *self.task.get_or_init(self.facts.task)
    }

    pub(super) fn p_cheap(&self) -> Option<f32> {
        *self.p_cheap.get_or_init(self.facts.p_cheap)
    }
}
