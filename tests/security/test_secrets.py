"""Canaries: keys, prompts and an upstream's words, planted where they can come from, looked for in every sink."""

import json

import pytest

from tests import gateways
from tests.providers import STREAM_END, STREAM_HEAD, piece, unary
from tests.security.conftest import answer
from tests.security.processes import processes
from tests.security.raw import CHAT, answers, ask, request
from tiercel import _core

PROVIDER_KEY = "sk-canary-provider"
CLIENT_KEY = "sk-canary-client"
EXPIRED_KEY = "sk-canary-expired"
WRONG_KEY = "sk-canary-wrong"
KEYS = {PROVIDER_KEY, CLIENT_KEY, EXPIRED_KEY, WRONG_KEY}
CONTENT = {
    f"canary-{name}" for name in ("prompt", "tool", "argument", "user", "metadata", "cookie", "query", "completion")
}
UPSTREAM = {"canary-upstream-words", "canary-upstream-header"}

ENVIRONMENT = {
    "TIERCEL_TESTS_KEY": CLIENT_KEY,
    "TIERCEL_TESTS_PROVIDER_KEY": PROVIDER_KEY,
    "EXPIRED_KEY": EXPIRED_KEY,
}
# As talkative as Python, its event loop and Rust can be made.
DEBUG = {"PYTHONASYNCIODEBUG": "1", "RUST_LOG": "trace", "RUST_BACKTRACE": "full", "LOG_LEVEL": "debug"}
EXPIRED = """
[[keys]]
name = "expired"
key = { env = "EXPIRED_KEY" }
expires = "2020-01-01"
"""

QUESTION = json.dumps(
    {
        "model": "m",
        "messages": [
            {"role": "user", "content": "canary-prompt"},
            {
                "role": "assistant",
                "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "canary-argument"}}],
            },
        ],
        "tools": [{"type": "function", "function": {"name": "f", "description": "canary-tool"}}],
        "user": "canary-user",
        "metadata": {"a": "canary-metadata"},
    }
).encode()
STREAM = QUESTION[:-1] + b',"stream":true}'
HEADERS = ["cookie: canary-cookie", "idempotency-key: 1", "user-agent: canary-query"]

WORDS = (
    b'{"error":{"message":"canary-upstream-words: incorrect key sk-canary-provider. You sent sk-canary-provider",'
    b'"type":"sk-canary-provider","param":null,"code":"sk-canary-provider"}}'
)
TELLTALE = (
    b"x-request-id: sk-canary-provider\r\nx-ratelimit-limit-requests: of sk-canary-provider\r\n"
    b"openai-processing-ms: sk-canary-provider\r\nx-debug: canary-upstream-header\r\n"
)
COMPLETION = (
    b'{"id":"1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,'
    b'"message":{"role":"assistant","content":"canary-completion"},"finish_reason":"stop"}]}'
)
BEGINNING = b'data: {"choices":[{"index":0,"delta":{"content":"canary-completion"}}]}\n\n'

# What the upstream answers, and the status that the client gets for it.
FAILURES = {
    "200": (unary(COMPLETION, headers=TELLTALE), 200),
    "400": (unary(WORDS, b"400 Bad Request", TELLTALE), 400),
    "422": (unary(WORDS, b"422 Unprocessable Entity", TELLTALE), 422),
    "401": (unary(WORDS, b"401 Unauthorized", TELLTALE), 503),
    "403": (unary(WORDS, b"403 Forbidden", TELLTALE), 503),
    "429": (unary(WORDS, b"429 Too Many Requests", TELLTALE), 429),
    "500": (unary(WORDS, b"500 Internal Server Error", TELLTALE), 502),
    "a redirect": (unary(WORDS, b"302 Found", TELLTALE + b"location: http://x/?k=sk-canary-provider\r\n"), 502),
    "an error in a 200": (unary(WORDS, headers=TELLTALE), 502),
    "no JSON": (unary(b"canary-upstream-words sk-canary-provider", headers=TELLTALE), 502),
    "no HTTP": (b"canary-upstream-words sk-canary-provider\r\n\r\n", 502),
    "nothing": (b"", 502),
}  # fmt: skip
INTERRUPTIONS = {
    "an error at once": piece(b"data: " + WORDS + b"\n\n") + STREAM_END,
    "an error later": piece(BEGINNING) + piece(b"data: " + WORDS + b"\n\n") + STREAM_END,
    "no JSON": piece(BEGINNING) + piece(b"data: canary-upstream-words sk-canary-provider\n\n") + STREAM_END,
    "an end too soon": piece(BEGINNING) + STREAM_END,
    "a cut": piece(BEGINNING),
}
BAD_BODIES = {
    "no JSON": QUESTION[:-1],
    "a NUL": QUESTION + b"\0",
    "a canary for a number": QUESTION[:-1] + b',"n":"canary-prompt"}',
    "a canary for the stream": QUESTION[:-1] + b',"stream":"canary-prompt"}',
    "the messages twice": QUESTION[:-1] + b',"messages":["canary-prompt"]}',
    "no object": b'["canary-prompt"]',
}


@pytest.fixture(scope="module")
def shared_watched(start_gateway, start_script, interface):
    upstream = start_script()
    keys = gateways.KEYS.replace("access.jsonl", "stdout")
    config = keys + EXPIRED + gateways.provider("upstream", upstream.base_url, 'models = ["m"]')
    # The upstream is to be asked each time.
    config += "[idempotency]\nenabled = false\n"
    with start_gateway(config, interface, environment=ENVIRONMENT | DEBUG) as gateway:
        yield gateway, upstream


@pytest.fixture
def watched(shared_watched):
    """A gateway that logs to its output, and its upstream; afterwards every sink is searched."""
    gateway, upstream = shared_watched
    upstream.reset(answer)
    yield shared_watched
    gateway.forget(CLIENT_KEY)
    metrics = ask(gateway, "/metrics", b"", "GET", CLIENT_KEY)

    assert metrics.status == 200
    assert found_in(gateway.output(), metrics.body.decode()) == set()


def found_in(*texts, canaries=KEYS | CONTENT | UPSTREAM):
    return {canary for canary in canaries for text in texts if canary in text}


def answer_with(upstream, data):
    async def answer(_, writer):
        writer.write(data)
        writer.close()

    upstream.reset(answer)


def whole(data):
    """All of an answer, head and body."""
    return data.decode("latin-1")


@pytest.mark.parametrize("name", FAILURES)
@pytest.mark.parametrize("body", [QUESTION, STREAM], ids=["at once", "in a stream"])
def test_an_upstream_that_tells_all_it_knows(watched, name, body):
    gateway, upstream = watched
    data, status = FAILURES[name]
    answer_with(upstream, data)
    received = gateway.exchange(request(body=body, key=CLIENT_KEY, headers=HEADERS))
    (got,) = answers(received)

    # For a stream, an answer that is none is a failure.
    assert got.status == (502 if status == 200 and body == STREAM else status)
    # The completion, or what is wrong with the request, in the upstream's own words.
    told = {200: {"canary-completion"}, 400: {"canary-upstream-words"}, 422: {"canary-upstream-words"}}
    assert found_in(whole(received)) == told.get(got.status, set())
    assert len(upstream.requests) >= 1


@pytest.mark.parametrize("events", INTERRUPTIONS.values(), ids=INTERRUPTIONS)
def test_a_stream_that_tells_all_it_knows(watched, events):
    gateway, upstream = watched
    answer_with(upstream, STREAM_HEAD.replace(b"\r\n\r\n", b"\r\n" + TELLTALE + b"\r\n") + events)
    received = gateway.exchange(request(body=STREAM, key=CLIENT_KEY, headers=HEADERS))

    assert b'"error":{' in received
    assert found_in(whole(received)) <= {"canary-completion"}


@pytest.mark.parametrize("key", [WRONG_KEY, EXPIRED_KEY])
@pytest.mark.parametrize(
    "carrier", ["authorization: Bearer {}", "x-api-key: {}", "api-key: {}", "x-goog-api-key: {}", "?key={}"]
)
def test_a_key_that_is_refused_is_not_repeated(watched, carrier, key):
    gateway, _ = watched
    written = carrier.format(key)
    target, headers = (CHAT + written, HEADERS) if written.startswith("?") else (CHAT, [*HEADERS, written])
    received = gateway.exchange(request(target, QUESTION, headers=headers))

    assert answers(received)[0].status == 401
    assert found_in(whole(received)) == set()


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_body_that_is_refused_is_not_repeated(watched, body):
    gateway, _ = watched
    received = gateway.exchange(request(f"{CHAT}?q=canary-query", body, key=CLIENT_KEY, headers=HEADERS))

    assert answers(received)[0].status == 400
    assert found_in(whole(received)) == set()


@pytest.mark.parametrize("target", ["/v1/canary-query", f"{CHAT}/canary-query", "/v1/models/canary-query"])
def test_a_path_that_is_refused_is_not_repeated(watched, target):
    gateway, _ = watched
    received = gateway.exchange(request(target, b"", "GET", CLIENT_KEY, HEADERS))

    assert answers(received)[0].status == 404
    assert found_in(whole(received)) == set()


def test_the_log_is_where_it_was_looked_for(watched, eventually):
    gateway, _ = watched
    answered = ask(gateway, body=QUESTION, key=CLIENT_KEY, headers=HEADERS)

    assert answered.status == 200
    assert eventually(lambda: answered.header("x-request-id") in gateway.output())


def test_no_process_shows_a_key_in_its_arguments_or_hands_on_more_than_it_got(watched):
    gateway, _ = watched
    seen = list(processes(gateway))

    assert len(seen) >= 2
    for process in seen:
        assert found_in((process / "cmdline").read_text(), canaries=KEYS) == set()
        variables = (process / "environ").read_text().split("\0")
        telling = {variable.partition("=")[0] for variable in variables if found_in(variable, canaries=KEYS)}
        assert telling <= set(ENVIRONMENT)


def test_no_object_of_the_core_shows_what_it_holds(tmp_path, monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TIERCEL_TESTS_NARROW_KEY", WRONG_KEY)
    file = tmp_path / "tiercel.toml"
    file.write_text(gateways.KEYS + EXPIRED + gateways.provider("upstream", "http://127.0.0.1:9/v1", 'models = ["m"]'))
    core = _core.Core(str(file), {})
    headers = [(b"host", b"gateway.test"), (b"authorization", f"Bearer {CLIENT_KEY}".encode())]
    call = core.open("POST", CHAT, b"", headers, QUESTION)
    attempt = call.next_attempt()
    connection = core.connect(0)
    step = connection.begin(call)
    assert step is not None
    refused = core.open("POST", CHAT, b"key=sk-canary-wrong", headers, QUESTION)
    held = [core, call, attempt, connection, step, refused, refused.take_reply()]

    assert PROVIDER_KEY.encode() in (step.to_socket or b"")
    assert {type(thing).__name__ for thing in held} == {
        "Core",
        "Call",
        "Attempt",
        "Connection",
        "Step",
        "Reply",
    }
    assert found_in(*map(repr, held), *map(str, held), core.config_text) == set()
