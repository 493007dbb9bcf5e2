//! Where the words of a text are: runs of letters, runs of digits, and single signs.

use std::ops::Range;

/// The words of a text, in bytes. Letters and digits are apart ("5kg", "python3"), so that "gpt4" is "GPT-4"; "C++",
/// "C#", ".NET", "node.js", "U.S." and "don't" are one word each, "3.5", "1,000" and "3.11.2" one number.
pub(super) fn tokens(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let length = length(text, at, first);
        if length > 0 {
            found.push(at..at + length);
        }
        at += length.max(first.len_utf8());
    }
    found
}

/// Bytes of the word that begins at `at`; 0 where none does.
fn length(text: &str, at: usize, first: char) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let before = text.get(..at).and_then(|it| it.chars().next_back());
    let mut following = rest.chars().skip(1);
    let (second, third) = (following.next(), following.next());
    let is_apart = before.is_none_or(|it| it == ' ' || it == '(');
    match first {
        '0'..='9' => number(rest),
        '-' if is_apart && second.is_some_and(|it| it.is_ascii_digit()) => {
            1 + number(rest.get(1..).unwrap_or_default())
        }
        '-' if before.is_some_and(|it| it.is_ascii_digit()) && second.is_some_and(|it| it.is_ascii_digit()) => 1,
        '.' if is_apart && second.is_some_and(char::is_alphabetic) && third.is_some_and(char::is_alphabetic) => {
            1 + letters(rest.get(1..).unwrap_or_default())
        }
        _ if is_ideograph(first) => first.len_utf8(),
        _ if first.is_alphabetic() => letters(rest),
        '+' | '*' | '/' | '=' | '<' | '>' | '^' | '%' | '&' | '$' | '€' | '£' | '¥' | '₹' | '°' | '~' | '|' => {
            first.len_utf8()
        }
        '!' if before.is_some_and(|it| it.is_ascii_digit()) => 1,
        // Other signs and pictures, but no punctuation.
        _ if !first.is_ascii() && !first.is_whitespace() && !is_punctuation(first) => first.len_utf8(),
        _ => 0,
    }
}

fn number(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = 0;
    while is_digit(end) || (end > 0 && matches!(bytes.get(end), Some(b'.' | b',')) && is_digit(end + 1)) {
        end += 1;
    }
    end
}

fn letters(text: &str) -> usize {
    let mut end = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let next = characters.peek().map(|(_, it)| *it);
        let joins = matches!(character, '.' | '\'') && next.is_some_and(char::is_alphabetic);
        let is_mark = matches!(character, '\u{300}'..='\u{36f}');
        if is_ideograph(character) || !(character.is_alphabetic() || joins || is_mark) {
            break;
        }
        end = at + character.len_utf8();
    }
    let tail = text.get(end..).unwrap_or_default();
    let sign = ["++", "#"].iter().find(|sign| tail.starts_with(**sign) && end <= 2);
    end + sign.map_or(0, |sign| sign.len())
}

/// Scripts that put no space between words: each character is a word.
fn is_ideograph(character: char) -> bool {
    matches!(u32::from(character), 0x0e00..=0x0eff | 0x3040..=0x30ff | 0x3400..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x323af)
}

fn is_punctuation(character: char) -> bool {
    matches!(u32::from(character), 0xa1 | 0xbf | 0x2010..=0x205e | 0x3000..=0x303f | 0xff00..=0xff65)
        || !character.is_alphanumeric() && u32::from(character) < 0xa0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_word() {
        let check = |text: &str, expected: &str| {
            let words: Vec<&str> = tokens(text).into_iter().map(|it| &text[it]).collect();
            assert_eq!(expected, words.join("|"), "{text}");
        };
        check("what is rust", "what|is|rust");
        check("c++, c# or .net?", "c++|c#|or|.net");
        check("node.js in the u.s.", "node.js|in|the|u.s");
        check("john's e-mail", "john's|e|mail");
        check("5kg of gpt-4 for $20", "5|kg|of|gpt|4|for|$|20");
        check("1,000 or 3.5 or 3.11.2.", "1,000|or|3.5|or|3.11.2");
        check("-5 + 3 = -2", "-5|+|3|=|-2");
        check("1999-2003, 5!", "1999|-|2003|5|!");
        check("20% (of it)", "20|%|of|it");
        check("你好 world", "你|好|world");
        check("caf\u{e9} 👍", "caf\u{e9}|👍");
        check("... - --", "");
    }
}
