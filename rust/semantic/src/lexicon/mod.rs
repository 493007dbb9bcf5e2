//! What is known of words: which hold a sentence together, which mean the same, which are opposites, and of what kind
//! things are. The lists beside this file are written for this project.
//!
//! Why lists, where embeddings have it all: an embedding says that "Paris" and "London", or "buy" and "sell", are near.
//! They are; and whoever asks of the one must not get an answer about the other. A word that is in no list is judged by
//! its place in the sentence and by the verifier.

mod sieve;
mod stem;

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

pub(crate) use sieve::Sieve;
pub(crate) use stem::stem;

const LISTS: [&str; 4] =
    [include_str!("words.txt"), include_str!("measures.txt"), include_str!("kinds.txt"), include_str!("synonyms.txt")];
const ANTONYMS: &str = include_str!("antonyms.txt");

/// What a word does in a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// It holds the sentence together: "the", "of", "not".
    Function,
    /// It says little: "way", "please", "best".
    Light,
    /// It says what the question is about.
    Content,
    /// What is counted or measured in.
    Unit,
    /// A part of a calendar or a day.
    Date,
    /// A number, in digits or as a word.
    Number,
    /// A sign that is no punctuation: `+`.
    Symbol,
}

/// What is known of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Words of the same class mean the same.
    pub(crate) class: u64,
    /// What it does.
    pub(crate) kind: Kind,
    /// The number of its kind of things, 0 where it is of none.
    pub(crate) family: u8,
    /// Whether it is a name.
    pub(crate) is_proper: bool,
    /// Whether it is a unit only behind a number.
    pub(crate) needs_number: bool,
}

struct Lexicon {
    entries: ByHash<Entry>,
    antonyms: Vec<(u64, u64)>,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::read);

/// What is known of a word in lower case: of the very word, else of its stem.
pub(crate) fn entry(word: &str) -> Option<Entry> {
    entry_of(hashes(word))
}

/// The same of a word whose [`hashes`] are these.
pub(crate) fn entry_of((word, stem): (u64, u64)) -> Option<Entry> {
    let entries = &LEXICON.entries;
    entries.get(&word).or_else(|| entries.get(&stem)).copied()
}

/// Whether two classes are opposites.
pub(crate) fn are_opposites(left: u64, right: u64) -> bool {
    LEXICON.antonyms.binary_search(&(left.min(right), left.max(right))).is_ok()
}

/// FNV-1a, 64 bits: it is the same on every machine, and a constant of a constant.
pub(crate) const fn hash(text: &str) -> u64 {
    hash_on(0xcbf2_9ce4_8422_2325, text.as_bytes())
}

/// The hashes of a word and of its stem, which it begins with.
pub(crate) fn hashes(word: &str) -> (u64, u64) {
    let (stem, ending) = word.as_bytes().split_at(stem(word).len());
    let stem = hash_on(hash(""), stem);
    (hash_on(stem, ending), stem)
}

/// The hash of a text that goes on with `bytes`.
const fn hash_on(mut hash: u64, mut bytes: &[u8]) -> u64 {
    while let [byte, rest @ ..] = bytes {
        hash = (hash ^ *byte as u64).wrapping_mul(0x0100_0000_01b3);
        bytes = rest;
    }
    hash
}

/// A list of words, as their hashes: comparing them costs nothing that a question would notice.
macro_rules! words {
    ($($word:literal),* $(,)?) => { &[$(const { $crate::lexicon::hash($word) }),*] };
}
pub(crate) use words;

/// A map by what [`hash`] gives, which is spread as it is.
pub(crate) type ByHash<T> = HashMap<u64, T, BuildHasherDefault<Spread>>;

/// A number as its own hash.
#[derive(Default)]
pub(crate) struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash_on(self.0, bytes);
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Lexicon {
    fn read() -> Self {
        let mut entries = ByHash::default();
        let mut stems = Vec::new();
        let mut heads = vec!["synonyms"];
        for line in LISTS.iter().flat_map(|list| lines(list)) {
            let (head, classes) = line.split_once(": ").unwrap_or(("synonyms", line));
            let (kind, is_proper) = match head.split(' ').next() {
                Some("function") => (Kind::Function, false),
                Some("light") => (Kind::Light, false),
                Some("unit") => (Kind::Unit, false),
                Some("date") => (Kind::Date, false),
                Some("proper") => (Kind::Content, true),
                _ => (Kind::Content, false),
            };
            let family = heads.iter().position(|it| *it == head).unwrap_or(heads.len());
            if family == heads.len() {
                heads.push(head);
            }
            let family = if head.contains(' ') { u8::try_from(family).unwrap_or(0) } else { 0 };
            for words in classes.split(' ') {
                let first = words.split('/').next().unwrap_or_default();
                let class = hash(stem(first.trim_start_matches('~')));
                for word in words.split('/') {
                    let entry = Entry { class, kind, family, is_proper, needs_number: word.starts_with('~') };
                    let word = word.trim_start_matches('~');
                    entries.entry(hash(word)).or_insert(entry);
                    if !matches!(kind, Kind::Function) && word.len() > 3 {
                        stems.push((hash(stem(word)), entry));
                    }
                }
            }
        }
        for (stem, entry) in stems {
            entries.entry(stem).or_insert(entry);
        }
        let class = |word: &str| {
            let found = entries.get(&hash(word)).or_else(|| entries.get(&hash(stem(word))));
            found.map_or_else(|| hash(stem(word)), |it| it.class)
        };
        let pairs = lines(ANTONYMS).flat_map(|line| line.split(' ')).filter_map(|pair| pair.split_once('/'));
        let both = pairs.map(|(left, right)| (class(left), class(right)));
        let mut antonyms: Vec<_> = both.map(|(left, right)| (left.min(right), left.max(right))).collect();
        antonyms.sort_unstable();
        Self { entries, antonyms }
    }
}

fn lines(list: &str) -> impl Iterator<Item = &str> {
    list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(word: &str) -> u64 {
        entry(word).map_or_else(|| hash(stem(word)), |it| it.class)
    }

    #[test]
    fn a_word_is_listed_once() {
        let mut words: Vec<&str> = LISTS
            .iter()
            .flat_map(|list| lines(list))
            .flat_map(|line| line.split_once(": ").map_or(line, |(_, classes)| classes).split([' ', '/']))
            .map(|word| word.trim_start_matches('~'))
            .collect();
        words.sort_unstable();
        let twice: Vec<_> = words.windows(2).filter(|pair| pair[0] == pair[1]).collect();

        assert!(twice.is_empty(), "{twice:?}");
    }

    #[test]
    fn an_opposite_is_not_a_synonym() {
        for pair in lines(ANTONYMS).flat_map(|line| line.split(' ')) {
            let (left, right) = pair.split_once('/').unwrap();

            assert_ne!(class(left), class(right), "{pair}");
            assert!(are_opposites(class(left), class(right)) && are_opposites(class(right), class(left)), "{pair}");
        }
    }

    #[test]
    fn forms_of_a_word_are_of_a_class() {
        let check = |expected: bool, left: &str, right: &str| {
            assert_eq!(expected, class(left) == class(right), "{left} {right}");
        };
        check(true, "country", "countries");
        check(true, "run", "running");
        check(true, "install", "installed");
        check(true, "make", "making");
        check(true, "box", "boxes");
        check(true, "quick", "quickly");
        check(true, "car", "automobiles");
        check(true, "bought", "purchasing");
        check(false, "string", "str");
        check(false, "bus", "bu");
        check(false, "news", "new");
        check(false, "iran", "iraq");
        check(false, "thing", "the");
    }
}
