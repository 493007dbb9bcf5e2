//! How large an answer may be.

/// Limits of one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all its heads, interim ones included.
    pub head: usize,
    /// Bytes of its body, decoded.
    pub body: u64,
    /// Decoded bytes for an encoded one, at least 1. It counts once 64 KiB are decoded.
    pub ratio: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Four times what Node.js takes; providers send less than 4 KiB.
            head: 64 * 1024,
            // The largest batch of embeddings, 2,048 vectors of 3,072 numbers, is about 80 MB of text.
            body: 128 * 1024 * 1024,
            // JSON and event streams compress five- to twentyfold.
            ratio: 100,
        }
    }
}
