//! Contractions, with and without their apostrophe, written out.

use crate::lexicon::Sieve;

/// Those that no rule gives. Without the apostrophe only what is no word of its own: "well", "its" and "were" are.
const WHOLE: &[(&str, &str)] = &[
    ("can't", "can not"),
    ("cannot", "can not"),
    ("cant", "can not"),
    ("won't", "will not"),
    ("shan't", "shall not"),
    ("ain't", "is not"),
    ("aint", "is not"),
    ("dont", "do not"),
    ("doesnt", "does not"),
    ("didnt", "did not"),
    ("isnt", "is not"),
    ("arent", "are not"),
    ("wasnt", "was not"),
    ("werent", "were not"),
    ("hasnt", "has not"),
    ("havent", "have not"),
    ("hadnt", "had not"),
    ("wouldnt", "would not"),
    ("couldnt", "could not"),
    ("shouldnt", "should not"),
    ("im", "i am"),
    ("ive", "i have"),
    ("youre", "you are"),
    ("theyre", "they are"),
    ("whats", "what is"),
    ("whos", "who is"),
    ("wheres", "where is"),
    ("hows", "how is"),
    ("whens", "when is"),
    ("thats", "that is"),
    ("theres", "there is"),
    ("let's", "let us"),
    ("how'd", "how did"),
    ("why'd", "why did"),
    ("where'd", "where did"),
    ("y'all", "you all"),
    ("gonna", "going to"),
    ("wanna", "want to"),
    ("gotta", "got to"),
    ("u", "you"),
    ("ur", "your"),
    ("pls", "please"),
    ("plz", "please"),
];

/// Which words may be among these.
const SIEVE: Sieve = Sieve::new(WHOLE);

/// Endings, and what they stand for after any word.
const ENDINGS: &[(&str, &str)] =
    &[("n't", " not"), ("'re", " are"), ("'ve", " have"), ("'ll", " will"), ("'m", " am"), ("'d", " would")];

/// Words after which `'s` is "is"; after any other it is a genitive.
const BEFORE_IS: &[&str] =
    &["what", "who", "where", "when", "why", "how", "which", "that", "this", "it", "he", "she", "there", "here"];

/// A text with its contractions written out. Words keep their case.
pub(super) fn expand(text: &str) -> String {
    let mut expanded = String::with_capacity(text.len() + 8);
    for (number, piece) in text.split(' ').enumerate() {
        if number > 0 {
            expanded.push(' ');
        }
        let is_letter = |it: char| it.is_alphabetic();
        let start = piece.find(is_letter).unwrap_or(piece.len());
        let end = piece
            .rfind(is_letter)
            .map_or(start, |at| at + piece.get(at..).and_then(|it| it.chars().next()).map_or(0, char::len_utf8));
        let (before, word, after) = (piece.get(..start), piece.get(start..end), piece.get(end..));
        // "U.S." and "u/he" are no "you".
        let is_apart = after.is_none_or(|it| !it.starts_with('.') || it.len() == 1);
        match word.filter(|_| is_apart).and_then(whole_or_ending) {
            Some((kept, rest)) => {
                expanded.push_str(before.unwrap_or_default());
                expanded.push_str(kept);
                expanded.push_str(rest);
                expanded.push_str(after.unwrap_or_default());
            }
            None => expanded.push_str(piece),
        }
    }
    expanded
}

fn whole_or_ending(word: &str) -> Option<(&str, &'static str)> {
    let list = if SIEVE.may_have(word) { WHOLE } else { &[] };
    if let Some((_, whole)) = list.iter().find(|(short, _)| word.eq_ignore_ascii_case(short)) {
        // "US" and "IM" in capitals are names.
        let is_name = word.len() <= 2 && word.len() > 1 && word.chars().all(char::is_uppercase);
        return (!is_name).then_some(("", *whole));
    }
    if !word.contains('\'') {
        return None;
    }
    let split = |ending: &str| word.len().checked_sub(ending.len()).and_then(|at| word.split_at_checked(at));
    for (ending, long) in ENDINGS {
        if let Some((stem, end)) = split(ending)
            && end.eq_ignore_ascii_case(ending)
            && !stem.is_empty()
        {
            return Some((stem, long));
        }
    }
    let (stem, end) = split("'s")?;
    let is_verb = end.eq_ignore_ascii_case("'s") && BEFORE_IS.iter().any(|it| stem.eq_ignore_ascii_case(it));
    is_verb.then_some((stem, " is"))
}
