//! Decodes a body that came compressed though `identity` was asked for, and holds every body to its limit.
//!
//! Providers sit behind proxies that compress anyway, so gzip is decoded; other encodings are refused. A compressed
//! body may unfold a thousandfold: it is decoded in small steps whose output is handed on before the next, and both
//! its size and its ratio are bounded.

use std::io::{self, Write};

use flate2::write::GzDecoder;

use crate::error::{Error, Kind};
use crate::head::Head;
use crate::limits::Limits;

/// How many encoded bytes are decoded at once. Deflate expands at most 1,032-fold (zlib, "Technical Details"), so that
/// a step yields at most 1 MiB.
const STEP: usize = 1024;

/// Below it no ratio is suspicious: short bodies of blanks or repeated keys compress very well.
const RATIO_FLOOR: u64 = 64 * 1024;

/// Decodes one body.
#[derive(Default)]
pub(crate) struct Decoder {
    /// `None`: the body comes as it is.
    gzip: Option<Box<GzDecoder<Vec<u8>>>>,
    size: Size,
}

impl Decoder {
    /// The decoder for the body that follows `head`.
    ///
    /// # Errors
    /// `Kind::Decoding` for any encoding but identity and gzip, and for more than one.
    pub(crate) fn of(head: &Head) -> Result<Self, Error> {
        let mut encodings = head.all("content-encoding");
        let encoding = encodings.next().unwrap_or(b"identity");
        let is_any_of = |names: [&[u8]; 2]| names.iter().any(|name| encoding.eq_ignore_ascii_case(name));
        let gzip = match encodings.next() {
            None if is_any_of([b"identity", b""]) => None,
            None if is_any_of([b"gzip", b"x-gzip"]) => Some(Box::new(GzDecoder::new(Vec::new()))),
            _ => return Err(Error::new(Kind::Decoding, "the answer is in an encoding that was not asked for")),
        };
        Ok(Self { gzip, size: Size::default() })
    }

    /// Decodes `encoded` and hands the result to `on_decoded` in pieces, none of them empty.
    ///
    /// # Errors
    /// `Kind::Decoding` if it is not gzip, or goes on after its end; `Kind::TooLarge` past `limits`.
    pub(crate) fn decode(
        &mut self,
        encoded: &[u8],
        limits: Limits,
        mut on_decoded: impl FnMut(&[u8]),
    ) -> Result<(), Error> {
        let Some(gzip) = &mut self.gzip else {
            self.size.add(encoded.len(), encoded.len(), limits)?;
            if !encoded.is_empty() {
                on_decoded(encoded);
            }
            return Ok(());
        };
        for step in encoded.chunks(STEP) {
            gzip.write_all(step).and_then(|()| gzip.flush()).map_err(broken)?;
            let decoded = gzip.get_mut();
            self.size.add(step.len(), decoded.len(), limits)?;
            if !decoded.is_empty() {
                on_decoded(decoded);
                decoded.clear();
            }
        }
        Ok(())
    }

    /// Checks that the encoded body was whole, its checksum included.
    ///
    /// # Errors
    /// `Kind::Decoding` if it was not.
    pub(crate) fn finish(&mut self) -> Result<(), Error> {
        self.gzip.as_mut().map_or(Ok(()), |gzip| gzip.try_finish()).map_err(broken)
    }
}

/// How much of a body there was.
#[derive(Default)]
struct Size {
    n_encoded: u64,
    n_decoded: u64,
}

impl Size {
    fn add(&mut self, n_encoded: usize, n_decoded: usize, limits: Limits) -> Result<(), Error> {
        self.n_encoded += n_encoded as u64;
        self.n_decoded += n_decoded as u64;
        let by_ratio = self.n_encoded.saturating_mul(u64::from(limits.ratio)).max(RATIO_FLOOR);
        if self.n_decoded > limits.body.min(by_ratio) {
            return Err(Error::new(Kind::TooLarge, "the answer's body exceeds its limit"));
        }
        Ok(())
    }
}

fn broken(source: io::Error) -> Error {
    Error::because(Kind::Decoding, "the answer's body is not whole gzip", source)
}
