//! A question, taken apart once, so that it can be compared with many.

mod tokens;
mod number;
mod asks;
mod language;
mod word;

pub(crate) use asks::Asks;
pub(crate) use language::Language;
pub(crate) use word::{Role, Word};

use crate::lexicon::Kind;
use crate::normalise::{MAX_BYTES, tidy};

/// Words of a question that are compared. Of one that has more, only an equal one is the same question.
pub(crate) const MAX_WORDS: usize = 96;

/// A question and what its words are. It is kept beside a stored answer, and made again from the text alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    text: Box<str>,
    words: Box<[Word]>,
    is_whole: bool,
    /// Which triples of characters it has, by their hashes.
    shape: [u64; 8],
    asks: Asks,
    language: Language,
}

impl Question {
    /// Takes a question apart, as its writer wrote it: capitals say what is a name. Any text will do.
    pub fn new(text: &str) -> Self {
        let cased = tidy(text);
        let (lower, mut words) = word::read(&cased);
        let is_whole = words.len() <= MAX_WORDS && text.len() <= MAX_BYTES;
        words.truncate(MAX_WORDS);
        let asks = Asks::of(&lower, &words);
        let language = Language::of(&lower, &words);
        Self { shape: shape(&lower), text: lower.into(), words: words.into(), is_whole, asks, language }
    }

    /// The normalised text, which is embedded.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the other says the same, if it is looked at whole: then there is nothing to compare.
    pub fn is_same(&self, other: &Self) -> bool {
        self.is_whole && other.is_whole && self.text == other.text
    }

    /// Whether an answer to the one is certainly none to the other, by what is known of each on its own. Then
    /// [`crate::Comparison::veto`] says why; there are other reasons, for which words have to be compared.
    pub fn is_another(&self, other: &Self) -> bool {
        let n_negations = |it: &Self| it.words.iter().filter(|word| word.is_negation).count();
        let differ = self.language.differs(other.language) || self.asks.differs(other.asks);
        !self.is_same(other) && (differ || n_negations(self) != n_negations(other))
    }

    pub(crate) fn words(&self) -> &[Word] {
        &self.words
    }

    /// Whether all of its words are looked at. Where they are not, it is never known to ask what another one does.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    pub(crate) fn asks(&self) -> Asks {
        self.asks
    }

    pub(crate) fn language(&self) -> Language {
        self.language
    }

    /// The letters of a word of this question.
    pub(crate) fn letters(&self, word: &Word) -> &str {
        self.text.get(word.range()).unwrap_or_default()
    }

    /// Whether an "'s" makes the next word a thing of this one.
    pub(crate) fn is_possessive(&self, word: &Word) -> bool {
        self.text.get(word.range().end..).is_some_and(|rest| rest.starts_with("'s"))
    }

    /// Whether a comma stands somewhere between two words, as it does in a list.
    pub(crate) fn has_comma(&self, one: &Word, other: &Word) -> bool {
        self.text.get(one.range().end..other.range().start).is_some_and(|between| between.contains(','))
    }

    /// How many of their triples of characters two questions share, from 0 to 1.
    pub(crate) fn likeness(&self, other: &Self) -> f32 {
        let ones = |bits: &[u64; 8]| bits.iter().map(|it| it.count_ones()).sum::<u32>();
        let mut common = self.shape;
        common.iter_mut().zip(&other.shape).for_each(|(left, right)| *left &= right);
        let all = ones(&self.shape) + ones(&other.shape);
        #[expect(clippy::cast_precision_loss, reason = "at most 1,024")]
        if all == 0 { 1.0 } else { 2.0 * ones(&common) as f32 / all as f32 }
    }

    /// Where what is negated stands, each behind its negation; `None` where nothing follows.
    pub(crate) fn negated(&self) -> impl Iterator<Item = Option<usize>> {
        let negations = self.words.iter().enumerate().filter(|(_, word)| word.is_negation);
        negations.map(|(at, _)| {
            let rest = self.words.get(at + 1..).unwrap_or_default();
            rest.iter().position(|it| it.kind > Kind::Light).map(|it| at + 1 + it)
        })
    }
}

fn shape(text: &str) -> [u64; 8] {
    let mut shape = [0; 8];
    for triple in text.as_bytes().windows(3) {
        let hash = triple.iter().fold(0_u32, |hash, &byte| hash.wrapping_mul(0x0100_0193) ^ u32::from(byte));
        let bit = (hash.wrapping_mul(0x9e37_79b1) >> 23) as usize;
        if let Some(bits) = shape.get_mut(bit / 64) {
            *bits |= 1_u64 << (bit % 64);
        }
    }
    shape
}

/// Whether a word is one of a list of [`crate::lexicon::words`].
pub(crate) fn is_any(word: &Word, list: &[u64]) -> bool {
    list.contains(&word.form)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Comparison;

    proptest! {
        #[test]
        fn another_question_is_vetoed(
            one in "(Why |How |When |is |not |no |die |ist |cars |two |Paris |\\PC ?){0,8}",
            other in "(Why |How |When |is |not |no |die |ist |cars |two |Paris |\\PC ?){0,8}",
        ) {
            let (one, other) = (Question::new(&one), Question::new(&other));
            let veto = Comparison::between(&one, &other).veto();

            prop_assert!(!one.is_another(&other) || veto.is_some());
            prop_assert!(!one.is_same(&other) || veto.is_none());
            prop_assert!(!one.is_another(&one));
        }
    }
}
