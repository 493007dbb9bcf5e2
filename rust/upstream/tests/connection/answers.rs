//! Which answers are taken, which are refused, and what the connection is good for afterwards.

use crate::support::{Seen, answer, request};
use tiercel_upstream::{Connection, Event, Kind, Limits, Phase};

const LIMITS: Limits = Limits { head: 256, body: 1000, ratio: 100 };

/// The answer arrives in one read, and the connection stays open.
fn check(name: &str, bytes: &str, status: u16, body: &str, phase: Phase) {
    let (seen, then) = answer("POST", LIMITS, [bytes.as_bytes()]);
    let is_whole = matches!(then, Phase::Idle | Phase::Closed);
    let expected = Seen { statuses: vec![status], body: body.into(), n_ends: usize::from(is_whole), failure: None };

    assert_eq!((expected, phase), (seen, then), "{name}");
}

#[test]
fn answers_that_are_taken() {
    use Phase::{Body, Closed, Idle};
    check("a length", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", 200, "{}", Idle);
    check("a length of zero", "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n", 500, "", Idle);
    check("no reason phrase", "HTTP/1.1 429\r\nContent-Length:0\r\n\r\n", 429, "", Idle);
    check(
        "the same length twice",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\n1",
        200,
        "1",
        Idle,
    );
    check("a body that is not yet whole", "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{}", 200, "{}", Body);
    check("a body until the peer closes", "HTTP/1.1 200 OK\r\n\r\n{}", 200, "{}", Body);
    check("no content", "HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n", 204, "", Idle);
    check("not modified", "HTTP/1.1 304 Not Modified\r\ntransfer-encoding: chunked\r\n\r\n", 304, "", Idle);
    check(
        "an interim answer",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        200,
        "",
        Idle,
    );
    check(
        "two interim answers",
        "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 102 P\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1",
        200,
        "1",
        Idle,
    );
    let chunked = |rest: &str| format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n{rest}");
    check("chunks", &chunked("2\r\n{}\r\nA\r\n0123456789\r\n0\r\n\r\n"), 200, "{}0123456789", Idle);
    check("no chunks", &chunked("0\r\n\r\n"), 200, "", Idle);
    check("leading zeroes", &chunked("0002\r\n{}\r\n000\r\n\r\n"), 200, "{}", Idle);
    check("extensions", &chunked("2;a=\"b;c\"\r\n{}\r\n0 ; d\r\n\r\n"), 200, "{}", Idle);
    check("trailers", &chunked("2\r\n{}\r\n0\r\nx-sum: 1\r\ny: 2\r\n\r\n"), 200, "{}", Idle);
    check("chunks that go on", &chunked("2\r\n{}\r\n"), 200, "{}", Body);
    check(
        "a peer that will close",
        "HTTP/1.1 200 OK\r\nConnection: x, Close\r\ncontent-length: 1\r\n\r\n1",
        200,
        "1",
        Closed,
    );
    check("HTTP/1.0", "HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\n1", 200, "1", Closed);
    check("HTTP/1.0 kept", "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 1\r\n\r\n1", 200, "1", Idle);
    check(
        "bytes after the end",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1HTTP/1.1 200 OK\r\n\r\n",
        200,
        "1",
        Closed,
    );
    check("identity", "HTTP/1.1 200 OK\r\ncontent-encoding: identity\r\ncontent-length: 1\r\n\r\n1", 200, "1", Idle);
    check(
        "an empty body in whatever encoding",
        "HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 0\r\n\r\n",
        200,
        "",
        Idle,
    );
}

/// The peer closes after these bytes, and the answer fails.
fn refuse(name: &str, bytes: &str, kind: Kind) {
    let (seen, phase) = answer("POST", LIMITS, [bytes.as_bytes(), b""]);

    assert_eq!((Some(kind), 0, Phase::Closed), (seen.failure, seen.n_ends, phase), "{name}");
}

#[test]
fn answers_that_could_be_read_in_two_ways_are_refused() {
    let refuse_headers = |name, headers: &str| {
        refuse(name, &format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\n5\r\n12345\r\n0\r\n\r\n"), Kind::Malformed);
    };
    refuse_headers("both a length and chunks", "content-length: 5\r\ntransfer-encoding: chunked");
    refuse_headers("both, the other way round", "transfer-encoding: chunked\r\ncontent-length: 5");
    refuse_headers("two lengths", "content-length: 5\r\ncontent-length: 6");
    refuse_headers("a list of lengths", "content-length: 5, 5");
    refuse_headers("a length with a sign", "content-length: +5");
    refuse_headers("a negative length", "content-length: -5");
    refuse_headers("a hexadecimal length", "content-length: 0x5");
    refuse_headers("an empty length", "content-length:");
    refuse_headers("a length beyond 64 bits", "content-length: 18446744073709551616");
    refuse_headers("another transfer coding", "transfer-encoding: gzip, chunked");
    refuse_headers("chunks twice", "transfer-encoding: chunked\r\ntransfer-encoding: chunked");
    refuse_headers("identity as a transfer coding", "transfer-encoding: identity");
    refuse_headers("a transfer coding with a control character", "transfer-encoding: \x0bchunked");
    refuse_headers("a folded line", "content-length: 5\r\nx-a: b\r\n c");
    refuse_headers("a folded first line", " x-a: b");
    refuse_headers("a blank before the colon", "content-length : 5");
    refuse_headers("a header without a colon", "content-length: 5\r\nnonsense");
    refuse_headers("a header without a name", "content-length: 5\r\n: b");
    refuse_headers("a bare carriage return", "content-length: 5\r\nx-a: b\rc: d");
    refuse_headers("a bare line feed", "content-length: 5\nx-a: b");
    refuse_headers("a zero byte", "content-length: 5\r\nx-a: \0");
    refuse("chunks in HTTP/1.0", "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", Kind::Malformed);
    refuse("a head that ends in line feeds", "HTTP/1.1 200 OK\n\n\r\n\r\n", Kind::Malformed);
}

#[test]
fn broken_chunks_are_refused() {
    let refuse_chunks = |name, chunks: &str| {
        refuse(name, &format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}"), Kind::Malformed);
    };
    refuse_chunks("no size", "\r\n12345\r\n0\r\n\r\n");
    refuse_chunks("an extension without a size", ";a\r\n12345\r\n0\r\n\r\n");
    refuse_chunks("a size with a sign", "+5\r\n12345\r\n0\r\n\r\n");
    refuse_chunks("a negative size", "-5\r\n12345\r\n0\r\n\r\n");
    refuse_chunks("a prefix of C", "0x5\r\n12345\r\n0\r\n\r\n");
    refuse_chunks("a blank before the size", " 5\r\n12345\r\n0\r\n\r\n");
    refuse_chunks("a size beyond 64 bits", "10000000000000000\r\n12345\r\n0\r\n\r\n");
    refuse_chunks("a size that ends in a line feed", "5\n12345\r\n0\r\n\r\n");
    refuse_chunks("a carriage return alone after the size", "5\r12345\r\n0\r\n\r\n");
    refuse_chunks("data longer than its size", "4\r\n12345\r\n0\r\n\r\n");
    refuse_chunks("data shorter than its size", "6\r\n12345\r\n0\r\n\r\n");
    refuse_chunks("data that ends in a line feed", "5\r\n12345\n0\r\n\r\n");
    refuse_chunks("a line feed in an extension", "5;a\nb\r\n12345\r\n0\r\n\r\n");
    refuse_chunks("a trailer that ends in a line feed", "0\r\na: b\n\r\n");
    refuse_chunks("an end in a line feed", "0\r\n\n");
}

#[test]
fn other_failures() {
    let chunked = |rest: &str| format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{rest}");
    refuse("nothing at all", "", Kind::Truncated);
    refuse("half a head", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n", Kind::Truncated);
    refuse("half a body", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n1234", Kind::Truncated);
    refuse("half a chunk", &chunked("5\r\n1234"), Kind::Truncated);
    refuse("chunks without the last", &chunked("5\r\n12345\r\n"), Kind::Truncated);
    refuse("chunks without the last line", &chunked("5\r\n12345\r\n0\r\n"), Kind::Truncated);
    refuse("only an interim answer", "HTTP/1.1 100 Continue\r\n\r\n", Kind::Truncated);
    refuse("another protocol", "SSH-2.0-OpenSSH_9.9\r\n", Kind::Malformed);
    refuse("HTTP/2", "HTTP/2 200 OK\r\n\r\n", Kind::Malformed);
    refuse("an empty line first", "\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", Kind::Malformed);
    refuse("a switch of protocols", "HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n\r\n", Kind::Malformed);
    refuse("a status below 100", "HTTP/1.1 099 Low\r\ncontent-length: 0\r\n\r\n", Kind::Malformed);
    refuse("an endless head", &format!("HTTP/1.1 200 OK\r\nx-a: {}", "a".repeat(256)), Kind::TooLarge);
    refuse(
        "a whole head over its limit",
        &format!("HTTP/1.1 200 OK\r\nx-a: {}\r\n\r\n", "a".repeat(256)),
        Kind::TooLarge,
    );
    refuse("endless interim answers", &"HTTP/1.1 100 Continue\r\n\r\n".repeat(11), Kind::TooLarge);
    refuse("too long a body", &format!("HTTP/1.1 200 OK\r\n\r\n{}", "a".repeat(1001)), Kind::TooLarge);
    refuse("an endless extension", &chunked(&format!("1;{}", "a".repeat(300))), Kind::TooLarge);
    refuse("an endless size", &chunked(&"0".repeat(300)), Kind::TooLarge);
    refuse("endless trailers", &chunked(&format!("0\r\n{}", "a: b\r\n".repeat(3000))), Kind::TooLarge);
    refuse("an unknown encoding", "HTTP/1.1 200 OK\r\ncontent-encoding: br\r\n\r\n1", Kind::Decoding);
    refuse(
        "two encodings",
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-encoding: gzip\r\n\r\n1",
        Kind::Decoding,
    );
}

#[test]
fn more_than_128_headers_are_refused() {
    for (n_headers, failure) in [(128, None), (129, Some(Kind::TooLarge))] {
        let bytes = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(n_headers));
        let (seen, _) = answer("POST", Limits::default(), [bytes.as_bytes()]);

        assert_eq!(failure, seen.failure, "{n_headers}");
    }
}

#[test]
fn an_answer_to_head_has_no_body() {
    let (seen, phase) = answer("HEAD", LIMITS, [b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n".as_slice()]);

    assert_eq!((1, Phase::Idle), (seen.n_ends, phase));
}

#[test]
fn a_body_may_end_with_the_connection() {
    let (seen, phase) = answer("POST", LIMITS, [b"HTTP/1.1 200 OK\r\n\r\n{}".as_slice(), b""]);

    assert_eq!((b"{}".as_slice(), 1, None, Phase::Closed), (&*seen.body, seen.n_ends, seen.failure, phase));
}

#[test]
fn headers_are_found_in_any_case_and_listed_in_lower_case() {
    let mut connection = Connection::plain();
    let mut output = Vec::new();
    connection.send(&request("GET", b""), LIMITS, &mut output).unwrap();
    let mut seen = Vec::new();
    let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-One: \t a b \r\nx-one: c\r\nX-Empty:\r\n\r\n";
    connection
        .receive(bytes, &mut output, |event| {
            if let Event::Head(head) = event {
                assert_eq!(Some(b"a b".as_slice()), head.header("x-oNE"));
                assert_eq!(None, head.header("x-two"));
                seen.extend(head.headers().map(|(name, value)| (name.to_owned(), value.to_owned())));
            }
        })
        .unwrap();

    let expected = [("content-length", "0"), ("x-one", "a b"), ("x-one", "c"), ("x-empty", "")];
    assert_eq!(expected.map(|(name, value)| (name.into(), value.into())).to_vec(), seen);
}

#[test]
fn a_connection_carries_one_request_after_another() {
    let mut connection = Connection::plain();
    let mut output = Vec::new();
    for n_requests in 1..4 {
        assert!(connection.is_reusable());
        connection.send(&request("POST", b"{}"), LIMITS, &mut output).unwrap();
        assert_eq!(
            (n_requests, false, Phase::Head),
            (connection.n_requests(), connection.has_answered(), connection.phase())
        );

        let refused = connection.send(&request("POST", b"{}"), LIMITS, &mut output).unwrap_err();
        assert_eq!(Kind::Unavailable, refused.kind());

        connection.receive(b"H", &mut output, |_| {}).unwrap();
        assert!(connection.has_answered());
        connection.receive(b"TTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n", &mut output, |_| {}).unwrap();
        assert_eq!(Phase::Body, connection.phase());
        connection.receive(b"1", &mut output, |_| {}).unwrap();
    }
}

/// What happens to an idle connection makes it useless, but is nobody's error.
#[test]
fn an_idle_connection_ends_quietly() {
    for read in [b"".as_slice(), b"HTTP/1.1 408 Request Timeout\r\n\r\n"] {
        let mut connection = Connection::plain();
        connection.receive(read, &mut Vec::new(), |_| panic!("nothing was asked")).unwrap();

        assert!(!connection.is_reusable());
        let refused = connection.send(&request("GET", b""), LIMITS, &mut Vec::new()).unwrap_err();
        assert_eq!(Kind::Unavailable, refused.kind());
    }
}
