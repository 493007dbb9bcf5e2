//! Takes requests off a connection, however the network cut them.

use bytes::{Buf, BytesMut};
use memchr::memmem;

use crate::HOLD_MARK;

/// A head may not be longer. nginx allows 32 KiB by default.
const MAX_HEAD: usize = 64 << 10;

/// A body may not be longer.
const MAX_BODY: usize = 16 << 20;

/// A head may not have more fields.
const MAX_FIELDS: usize = 100;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The unary answer.
    Answer,
    /// The stream, to its end.
    Stream,
    /// The stream's first event, then silence.
    Hold,
}

/// Not a request that this upstream reads: not HTTP, too large, or without a content length.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// Takes the first whole request out of `buffer`; `None` when it has not arrived whole.
pub(super) fn take(buffer: &mut BytesMut) -> Result<Option<Wanted>, Malformed> {
    let Some((head, body)) = lengths(buffer)? else {
        return Ok(None);
    };
    if buffer.len() < head + body {
        return Ok(None);
    }
    let wanted = wanted(&buffer[head..head + body]);
    buffer.advance(head + body);
    Ok(Some(wanted))
}

/// How long the head and the body are, once the head is whole.
fn lengths(buffer: &[u8]) -> Result<Option<(usize, usize)>, Malformed> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    let head = match request.parse(buffer) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if buffer.len() <= MAX_HEAD => return Ok(None),
        _ => return Err(Malformed),
    };
    let mut body = 0;
    for field in request.headers.iter() {
        if field.name.eq_ignore_ascii_case("content-length") {
            let value = std::str::from_utf8(field.value).map_err(|_| Malformed)?;
            body = value.trim().parse().map_err(|_| Malformed)?;
        } else if field.name.eq_ignore_ascii_case("transfer-encoding") {
            return Err(Malformed);
        }
    }
    if body > MAX_BODY { Err(Malformed) } else { Ok(Some((head, body))) }
}

fn wanted(body: &[u8]) -> Wanted {
    let has = |mark: &str| memmem::find(body, mark.as_bytes()).is_some();
    if !has(r#""stream":true"#) && !has(r#""stream": true"#) {
        Wanted::Answer
    } else if has(HOLD_MARK) {
        Wanted::Hold
    } else {
        Wanted::Stream
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `bytes` in pieces of every size: how they were cut must not matter.
    fn check(case: &str, bytes: &str, expected: &Result<Vec<Wanted>, Malformed>) {
        for size in 1..=bytes.len() {
            let mut buffer = BytesMut::new();
            let actual = bytes.as_bytes().chunks(size).try_fold(Vec::new(), |mut all, piece| {
                buffer.extend_from_slice(piece);
                while let Some(wanted) = take(&mut buffer)? {
                    all.push(wanted);
                }
                Ok(all)
            });

            assert_eq!(*expected, actual, "{case}, in pieces of {size}");
        }
    }

    #[test]
    fn what_a_request_asks_for() {
        let post = |body: &str| format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        check("no body", "GET / HTTP/1.1\r\n\r\n", &Ok(vec![Wanted::Answer]));
        check("a unary request", &post(r#"{"stream":false}"#), &Ok(vec![Wanted::Answer]));
        check("a stream", &post(r#"{"stream":true}"#), &Ok(vec![Wanted::Stream]));
        check("a stream with a space", &post(r#"{"stream": true}"#), &Ok(vec![Wanted::Stream]));
        check("a stream to hold", &post(r#"{"stream":true,"x":"[hold]"}"#), &Ok(vec![Wanted::Hold]));
        let two = post("{}") + &post(r#"{"stream":true}"#);
        check("two in a row", &two, &Ok(vec![Wanted::Answer, Wanted::Stream]));
        check("an unfinished one", "POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\n{", &Ok(vec![]));
    }

    #[test]
    fn what_is_refused() {
        check("no number", "POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n", &Err(Malformed));
        check("too large", "POST / HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n", &Err(Malformed));
        check("chunked", "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", &Err(Malformed));
    }

    #[test]
    fn an_endless_head_is_refused() {
        let head = "GET / HTTP/1.1\r\nx: ".to_owned() + &"y".repeat(MAX_HEAD);

        assert_eq!(Err(Malformed), take(&mut BytesMut::from(head.as_str())));
    }
}
