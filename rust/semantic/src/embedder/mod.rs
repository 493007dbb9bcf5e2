//! What a text means, from a table: of each piece of a word a vector, of a text their sum.
//!
//! # Why no network
//! The table was learned from a sentence encoder (`docs/models/embedder.md` says how much of it is lost), which takes
//! milliseconds for what takes microseconds here. What is lost is the order of words: "PDF to Word" and "Word to PDF" are
//! the same, which the vetoes see.
//!
//! # Why integers
//! A row has signed bytes and a scale, and sums are made of whole numbers. So every processor gives the same bits, and a
//! text that was embedded on one machine is found on another.

mod weights;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::{Arc, LazyLock};

use crate::embedding::{DIMENSIONS, Embedding};
use crate::simd::add_scaled;
use crate::tokenizer::Tokenizer;

pub use crate::weights::WeightsError;

/// Pieces of a text that are looked at: of a question all, of a book its beginning.
pub const MAX_PIECES: usize = 512;

/// Characters of a text that are looked at: more than any 512 pieces of a language take. White space and accents cost time and are
/// no pieces, so pieces alone bound nothing.
const MAX_CHARACTERS: usize = 16_384;

/// Greatest scale of a row: with it a sum of `MAX_PIECES` rows is within 32 bits.
const MAX_SCALE: i16 = i16::MAX;
const _: () = assert!(MAX_PIECES as u64 * MAX_SCALE.unsigned_abs() as u64 * 128 <= i32::MAX as u64);

/// A table of vectors; immutable.
#[derive(Clone)]
pub struct Embedder {
    name: Arc<str>,
    pieces: Arc<[Arc<str>]>,
    tokenizer: Tokenizer,
    scales: Vec<i16>,
    /// Of each piece its row; what ships is not copied, so that all processes of a machine share it.
    rows: Cow<'static, [[u8; DIMENSIONS]]>,
}

impl Embedder {
    /// The one whose weights ship, read when it is first asked for.
    pub fn shipped() -> &'static Self {
        static SHIPPED: LazyLock<Embedder> = LazyLock::new(|| {
            Embedder::of_static(include_bytes!("shipped.weights")).unwrap_or_else(|_| Embedder::without_pieces())
        });
        &SHIPPED
    }

    /// Which weights these are.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The pieces that words are taken apart into, as BERT writes them: `##` marks one that goes on.
    pub fn pieces(&self) -> &[Arc<str>] {
        &self.pieces
    }

    /// The direction of a text, by its first `MAX_PIECES` pieces within its first `MAX_CHARACTERS`; zeros where none of them is known.
    pub fn embed(&self, text: &str) -> Embedding {
        let mut sum = [0; DIMENSIONS];
        self.each_piece(text, |piece| {
            let Some(piece) = piece.map(|it| it as usize) else { return };
            if let (Some(row), Some(&scale)) = (self.rows.get(piece), self.scales.get(piece)) {
                add_scaled(&mut sum, row, scale);
            }
        });
        #[expect(clippy::cast_precision_loss, reason = "the rows themselves are less precise")]
        Embedding::of(sum.map(|number| number as f32))
    }

    /// Calls `found` with the numbers of a text's first `MAX_PIECES` pieces, and with `None` for an unknown word.
    pub fn each_piece(&self, text: &str, mut found: impl FnMut(Option<u32>)) {
        let mut n_pieces = 0;
        let text = text.char_indices().nth(MAX_CHARACTERS).map_or(text, |(end, _)| text.get(..end).unwrap_or(text));
        self.tokenizer.pieces(text, |piece| {
            found(piece);
            n_pieces += 1;
            if n_pieces < MAX_PIECES { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
    }
}

impl fmt::Debug for Embedder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Embedder").field("name", &self.name).finish_non_exhaustive()
    }
}
