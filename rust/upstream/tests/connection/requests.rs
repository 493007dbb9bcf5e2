//! What goes over the wire, and what never does.

use tiercel_upstream::{Connection, Kind, Limits, Request};

const PLAIN: Request<'static> =
    Request { method: "POST", target: "/v1/chat?a=b", host: "provider.test:8080", headers: &[], body: b"{}" };

fn check(name: &str, request: &Request<'_>, expected: &str) {
    let mut output = b"earlier ".to_vec();
    Connection::plain().send(request, Limits::default(), &mut output).unwrap();

    assert_eq!(format!("earlier {expected}"), String::from_utf8_lossy(&output), "{name}");
}

#[test]
fn requests_as_they_are_sent() {
    check(
        "a body",
        &Request { headers: &[("Authorization", b"Bearer k"), ("x-empty", b"")], ..PLAIN },
        "POST /v1/chat?a=b HTTP/1.1\r\nhost: provider.test:8080\r\nAuthorization: Bearer k\r\nx-empty: \r\n\
         content-length: 2\r\naccept-encoding: identity\r\n\r\n{}",
    );
    check(
        "a POST without a body says so",
        &Request { body: b"", ..PLAIN },
        "POST /v1/chat?a=b HTTP/1.1\r\nhost: provider.test:8080\r\ncontent-length: 0\r\naccept-encoding: identity\r\n\r\n",
    );
    check(
        "a GET without a body says nothing",
        &Request { method: "GET", target: "/", body: b"", ..PLAIN },
        "GET / HTTP/1.1\r\nhost: provider.test:8080\r\naccept-encoding: identity\r\n\r\n",
    );
}

/// Nothing is sent, and the connection is as good as before.
fn refuse(name: &str, request: &Request<'_>) {
    let mut connection = Connection::plain();
    let mut output = Vec::new();
    let error = connection.send(request, Limits::default(), &mut output).unwrap_err();

    assert_eq!((Kind::InvalidRequest, 0), (error.kind(), output.len()), "{name}");
    assert!(connection.is_reusable(), "{name}");
}

#[test]
fn requests_that_could_become_two_are_refused() {
    refuse("an empty method", &Request { method: "", ..PLAIN });
    refuse("a blank in the method", &Request { method: "GET /", ..PLAIN });
    refuse("a tunnel", &Request { method: "CONNECT", ..PLAIN });
    refuse("an empty target", &Request { target: "", ..PLAIN });
    refuse("an absolute target", &Request { target: "http://other.test/", ..PLAIN });
    refuse("a blank in the target", &Request { target: "/ HTTP/1.1", ..PLAIN });
    refuse("a line end in the target", &Request { target: "/\r\nx: y", ..PLAIN });
    refuse("a target beyond ASCII", &Request { target: "/\u{e9}", ..PLAIN });
    refuse("an empty host", &Request { host: "", ..PLAIN });
    refuse("a line end in the host", &Request { host: "a\r\nx: y", ..PLAIN });
    for value in [b"a\rb".as_slice(), b"a\nb", b"a\r\nx: y", b"a\0b", b"a\x7fb"] {
        refuse("a control character in a value", &Request { headers: &[("x-a", value)], ..PLAIN });
    }
    for name in ["", "a b", "a:", "a\r\n", "a\0", "\u{e9}"] {
        refuse("a name that is not a token", &Request { headers: &[(name, b"1")], ..PLAIN });
    }
    for name in ["Host", "content-length", "Transfer-Encoding", "Connection", "accept-encoding", "Expect", "upgrade"] {
        refuse("a header that is the connection's own", &Request { headers: &[(name, b"1")], ..PLAIN });
    }
}
