//! An embedding as it is stored: a byte a number.
//!
//! The exact numbers are not kept. By its rounding a direction of 256 bytes is off by about 0.0004 in its cosine (`tests/index` holds it to 0.002), a
//! fiftieth of what separates one threshold from the next, and the exact ones would make four fifths of the memory.

use crate::simd::{Signs, dot_f32, dot_i8, dots, to_bytes};
use crate::{DIMENSIONS, Embedding};

/// A direction in bytes: `values` times `scale` is of length one.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C)]
pub(super) struct Code {
    pub(super) values: [i8; DIMENSIONS],
    scale: f32,
}

impl Code {
    /// `None` for an embedding that has no direction.
    pub(super) fn of(embedding: &Embedding) -> Option<Self> {
        Self::new(to_bytes(embedding.values()))
    }

    /// `None` for zeros, and for -128, which no embedding gives.
    pub(super) fn new(values: [i8; DIMENSIONS]) -> Option<Self> {
        #[expect(clippy::cast_precision_loss, reason = "a sum of squares is below 2^23")]
        let length = (dot_i8(&values, &values) as f32).sqrt();
        (length > 0.0 && !values.contains(&i8::MIN)).then_some(Self { values, scale: 1.0 / length })
    }

    /// How alike two stored directions are, from -1 to 1.
    #[expect(clippy::cast_precision_loss, reason = "a dot product is below 2^23")]
    pub(super) fn cosine(&self, other: &Self) -> f32 {
        dot_i8(&self.values, &other.values) as f32 * self.scale * other.scale
    }

    /// How alike this is to an embedding whose exact numbers are known.
    pub(super) fn cosine_to(&self, exact: &Embedding) -> f32 {
        dot_f32(exact.values(), &self.values) * self.scale
    }

    pub(super) fn signs(&self) -> Signs {
        let mut signs = Signs::default();
        for (word, values) in signs.iter_mut().zip(self.values.chunks_exact(64)) {
            *word = values.iter().rev().fold(0, |word, value| word << 1 | u64::from(*value < 0));
        }
        signs
    }
}

/// Directions that one is held against at a time: as many as there are links on the ground of a graph.
pub(super) const N_AT_ONCE: usize = 24;

/// A direction that is held against many.
pub(super) struct Query<'a> {
    pub(super) code: &'a Code,
    wide: [i16; DIMENSIONS],
}

impl<'a> Query<'a> {
    pub(super) fn new(code: &'a Code) -> Self {
        Self { code, wide: code.values.map(i16::from) }
    }

    /// How alike each of the first `n` is: what [`Code::cosine`] gives.
    #[expect(clippy::cast_precision_loss, reason = "a dot product is below 2^23")]
    pub(super) fn cosines(&self, others: &[&Code; N_AT_ONCE], n: usize) -> [f32; N_AT_ONCE] {
        let (mut products, mut cosines) = ([0; N_AT_ONCE], [0.0; N_AT_ONCE]);
        let values = others.map(|it| &it.values);
        dots(&self.wide, values.get(..n).unwrap_or(&values), &mut products);
        for ((cosine, product), other) in cosines.iter_mut().zip(products).zip(others).take(n) {
            *cosine = product as f32 * other.scale * self.code.scale;
        }
        cosines
    }
}
