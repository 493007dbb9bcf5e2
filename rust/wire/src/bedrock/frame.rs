//! Frames of AWS's event stream, from bytes that may be cut anywhere.
//!
//! As the "Amazon Event Stream" specification of Smithy has it: lengths, headers and payload, with a checksum of the
//! lengths and one of all. A frame whose checksums are wrong is not read, since nothing after it could be trusted.

use crate::sse::Event;
use crate::stream::Interruption;
use crate::upstream_error::UpstreamError;

/// Bytes of a frame, the same as of an event of other dialects.
const MAX_FRAME: usize = 1024 * 1024;
/// The length of the frame, that of its headers, and the checksum of both.
const N_PRELUDE: usize = 12;
const N_CHECKSUM: usize = 4;
/// Characters of an error's class that are kept.
const MAX_KIND: usize = 200;

/// Cuts a body into events.
#[derive(Default)]
pub(crate) struct FrameDecoder {
    /// The frame, as far as it has come.
    frame: Vec<u8>,
    /// It was handed out and must be cleared before the next one.
    is_delivered: bool,
}

impl FrameDecoder {
    /// The next event in `input`, which is cut down to what follows it. `None`: all was read, feed more.
    ///
    /// # Errors
    /// `Interruption::UpstreamError` for a frame that is an exception, `Malformed` for what is no frame, and `TooLarge`.
    pub(crate) fn next(&mut self, input: &mut &[u8]) -> Result<Option<Event<'_>>, Interruption> {
        if std::mem::take(&mut self.is_delivered) {
            self.frame.clear();
        }
        if !self.fill(N_PRELUDE, input) {
            return Ok(None);
        }
        let (n_frame, n_headers) = read_prelude(&self.frame)?;
        if !self.fill(n_frame, input) {
            return Ok(None);
        }
        self.is_delivered = true;
        read_frame(&self.frame, n_headers).map(Some)
    }

    /// Takes note that the body has ended.
    ///
    /// # Errors
    /// `Interruption::Truncated` inside a frame.
    pub(crate) fn end(&self) -> Result<(), Interruption> {
        if self.is_delivered || self.frame.is_empty() { Ok(()) } else { Err(Interruption::Truncated) }
    }

    /// Whether the frame now has `n_bytes`, of which those it lacks come from `input`.
    fn fill(&mut self, n_bytes: usize, input: &mut &[u8]) -> bool {
        let n_missing = n_bytes.saturating_sub(self.frame.len()).min(input.len());
        let (more, rest) = input.split_at(n_missing);
        self.frame.extend_from_slice(more);
        *input = rest;
        self.frame.len() >= n_bytes
    }
}

/// The bytes of the frame and those of its headers.
fn read_prelude(frame: &[u8]) -> Result<(usize, usize), Interruption> {
    let word = |start: usize| frame.get(start..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes));
    let (Some(n_frame), Some(n_headers), Some(checksum)) = (word(0), word(4), word(8)) else {
        return Err(Interruption::Malformed);
    };
    if crc32fast::hash(&frame[..8]) != checksum {
        return Err(Interruption::Malformed);
    }
    let (n_frame, n_headers) = (n_frame as usize, n_headers as usize);
    if n_frame > MAX_FRAME {
        return Err(Interruption::TooLarge);
    }
    if n_frame < N_PRELUDE + N_CHECKSUM || n_headers > n_frame - N_PRELUDE - N_CHECKSUM {
        return Err(Interruption::Malformed);
    }
    Ok((n_frame, n_headers))
}

fn read_frame(frame: &[u8], n_headers: usize) -> Result<Event<'_>, Interruption> {
    let (covered, checksum) = frame.split_last_chunk().ok_or(Interruption::Malformed)?;
    if crc32fast::hash(covered) != u32::from_be_bytes(*checksum) {
        return Err(Interruption::Malformed);
    }
    let (headers, payload) = covered[N_PRELUDE..].split_at(n_headers);
    let headers = Headers::read(headers).ok_or(Interruption::Malformed)?;
    match headers.message_type {
        b"event" => Ok(Event { name: headers.name, data: payload }),
        b"exception" => {
            let error = UpstreamError::read(payload).unwrap_or_default();
            Err(Interruption::UpstreamError(UpstreamError { kind: Some(text(headers.name)), ..error }))
        }
        b"error" => {
            let (kind, message) = (Some(text(headers.name)), text(headers.message));
            Err(Interruption::UpstreamError(UpstreamError { message, kind, ..UpstreamError::default() }))
        }
        _ => Err(Interruption::Malformed),
    }
}

/// The headers that say what a frame is; those that it lacks are empty.
#[derive(Default)]
struct Headers<'a> {
    message_type: &'a [u8],
    /// The type of the event or the exception, or the code of the error.
    name: &'a [u8],
    message: &'a [u8],
}

impl<'a> Headers<'a> {
    fn read(mut rest: &'a [u8]) -> Option<Self> {
        let mut headers = Self::default();
        while let Some((&n_name, after)) = rest.split_first() {
            let (name, after) = after.split_at_checked(usize::from(n_name))?;
            let (&kind, after) = after.split_first()?;
            let (value, after) = match kind {
                // True and false.
                0 | 1 => after.split_at_checked(0),
                // Integers of 8, 16, 32 and 64 bits, a time stamp, a UUID.
                2 => after.split_at_checked(1),
                3 => after.split_at_checked(2),
                4 => after.split_at_checked(4),
                5 | 8 => after.split_at_checked(8),
                9 => after.split_at_checked(16),
                // Bytes and text.
                6 | 7 => {
                    let (n_value, after) = after.split_first_chunk()?;
                    after.split_at_checked(usize::from(u16::from_be_bytes(*n_value)))
                }
                _ => None,
            }?;
            match name {
                b":message-type" => headers.message_type = value,
                b":event-type" | b":exception-type" | b":error-code" => headers.name = value,
                b":error-message" => headers.message = value,
                _ => {}
            }
            rest = after;
        }
        Some(headers)
    }
}

/// Text for people, without control characters and not of any length.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().filter(|character| !character.is_control()).take(MAX_KIND).collect()
}
