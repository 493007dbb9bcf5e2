//! However the bytes of an answer are split, it comes to the same; and no bytes at all make the connection panic.

use std::io::Write;

use crate::support::{Seen, answer};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;
use tiercel_upstream::{Kind, Limits, Phase};

/// The same cases in every run; nothing is written beside the tests.
fn config() -> ProptestConfig {
    ProptestConfig { cases: 512, rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default() }
}

#[derive(Clone, Copy, Debug)]
enum Framing {
    Length,
    Chunked,
    UntilClose,
}

fn framings() -> impl Strategy<Value = Framing> {
    prop_oneof![Just(Framing::Length), Just(Framing::Chunked), Just(Framing::UntilClose)]
}

/// Bodies that compress well and bodies that do not.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 0..3000), vec(0_u8..2, 0..9000)]
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// An answer after an interim one, its chunks and its flushes at `cuts`.
fn encode(body: &[u8], framing: Framing, is_gzip: bool, cuts: &[Index]) -> Vec<u8> {
    let body = if is_gzip { gzip(body) } else { body.to_vec() };
    let mut answer = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nServer: test\r\n".to_vec();
    if is_gzip {
        answer.extend_from_slice(b"Content-Encoding: gzip\r\n");
    }
    match framing {
        Framing::Length => {
            write!(answer, "Content-Length: {}\r\n\r\n", body.len()).unwrap();
            answer.extend_from_slice(&body);
        }
        Framing::Chunked => {
            answer.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
            for chunk in split(&body, cuts).filter(|chunk| !chunk.is_empty()) {
                write!(answer, "{:x};name=value\r\n", chunk.len()).unwrap();
                answer.extend_from_slice(chunk);
                answer.extend_from_slice(b"\r\n");
            }
            answer.extend_from_slice(b"0\r\nx-trailer: 1\r\n\r\n");
        }
        Framing::UntilClose => {
            answer.extend_from_slice(b"\r\n");
            answer.extend_from_slice(&body);
        }
    }
    answer
}

/// `bytes` in pieces, some of them empty.
fn split<'a>(bytes: &'a [u8], cuts: &[Index]) -> impl Iterator<Item = &'a [u8]> {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    ends.push(bytes.len());
    ends.sort_unstable();
    let mut start = 0;
    ends.into_iter().map(move |end| {
        let piece = &bytes[start..end];
        start = end;
        piece
    })
}

/// The answer in these pieces, and then the end of file.
fn receive<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Seen, Phase) {
    // An empty read means the end of file, which a split in two equal places does not.
    answer("POST", Limits::default(), pieces.filter(|piece| !piece.is_empty()).chain([b"".as_slice()]))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_split_gives_the_same_answer(
        body in bodies(),
        framing in framings(),
        is_gzip: bool,
        chunk_cuts in vec(any::<Index>(), 0..8),
        cuts in vec(any::<Index>(), 0..20),
    ) {
        let bytes = encode(&body, framing, is_gzip, &chunk_cuts);
        let expected = Seen { statuses: vec![200], body, n_ends: 1, failure: None };

        prop_assert_eq!(&expected, &receive([&*bytes].into_iter()).0);
        prop_assert_eq!(&expected, &receive(split(&bytes, &cuts)).0);
        prop_assert_eq!(&expected, &receive(bytes.chunks(1)).0);
    }

    #[test]
    fn a_cut_answer_is_never_taken_for_a_whole_one(
        body in bodies(),
        framing in prop_oneof![Just(Framing::Length), Just(Framing::Chunked)],
        is_gzip: bool,
        chunk_cuts in vec(any::<Index>(), 0..8),
        end: Index,
    ) {
        let bytes = encode(&body, framing, is_gzip, &chunk_cuts);
        let (seen, phase) = receive([&bytes[..end.index(bytes.len())]].into_iter());

        prop_assert_eq!((0, Some(Kind::Truncated), Phase::Closed), (seen.n_ends, seen.failure, phase));
        prop_assert!(body.starts_with(&seen.body));
    }

    #[test]
    fn a_cut_gzip_body_is_noticed_when_only_the_connection_ends_it(body in bodies(), end: Index) {
        let bytes = encode(&body, Framing::UntilClose, true, &[]);
        let n_gzip = gzip(&body).len();
        let cut = bytes.len() - n_gzip + end.index(n_gzip);
        let (seen, _) = receive([&bytes[..cut]].into_iter());

        prop_assert_eq!((0, Some(Kind::Decoding)), (seen.n_ends, seen.failure));
    }

    #[test]
    fn a_damaged_answer_gets_the_same_verdict_in_any_split(
        body in vec(any::<u8>(), 0..200),
        framing in framings(),
        chunk_cuts in vec(any::<Index>(), 0..8),
        damage in vec((any::<Index>(), any::<u8>()), 1..4),
        cuts in vec(any::<Index>(), 0..20),
    ) {
        let mut bytes = encode(&body, framing, false, &chunk_cuts);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }

        prop_assert_eq!(receive([&*bytes].into_iter()), receive(split(&bytes, &cuts)));
    }

    #[test]
    fn damaged_gzip_never_panics(
        body in bodies(),
        damage in vec((any::<Index>(), any::<u8>()), 1..4),
        cuts in vec(any::<Index>(), 0..20),
    ) {
        let mut bytes = encode(&body, Framing::UntilClose, true, &[]);
        let n_head = bytes.len() - gzip(&body).len();
        for (at, byte) in damage {
            let at = n_head + at.index(bytes.len() - n_head);
            bytes[at] = byte;
        }
        let (seen, _) = receive(split(&bytes, &cuts));

        // The checksum notices all damage, except in the ten bytes of the header that say nothing about the data.
        prop_assert!(seen.failure.is_some() || seen.body == body);
    }

    #[test]
    fn garbage_never_panics(bytes in vec(any::<u8>(), 0..2000), cuts in vec(any::<Index>(), 0..20)) {
        let (seen, _) = receive(split(&bytes, &cuts));

        prop_assert_eq!(0, seen.n_ends);
    }
}

fn check_gzip(name: &str, encoded: &[u8], limits: Limits, expected: Result<usize, Kind>) {
    let mut bytes = b"HTTP/1.1 200 OK\r\ncontent-encoding: X-GZIP\r\n\r\n".to_vec();
    bytes.extend_from_slice(encoded);
    let (seen, _) = answer("POST", limits, [&*bytes, b""]);

    assert_eq!(expected, seen.failure.map_or(Ok(seen.body.len()), Err), "{name}");
    assert!(seen.body.len() as u64 <= limits.body, "{name}");
}

#[test]
fn gzip_is_bounded() {
    const FLOOR: usize = 64 * 1024;
    let limits = Limits::default();
    let blanks = |n_bytes| gzip(&vec![b' '; n_bytes]);
    check_gzip("a small body of any ratio", &blanks(FLOOR), limits, Ok(FLOOR));
    check_gzip("a larger one", &blanks(10 * FLOOR), limits, Err(Kind::TooLarge));
    check_gzip("a ratio that is allowed", &blanks(10 * FLOOR), Limits { ratio: 1032, ..limits }, Ok(10 * FLOOR));
    check_gzip("a bomb of 1 GiB in all", &blanks(1 << 24).repeat(64), limits, Err(Kind::TooLarge));
    check_gzip("a body within its limit", &blanks(1000), Limits { body: 1000, ..limits }, Ok(1000));
    check_gzip("a body past its limit", &blanks(1001), Limits { body: 1000, ..limits }, Err(Kind::TooLarge));
    check_gzip("something after the end", &[gzip(b"{}"), b"x".to_vec()].concat(), limits, Err(Kind::Decoding));
    check_gzip("a second member", &gzip(b"{}").repeat(2), limits, Err(Kind::Decoding));
    check_gzip("plain text", b"{\"id\":1}", limits, Err(Kind::Decoding));
    check_gzip("nothing", b"", limits, Err(Kind::Decoding));
}
