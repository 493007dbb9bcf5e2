"""Requests whose ends can be read in two ways, or that have none: one request is one upstream request, or none.

The upstream counts what reaches it. Every row that hides a second request marks it with the word `smuggled`.
"""

import pytest

from tests.gateways import KEY
from tests.security.raw import CHAT, QUESTION, answers, request

HIDDEN = request(body=QUESTION.replace(b"Hello", b"smuggled"), key=KEY)
N = len(QUESTION)
CHUNKED = b"%x\r\n%b\r\n0\r\n\r\n" % (N, QUESTION)


def head(*lines, first=f"POST {CHAT} HTTP/1.1", host="Host: gateway.test"):
    return "\r\n".join([first, *([host] if host else []), f"Authorization: Bearer {KEY}", *lines, "", ""]).encode(
        "latin-1"
    )


# What is ambiguous in its framing: nothing of it may reach the upstream.
BROKEN = {
    "two lengths": head(f"Content-Length: {N}", "Content-Length: 3") + QUESTION,
    "two lengths in one line": head(f"Content-Length: {N}, 3") + QUESTION,
    "a length with a sign": head(f"Content-Length: +{N}") + QUESTION,
    "a negative length": head("Content-Length: -1") + QUESTION,
    "a length in hexadecimal": head(f"Content-Length: 0x{N:x}") + QUESTION,
    "a length with an exponent": head("Content-Length: 6e1") + QUESTION,
    "a length beyond 64 bits": head(f"Content-Length: {2**64 + N}") + QUESTION,
    "an empty length": head("Content-Length:") + QUESTION,
    "a length with a letter behind it": head(f"Content-Length: {N}a") + QUESTION,
    "an underscore for the hyphen": head(f"Content_Length: {N}") + QUESTION,
    "a blank before the length's colon": head(f"Content-Length : {N}") + QUESTION,
    "a blank before the encoding's colon": head("Transfer-Encoding : chunked") + CHUNKED,
    "an encoding that is unknown": head("Transfer-Encoding: xchunked") + CHUNKED,
    "chunked with a vertical tab": head("Transfer-Encoding: \x0bchunked") + CHUNKED,
    "chunked in quotes": head('Transfer-Encoding: "chunked"') + CHUNKED,
    "chunked, then identity": head("Transfer-Encoding: chunked, identity") + CHUNKED,
    "identity alone": head("Transfer-Encoding: identity") + QUESTION,
    "chunked in HTTP/1.0": head("Transfer-Encoding: chunked", first=f"POST {CHAT} HTTP/1.0") + CHUNKED,
    "an unknown version": head(f"Content-Length: {N}", first=f"POST {CHAT} HTTP/1.2") + QUESTION,
    "a line that is folded": head("X-Fold: a", " b", f"Content-Length: {N}") + QUESTION,
    "a length that is folded": head("Content-Length:", f" {N}") + QUESTION,
    "a bare carriage return in a value": head("X-Bare: a\rb", f"Content-Length: {N}") + QUESTION,
    "a bare carriage return for a line's end": head(f"X-Bare: a\rContent-Length: {N}") + QUESTION,
    "a NUL in a value": head("X-Nul: a\0b", f"Content-Length: {N}") + QUESTION,
    "a NUL in a name": head("X-N\0ul: a", f"Content-Length: {N}") + QUESTION,
    "a line without a colon": head("nothing", f"Content-Length: {N}") + QUESTION,
    "a name that is empty": head(": nothing", f"Content-Length: {N}") + QUESTION,
    "a blank in the target": head(f"Content-Length: {N}", first=f"POST {CHAT} x HTTP/1.1") + QUESTION,
    "no host": head(f"Content-Length: {N}", host=None) + QUESTION,
    "no host in HTTP/1.0": head(f"Content-Length: {N}", first=f"POST {CHAT} HTTP/1.0", host=None) + QUESTION,
    "two hosts": head("Host: other.test", f"Content-Length: {N}") + QUESTION,
    "the same host twice": head("Host: gateway.test", f"Content-Length: {N}") + QUESTION,
    "a host with a fragment": head(f"Content-Length: {N}", host="Host: x/#@y") + QUESTION,
    "no size of a chunk": head("Transfer-Encoding: chunked") + b"\r\n" + QUESTION + b"\r\n0\r\n\r\n",
    "a size that is no number": head("Transfer-Encoding: chunked") + b"zz\r\n" + QUESTION + b"\r\n0\r\n\r\n",
    "a negative size": head("Transfer-Encoding: chunked") + b"-1\r\n" + QUESTION + b"\r\n0\r\n\r\n",
    "a size with a prefix": head("Transfer-Encoding: chunked") + b"0x%x\r\n%b\r\n0\r\n\r\n" % (N, QUESTION),
    "a size beyond 64 bits": head("Transfer-Encoding: chunked") + b"1%016x\r\n%b\r\n0\r\n\r\n" % (N, QUESTION),
    "a chunk longer than its size": head("Transfer-Encoding: chunked") + b"%x\r\n%bx\r\n0\r\n\r\n" % (N, QUESTION),
    "a chunk without its line's end": head("Transfer-Encoding: chunked") + b"%x\r\n%b0\r\n\r\n" % (N, QUESTION),
    "chunks that break where a length would end": head(f"Content-Length: {N}", "Transfer-Encoding: chunked")
    + CHUNKED.replace(b"\r\n0\r\n", b"\r\nzz\r\n"),
    "an extension with a bare line feed": head("Transfer-Encoding: chunked") + b"%x;\n%b\r\n0\r\n\r\n" % (N, QUESTION),
}  # fmt: skip

# What ends before its end, the connection with it.
SHORT = {
    "half a head": head(f"Content-Length: {N}")[:-4],
    "no body": head(f"Content-Length: {N}"),
    "half a body": head(f"Content-Length: {N}") + QUESTION[:30],
    "all of a body but what was promised beyond it": head(f"Content-Length: {N + 1}") + QUESTION,
    "half a chunk": head("Transfer-Encoding: chunked") + b"%x\r\n%b" % (N, QUESTION[:30]),
    "as much as a length says, and no end": head(f"Content-Length: {N}", "Transfer-Encoding: chunked") + CHUNKED[:-5],
    "a chunk and no end": head("Transfer-Encoding: chunked") + b"%x\r\n%b\r\n" % (N, QUESTION),
    "a last chunk without its line's end": head("Transfer-Encoding: chunked") + b"%x\r\n%b\r\n0\r\n" % (N, QUESTION),
    "half a size": head("Transfer-Encoding: chunked") + b"%x\r\n%b\r\n0" % (N, QUESTION),
}

BOTH = f"Content-Length: {len(CHUNKED + HIDDEN)}"
# What can be read as two requests by somebody who reads the other framing.
HIDING = {
    "both, the length first": head(BOTH, "Transfer-Encoding: chunked") + CHUNKED + HIDDEN,
    "both, the encoding first": head("Transfer-Encoding: chunked", BOTH) + CHUNKED + HIDDEN,
    "both, the length for one": head(f"Content-Length: {N}", "Transfer-Encoding: chunked") + QUESTION + HIDDEN,
    "two encodings": head("Transfer-Encoding: chunked", "Transfer-Encoding: identity") + CHUNKED + HIDDEN,
    "a length that covers both": head(f"Content-Length: {N + len(HIDDEN)}") + QUESTION + HIDDEN,
    "a request in a GET's body": head(f"Content-Length: {len(HIDDEN)}", first="GET /v1/models HTTP/1.1") + HIDDEN,
    "a request in a HEAD's body": head(f"Content-Length: {len(HIDDEN)}", first=f"HEAD {CHAT} HTTP/1.1") + HIDDEN,
    "a request in a trailer": head("Transfer-Encoding: chunked") + CHUNKED[:-2] + b"X: " + HIDDEN,
    "a request in a chunk's extension": head("Transfer-Encoding: chunked") + b"0;\n" + HIDDEN + b"\r\n\r\n",
    "a request behind a broken one": head(f"Content-Length: {N}", "Content-Length: 3") + QUESTION + HIDDEN,
}  # fmt: skip


def hear(gateway, data, *, then_close=False):
    return answers(gateway.exchange(data, patience=0.3, then_close=then_close))


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_refused_and_goes_nowhere(guarded, upstream, data):
    heard = hear(guarded, data)

    assert [answer.status for answer in heard if answer.status < 400] == []
    assert upstream.requests == []


@pytest.mark.parametrize("data", SHORT.values(), ids=SHORT)
def test_what_ends_too_soon_goes_nowhere(guarded, upstream, data):
    heard = hear(guarded, data, then_close=True)

    assert [answer.status for answer in heard if answer.status < 400] == []
    assert upstream.requests == []


@pytest.mark.parametrize("data", HIDING.values(), ids=HIDING)
def test_what_is_hidden_in_a_request_is_never_one_of_its_own(guarded, upstream, data):
    hear(guarded, data)

    assert len(upstream.requests) <= 1
    assert not any(received.body == QUESTION.replace(b"Hello", b"smuggled") for received in upstream.requests)


@pytest.mark.parametrize(
    "data",
    [
        head(f"Content-Length: {N}", "Connection: close") + QUESTION,
        head(f"Content-Length: {N}", "Connection: close", first=f"POST http://evil.test{CHAT} HTTP/1.1") + QUESTION,
    ],
    ids=["the path", "the absolute form"],
)
def test_the_upstream_is_the_configured_one_whatever_the_target_says(guarded, upstream, data):
    (answer,) = hear(guarded, data)

    assert answer.status == 200
    (received,) = upstream.requests
    assert received.head.startswith(f"POST {CHAT} HTTP/1.1\r\n".encode())
    assert received.header("host") == f"127.0.0.1:{upstream.port}"


def test_a_chunked_request_is_whole_or_asked_for_its_length(guarded, upstream, interface):
    (answer,) = hear(guarded, head("Transfer-Encoding: chunked", "Connection: close") + CHUNKED)

    assert answer.status == (200 if interface == "asgi" else 411)
    assert [received.body for received in upstream.requests] == ([QUESTION] if interface == "asgi" else [])


def test_a_body_that_is_there_byte_by_byte_is_one_body(guarded, upstream):
    pieces = b"".join(b"1\r\n%c\r\n" % byte for byte in QUESTION)
    data = request(headers=["Expect: 100-continue"], key=KEY)
    hear(guarded, data)
    hear(guarded, head("Transfer-Encoding: chunked", "Connection: close") + pieces + b"0\r\n\r\n")

    assert {received.body for received in upstream.requests} == {QUESTION}


def test_two_requests_in_a_row_are_two(guarded, upstream):
    data = head(f"Content-Length: {N}") + QUESTION + head(f"Content-Length: {N}", "Connection: close") + QUESTION

    assert [answer.status for answer in hear(guarded, data)] == [200, 200]
    assert [received.body for received in upstream.requests] == [QUESTION, QUESTION]
