//! The file that an embedder is kept in: made, read, checked, written.
//!
//! ```text
//! "tiercel embedder 1\n"
//! name: a byte for the length, and the text
//! the number of pieces: u32, little endian; then each of them as the name is
//! of each piece the scale of its row: i16, little endian, not negative
//! of each piece its row: 256 signed bytes
//! SHA-256 of all that
//! ```

use super::{Embedder, MAX_SCALE};
use crate::embedding::DIMENSIONS;
use crate::tokenizer::{MAX_PIECE, Tokenizer};
use crate::weights::{Reader, WeightsError, sealed, wrong};
use std::borrow::Cow;

const MAGIC: &[u8] = b"tiercel embedder 1\n";

/// Longest name, in bytes.
const MAX_NAME: usize = 64;

/// Most pieces: what a 16-bit number can count, which is twice what BERT has.
const MAX_ROWS: usize = 65_536;

impl Embedder {
    /// Reads what [`Self::write`] wrote.
    ///
    /// # Errors
    /// What is wrong with the file: it is none of ours, of another version, cut off, or damaged.
    pub fn read(bytes: &[u8]) -> Result<Self, WeightsError> {
        let file = File::read(bytes)?;
        file.embedder(Cow::Owned(file.rows.to_vec()))
    }

    /// Makes an embedder of vectors that were learned, one a piece. A row is rounded to a 127th of its greatest number, and
    /// its scale to a 32,767th of the greatest scale: lengths count relative to one another alone.
    ///
    /// # Errors
    /// There are not as many vectors as pieces, too many, a number that is not finite; a piece is empty, too long or there
    /// twice.
    pub fn build(name: &str, pieces: &[&str], vectors: &[[f32; DIMENSIONS]]) -> Result<Self, WeightsError> {
        if pieces.len() != vectors.len() {
            return Err(wrong(format!("there are {} vectors for {} pieces", vectors.len(), pieces.len())));
        }
        if vectors.iter().flatten().any(|number| !number.is_finite()) {
            return Err(wrong("a number of the vectors is not finite"));
        }
        let greatest_of = |vector: &[f32; DIMENSIONS]| vector.iter().fold(0.0, |most: f32, it| most.max(it.abs()));
        let greatest = vectors.iter().map(greatest_of).fold(0.0, f32::max);
        let unit = greatest / f32::from(i8::MAX) / f32::from(MAX_SCALE);
        let scales: Vec<i16> = vectors.iter().map(|vector| scale(greatest_of(vector), unit)).collect();
        let quantised = vectors.iter().zip(&scales);
        let rows = quantised.map(|(vector, &scale)| vector.map(|it| rounded(it, f32::from(scale) * unit))).collect();
        Self::of(name, pieces, scales, Cow::Owned(rows))
    }

    /// The bytes of a weights file.
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        write_text(&mut bytes, &self.name);
        bytes.extend(u32::try_from(self.pieces.len()).unwrap_or_default().to_le_bytes());
        self.pieces.iter().for_each(|piece| write_text(&mut bytes, piece));
        bytes.extend(self.scales.iter().flat_map(|scale| scale.to_le_bytes()));
        bytes.extend_from_slice(self.rows.as_flattened());
        sealed(bytes)
    }

    /// As [`Self::read`], without a copy of the rows.
    pub(super) fn of_static(bytes: &'static [u8]) -> Result<Self, WeightsError> {
        let file = File::read(bytes)?;
        file.embedder(Cow::Borrowed(file.rows))
    }

    /// One to which every text is nothing.
    pub(super) fn without_pieces() -> Self {
        let tokenizer = Tokenizer::default();
        Self { name: "none".into(), pieces: [].into(), tokenizer, scales: Vec::new(), rows: Cow::Borrowed(&[]) }
    }

    fn of(
        name: &str,
        pieces: &[&str],
        scales: Vec<i16>,
        rows: Cow<'static, [[u8; DIMENSIONS]]>,
    ) -> Result<Self, WeightsError> {
        if name.is_empty() || name.len() > MAX_NAME {
            return Err(wrong(format!("a name has 1 to {MAX_NAME} bytes, not {}", name.len())));
        }
        check_number(pieces.len())?;
        let message = || wrong(format!("a piece is empty, longer than {MAX_PIECE} bytes, or there twice"));
        let tokenizer = Tokenizer::new(pieces).ok_or_else(message)?;
        let pieces = pieces.iter().map(|&piece| piece.into()).collect();
        Ok(Self { name: name.into(), pieces, tokenizer, scales, rows })
    }
}

/// What a file says.
struct File<'a> {
    name: &'a str,
    pieces: Vec<&'a str>,
    scales: Vec<i16>,
    rows: &'a [[u8; DIMENSIONS]],
}

impl<'a> File<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, WeightsError> {
        let mut reader = Reader::open(bytes, MAGIC, "embedder")?;
        let name = reader.text()?;
        let n_pieces = reader.count()?;
        check_number(n_pieces)?;
        let pieces = (0..n_pieces).map(|_| reader.text()).collect::<Result<_, _>>()?;
        let scales = (0..n_pieces).map(|_| reader.scale()).collect::<Result<_, _>>()?;
        let (rows, rest) = reader.0.as_chunks();
        if rows.len() != n_pieces || !rest.is_empty() {
            return Err(wrong(format!("there are {} bytes of rows for {n_pieces} pieces", reader.0.len())));
        }
        Ok(Self { name, pieces, scales, rows })
    }

    fn embedder(&self, rows: Cow<'static, [[u8; DIMENSIONS]]>) -> Result<Embedder, WeightsError> {
        Embedder::of(self.name, &self.pieces, self.scales.clone(), rows)
    }
}

impl<'a> Reader<'a> {
    fn count(&mut self) -> Result<usize, WeightsError> {
        self.array().map(|bytes| u32::from_le_bytes(bytes) as usize)
    }

    fn scale(&mut self) -> Result<i16, WeightsError> {
        let scale = i16::from_le_bytes(self.array()?);
        if scale >= 0 { Ok(scale) } else { Err(wrong("a scale in the weights is negative")) }
    }

    fn text(&mut self) -> Result<&'a str, WeightsError> {
        let [n_bytes] = self.array()?;
        std::str::from_utf8(self.take(n_bytes.into())?).map_err(|_| wrong("a text in the weights is no UTF-8"))
    }
}

fn check_number(n_pieces: usize) -> Result<(), WeightsError> {
    if (1..=MAX_ROWS).contains(&n_pieces) {
        return Ok(());
    }
    Err(wrong(format!("an embedder has 1 to {MAX_ROWS} pieces, not {n_pieces}")))
}

/// The least whole number of units that a 127th of `greatest` is at most, so that no number of the row exceeds 127.
#[expect(clippy::cast_possible_truncation, reason = "within the range: the greatest of all comes to it")]
fn scale(greatest: f32, unit: f32) -> i16 {
    if unit > 0.0 { (greatest / f32::from(i8::MAX) / unit).ceil().min(f32::from(MAX_SCALE)) as i16 } else { 0 }
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to the range")]
fn rounded(number: f32, step: f32) -> u8 {
    let limit = f32::from(i8::MAX);
    let rounded = if step > 0.0 { (number / step).round().clamp(-limit, limit) as i8 } else { 0 };
    rounded.to_le_bytes()[0]
}

fn write_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.push(u8::try_from(text.len()).unwrap_or_default());
    bytes.extend_from_slice(text.as_bytes());
}
