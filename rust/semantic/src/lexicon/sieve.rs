//! Most words are in none of our lists, and their first letter and length say so.

/// Of a list of words in lower case, which lengths there are by first letter.
pub(crate) struct Sieve([u32; LETTERS]);

const LETTERS: usize = 26;

impl Sieve {
    /// Of what a list has beside its words, nothing is kept. Every word begins with a letter of ASCII.
    pub(crate) const fn new<T>(list: &[(&str, T)]) -> Self {
        let mut lengths = [0; LETTERS];
        let mut rest = list;
        while let [(word, _), others @ ..] = rest {
            lengths[(word.as_bytes()[0] - b'a') as usize] |= bit(word.len());
            rest = others;
        }
        Self(lengths)
    }

    /// Whether a word may be in the list, in upper or lower case.
    pub(crate) fn may_have(&self, word: &str) -> bool {
        let first = word.as_bytes().first().map_or(LETTERS, |it| usize::from((it | 0x20).wrapping_sub(b'a')));
        self.0.get(first).is_some_and(|lengths| lengths & bit(word.len()) != 0)
    }
}

const fn bit(length: usize) -> u32 {
    if length < 31 { 1 << length } else { 1 << 31 }
}
