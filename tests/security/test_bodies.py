"""Bodies that are too large, too slow, or larger than they look: from clients and from upstreams."""

import contextlib
import gzip
import socket
import zlib

import pytest

from tests import gateways
from tests.gateways import KEY
from tests.providers import STREAM_END, STREAM_HEAD, piece, unary
from tests.security.conftest import COMPLETION, answer
from tests.security.processes import resident
from tests.security.raw import CHAT, QUESTION, answers, ask, request

MAX_BODY = 64_000
MEGABYTE = 1024 * 1024
TIGHT = """
[server]
max_body = "64KB"
body_timeout = "500ms"
"""


@pytest.fixture(scope="session")
def shared_tight(start_gateway, interface, shared_upstream):
    config = gateways.KEYS + TIGHT + gateways.provider("upstream", shared_upstream.base_url, 'models = ["m"]')
    with start_gateway(config, interface) as gateway:
        yield gateway


@pytest.fixture
def tight(shared_tight, upstream):
    """A gateway that takes 64 kB within half a second."""
    assert upstream
    return shared_tight


def padded(n_bytes):
    """A request of that length."""
    return QUESTION[:-1] + b" " * (n_bytes - len(QUESTION)) + b"}"


def head(*lines, method="POST"):
    first = [f"{method} {CHAT} HTTP/1.1", "host: gateway.test", f"authorization: Bearer {KEY}"]
    return "\r\n".join([*first, *lines, "", ""]).encode()


def chunked(data, size=8000):
    return b"".join(piece(data[at : at + size]) for at in range(0, len(data), size)) + STREAM_END


# From clients.


def test_a_body_may_be_as_long_as_the_limit(tight, upstream):
    assert ask(tight, body=padded(MAX_BODY), key=KEY).status == 200
    assert [len(received.body) for received in upstream.requests] == [MAX_BODY]


@pytest.mark.parametrize(
    "data",
    [
        request(body=padded(MAX_BODY + 1), key=KEY),
        request(body=padded(MAX_BODY + 1), key=KEY, method="GET", target="/v1/models"),
        head(f"content-length: {10**15}"),
        head(f"content-length: {10**15}") + QUESTION,
        head("transfer-encoding: chunked") + chunked(padded(MAX_BODY + 1)),
        head("transfer-encoding: chunked") + piece(padded(10 * MAX_BODY)),
    ],
    ids=["by a byte", "of a GET", "by its length alone", "by its length", "in chunks", "in one chunk, which goes on"],
)
def test_a_body_beyond_the_limit_is_refused(tight, upstream, interface, data):
    refused = answers(tight.exchange(data, patience=0.3))[0]

    # Over RSGI a body must say its length.
    is_chunked = interface == "rsgi" and b"transfer-encoding" in data
    assert (refused.status, refused.code) == ((411, "length_required") if is_chunked else (413, "body_too_large"))
    assert upstream.requests == []


def test_who_has_no_key_is_told_so_however_large_the_body(tight, upstream):
    assert ask(tight, body=padded(MAX_BODY + 1), key="sk-nobody").status == 401
    assert upstream.requests == []


def test_a_body_without_end_takes_no_memory(tight, upstream):
    before = resident(tight)
    with socket.create_connection(("127.0.0.1", tight.port)) as connection, contextlib.suppress(ConnectionError):
        connection.settimeout(1)
        connection.sendall(head("transfer-encoding: chunked"))
        with contextlib.suppress(TimeoutError):
            for _ in range(100):
                connection.sendall(piece(b" " * MEGABYTE))

    assert resident(tight) - before < 20 * MEGABYTE
    assert upstream.requests == []


@pytest.mark.parametrize(
    "lines",
    [["content-length: 60"], ["transfer-encoding: chunked"], ["content-length: 60", "expect: 100-continue"]],
    ids=["with a length", "in chunks", "that was waited for"],
)
@pytest.mark.parametrize("sent", [b"", b"1\r\n{\r\n"], ids=["that never begins", "that stops"])
def test_a_slow_body_is_not_waited_for(tight, upstream, interface, lines, sent):
    refused = answers(tight.exchange(head(*lines) + sent, patience=5.0))[0]

    is_chunked = interface == "rsgi" and "transfer-encoding: chunked" in lines
    assert (refused.status, refused.code) == ((411, "length_required") if is_chunked else (408, "body_timeout"))
    assert upstream.requests == []


def test_idle_and_half_open_connections_do_not_disturb_the_others(tight):
    beginnings = [b"", b"P", head("content-length: 60")[:-2], head("content-length: 60") + b"{"]
    with contextlib.ExitStack() as stack:
        for number in range(500):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", tight.port)))
            connection.sendall(beginnings[number % len(beginnings)])

        assert [ask(tight, key=KEY).status for _ in range(10)] == [200] * 10


@pytest.mark.parametrize(
    "encoding", ["gzip", "GZIP", "x-gzip", "br", "deflate", "zstd", "gzip, identity", "identity, gzip", "*"]
)
def test_a_compressed_body_is_refused_unread(guarded, upstream, encoding):
    bomb = gzip.compress(b"[" * MEGABYTE)
    refused = ask(guarded, body=bomb, key=KEY, headers=[("content-encoding", encoding)])

    assert (refused.status, refused.code) == (415, "unsupported_encoding")
    assert upstream.requests == []


def test_a_body_compressed_in_secret_is_no_json(guarded, upstream):
    assert ask(guarded, body=gzip.compress(QUESTION), key=KEY).code == "malformed_body"
    assert ask(guarded, key=KEY, headers=["content-encoding: identity", "content-encoding: gzip"]).status == 415
    assert ask(guarded, key=KEY, headers=["content-encoding: identity"]).status == 200
    assert len(upstream.requests) == 1


# From upstreams.


def bomb():
    """A hundred megabytes in a hundred kilobytes."""
    packer = zlib.compressobj(9, wbits=31)
    packed = packer.compress(b'{"choices":[')
    packed += b"".join(packer.compress(b" " * MEGABYTE) for _ in range(100))
    return packed + packer.flush()


GOOD = COMPLETION.partition(b"\r\n\r\n")[2]
PACKED = gzip.compress(GOOD)
GZIP = b"content-encoding: gzip\r\n"
EVENTS = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
GZIP_STREAM = STREAM_HEAD.replace(b"\r\n\r\n", b"\r\n" + GZIP + b"\r\n")


def from_upstream(upstream, data):
    async def answer(_, writer):
        writer.write(data)
        writer.close()

    upstream.reset(answer)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (unary(PACKED, headers=GZIP), 200),
        (unary(bomb(), headers=GZIP), 502),
        (unary(gzip.compress(bomb()), headers=b"content-encoding: gzip, gzip\r\n"), 502),
        (unary(gzip.compress(PACKED), headers=GZIP), 502),
        (unary(PACKED[:-9], headers=GZIP), 502),
        (unary(PACKED + PACKED, headers=GZIP), 502),
        (unary(PACKED[:20] + b"\xff" + PACKED[21:], headers=GZIP), 502),
        (unary(GOOD, headers=GZIP), 502),
        (unary(PACKED), 502),
        (unary(GOOD, headers=b"content-encoding: br\r\n"), 502),
        (unary(GOOD[:-1] + b" " * 1_100_000 + b"}"), 502),
    ],
    ids=[
        "that is well packed",
        "that is a bomb",
        "that is packed in a bomb",
        "that is packed twice",
        "that ends too soon",
        "that is there twice",
        "that is damaged",
        "that is not packed",
        "that is packed in secret",
        "in an encoding that was not asked for",
        "that is larger than allowed",
    ],
)
def test_an_answer_takes_no_more_memory_than_allowed(guarded, upstream, data, status):
    from_upstream(upstream, data)
    before = resident(guarded)
    got = ask(guarded, key=KEY)

    assert got.status == status
    assert status != 200 or got.body == GOOD
    assert status != 502 or got.code == "upstream_failed"
    assert resident(guarded) - before < 32 * MEGABYTE


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (GZIP_STREAM + piece(gzip.compress(EVENTS)) + STREAM_END, b"data: [DONE]"),
        (GZIP_STREAM + piece(bomb()) + STREAM_END, b'"code":"upstream_failed"'),
        (GZIP_STREAM + piece(gzip.compress(b": " + b"x" * 2 * MEGABYTE)) + STREAM_END, b'"code":"upstream_failed"'),
        (STREAM_HEAD + piece(b"data: " + b"x" * 2 * MEGABYTE) + STREAM_END, b'"code":"upstream_failed"'),
    ],
    ids=["well packed", "a bomb", "a packed line without end", "a line without end"],
)
def test_a_stream_takes_no_more_memory_than_allowed(guarded, upstream, data, expected):
    from_upstream(upstream, data)
    before = resident(guarded)
    got = ask(guarded, body=QUESTION[:-1] + b',"stream":true}', key=KEY)

    assert expected in got.body
    assert resident(guarded) - before < 32 * MEGABYTE


def test_an_answer_without_end_is_cut_off(guarded, upstream, eventually):
    ends = []

    async def pour(_, writer):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(piece(b" " * 65_536))
                await writer.drain()
        finally:
            ends.append("cut off")

    upstream.reset(pour)
    before = resident(guarded)

    assert ask(guarded, key=KEY).code == "upstream_failed"
    assert eventually(lambda: ends == ["cut off"])
    assert resident(guarded) - before < 32 * MEGABYTE


def test_the_gateway_answers_as_before_after_all_that(guarded, upstream):
    upstream.reset(answer)

    assert ask(guarded, key=KEY).status == 200
