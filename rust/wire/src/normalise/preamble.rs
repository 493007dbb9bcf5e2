//! Finds where an answer begins behind its preamble.
//!
//! Of a stream only the start is known: what was found may then change with what comes, which is told too.

use super::phrases::{ANNOUNCEMENTS, ASSENTS, COURTESIES};

/// Bytes within which a preamble must end, with the first byte of what follows it: what a stream holds back at most.
pub(super) const MAX_PREAMBLE: usize = 120;

/// What begins a text and says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Preamble {
    pub(super) n_bytes: usize,
    /// Whether more text would not change that.
    pub(super) is_settled: bool,
}

enum Match {
    No,
    /// The text ends before that is told.
    Perhaps,
    /// So many bytes.
    Yes(usize),
}

enum Opening {
    None,
    Perhaps,
    /// It goes.
    Courtesy(usize),
    /// It goes if what follows does.
    Assent(usize),
}

/// Reads the start of `text`.
pub(super) fn read(text: &str) -> Preamble {
    let is_cut = text.len() > MAX_PREAMBLE;
    let mut end = text.len().min(MAX_PREAMBLE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let found = read_head(&text[..end]);
    Preamble { is_settled: found.is_settled || is_cut, ..found }
}

fn read_head(head: &str) -> Preamble {
    let mut n_bytes = 0;
    let mut place = content_start(head, 0);
    let mut is_addressed = false;
    let perhaps = |n_bytes| Preamble { n_bytes, is_settled: false };
    loop {
        let (end, goes) = match opening(&head[place..]) {
            Opening::None => break,
            Opening::Perhaps => return perhaps(n_bytes),
            Opening::Courtesy(length) => (place + length, true),
            Opening::Assent(length) => (place + length, false),
        };
        place = content_start(head, end);
        if place == head.len() {
            return perhaps(n_bytes);
        }
        is_addressed = true;
        if goes {
            n_bytes = place;
        }
    }
    match announcement(&head[place..], is_addressed) {
        Match::No => Preamble { n_bytes, is_settled: true },
        Match::Perhaps => perhaps(n_bytes),
        Match::Yes(length) => match content_start(head, place + length) {
            end if end == head.len() => perhaps(n_bytes),
            end => Preamble { n_bytes: end, is_settled: true },
        },
    }
}

/// An opening with the mark behind it.
fn opening(text: &str) -> Opening {
    let (length, is_courtesy) = match (phrase(text, COURTESIES), phrase(text, ASSENTS)) {
        (Match::Perhaps, _) | (_, Match::Perhaps) => return Opening::Perhaps,
        (Match::Yes(length), _) => (length, true),
        (_, Match::Yes(length)) => (length, false),
        (Match::No, Match::No) => return Opening::None,
    };
    // French has a space before the mark.
    let rest = text[length..].trim_start_matches([' ', '\u{a0}', '\u{202f}']);
    let is_spaced = rest.len() < text.len() - length;
    let mut characters = rest.chars();
    let Some(mark) = characters.next() else { return Opening::Perhaps };
    let length = text.len() - characters.as_str().len();
    let is_closed = characters.next().is_none_or(char::is_whitespace);
    match mark {
        '!' if is_closed => {}
        '.' if is_closed && !is_spaced => {}
        '！' | '。' if !is_spaced => {}
        ',' | '，' | '、' if !is_spaced => return Opening::Assent(length),
        _ => return Opening::None,
    }
    if is_courtesy { Opening::Courtesy(length) } else { Opening::Assent(length) }
}

/// A line of one clause that ends in a colon. By itself it goes only where it stands apart from what it announces.
fn announcement(text: &str, is_addressed: bool) -> Match {
    let length = match phrase(text, ANNOUNCEMENTS) {
        Match::Yes(length) => length,
        other => return other,
    };
    let is_word = text[..length].ends_with(|last: char| last.is_alphabetic() && last < '\u{2e80}');
    if is_word && text[length..].starts_with(char::is_alphanumeric) {
        return Match::No;
    }
    let Some((line, rest)) = text.split_once('\n') else { return Match::Perhaps };
    let is_clause =
        line.trim_end().ends_with([':', '：']) && ![". ", "! ", "? ", ": ", "`"].iter().any(|mark| line.contains(mark));
    if !is_clause {
        return Match::No;
    }
    let rest = rest.trim_start_matches([' ', '\t', '\r']);
    if is_addressed || rest.starts_with(['\n', '{', '[']) || rest.starts_with("```") {
        Match::Yes(line.len())
    } else if "```".starts_with(rest) {
        Match::Perhaps
    } else {
        Match::No
    }
}

/// The longest of `phrases` that begins `text`.
fn phrase(text: &str, phrases: &[&str]) -> Match {
    let text = text.as_bytes();
    let begins =
        |whole: &[u8], start: &[u8]| whole.get(..start.len()).is_some_and(|whole| whole.eq_ignore_ascii_case(start));
    if phrases.iter().any(|phrase| phrase.len() > text.len() && begins(phrase.as_bytes(), text)) {
        return Match::Perhaps;
    }
    let lengths = phrases.iter().filter(|phrase| begins(text, phrase.as_bytes())).map(|phrase| phrase.len());
    lengths.max().map_or(Match::No, Match::Yes)
}

/// Where content begins at or behind `place`: with its indentation, where it has a line of its own.
fn content_start(text: &str, place: usize) -> usize {
    let rest = &text[place..];
    let n_space = rest.len() - rest.trim_start().len();
    let start = place + n_space;
    match rest[..n_space].rfind('\n') {
        Some(feed) if start < text.len() => place + feed + 1,
        _ => start,
    }
}
