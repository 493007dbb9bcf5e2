//! The chunked transfer coding. RFC 9112, 7.1.
//!
//! Lines end in CR LF and nothing else, since a reader that also takes a lone line feed can be made to see other
//! chunks than its neighbour. Extensions and trailers mean nothing to us: they are checked, bounded and dropped.

use crate::error::{Error, Kind};

/// Bytes of the line that gives a chunk's size: 16 digits would do, and no provider is known to send extensions.
const MAX_SIZE_LINE: usize = 256;

/// Bytes of all trailers, which hold a checksum or a timing: what most servers allow a whole head.
const MAX_TRAILERS: usize = 8 * 1024;

/// Where in the coding the next byte lies.
#[derive(Default)]
pub(crate) struct Chunked {
    state: State,
    /// The size of the chunk, and then what is left of it.
    remaining: u64,
    /// Bytes of the current size line, or of all trailers.
    n_overhead: usize,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum State {
    #[default]
    FirstDigit,
    Size,
    Extension,
    SizeLineFeed,
    Data,
    DataReturn,
    DataLineFeed,
    TrailerStart,
    Trailer,
    TrailerLineFeed,
    LastLineFeed,
    Complete,
}

impl Chunked {
    /// As [`Framing::next`](crate::framing::Framing::next).
    pub(crate) fn next<'d>(&mut self, data: &'d [u8]) -> Result<(&'d [u8], &'d [u8]), Error> {
        for (at, &byte) in data.iter().enumerate() {
            if self.state == State::Data {
                let (payload, rest) = take(&data[at..], &mut self.remaining);
                if self.remaining == 0 {
                    self.state = State::DataReturn;
                }
                return Ok((payload, rest));
            }
            self.state = self.step(byte)?;
            if self.state == State::Complete {
                return Ok((&[], &data[at + 1..]));
            }
        }
        Ok((&[], &[]))
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    /// The state after a byte that is not data.
    fn step(&mut self, byte: u8) -> Result<State, Error> {
        use State::{
            Complete, Data, DataLineFeed, DataReturn, Extension, FirstDigit, LastLineFeed, Size, SizeLineFeed, Trailer,
            TrailerLineFeed, TrailerStart,
        };
        Ok(match (self.state, byte) {
            (FirstDigit | Size, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                self.count(MAX_SIZE_LINE)?;
                self.push_digit(byte)?;
                Size
            }
            (Size, b';' | b' ' | b'\t') => Extension,
            (Size | Extension, b'\r') => SizeLineFeed,
            (Extension, _) if is_text(byte) => {
                self.count(MAX_SIZE_LINE)?;
                Extension
            }
            (SizeLineFeed, b'\n') => {
                self.n_overhead = 0;
                if self.remaining == 0 { TrailerStart } else { Data }
            }
            (DataReturn, b'\r') => DataLineFeed,
            (DataLineFeed, b'\n') => FirstDigit,
            (TrailerStart, b'\r') => LastLineFeed,
            (Trailer, b'\r') => TrailerLineFeed,
            (TrailerStart | Trailer, _) if is_text(byte) => {
                self.count(MAX_TRAILERS)?;
                Trailer
            }
            (TrailerLineFeed, b'\n') => TrailerStart,
            (LastLineFeed, b'\n') => Complete,
            _ => return Err(Error::new(Kind::Malformed, "the answer's chunks are broken")),
        })
    }

    fn push_digit(&mut self, digit: u8) -> Result<(), Error> {
        let value = char::from(digit).to_digit(16).map(u64::from);
        let size = self.remaining.checked_mul(16).zip(value).map(|(size, value)| size + value);
        self.remaining = size.ok_or_else(|| Error::new(Kind::Malformed, "the size of a chunk is absurd"))?;
        Ok(())
    }

    fn count(&mut self, limit: usize) -> Result<(), Error> {
        self.n_overhead += 1;
        if self.n_overhead > limit {
            return Err(Error::new(Kind::TooLarge, "the answer's chunk sizes or trailers exceed their limit"));
        }
        Ok(())
    }
}

/// Visible characters, blanks and what is beyond ASCII.
fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

/// Splits off at most `remaining` bytes, and counts them.
pub(crate) fn take<'d>(data: &'d [u8], remaining: &mut u64) -> (&'d [u8], &'d [u8]) {
    let n_taken = usize::try_from(*remaining).map_or(data.len(), |remaining| remaining.min(data.len()));
    *remaining -= n_taken as u64;
    data.split_at(n_taken)
}
