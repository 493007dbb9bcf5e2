"""Headers, both ways: what goes on is on a list, what would break a line is refused or left out."""

import json
import re

import pytest

from tests.gateways import KEY, PROVIDER_KEY
from tests.providers import STREAM_END, STREAM_HEAD, piece, unary
from tests.security.raw import QUESTION, answers, ask, request

# What a client may send on, and what no client may: credentials, cookies, whose account pays, what is for one hop.
FORWARDED = {
    "idempotency-key": "a-1",
    "openai-beta": "assistants=v2",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "tracestate": "vendor=1",
}
STOPPED = {
    "cookie": "session=1",
    "proxy-authorization": "Basic eA==",
    "openai-organization": "org-theirs",
    "openai-project": "proj-theirs",
    "te": "trailers",
    "keep-alive": "timeout=5",
    "proxy-connection": "keep-alive",
    "trailer": "x-evil",
    "forwarded": "for=10.0.0.1",
    "x-forwarded-for": "10.0.0.1",
    "x-forwarded-host": "internal.test",
    "x-original-url": "/admin",
    "x-http-method-override": "DELETE",
    "x-request-id": "mine",
    "api_base": "http://evil.test",
    "x-base-url": "http://evil.test",
    "accept-encoding": "gzip, br",
    "user-agent": "curl/8",
    "x-anything": "else",
}
OWN = {
    "host",
    "content-type",
    "content-length",
    "accept",
    "user-agent",
    "x-tiercel-hop",
    "authorization",
    "accept-encoding",
}


def headers_of(received):
    lines = received.head.decode("latin-1").split("\r\n")[1:-2]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def test_only_listed_headers_go_on_to_the_upstream(guarded, upstream):
    sent = {**FORWARDED, **STOPPED}
    assert ask(guarded, key=KEY, headers=sent.items()).status == 200

    (received,) = upstream.requests
    got = headers_of(received)
    assert set(got) == OWN | set(FORWARDED)
    assert {name: got[name] for name in FORWARDED} == FORWARDED
    assert got["authorization"] == f"Bearer {PROVIDER_KEY}"
    assert got["accept-encoding"] == "identity"
    assert not set(got.values()) & (set(STOPPED.values()) - {"mine"})


@pytest.mark.parametrize("carrier", ["x-api-key", "api-key", "x-goog-api-key"])
def test_the_credential_of_the_client_stays_here_whatever_carries_it(guarded, upstream, carrier):
    assert ask(guarded, headers=[(carrier, KEY)]).status == 200

    (received,) = upstream.requests
    assert KEY.encode() not in received.head
    assert headers_of(received)["authorization"] == f"Bearer {PROVIDER_KEY}"


@pytest.mark.parametrize("named", ["authorization", "content-length, host", "x-tiercel-hop", "close, content-type"])
def test_naming_a_header_in_connection_takes_nothing_from_the_upstream_request(guarded, upstream, named):
    data = request(key=KEY).replace(b"connection: close", f"connection: close, {named}".encode())
    assert answers(guarded.exchange(data))[0].status == 200

    (received,) = upstream.requests
    assert set(headers_of(received)) == OWN
    assert received.body == QUESTION


@pytest.mark.parametrize(
    "value",
    ["a\tb", "a b", 'a"b', "a\\b", "caf\xe9", "x" * 129, "a;b", "{{7*7}}", "a,b", "", "${jndi:x}", "a%0d%0ab"],
)
def test_a_request_id_that_could_break_a_line_is_replaced(guarded, value):
    answer = ask(guarded, key=KEY, headers=[("x-request-id", value)])

    assert answer.status == 200
    assert answer.header("x-request-id").startswith("req_")
    assert answer.header("x-request-id") == answer.header("request-id")


def test_a_request_id_of_the_client_comes_back_and_is_in_the_log(guarded, eventually):
    answer = ask(guarded, key=KEY, headers=[("x-request-id", "shop-1/2:3")])

    assert answer.header("x-request-id") == answer.header("request-id") == "shop-1/2:3"
    assert eventually(lambda: [line for line in guarded.access_log() if line["request_id"] == "shop-1/2:3"])


@pytest.mark.parametrize("name", ['"},{', "\\n", "{{x}}", "<b>", ",a:b", "a/b/c", "%0d%0a"])
def test_a_model_s_name_breaks_neither_a_header_nor_the_metrics(guarded, name):
    body = json.dumps({**json.loads(QUESTION), "model": f"upstream/{name}"}).encode()
    answer = ask(guarded, body=body, key=KEY)
    metrics = ask(guarded, "/metrics", b"", "GET", KEY).body.decode()
    label = r'[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"'
    sample = rf"[a-z_]+(?:\{{{label}(?:,{label})*\}})? [-+.\deInfNa]+"

    assert answer.status == 200
    assert answer.header("x-tiercel-model") == f"upstream/{name}"
    assert [line for line in metrics.splitlines() if not line.startswith("#") and not re.fullmatch(sample, line)] == []


@pytest.mark.parametrize("name", ["a b", "caf\xe9", "\u202e", "a\tb", "\x7f", "x" * 300])
def test_a_model_s_name_that_no_header_holds_is_no_name(guarded, upstream, name):
    body = json.dumps({**json.loads(QUESTION), "model": f"upstream/{name}"}).encode()

    assert ask(guarded, body=body, key=KEY).status in (400, 404)
    assert upstream.requests == []


@pytest.mark.parametrize("value", ["a\0b", "a\x01b", "a\rb", "a\x7fb"])
def test_a_control_character_in_a_header_is_refused_by_the_server(guarded, upstream, value):
    for name in ("x-request-id", "traceparent", "authorization"):
        (refused,) = answers(guarded.exchange(request(key=KEY, headers=[(name, value)])))
        assert refused.status == 400
    assert upstream.requests == []


def test_bytes_that_are_no_text_go_on_as_they_are_or_not_at_all(guarded, upstream):
    assert ask(guarded, key=KEY, headers=[("tracestate", "caf\xe9\xff")]).status == 200

    (received,) = upstream.requests
    assert headers_of(received).get("tracestate", "caf\xe9\xff") == "caf\xe9\xff"


# What the upstream may send on to the client, and what not.
COMPLETION = (
    b'{"id":"1","object":"chat.completion","created":1,"model":"m",'
    b'"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}'
)
PASSED_BACK = {
    "x-ratelimit-limit-requests": "100",
    "x-ratelimit-remaining-tokens": "99",
    "openai-processing-ms": "12",
}
KEPT = {
    "set-cookie": "session=1",
    "openai-organization": "org-ours",
    "location": "http://evil.test",
    "server": "evil",
    "alt-svc": 'h2="evil.test:443"',
    "strict-transport-security": "max-age=1",
    "access-control-allow-origin": "*",
    "www-authenticate": "Basic",
    "keep-alive": "timeout=5",
    "proxy-authenticate": "Basic",
    "retry-after": "3600",
    "x-tiercel-cost-usd": "0",
    "x-tiercel-model": "evil",
    "x-anything": "else",
    "refresh": "0; url=http://evil.test",
}


def from_upstream(upstream, data):
    async def answer(_, writer):
        writer.write(data)

    upstream.reset(answer)


@pytest.mark.parametrize("status", [b"200 OK", b"400 Bad Request", b"500 Internal Server Error"])
def test_only_listed_headers_come_back_to_the_client(guarded, upstream, status):
    sent = "".join(f"{name}: {value}\r\n" for name, value in {**PASSED_BACK, **KEPT, "x-request-id": "theirs"}.items())
    from_upstream(upstream, unary(COMPLETION, status, sent.encode()))
    answer = ask(guarded, key=KEY)
    got = dict(answer.headers)

    assert "set-cookie" not in got
    assert not set(got.values()) & set(KEPT.values()) - {"0"}
    assert got["x-request-id"] == got["request-id"] != "theirs"
    assert got["x-tiercel-model"] == "upstream/m"
    if status != b"500 Internal Server Error":
        assert {name: got[name] for name in PASSED_BACK} == PASSED_BACK
        assert got["x-upstream-request-id"] == "theirs"


@pytest.mark.parametrize("stream", [False, True], ids=["at once", "in a stream"])
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"1\r\nset-cookie: a=b", "1"),
        (b"1\rset-cookie: a=b", None),
        (b"1\nset-cookie: a=b", "1"),
        (b"1\r\n set-cookie: a=b", None),
        (b"1\0", None),
        (b"caf\xe9", None),
        (b"1" * 257, None),
    ],
    ids=["a line", "a carriage return", "a line feed", "a fold", "a NUL", "Latin-1", "257 bytes"],
)
def test_nothing_gets_out_of_a_header_of_the_upstream(guarded, upstream, value, expected, stream):
    chunk = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    line = b"x-ratelimit-limit-requests: %b\r\n" % value
    in_stream = STREAM_HEAD.replace(b"\r\n\r\n", b"\r\n" + line + b"\r\n") + piece(chunk) + STREAM_END
    from_upstream(upstream, in_stream if stream else unary(COMPLETION, headers=line))
    body = json.dumps({**json.loads(QUESTION), "stream": stream}).encode()
    answer = ask(guarded, body=body, key=KEY)

    assert answer.status in (200, 502)
    assert answer.header("set-cookie") is None
    assert answer.header("x-ratelimit-limit-requests") in (None, expected)
