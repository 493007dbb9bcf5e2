//! Strings of JSON: what is between the quotes, and back.

use std::borrow::Cow;

use memchr::memchr;

use super::scan::Fault;

/// What stands between the quotes of a string whose syntax was checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    raw: &'a str,
    is_escaped: bool,
    offset: usize,
}

impl<'a> Text<'a> {
    /// `offset` is where `raw` begins in the text it was cut from.
    pub(super) fn new(raw: &'a str, is_escaped: bool, offset: usize) -> Self {
        Self { raw, is_escaped, offset }
    }

    /// What is in `literal`, a value whose syntax was checked; `None` where it is no string.
    pub(super) fn of_literal(literal: &'a str) -> Option<Self> {
        let raw = literal.strip_prefix('"')?.strip_suffix('"')?;
        Some(Self { raw, is_escaped: memchr(b'\\', raw.as_bytes()).is_some(), offset: 1 })
    }

    /// Bytes from the start of the text it was cut from.
    pub(crate) fn offset(self) -> usize {
        self.offset
    }

    /// The string itself.
    ///
    /// # Errors
    /// Half a surrogate pair, which JSON can spell but no string can hold.
    pub(crate) fn decode(self) -> Result<Cow<'a, str>, Fault> {
        self.unescaped(None).ok_or(Fault { offset: self.offset, reason: "the string has half a surrogate pair" })
    }

    /// The string for comparing with a known one. What cannot be decoded stays as it is: having a backslash, it is
    /// equal to none.
    pub(crate) fn name(self) -> Cow<'a, str> {
        if self.is_escaped { self.decode().unwrap_or(Cow::Borrowed(self.raw)) } else { Cow::Borrowed(self.raw) }
    }

    /// The string, with U+FFFD for each half of a surrogate pair that has no other.
    pub(crate) fn lossy(self) -> Cow<'a, str> {
        self.unescaped(Some(char::REPLACEMENT_CHARACTER)).unwrap_or_default()
    }

    /// The string, with `half` for half a surrogate pair; `None` where there is one and nothing for it.
    fn unescaped(self, half: Option<char>) -> Option<Cow<'a, str>> {
        if !self.is_escaped {
            return Some(Cow::Borrowed(self.raw));
        }
        let mut decoded = String::with_capacity(self.raw.len());
        let mut rest = self.raw;
        while let Some(n_plain) = memchr(b'\\', rest.as_bytes()) {
            decoded.push_str(&rest[..n_plain]);
            let (character, n_bytes) = unescape(&rest[n_plain..]).or(half.map(|half| (half, 6)))?;
            decoded.push(character);
            rest = &rest[n_plain + n_bytes..];
        }
        decoded.push_str(rest);
        Some(Cow::Owned(decoded))
    }

    /// The string as it is spelt, escapes and all.
    pub(crate) fn spelt(self) -> &'a str {
        self.raw
    }

    pub(crate) fn is_empty(self) -> bool {
        self.raw.is_empty()
    }

    /// Bytes of the string itself in UTF-8; half a surrogate pair counts two.
    pub(crate) fn n_bytes(self) -> u64 {
        let mut n_bytes = self.raw.len();
        if self.is_escaped {
            let mut rest = self.raw;
            while let Some(n_plain) = memchr(b'\\', rest.as_bytes()) {
                let (n_spelt, n_meant) = match code_unit(&rest[n_plain..]) {
                    None => (2, 1),
                    Some(0..0x80) => (6, 1),
                    Some(0x80..0x800 | 0xD800..0xE000) => (6, 2),
                    Some(_) => (6, 3),
                };
                n_bytes -= n_spelt - n_meant;
                rest = &rest[n_plain + n_spelt..];
            }
        }
        n_bytes as u64
    }
}

/// Writes `text` as a JSON string, quotes included.
pub(crate) fn write_string(text: &str, output: &mut Vec<u8>) {
    output.push(b'"');
    let bytes = text.as_bytes();
    let mut n_written = 0;
    loop {
        let end = plain_end(bytes, n_written);
        output.extend_from_slice(&bytes[n_written..end]);
        match bytes.get(end) {
            None => break,
            Some(b'\n') => output.extend_from_slice(b"\\n"),
            Some(&byte @ (b'"' | b'\\')) => output.extend_from_slice(&[b'\\', byte]),
            Some(control) => output.extend_from_slice(format!("\\u{control:04x}").as_bytes()),
        }
        n_written = end + 1;
    }
    output.push(b'"');
}

/// Where the run of bytes that stand for themselves in a string ends: at a quote, a backslash, a control character or
/// the end of `bytes`.
pub(super) fn plain_end(bytes: &[u8], mut position: usize) -> usize {
    while let Some(chunk) = bytes[position..].first_chunk::<8>() {
        let special = special_bytes(u64::from_le_bytes(*chunk));
        if special != 0 {
            // At most 7, as a u64 has eight bytes.
            return position + (special.trailing_zeros() / 8) as usize;
        }
        position += 8;
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    bytes[position..].iter().position(is_special).map_or(bytes.len(), |n_plain| position + n_plain)
}

/// Has the high bit of the lowest byte that a string must not hold as it is; bits above that one mean nothing.
///
/// The subtraction borrows into a byte's high bit just where the byte was below the limit (Anderson, "Bit Twiddling
/// Hacks"). A borrow can only reach bytes above the first such byte, hence the limit of what the result tells.
fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word;
    let quote = word ^ (ONES * u64::from(b'"'));
    let backslash = word ^ (ONES * u64::from(b'\\'));
    (below(word, 0x20) | below(quote, 1) | below(backslash, 1)) & (ONES * 0x80)
}

/// The character that the escape at the start of `text` stands for, and the bytes it takes there.
fn unescape(text: &str) -> Option<(char, usize)> {
    let Some(first) = code_unit(text) else { return Some((simple_escape(text.as_bytes()[1]), 2)) };
    if let Some(character) = char::from_u32(first) {
        return Some((character, 6));
    }
    let second = text.get(6..).filter(|rest| rest.starts_with('\\')).and_then(code_unit)?;
    let is_pair = (0xD800..0xDC00).contains(&first) && (0xDC00..0xE000).contains(&second);
    let scalar = is_pair.then(|| 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00))?;
    char::from_u32(scalar).map(|character| (character, 12))
}

/// The number in `\uXXXX`; `None` for the escapes of one letter.
fn code_unit(escape: &str) -> Option<u32> {
    let digits = escape.strip_prefix("\\u")?.get(..4)?;
    u32::from_str_radix(digits, 16).ok()
}

fn simple_escape(letter: u8) -> char {
    match letter {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        itself => char::from(itself),
    }
}
