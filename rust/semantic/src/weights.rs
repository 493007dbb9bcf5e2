//! What the files of all weights here have in common: a first line that says which they are, and a checksum at the end.

use std::fmt;

use sha2::{Digest, Sha256};

/// Bytes of the checksum.
const CHECKSUM: usize = 32;

/// Why weights cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightsError(String);

impl fmt::Display for WeightsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for WeightsError {}

pub(crate) fn wrong(message: impl Into<String>) -> WeightsError {
    WeightsError(message.into())
}

/// `bytes` with their checksum behind them.
pub(crate) fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let checksum = Sha256::digest(&bytes);
    bytes.extend_from_slice(&checksum);
    bytes
}

/// What is left of a file.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    /// What stands between `magic` and the checksum of a file of weights of `what`.
    pub(crate) fn open(bytes: &'a [u8], magic: &[u8], what: &str) -> Result<Self, WeightsError> {
        if !bytes.starts_with(magic) {
            return Err(wrong(format!("this is no file of {what} weights that this version reads")));
        }
        let (content, checksum) = bytes.split_at(bytes.len().saturating_sub(CHECKSUM));
        if Sha256::digest(content).as_slice() != checksum {
            return Err(wrong("the weights are damaged or cut off: their checksum is wrong"));
        }
        Ok(Self(content.get(magic.len()..).unwrap_or_default()))
    }

    pub(crate) fn take(&mut self, n: usize) -> Result<&'a [u8], WeightsError> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or_else(|| wrong("the weights end too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], WeightsError> {
        self.take(N)?.try_into().map_err(|_| wrong("the weights end too early"))
    }
}
