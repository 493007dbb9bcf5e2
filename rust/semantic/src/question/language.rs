//! Which script and language a question is written in, as far as its short words say so.
//!
//! Classifiers of languages by letters are unsure of ten words; function words are not, where there are two of them.

use std::sync::LazyLock;

use super::Word;
use crate::lexicon::{ByHash, words};

/// Script, and language where it is certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Language {
    script: u8,
    language: Option<u8>,
}

/// Function words that hardly any other of these languages has.
const FUNCTION_WORDS: [&[u64]; 7] = [
    words![
        "the", "what", "is", "how", "of", "and", "to", "does", "are", "which", "why", "where", "with", "for", "my",
        "you", "i",
    ],
    words![
        "der", "die", "das", "und", "ist", "wie", "ich", "nicht", "ein", "eine", "von", "zu", "mit", "wer", "warum",
        "für", "wo", "den",
    ],
    words![
        "le", "les", "est", "et", "une", "du", "des", "quelle", "quel", "pourquoi", "je", "dans", "pour", "où",
        "comment", "qui", "la",
    ],
    words![
        "el", "los", "las", "es", "qué", "cómo", "cuál", "una", "por", "del", "para", "y", "dónde", "cuándo", "mi",
        "la", "que",
    ],
    words![
        "o", "os", "é", "uma", "não", "como", "qual", "do", "da", "em", "para", "onde", "quando", "um", "meu", "que"
    ],
    words![
        "il", "di", "è", "che", "una", "per", "come", "quale", "perché", "dove", "della", "gli", "sono", "nel", "un"
    ],
    words![
        "de", "het", "een", "van", "wat", "hoe", "ik", "niet", "waar", "waarom", "zijn", "voor", "wie", "mijn", "en"
    ],
];

/// Of each of these words the languages that have it, a bit each.
static LANGUAGES: LazyLock<ByHash<u8>> = LazyLock::new(|| {
    let mut languages = ByHash::default();
    for (bit, list) in FUNCTION_WORDS.iter().enumerate() {
        for word in *list {
            *languages.entry(*word).or_default() |= 1 << bit;
        }
    }
    languages
});

impl Language {
    pub(super) fn of(text: &str, words: &[Word]) -> Self {
        let mut counts = [0_u32; FUNCTION_WORDS.len()];
        for languages in words.iter().filter_map(|word| LANGUAGES.get(&word.form)) {
            for (bit, count) in counts.iter_mut().enumerate() {
                *count += u32::from(languages >> bit & 1);
            }
        }
        let best = counts.iter().copied().max().unwrap_or_default();
        let are_clear = best >= 2 && counts.iter().filter(|&&count| count * 2 > best).count() == 1;
        let language = counts.iter().position(|&count| count == best).filter(|_| are_clear);
        Self { script: script(text), language: language.and_then(|it| u8::try_from(it).ok()) }
    }

    /// Whether two questions are certainly not of one language.
    pub(crate) fn differs(self, other: Self) -> bool {
        let are_scripts = self.script != 0 && other.script != 0;
        (are_scripts && self.script != other.script)
            || self.language.zip(other.language).is_some_and(|(left, right)| left != right)
    }
}

/// The number of the script that most letters are of; 0 where there are none.
fn script(text: &str) -> u8 {
    if text.is_ascii() {
        return u8::from(text.bytes().any(|byte| byte.is_ascii_alphabetic()));
    }
    let mut counts = [0_usize; 11];
    for character in text.chars().filter(|it| it.is_alphabetic()) {
        let script = match u32::from(character) {
            0x0370..=0x03ff => 2,
            0x0400..=0x052f => 3,
            0x0590..=0x05ff => 4,
            0x0600..=0x077f => 5,
            0x0900..=0x0dff => 6,
            0x0e00..=0x0eff => 7,
            0x3040..=0x30ff | 0x3400..=0x9fff | 0xf900..=0xfaff => 8,
            0xac00..=0xd7af | 0x1100..=0x11ff => 9,
            0..=0x024f => 1,
            _ => 10,
        };
        if let Some(count) = counts.get_mut(script) {
            *count += 1;
        }
    }
    let most = counts.iter().copied().max().unwrap_or_default();
    if most == 0 {
        0
    } else {
        counts.iter().position(|&it| it == most).and_then(|it| u8::try_from(it).ok()).unwrap_or_default()
    }
}
