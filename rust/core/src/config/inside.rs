//! Finds where a part of a string was written, so that an error in an expression or a pattern points into it.

/// The byte of `raw`, a string as TOML writes it with its quotes, that byte `at` of the string itself was written at.
pub(super) fn position(raw: &str, at: usize) -> usize {
    let is_basic = raw.starts_with('"');
    let delimiter = if raw.starts_with("\"\"\"") || raw.starts_with("'''") { 3 } else { 1 };
    let mut written = delimiter;
    if delimiter == 3 {
        // A line break right after the quotes is none of the string.
        written += ["\r\n", "\n"].iter().find(|it| raw[delimiter..].starts_with(**it)).map_or(0, |it| it.len());
    }
    let mut said = 0;
    while said < at {
        let Some(character) = raw.get(written..).and_then(|rest| rest.chars().next()) else { return written };
        if is_basic && character == '\\' {
            let (length, meant) = escape(&raw[written..]);
            (written, said) = (written + length, said + meant);
        } else {
            (written, said) = (written + character.len_utf8(), said + character.len_utf8());
        }
    }
    written
}

/// How many bytes the escape that `raw` begins with is written in, and how many it stands for.
fn escape(raw: &str) -> (usize, usize) {
    let n_digits = match raw.as_bytes().get(1) {
        Some(b'x') => 2,
        Some(b'u') => 4,
        Some(b'U') => 8,
        Some(byte) if byte.is_ascii_whitespace() => {
            // The line's end is escaped, and with it all space up to the next word.
            let rest = raw[1..].trim_start_matches([' ', '\t', '\r', '\n']);
            return (raw.len() - rest.len(), 0);
        }
        _ => return (2, 1),
    };
    let code = raw.get(2..2 + n_digits).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    (2 + n_digits, code.and_then(char::from_u32).map_or(1, char::len_utf8))
}

#[cfg(test)]
mod tests {
    use super::position;
    use proptest::prelude::*;

    fn check(raw: &str, wanted: char, expected: usize) {
        let value: toml::Table = format!("a = {raw}").parse().unwrap();
        let at = value["a"].as_str().unwrap().find(wanted).unwrap();

        assert_eq!(position(raw, at), expected, "{raw}");
    }

    #[test]
    fn each_way_to_write_a_string_is_followed() {
        check("\"abc\"", 'c', 3);
        check("'a\\bc'", 'c', 4);
        check(r#""\"b\\c""#, 'c', 6);
        check(r#""\u00e9\U0001F600c""#, 'c', 17);
        check("\"\"\"\nabc\"\"\"", 'c', 6);
        check("'''\r\nabc'''", 'c', 7);
        check("\"\"\"a\\\n   bc\"\"\"", 'c', 10);
        check("'é c'", 'c', 4);
    }

    proptest! {
        #[test]
        fn what_follows_the_position_is_what_follows_in_the_string(text in "[a-zé😀\"'\\\\\\t\\x01]{0,12}#") {
            let raw = serde_json::json!(text).to_string();

            prop_assert!(raw[position(&raw, text.len() - 1)..].starts_with('#'), "{}", raw);
        }
    }
}
