//! Finds the phrases of all rules of a route in one pass over the text.
//!
//! # What counts as standing there
//! Case does not matter, nor does which space and how much of it is between words. A phrase stands there in whole words:
//! "cat" is not in "category". That would find nothing in scripts that write words without space between them, so next
//! to a character of such a script a phrase stands as it is.

use super::bits::Bits;
use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError};
use std::collections::BTreeMap;

/// In bytes; enough for some five thousand phrases of two words.
const MAX_TABLE: usize = 16 << 20;

/// The phrases of a route, each with a number.
#[derive(Debug, Default)]
pub(super) struct Phrases {
    /// None where there is no phrase.
    automaton: Option<AhoCorasick>,
    /// By a phrase's number, the rules that wait for it.
    waiting: Vec<Vec<usize>>,
    /// The rules that wait for no phrase.
    free: Bits,
}

/// What of a text was found.
#[derive(Debug)]
pub(super) struct Found {
    /// The phrases, by their numbers.
    pub(super) phrases: Bits,
    /// The rules that wait for no phrase, and those that wait for one that was found.
    pub(super) rules: Bits,
}

impl Phrases {
    pub(super) fn find(&self, text: &str) -> Found {
        let mut found = Found { phrases: Bits::new(self.waiting.len()), rules: self.free.clone() };
        let Some(automaton) = &self.automaton else { return found };
        let text = fold(text);
        for it in automaton.find_overlapping_iter(&text) {
            let phrase = it.pattern().as_usize();
            if is_whole(&text, it.start(), it.end()) && found.phrases.insert(phrase) {
                for rule in self.waiting.get(phrase).into_iter().flatten() {
                    found.rules.insert(*rule);
                }
            }
        }
        found
    }
}

/// Gathers the phrases of a route's rules.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    numbers: BTreeMap<String, usize>,
    n_bytes: usize,
    waiting: Vec<Vec<usize>>,
    /// Rules that wait for a phrase.
    bound: Vec<usize>,
}

impl Gathering {
    /// The number of `phrase`, which must not be blank.
    pub(super) fn number(&mut self, phrase: &str) -> usize {
        let next = self.numbers.len();
        let number = *self.numbers.entry(fold(phrase.trim())).or_insert(next);
        if number == next {
            self.waiting.push(Vec::new());
            self.n_bytes += phrase.len();
        }
        number
    }

    /// Has `rule` wait for one of the phrases: without any it cannot hold.
    pub(super) fn wait(&mut self, rule: usize, phrases: &[usize]) {
        self.bound.push(rule);
        for phrase in phrases {
            self.waiting[*phrase].push(rule);
        }
    }

    pub(super) fn n_bytes(&self) -> usize {
        self.n_bytes
    }

    /// By number.
    pub(super) fn texts(&self) -> Vec<String> {
        let mut texts = vec![String::new(); self.numbers.len()];
        for (phrase, number) in &self.numbers {
            texts[*number].clone_from(phrase);
        }
        texts
    }

    pub(super) fn build(self, n_rules: usize) -> Result<Phrases, BuildError> {
        let texts = self.texts();
        let automaton = if texts.is_empty() { None } else { Some(automaton(&texts)?) };
        let mut free = Bits::new(n_rules);
        for rule in (0..n_rules).filter(|rule| self.bound.binary_search(rule).is_err()) {
            free.insert(rule);
        }
        Ok(Phrases { automaton, waiting: self.waiting, free })
    }
}

/// A table of all transitions is searched faster than lists of those that there are, so it is made where
/// it is not too large.
fn automaton(phrases: &[String]) -> Result<AhoCorasick, BuildError> {
    let bytes = || phrases.iter().flat_map(|phrase| phrase.bytes());
    let mut distinct = Bits::new(256);
    let n_classes = 1 + bytes().filter(|byte| distinct.insert((*byte).into())).count();
    let size = bytes().count() * n_classes.next_power_of_two() * size_of::<u32>();
    let kind = if size > MAX_TABLE { AhoCorasickKind::ContiguousNFA } else { AhoCorasickKind::DFA };
    AhoCorasick::builder().kind(Some(kind)).build(phrases)
}

/// `text` in lower case, with one space in the place of each run of white space.
fn fold(text: &str) -> String {
    if !text.is_ascii() {
        let mut folded = String::with_capacity(text.len());
        for character in text.chars() {
            if !character.is_whitespace() {
                folded.extend(character.to_lowercase());
            } else if !folded.ends_with(' ') {
                folded.push(' ');
            }
        }
        return folded;
    }
    let is_space = |byte: u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let fold = |byte: u8| if is_space(byte) { b' ' } else { byte.to_ascii_lowercase() };
    // These two passes have no branches, so that they take many bytes at a time; few texts need the third.
    let mut folded: Vec<u8> = text.bytes().map(fold).collect();
    let is_space = |byte: &u8| u8::from(*byte == b' ');
    let pairs = folded.iter().zip(folded.iter().skip(1));
    let has_runs = pairs.fold(0, |has, (a, b)| has | (is_space(a) & is_space(b))) != 0;
    if has_runs {
        folded.dedup_by(|a, b| *a == b' ' && *b == b' ');
    }
    String::from_utf8(folded).unwrap_or_default()
}

/// Whether `start..end` begins and ends where words do.
fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let is_inside = |at: usize| {
        let is_word = |character: Option<char>| character.is_some_and(is_word);
        text.get(..at)
            .zip(text.get(at..))
            .is_none_or(|(before, after)| is_word(before.chars().next_back()) && is_word(after.chars().next()))
    };
    !is_inside(start) && !is_inside(end)
}

/// Whether the character is one of a word that space would part from the next.
fn is_word(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric() || character == '_';
    }
    // Thai, Lao, Tibetan; Burmese; Khmer; kana; Chinese characters: written without space between words. Korean has
    // space, but writes particles at the end of words.
    let has_space = !matches!(character, '\u{e00}'..='\u{fff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}');
    has_space && character.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(phrase: &str, text: &str, expected: bool) {
        let mut gathering = Gathering::default();
        let number = gathering.number(phrase);
        let found = gathering.build(0).unwrap().find(text);

        assert_eq!(found.phrases.contains(number), expected, "{phrase:?} in {text:?}");
    }

    #[test]
    fn a_phrase_stands_there_in_whole_words() {
        check("refund policy", "What is your Refund Policy?", true);
        check("refund policy", "refund\n\t policy", true);
        check("refund  policy", "refund policy", true);
        check("refund policy", "refund-policy", false);
        check("cat", "a category", false);
        check("cat", "concat", false);
        check("cat", "cat_food", false);
        check("cat", "the (cat)", true);
        check("cat", "concat cat", true);
        check("c++", "is c++ fast", true);
        check("c++", "is c++17 fast", true);
        check("?", "really?", true);
    }

    #[test]
    fn a_phrase_stands_there_in_any_script() {
        check("öffnungszeiten", "IHRE ÖFFNUNGSZEITEN", true);
        check("zeiten", "öffnungszeiten", false);
        check("возврат", "ВОЗВРАТ денег", true);
        check("वापसी", "पैसे वापसी कब", true);
        check("退款", "我要退款吗", true);
        check("คืนเงิน", "ขอคืนเงินครับ", true);
        check("환불", "환불 정책", true);
        check("환불", "환불은", true);
        check("straße", "Lange Straße 5", true);
    }
}
