//! The words of a question, and what each does in it.

use std::ops::Range;

use super::{number, tokens};
use crate::lexicon::{self, Entry, Kind, words};

/// Words that deny what follows.
const NEGATIONS: &[u64] = words![
    "not",
    "no",
    "never",
    "none",
    "nobody",
    "nothing",
    "neither",
    "nor",
    "nowhere",
    "hardly",
    "barely",
    "rarely",
    "seldom",
    "without",
    "except",
    "excluding",
];

/// Words after which "to" belongs to a verb: "how to", "want to".
const BEFORE_INFINITIVE: &[u64] = words![
    "how",
    "what",
    "where",
    "when",
    "want",
    "wants",
    "need",
    "needs",
    "have",
    "has",
    "had",
    "like",
    "going",
    "able",
    "ought",
    "way",
    "ways",
    "best",
    "used",
    "try",
    "trying",
    "possible",
    "is",
    "are",
    "was",
    "allowed",
    "supposed",
    "method",
    "methods",
    "steps",
    "help",
    "helps",
    "ready",
    "easy",
    "hard",
    "important",
    "safe",
    "legal",
    "me",
    "you",
    "us",
    "and",
    "or",
];

/// Words that what they govern do not reach beyond.
const BREAKS: &[u64] = words![
    "is", "are", "was", "were", "am", "do", "does", "did", "can", "could", "will", "would", "should", "may", "might",
    "must", "what", "which", "who", "when", "where", "why", "how", "that", "i", "you", "he", "she", "it", "we", "they",
];

/// How a word depends on what stands before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// On nothing: subject, object, verb.
    Free,
    /// "of": part of a name for something.
    Of,
    /// "and", "or", "versus", "between": it may change places with the other.
    Joined,
    /// "to", "into".
    To,
    /// "from".
    From,
    /// "than", "over".
    Than,
    /// "by".
    By,
    /// "before".
    Before,
    /// "after", "since".
    After,
    /// "in", "for", "with" and the like: it says of which case one speaks.
    Restricts,
}

/// A word of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word {
    start: u16,
    end: u16,
    /// The hash of the word as it stands, in lower case.
    pub(crate) form: u64,
    /// The hash of its stem.
    pub(crate) stem: u64,
    /// What it has in common with words of the same meaning.
    pub(crate) class: u64,
    pub(crate) kind: Kind,
    /// The number of its kind of things, 0 where it is of none.
    pub(crate) family: u8,
    /// Whether it is a name, by a list or by its capitals.
    pub(crate) is_name: bool,
    pub(crate) is_known: bool,
    pub(crate) is_negation: bool,
    pub(crate) role: Role,
}

impl Word {
    pub(super) fn range(&self) -> Range<usize> {
        usize::from(self.start)..usize::from(self.end)
    }

    /// Whether it says what the question is about.
    pub(crate) fn is_content(&self) -> bool {
        matches!(self.kind, Kind::Content | Kind::Unit | Kind::Date | Kind::Number)
    }
}

/// A tidied text in lower case, and its words.
pub(super) fn read(cased: &str) -> (String, Vec<Word>) {
    let mut lower = String::with_capacity(cased.len());
    let mut spans = Vec::new();
    let mut done = 0;
    for token in tokens::tokens(cased) {
        push_lower(&mut lower, cased, done..token.start);
        let start = lower.len();
        push_lower(&mut lower, cased, token.clone());
        spans.push((start..lower.len(), token.clone()));
        done = token.end;
    }
    push_lower(&mut lower, cased, done..cased.len());
    let letters: Vec<&str> = spans.iter().map(|(span, _)| lower.get(span.clone()).unwrap_or_default()).collect();
    let capitals = Capitals::of(cased, spans.iter().map(|(_, token)| token));
    let mut words: Vec<Word> = Vec::with_capacity(spans.len());
    let mut at = 0;
    while let (Some((span, token)), Some(&word)) = (spans.get(at), letters.get(at)) {
        let counts = |next: &str| lexicon::entry(next).is_some_and(|it| matches!(it.kind, Kind::Unit | Kind::Date));
        let rest = letters.get(at..).unwrap_or_default();
        let behind = words.last().copied();
        let (made, n_tokens) = match number::read(rest, counts) {
            Some((spelling, n_tokens)) => {
                let last = spans.get(at + n_tokens - 1).map_or(span.end, |(it, _)| it.end);
                (
                    Word {
                        kind: Kind::Number,
                        ..Word::plain(span.start, last, lexicon::hash(&format!("#{spelling}")))
                    },
                    n_tokens,
                )
            }
            None => (Word::of(word, span, behind.as_ref(), capitals.is_name(cased, token)), 1),
        };
        words.push(Word { role: role(&made, word, behind.as_ref(), &words, is_break(cased, token.start)), ..made });
        at += n_tokens;
    }
    (lower, words)
}

impl Word {
    fn plain(start: usize, end: usize, hash: u64) -> Self {
        let place = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
        Self {
            start: place(start),
            end: place(end),
            form: hash,
            stem: hash,
            class: hash,
            kind: Kind::Content,
            family: 0,
            is_name: false,
            is_known: true,
            is_negation: false,
            role: Role::Free,
        }
    }

    fn of(word: &str, span: &Range<usize>, before: Option<&Self>, is_capital: bool) -> Self {
        let word = word.strip_suffix("'s").unwrap_or(word);
        let (form, stem) = lexicon::hashes(word);
        let plain = Self::plain(span.start, span.start + word.len(), form);
        let is_behind_number = before.is_some_and(|it| it.kind == Kind::Number);
        let entry = lexicon::entry_of((form, stem)).filter(|it| !it.needs_number || is_behind_number);
        if !word.starts_with(|it: char| it.is_alphanumeric() || it == '.') && entry.is_none() {
            return Self { kind: Kind::Symbol, ..plain };
        }
        let Entry { class, kind, family, is_proper, .. } = entry.unwrap_or(Entry {
            class: stem,
            kind: Kind::Content,
            family: 0,
            is_proper: false,
            needs_number: false,
        });
        // "Polish" and "polish", "Turkey" and "turkey": a capital decides only for what is in no list.
        let is_name = is_proper || (is_capital && kind == Kind::Content);
        let is_negation = NEGATIONS.contains(&plain.form);
        Self { stem, class, kind, family, is_name, is_known: entry.is_some(), is_negation, ..plain }
    }
}

/// What capitals say in this text.
struct Capitals {
    say_something: bool,
}

impl Capitals {
    /// Where all words have one, or "Is" and "Of" in mid-sentence as in a title, they say nothing.
    fn of<'a>(cased: &str, tokens: impl Iterator<Item = &'a Range<usize>>) -> Self {
        let (mut n_words, mut n_capitals) = (0_usize, 0_usize);
        for token in tokens.skip(1) {
            let word = cased.get(token.clone()).unwrap_or_default();
            let is_capital = word.starts_with(char::is_uppercase);
            let holds_together = || lexicon::entry(&word.to_lowercase()).is_some_and(|it| it.kind == Kind::Function);
            // "US" and "IT" are not in mid-sentence what they are in small letters.
            if is_capital
                && word.chars().nth(1).is_some_and(char::is_lowercase)
                && !is_break(cased, token.start)
                && holds_together()
            {
                return Self { say_something: false };
            }
            n_words += usize::from(word.starts_with(char::is_alphabetic));
            n_capitals += usize::from(is_capital);
        }
        Self { say_something: n_words < 4 || n_capitals < n_words }
    }

    fn is_name(&self, cased: &str, token: &Range<usize>) -> bool {
        let word = cased.get(token.clone()).unwrap_or_default();
        let has_inner = word.chars().skip(1).any(char::is_uppercase);
        let has_first = word.starts_with(char::is_uppercase) && word != "I" && !is_break(cased, token.start);
        self.say_something && (has_inner || has_first)
    }
}

/// Whether a sentence or a part of one begins here.
fn is_break(cased: &str, at: usize) -> bool {
    let before = cased.get(..at).unwrap_or_default().trim_end_matches([' ', '"', '(']);
    before.is_empty() || before.ends_with(['.', '?', '!', ':', ';', ',', '。'])
}

fn role(word: &Word, letters: &str, before: Option<&Word>, words: &[Word], is_break: bool) -> Role {
    let is_infinitive = || before.is_none_or(|it| super::is_any(it, BEFORE_INFINITIVE));
    let reaches = |count: usize| {
        words.len() >= count
            && words.iter().rev().take(count).all(|it| it.role != Role::Free && it.kind != Kind::Function)
    };
    match letters {
        "to" if !is_infinitive() => Role::To,
        "into" | "onto" | "toward" | "towards" => Role::To,
        "from" => Role::From,
        "of" => Role::Of,
        "than" | "over" => Role::Than,
        "by" => Role::By,
        "before" | "until" | "till" => Role::Before,
        "after" | "since" => Role::After,
        "and" | "or" | "vs" | "versus" | "between" | "&" => Role::Joined,
        "for" | "among" | "in" | "on" | "at" | "with" | "without" | "using" | "under" | "during" | "near" | "as"
        | "via" | "within" | "inside" | "outside" | "across" | "per" | "if" | "unless" | "while" | "except"
        | "despite" | "about" | "against" | "behind" | "below" | "above" | "through" | "along" | "around" | "when" => {
            // "What is it for", and "when does it" at the beginning.
            if letters == "when" && before.is_none() { Role::Free } else { Role::Restricts }
        }
        _ if is_break || super::is_any(word, BREAKS) || word.kind == Kind::Function && letters == "to" => Role::Free,
        // What a preposition governs ends some words behind it.
        _ => before.map_or(Role::Free, |it| if reaches(4) { Role::Free } else { it.role }),
    }
}

fn push_lower(lower: &mut String, cased: &str, span: Range<usize>) {
    let part = cased.get(span).unwrap_or_default();
    if part.is_ascii() {
        let start = lower.len();
        lower.push_str(part);
        if let Some(added) = lower.get_mut(start..) {
            added.make_ascii_lowercase();
        }
    } else {
        lower.push_str(&part.to_lowercase());
    }
}
