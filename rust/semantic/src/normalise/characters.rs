//! Characters that can be written in several ways, and the punctuation around a text.

use unicode_normalization::UnicodeNormalization;

/// A text with its letters composed, one form of each quotation mark and dash, and single spaces between its words.
pub(super) fn unify(text: &str) -> String {
    let mut unified = String::with_capacity(text.len());
    if text.is_ascii() {
        text.chars().for_each(|it| push(&mut unified, it));
    } else {
        text.chars().filter(|&it| !is_unseen(it)).map(plain).nfc().for_each(|it| push(&mut unified, it));
    }
    unified
}

/// A text without the punctuation around it; what carries a meaning stays.
pub(super) fn trim(text: &str) -> &str {
    let mut text =
        text.trim().trim_start_matches([',', '?', '!', ';', ':', ' ', '…', '。', '？', '！', '、', '，', '¿', '¡']);
    for bullet in ["- ", "* ", ". "] {
        text = text.strip_prefix(bullet).unwrap_or(text);
    }
    let end = text.trim_end_matches([',', '?', '!', ';', ':', ' ', '.', '…', '。', '？', '！', '、', '，']);
    let is_faculty =
        end.ends_with(|it: char| it.is_ascii_digit()) && text.get(end.len()..).is_some_and(|it| it.starts_with('!'));
    if is_faculty { text.get(..=end.len()).unwrap_or(end) } else { end }
}

fn push(text: &mut String, character: char) {
    if !character.is_whitespace() && !character.is_control() {
        text.push(character);
    } else if !text.is_empty() && !text.ends_with(' ') {
        text.push(' ');
    }
}

fn is_unseen(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{fe0f}')
}

fn plain(character: char) -> char {
    match character {
        '‘' | '’' | '‛' | '′' | '`' | '´' => '\'',
        '“' | '”' | '„' | '«' | '»' | '″' => '"',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => '-',
        '×' => '*',
        '÷' => '/',
        // The wide forms of ASCII stand in its order.
        '！'..='～' => u32::from(character).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(character),
        _ => character,
    }
}
