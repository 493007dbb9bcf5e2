//! Courtesies before and after what is asked.

/// What a text may begin with.
const OPENINGS: &[&str] = &[
    "hi there",
    "hello there",
    "hey there",
    "hi",
    "hello",
    "hey",
    "good morning",
    "good afternoon",
    "good evening",
    "dear assistant",
    "dear all",
    "excuse me",
    "sorry to bother you",
    "quick question",
    "a quick question",
    "i have a question",
    "i have a quick question",
    "just wondering",
    "just curious",
    "please",
    "kindly",
    "pretty please",
    "could you please",
    "can you please",
    "would you please",
    "will you please",
    "could you kindly",
    "can you kindly",
    "would you kindly",
    "can i ask you",
    "may i ask you",
    "can i ask",
    "may i ask",
    "thanks",
    "thank you",
];

/// What stands before a question inside another sentence.
const BEFORE_QUESTIONS: &[&str] = &[
    "tell me",
    "could you tell me",
    "can you tell me",
    "would you tell me",
    "will you tell me",
    "let me know",
    "could you let me know",
    "can you let me know",
    "would you mind telling me",
    "do you mind telling me",
    "do you know",
    "do you happen to know",
    "would you happen to know",
    "would you know",
    "does anyone know",
    "does anybody know",
    "i want to know",
    "i would like to know",
    "i would love to know",
    "i need to know",
    "i wanted to know",
    "i am wondering",
    "i was wondering",
    "i wonder",
    "i am curious",
    "i am trying to find out",
    "any idea",
    "do you have any idea",
    "explain to me",
    "could you explain to me",
    "can you explain to me",
    "help me understand",
    "can you help me understand",
    "could you help me understand",
    "i would appreciate it if you could tell me",
    "i was hoping you could tell me",
];

/// What a question inside another sentence begins with.
const QUESTION_WORDS: &[&str] =
    &["what", "which", "who", "whom", "whose", "when", "where", "why", "how", "whether", "if"];

/// What a text may end with.
const CLOSINGS: &[&str] = &[
    "please",
    "thanks",
    "thank you",
    "thanks a lot",
    "many thanks",
    "thank you so much",
    "thank you very much",
    "thanks so much",
    "thanks in advance",
    "thank you in advance",
    "thx",
    "cheers",
    "kind regards",
    "best regards",
    "if you do not mind",
    "if possible",
    "if you can",
    "if you could",
    "if you would",
    "or not",
    "appreciate it",
    "i appreciate it",
    "any help is appreciated",
    "any help would be appreciated",
];

/// A text without one courtesy at its beginning and one at its end. Where nothing else would be left, it stays.
pub(super) fn strip(text: &str) -> &str {
    let rest = without_opening(text).or_else(|| before_question(text)).filter(|it| has_word(it)).unwrap_or(text);
    without_closing(rest).filter(|it| has_word(it)).unwrap_or(rest)
}

fn without_opening(text: &str) -> Option<&str> {
    OPENINGS.iter().filter_map(|phrase| after(text, phrase)).min_by_key(|rest| rest.len())
}

fn before_question(text: &str) -> Option<&str> {
    let rest = BEFORE_QUESTIONS.iter().filter_map(|phrase| after(text, phrase)).min_by_key(|rest| rest.len())?;
    let rest = rest.trim_start();
    let word = rest.split(|it: char| !it.is_alphabetic()).next().unwrap_or_default();
    QUESTION_WORDS.iter().any(|it| word.eq_ignore_ascii_case(it)).then_some(rest)
}

fn without_closing(text: &str) -> Option<&str> {
    CLOSINGS.iter().filter_map(|phrase| before(text, phrase)).min_by_key(|rest| rest.len())
}

/// What follows a phrase that a text begins with, if the phrase ends there.
fn after<'a>(text: &'a str, phrase: &str) -> Option<&'a str> {
    if !is_letter(text.bytes().next(), phrase.bytes().next()) {
        return None;
    }
    let (head, rest) = text.split_at_checked(phrase.len())?;
    (head.eq_ignore_ascii_case(phrase) && rest.starts_with([' ', ',', '.', '!', ':', ';', '?'])).then_some(rest)
}

fn before<'a>(text: &'a str, phrase: &str) -> Option<&'a str> {
    if !is_letter(text.bytes().next_back(), phrase.bytes().next_back()) {
        return None;
    }
    let (rest, tail) = text.split_at_checked(text.len().checked_sub(phrase.len())?)?;
    (tail.eq_ignore_ascii_case(phrase) && rest.ends_with([' ', ',', '.', '!', ':', ';', '?'])).then_some(rest)
}

/// Whether two letters are the same: most phrases are ruled out by one.
fn is_letter(one: Option<u8>, other: Option<u8>) -> bool {
    one.map(|it| it.to_ascii_lowercase()) == other
}

fn has_word(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}
