//! Cuts text into words, numbers, marks and line ends.
//!
//! # Why not by Unicode's rules
//! They cost more than all the rest. Bytes say enough: letters of two bytes (Latin, Greek, Cyrillic, Arabic) belong to
//! words; characters of scripts without spaces, symbols and emoji stand alone, so that their pairs are what words are
//! elsewhere. Only ASCII and Latin letters are lower-cased.

/// Start of FNV-1a's hash, and what it multiplies by; Fowler, Noll, Vo, 32 bits.
const START: u32 = 0x811c_9dc5;
const PRIME: u32 = 0x0100_0193;

/// Letters of a word that also count by themselves: `summarise`, `summary` and `summarizing` share them.
const STEM: usize = 6;

/// Digits from which on numbers are all the same.
const MOST_DIGITS: usize = 5;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters.
    Word,
    /// Digits; their number counts, not their value.
    Number,
    /// One ASCII mark, or several of the same.
    Mark,
    /// A character that stands alone: of a script without spaces, or a symbol.
    Wide,
    /// One end of a line, or several.
    Line,
}

/// A piece of the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) hash: u32,
    /// The hash of a longer word's first letters.
    pub(super) stem: Option<u32>,
    /// The first byte, as it stands in the text.
    pub(super) first: u8,
    pub(super) n_bytes: usize,
}

/// The tokens of `text`, in its order.
pub(super) struct Tokens<'a> {
    bytes: &'a [u8],
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes() }
    }

    /// Takes the bytes from the front that belong together.
    fn take(&mut self, kind: Kind, n_bytes: usize, hash: u32) -> Token {
        let (taken, rest) = self.bytes.split_at(n_bytes.min(self.bytes.len()));
        self.bytes = rest;
        Token { kind, hash, stem: None, first: taken.first().copied().unwrap_or_default(), n_bytes }
    }

    fn run(&self, belongs: impl Fn(u8) -> bool) -> usize {
        self.bytes.iter().position(|&byte| !belongs(byte)).unwrap_or(self.bytes.len())
    }

    fn word(&mut self) -> Token {
        let (mut hash, mut stem, mut n_bytes) = (START, None, 0);
        let mut in_latin = false;
        for &byte in self.bytes {
            let lower = match byte {
                b'A'..=b'Z' => byte | 0x20,
                // The second byte of a capital of Latin-1, such as É.
                0x80..=0x9e if in_latin => byte | 0x20,
                b'a'..=b'z' | b'\'' | b'_' | 0x80..=0xc1 | 0xc3..=0xe1 => byte,
                _ => break,
            };
            if n_bytes == STEM {
                stem = Some(hash);
            }
            in_latin = byte == 0xc3;
            hash = step(hash, lower);
            n_bytes += 1;
        }
        Token { stem, ..self.take(Kind::Word, n_bytes, hash) }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let blanks = self.run(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
        self.bytes = self.bytes.get(blanks..)?;
        let first = *self.bytes.first()?;
        Some(match first {
            b'a'..=b'z' | b'A'..=b'Z' | 0xc3..=0xe1 => self.word(),
            b'0'..=b'9' => {
                let n_bytes = self.run(|byte| byte.is_ascii_digit());
                let n_digits = u8::try_from(n_bytes.min(MOST_DIGITS)).unwrap_or_default();
                self.take(Kind::Number, n_bytes, step(step(START, b'0'), n_digits))
            }
            b'\n' => {
                let n_bytes = self.run(|byte| matches!(byte, b'\n' | b'\r' | b' ' | b'\t'));
                let n_lines = self.bytes.iter().take(n_bytes).filter(|&&byte| byte == b'\n').count();
                self.take(Kind::Line, n_bytes, step(START, if n_lines > 1 { b'\r' } else { b'\n' }))
            }
            0x80.. => {
                let n_bytes = 1 + self.bytes.iter().skip(1).take_while(|&&byte| byte & 0xc0 == 0x80).count();
                let hash = self.bytes.iter().take(n_bytes).fold(START, |hash, &byte| step(hash, byte));
                self.take(Kind::Wide, n_bytes, hash)
            }
            mark => {
                let n_bytes = self.run(|byte| byte == mark);
                let n_marks = u8::try_from(n_bytes.min(4)).unwrap_or_default();
                self.take(Kind::Mark, n_bytes, step(step(START, mark), n_marks))
            }
        })
    }
}

fn step(hash: u32, byte: u8) -> u32 {
    (hash ^ u32::from(byte)).wrapping_mul(PRIME)
}
