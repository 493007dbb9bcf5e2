//! What a tokenizer has to know of a character.

use super::tables::{MARKS, PUNCTUATION, REMOVED};

/// What becomes of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Part of a word.
    Letter,
    /// A word of its own: punctuation, and characters of Chinese.
    Alone,
    /// Ends a word.
    Space,
    /// Is not there.
    Nothing,
}

/// What becomes of a character of the text.
pub(super) fn class_in_text(character: char) -> Class {
    if is_in(&REMOVED, character) {
        Class::Nothing
    } else if character.is_whitespace() {
        Class::Space
    } else if is_chinese(character) {
        Class::Alone
    } else {
        Class::Letter
    }
}

/// What becomes of a character that one of the text was turned into.
pub(super) fn class_in_word(character: char) -> Class {
    if character.is_whitespace() {
        Class::Space
    } else if is_in(&PUNCTUATION, character) {
        Class::Alone
    } else {
        Class::Letter
    }
}

/// Whether it is an accent or the like.
pub(super) fn is_mark(character: char) -> bool {
    is_in(&MARKS, character)
}

/// Ideographs. Those of Japanese and Korean words are among them, their other letters are not.
fn is_chinese(character: char) -> bool {
    let ranges = [
        0x3400..=0x4DBF,
        0x4E00..=0x9FFF,
        0xF900..=0xFAFF,
        0x2_0000..=0x2_A6DF,
        0x2_A700..=0x2_B73F,
        0x2_B740..=0x2_B81F,
        0x2_B920..=0x2_CEAF,
        0x2_F800..=0x2_FA1F,
    ];
    ranges.iter().any(|range| range.contains(&u32::from(character)))
}

/// Whether a character is in one of the runs. A run's first and last code point are one behind the other, so a code point
/// in front of which there is an odd number of them is inside of one.
fn is_in(runs: &[u32], character: char) -> bool {
    let code_point = u32::from(character);
    let n_before = runs.partition_point(|&bound| bound < code_point);
    n_before % 2 == 1 || runs.get(n_before) == Some(&code_point)
}
