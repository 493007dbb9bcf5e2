//! What the classifier sees of a text: which rows of its weights count, and how much.
//!
//! # Three families
//! - **body**: words, beginnings of longer words and pairs of tokens, anywhere. Each counts `BODY / sqrt(number)`, so a
//!   long text is not surer than a short one.
//! - **edges**: the first and the last tokens, the very first ones in their order, and the words that begin a sentence.
//!   An instruction stands there, whatever the length of the text that it is about; each counts `EDGE`.
//! - **shape**: length, lines, marks, digits and the like, in steps; each counts `EDGE`, in a row of its own.
//!
//! Words and pairs are hashed into `2^15` signed buckets (Weinberger and others: "Feature hashing for large scale
//! multitask learning", 2009), so there is no vocabulary to keep.

use super::shape::Shape;
use super::tokens::{Kind, Token, Tokens};

/// Rows of hashed features.
const HASHED: u32 = 1 << 15;

/// Rows of all features: the hashed ones, then 16 for each of 16 measures of the shape.
pub const ROWS: usize = HASHED as usize + 256;

/// How much all features of the body count together, as a length, and how much each of the others does.
const BODY: f32 = 2.0;
pub(super) const EDGE: f32 = 0.3;

/// Characters that are looked at, from the front and from the end: where instructions stand.
const HEAD: usize = 1_500;
const TAIL: usize = 500;

/// Tokens that are an edge.
const EDGE_TOKENS: usize = 12;

/// A row, and whether it counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Feature(u32);

impl Feature {
    fn hashed(family: u32, hash: u32) -> Self {
        let mixed = (hash ^ family).wrapping_mul(0x9e37_79b1);
        let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x85eb_ca77);
        // The row from the high bits, the sign from a low one.
        Self((mixed >> 17) << 1 | (mixed & 1))
    }

    fn shape(row: u32) -> Self {
        Self((HASHED + row) << 1)
    }

    /// Less than [`ROWS`].
    pub(super) fn row(self) -> usize {
        (self.0 >> 1) as usize
    }

    /// Whether it counts against instead of for.
    pub(super) fn is_negative(self) -> bool {
        self.0 & 1 == 1
    }
}

/// Takes features as they are found.
pub(super) trait Sink {
    /// A feature of the body.
    fn body(&mut self, feature: Feature);
    /// A feature of an edge, or of the shape.
    fn edge(&mut self, feature: Feature);
}

/// The features of a text, kept.
#[derive(Debug, Clone, Default)]
pub struct Features {
    body: Vec<Feature>,
    edges: Vec<Feature>,
}

impl Features {
    /// Those of `text`.
    pub fn of(text: &str) -> Self {
        let mut features = Self::default();
        visit(text, &mut features);
        features
    }

    /// Each feature with its value, whose sign is the feature's. A row may come more than once.
    pub fn values(&self) -> impl Iterator<Item = (usize, f32)> {
        let value = body_value(self.body.len());
        let body = self.body.iter().map(move |feature| (feature, value));
        let edges = self.edges.iter().map(|feature| (feature, EDGE));
        body.chain(edges).map(|(feature, value)| (feature.row(), if feature.is_negative() { -value } else { value }))
    }
}

impl Sink for Features {
    fn body(&mut self, feature: Feature) {
        self.body.push(feature);
    }

    fn edge(&mut self, feature: Feature) {
        self.edges.push(feature);
    }
}

/// How much each of `n` features of the body counts.
pub(super) fn body_value(n: usize) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "some thousands at most: the part that is looked at is bounded")]
    let n = n.max(1) as f32;
    BODY / n.sqrt()
}

// Families keep a word's roles apart: as itself, as the beginning of longer ones, in a pair, at the front, at the end.
const WORD: u32 = 0x1000_0001;
const STEM: u32 = 0x2000_0003;
const PAIR: u32 = 0x3000_0005;
const FRONT: u32 = 0x4000_0007;
const END: u32 = 0x5000_0009;
const START: u32 = 0x6000_000b;
const OPENING: u32 = 0x7000_000d;

/// Hands every feature of `text` to `sink`. The time is bounded whatever the length.
pub(super) fn visit(text: &str, sink: &mut impl Sink) {
    let (head, tail) = window(text);
    let mut shape = Shape::new(text.len());
    let mut last = [0_u32; EDGE_TOKENS];
    let mut n_tokens = 0;
    let mut opening = 0_u32;
    for part in [head, tail] {
        let mut before: Option<Token> = None;
        for token in Tokens::new(part) {
            shape.see(&token, before.as_ref());
            sink.body(Feature::hashed(WORD, token.hash));
            if let Some(stem) = token.stem {
                sink.body(Feature::hashed(STEM, stem));
            }
            if let Some(before) = before {
                sink.body(Feature::hashed(PAIR, pair(before.hash, token.hash)));
            }
            if n_tokens < EDGE_TOKENS {
                sink.edge(Feature::hashed(FRONT, token.stem.unwrap_or(token.hash)));
                opening = pair(opening, token.hash);
                if n_tokens < 4 {
                    sink.edge(Feature::hashed(OPENING, opening));
                }
            }
            if token.kind == Kind::Word && before.is_none_or(ends_sentence) && shape.n_starts() < EDGE_TOKENS {
                sink.edge(Feature::hashed(START, token.hash));
            }
            if let Some(place) = last.get_mut(n_tokens % EDGE_TOKENS) {
                *place = token.hash;
            }
            n_tokens += 1;
            before = Some(token);
        }
    }
    for hash in last.iter().take(n_tokens) {
        sink.edge(Feature::hashed(END, *hash));
    }
    shape.rows(|row| sink.edge(Feature::shape(row)));
}

/// The parts of `text` that are looked at; the second is empty where the first is all.
fn window(text: &str) -> (&str, &str) {
    if text.len() <= HEAD + TAIL {
        return (text, "");
    }
    let (head, rest) = text.split_at(text.char_indices().nth(HEAD).map_or(text.len(), |(at, _)| at));
    let tail = rest.char_indices().rev().nth(TAIL - 1).map_or(0, |(at, _)| at);
    (head, rest.get(tail..).unwrap_or_default())
}

fn pair(before: u32, hash: u32) -> u32 {
    before.rotate_left(7).wrapping_mul(31) ^ hash
}

fn ends_sentence(token: Token) -> bool {
    match token.kind {
        Kind::Line => true,
        Kind::Mark => matches!(token.first, b'.' | b'!' | b'?' | b':' | b'-' | b'*' | b'"'),
        _ => false,
    }
}
