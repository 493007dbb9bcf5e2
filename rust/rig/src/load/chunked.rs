//! Takes the chunks off a chunked body, however the network cut them.

use bytes::{Buf, BytesMut};

use super::Failure;

/// Where the decoder stands in the body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Chunked {
    /// Before a chunk's size.
    #[default]
    Size,
    /// In a chunk, with this many bytes to come.
    Data(usize),
    /// Before the line end that follows a chunk.
    DataEnd,
    /// After the last chunk, before the line end that follows it.
    End,
    /// After the body.
    Whole,
}

impl Chunked {
    /// Moves what `input` holds of the body to `output`; true when the body is whole.
    pub(super) fn decode(&mut self, input: &mut BytesMut, output: &mut Vec<u8>) -> Result<bool, Failure> {
        loop {
            *self = match *self {
                Self::Size => match httparse::parse_chunk_size(input).map_err(|_| Failure::Malformed)? {
                    httparse::Status::Partial => return Ok(false),
                    httparse::Status::Complete((length, size)) => {
                        input.advance(length);
                        let size = usize::try_from(size).map_err(|_| Failure::Malformed)?;
                        if size == 0 { Self::End } else { Self::Data(size) }
                    }
                },
                Self::Data(0) => Self::DataEnd,
                Self::Data(_) if input.is_empty() => return Ok(false),
                Self::Data(size) => {
                    let taken = size.min(input.len());
                    output.extend_from_slice(&input[..taken]);
                    input.advance(taken);
                    Self::Data(size - taken)
                }
                Self::DataEnd if line_end(input)? => Self::Size,
                // None of the servers here sends trailers: one would be malformed.
                Self::End if line_end(input)? => Self::Whole,
                Self::DataEnd | Self::End => return Ok(false),
                Self::Whole => return Ok(true),
            }
        }
    }
}

/// Takes a line end; false when it has not arrived.
fn line_end(input: &mut BytesMut) -> Result<bool, Failure> {
    if input.len() < 2 {
        return Ok(false);
    }
    if !input.starts_with(b"\r\n") {
        return Err(Failure::Malformed);
    }
    input.advance(2);
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `body` in pieces of every size: how it was cut must not matter.
    fn check(case: &str, body: &str, expected: Result<(&str, bool), Failure>) {
        for size in 1..=body.len() {
            let (mut state, mut input, mut output) = (Chunked::default(), BytesMut::new(), Vec::new());
            let whole = body.as_bytes().chunks(size).try_fold(false, |_, piece| {
                input.extend_from_slice(piece);
                state.decode(&mut input, &mut output)
            });
            let actual = whole.map(|whole| (String::from_utf8(output).unwrap(), whole));

            assert_eq!(expected.map(|(text, whole)| (text.to_owned(), whole)), actual, "{case}, in pieces of {size}");
        }
    }

    #[test]
    fn what_a_chunked_body_holds() {
        check("one chunk", "3\r\nabc\r\n0\r\n\r\n", Ok(("abc", true)));
        check("two chunks", "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", Ok(("abc0123456789", true)));
        check("nothing", "0\r\n\r\n", Ok(("", true)));
        check("no last chunk", "3\r\nabc\r\n", Ok(("abc", false)));
        check("no last line end", "3\r\nabc\r\n0\r\n", Ok(("abc", false)));
        check("a size that lies", "2\r\nabc\r\n0\r\n\r\n", Err(Failure::Malformed));
        check("no size", "x\r\n", Err(Failure::Malformed));
    }
}
