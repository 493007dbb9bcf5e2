//! Takes a text apart as BERT does, without regard to case: words, punctuation, and of words the pieces that are known.
//!
//! This is what the teacher reads, so it is held to the `tokenizers` package in the tests. Two things differ: marks such as
//! `[SEP]` are text here, whoever wrote them; and combining characters are not put into order, which shows only where
//! several follow one another that are no accents.

mod characters;
mod tables;
mod vocabulary;

#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use unicode_normalization::char::decompose_canonical;

use characters::{Class, class_in_text, class_in_word, is_mark};
pub(crate) use vocabulary::MAX_PIECE;
use vocabulary::Vocabulary;

/// Characters of a word beyond which it is taken for an unknown one.
const MAX_WORD: usize = 100;

/// Takes texts apart into the pieces of one vocabulary.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tokenizer(Vocabulary);

impl Tokenizer {
    /// `None` where a piece is empty, longer than `MAX_PIECE` bytes, or there twice.
    pub(crate) fn new(pieces: &[&str]) -> Option<Self> {
        Vocabulary::new(pieces).map(Self)
    }

    /// Calls `found` with the number of each piece of `text`, and with `None` for a word that has a part that is no piece,
    /// until that breaks off or the text is at its end.
    pub(crate) fn pieces(&self, text: &str, found: impl FnMut(Option<u32>) -> ControlFlow<()>) {
        let mut words = Words { vocabulary: &self.0, found, word: String::new(), n_characters: 0, pieces: Vec::new() };
        if text.chars().try_for_each(|character| words.read(character)).is_continue() {
            // Whether the caller has had enough now makes no difference any more.
            let _ = words.end();
        }
    }
}

/// The word that is being read.
struct Words<'a, F> {
    vocabulary: &'a Vocabulary,
    found: F,
    /// What there is of it, but nothing beyond `MAX_WORD`.
    word: String,
    n_characters: usize,
    pieces: Vec<u32>,
}

impl<F: FnMut(Option<u32>) -> ControlFlow<()>> Words<'_, F> {
    fn read(&mut self, character: char) -> ControlFlow<()> {
        if character.is_ascii_alphanumeric() {
            self.push(character.to_ascii_lowercase());
            return ControlFlow::Continue(());
        }
        match class_in_text(character) {
            Class::Nothing => ControlFlow::Continue(()),
            Class::Space => self.end(),
            Class::Letter => self.read_decomposed(character),
            Class::Alone => {
                self.end()?;
                self.read_decomposed(character)?;
                self.end()
            }
        }
    }

    /// Without accents and in lower case.
    fn read_decomposed(&mut self, character: char) -> ControlFlow<()> {
        let mut flow = ControlFlow::Continue(());
        decompose_canonical(character, |part| {
            if flow.is_continue() && !is_mark(part) {
                flow = part.to_lowercase().try_for_each(|letter| self.read_letter(letter));
            }
        });
        flow
    }

    fn read_letter(&mut self, letter: char) -> ControlFlow<()> {
        match class_in_word(letter) {
            Class::Letter => self.push(letter),
            Class::Space | Class::Nothing => self.end()?,
            Class::Alone => {
                self.end()?;
                self.push(letter);
                self.end()?;
            }
        }
        ControlFlow::Continue(())
    }

    fn push(&mut self, letter: char) {
        self.n_characters += 1;
        if self.n_characters <= MAX_WORD {
            self.word.push(letter);
        }
    }

    fn end(&mut self) -> ControlFlow<()> {
        if self.n_characters == 0 {
            return ControlFlow::Continue(());
        }
        let is_short = self.n_characters <= MAX_WORD;
        let pieces = if is_short { self.vocabulary.pieces(&self.word, &mut self.pieces) } else { None };
        self.word.clear();
        self.n_characters = 0;
        match pieces {
            Some(pieces) => pieces.iter().try_for_each(|&piece| (self.found)(Some(piece))),
            None => (self.found)(None),
        }
    }
}
