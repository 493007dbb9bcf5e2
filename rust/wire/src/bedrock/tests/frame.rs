//! Which bytes are frames, and which are not.

use proptest::collection::vec;
use proptest::prelude::*;

use super::frames::{event, exception, frame, frame_of, push_checksum, push_header};
use crate::bedrock::FrameDecoder;
use crate::replay::config;
use crate::{Interruption, UpstreamError};

/// A name and a payload.
type Event = (Vec<u8>, Vec<u8>);

/// The events of a body, and how it ends.
fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Event>, Result<(), Interruption>) {
    let mut decoder = FrameDecoder::default();
    let mut events = Vec::new();
    let mut read = |mut piece: &[u8]| {
        while let Some(event) = decoder.next(&mut piece)? {
            events.push((event.name.to_vec(), event.data.to_vec()));
        }
        Ok(())
    };
    let result = pieces.into_iter().try_for_each(&mut read);
    (events, result.and_then(|()| decoder.end()))
}

fn error(kind: &str, message: &str) -> Interruption {
    Interruption::UpstreamError(UpstreamError {
        kind: Some(kind.to_owned()),
        message: message.to_owned(),
        ..UpstreamError::default()
    })
}

#[test]
fn what_a_frame_says() {
    let check = |name: &str, body: &[u8], expected: &[(&str, &str)], result: Result<(), Interruption>| {
        let expected = expected.iter().map(|(name, data)| (name.as_bytes().to_vec(), data.as_bytes().to_vec()));

        assert_eq!((expected.collect(), result), decode([body]), "{name}");
    };
    let pair = [event("a", "{}"), event("b", "")].concat();
    check(
        "an event",
        &event("messageStart", r#"{"role":"assistant"}"#),
        &[("messageStart", r#"{"role":"assistant"}"#)],
        Ok(()),
    );
    check("two in a row", &pair, &[("a", "{}"), ("b", "")], Ok(()));
    check("nothing", b"", &[], Ok(()));
    check("part of a second one", &pair[..pair.len() - 1], &[("a", "{}")], Err(Interruption::Truncated));
    check("part of a prelude", &pair[..5], &[], Err(Interruption::Truncated));

    let throttled = exception("throttlingException", r#"{"message":"Slow."}"#);
    check("an exception", &throttled, &[], Err(error("throttlingException", "Slow.")));
    check("one without a message", &exception("x", ""), &[], Err(error("x", "")));
    check(
        "one behind an event",
        &[event("a", ""), throttled].concat(),
        &[("a", "")],
        Err(error("throttlingException", "Slow.")),
    );
    let unmodelled = [(":message-type", "error"), (":error-code", "InternalError"), (":error-message", "Sorry.\n")];
    check("an error", &frame(&unmodelled, ""), &[], Err(error("InternalError", "Sorry.")));
    check("another type of message", &frame(&[(":message-type", "x")], ""), &[], Err(Interruption::Malformed));
    check("no type", &frame(&[], "{}"), &[], Err(Interruption::Malformed));
}

#[test]
fn headers_of_every_type_are_passed() {
    let widths = [(0, 0), (1, 0), (2, 1), (3, 2), (4, 4), (5, 8), (8, 8), (9, 16)];
    for (kind, width) in widths {
        let mut headers = Vec::new();
        push_header("x", kind, &vec![b'a'; width], &mut headers);
        push_header("bytes", 6, b"\x00\x02ab", &mut headers);
        push_header(":message-type", 7, b"\x00\x05event", &mut headers);

        assert_eq!((vec![(Vec::new(), b"{}".to_vec())], Ok(())), decode([&*frame_of(&headers, b"{}")]), "type {kind}");
    }
}

#[test]
fn what_is_no_frame() {
    let check = |name: &str, body: &[u8], expected: Interruption| {
        assert_eq!((Vec::new(), Err(expected)), decode([body]), "{name}");
    };
    let prelude = |n_frame: u32, n_headers: u32| {
        let mut prelude = [n_frame.to_be_bytes(), n_headers.to_be_bytes()].concat();
        push_checksum(&mut prelude);
        prelude
    };
    check("text", b"HTTP/1.1 200 OK", Interruption::Malformed);
    check("shorter than its own frame", &prelude(15, 0), Interruption::Malformed);
    check("more headers than frame", &prelude(20, 5), Interruption::Malformed);
    check("more than 1 MiB", &prelude(1024 * 1024 + 1, 0), Interruption::TooLarge);
    for (name, header) in [
        ("a name that is cut", b"\x05ab".as_slice()),
        ("no type of a header", b"\x01a"),
        ("an unknown type", b"\x01a\x0a"),
        ("no value", b"\x01a\x04\x00"),
        ("no length", b"\x01a\x07\x00"),
        ("a text that is cut", b"\x01a\x07\x00\x02b"),
    ] {
        check(name, &frame_of(header, b""), Interruption::Malformed);
    }
    // The largest that is taken.
    let mut headers = Vec::new();
    push_header(":message-type", 7, b"\x00\x05event", &mut headers);
    let payload = vec![b' '; 1024 * 1024 - 16 - headers.len()];
    assert_eq!(Ok(()), decode([&*frame_of(&headers, &payload)]).1);
}

#[test]
fn every_flipped_bit_is_found() {
    let body = [event("a", r#"{"b":1}"#), event("c", "{}")].concat();
    let whole = decode([&*body]).0;
    for n_bit in 0..body.len() * 8 {
        let mut flipped = body.clone();
        flipped[n_bit / 8] ^= 1 << (n_bit % 8);
        let (events, result) = decode([&*flipped]);

        assert!(result.is_err(), "bit {n_bit}");
        assert!(whole.starts_with(&events), "bit {n_bit}");
    }
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn any_cut_agrees(payloads in vec(".{0,40}", 1..4), places in vec(any::<prop::sample::Index>(), 0..6)) {
        let body: Vec<u8> = payloads.iter().flat_map(|payload| event("x", payload)).collect();
        let mut places: Vec<_> = places.iter().map(|place| place.index(body.len() + 1)).collect();
        places.sort_unstable();
        let mut pieces = Vec::new();
        let mut rest = &*body;
        for place in places {
            let (piece, after) = rest.split_at(place - (body.len() - rest.len()));
            pieces.push(piece);
            rest = after;
        }
        pieces.push(rest);
        let expected: Vec<_> = payloads.iter().map(|payload| (b"x".to_vec(), payload.as_bytes().to_vec())).collect();

        prop_assert_eq!((expected, Ok(())), decode(pieces));
    }

    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..64), headers in vec(any::<u8>(), 0..64)) {
        let _ = decode([&*bytes]);
        // Behind checksums that hold, too.
        let _ = decode([&*frame_of(&headers, &bytes)]);
    }
}
