"""Every kind of error over HTTP: its status, its body with all four fields, its headers, its line in the log.

One row a kind of `rust/gateway/src/error.rs`; what cannot be had over HTTP says why.
"""

import json
import socket
from contextlib import contextmanager

import pytest

from tests import gateways
from tests.gateways import KEY, NARROW_KEY
from tests.providers import STREAM_HEAD, piece, unary
from tests.security.conftest import DISABLED, ENVIRONMENT, EXPIRED, MORE_KEYS
from tests.security.raw import QUESTION, answers, ask, request
from tiercel import _core, errors

SERVER = """
[server]
max_body = "64KB"
body_timeout = "500ms"
"""
TIERS = """
[tiers]
pair = ["upstream/m"]
forbidden-tier = ["upstream/secret-model"]
"""
TIMEOUTS = 'models = ["m"]\ntimeouts = { answer = "1s", between_tokens = "1s" }'
CHUNKED = request().replace(f"content-length: {len(QUESTION)}".encode(), b"transfer-encoding: chunked")
BEGINNING = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'


@pytest.fixture(scope="session")
def bad_upstream(start_script):
    return start_script()


@pytest.fixture(scope="session")
def start_bad_gateway(start_gateway, interface, bad_upstream):
    def start(server=SERVER):
        config = (
            gateways.KEYS + MORE_KEYS + server + gateways.provider("upstream", bad_upstream.base_url, TIMEOUTS) + TIERS
        )
        return start_gateway(config, interface, environment=ENVIRONMENT)

    return start


@pytest.fixture(scope="session")
def shared_bad_gateway(start_bad_gateway):
    with start_bad_gateway() as gateway:
        yield gateway


@pytest.fixture
def upstream(bad_upstream):
    bad_upstream.reset(hang)
    return bad_upstream


@pytest.fixture
def bad_gateway(shared_bad_gateway, upstream):
    """A gateway whose upstream never answers."""
    assert upstream
    return shared_bad_gateway


async def hang(_, writer):
    await writer.wait_closed()


def answer_with(upstream, data):
    async def answer(_, writer):
        writer.write(data)
        writer.close()

    upstream.reset(answer)


def failed(status):
    """What comes of an upstream that answers with this status."""

    def make(gateway, upstream):
        answer_with(upstream, unary(b"{}", status))
        return ask(gateway, key=KEY)

    return make


# What only a provider that keeps responses could do.
STATEFUL = b'{"model": "m", "input": "Hi", "previous_response_id": "resp_1"}'
# By code: how to get the error over HTTP.
MADE = {
    "malformed_head": lambda gateway, _: sent(gateway, request(key=KEY).replace(b"gateway.test", b"x/#@y")),
    "conflicting_credentials": lambda gateway, _: ask(gateway, key=KEY, headers=["x-api-key: other"]),
    "malformed_body": lambda gateway, _: ask(gateway, body=b"{", key=KEY),
    "unsupported_parameter": lambda gateway, _: ask(gateway, "/v1/responses", body=STATEFUL, key=KEY),
    "body_timeout": lambda gateway, _: sent(gateway, request(key=KEY)[:-1]),
    "body_too_large": lambda gateway, _: ask(gateway, body=b" " * 64_001, key=KEY),
    "unsupported_encoding": lambda gateway, _: ask(gateway, key=KEY, headers=["content-encoding: gzip"]),
    "missing_api_key": lambda gateway, _: ask(gateway),
    "invalid_api_key": lambda gateway, _: ask(gateway, key="sk-nobody"),
    "expired_api_key": lambda gateway, _: ask(gateway, key=EXPIRED),
    "forbidden": lambda gateway, _: ask(gateway, key=NARROW_KEY),
    "unknown_path": lambda gateway, _: ask(gateway, "/v2/chat/completions", key=KEY),
    "model_not_found": lambda gateway, _: ask(gateway, body=QUESTION.replace(b'"m"', b'"nothing"'), key=KEY),
    "method_not_allowed": lambda gateway, _: ask(gateway, method="PUT", key=KEY),
    "loop_detected": lambda gateway, _: ask(gateway, key=KEY, headers=["x-tiercel-hop: 3"]),
    "upstream_throttled": failed(b"429 Too Many Requests"),
    "upstream_credentials_unavailable": failed(b"401 Unauthorized"),
    "upstream_failed": failed(b"500 Internal Server Error"),
    "upstream_timeout": lambda gateway, _: ask(gateway, key=KEY),
}  # fmt: skip
MADE_ELSEWHERE = {
    "body_incomplete": "the client is gone: test_a_client_that_leaves_in_its_body_is_in_the_log",
    "length_required": "over RSGI alone: test_a_body_without_a_length_is_asked_for_it_over_rsgi",
    "overloaded": "in another gateway: test_more_requests_than_allowed_are_turned_away",
    "draining": "in another gateway: test_a_gateway_that_stops_turns_requests_away",
    "invalid_configuration": "on a reload: test_a_file_that_cannot_be_used_is_refused_by_its_place",
    "max_cost_exceeded": "of a route with prices: test_what_may_cost_too_little_is_refused_by_its_code",
    "idempotency_key_reused": "after another request: test_a_key_is_for_one_request",
    "idempotency_key_in_use": "beside another request: test_who_waits_too_long_is_told_to_come_again",
    "upstream_stream_interrupted": "no answer but an event: test_a_stream_that_breaks_off_ends_with_an_error_event",
    "internal": "a fault of Tiercel's own, of which none is known",
}
MAY_RETRY = {"body_timeout", "overloaded", "draining", "idempotency_key_in_use"}
KINDS = {code: (status, kind) for code, status, kind in _core.error_kinds()}


def sent(gateway, data):
    (answer,) = answers(gateway.exchange(data, patience=5.0))
    return answer


def check(answer, code):
    """What every error has."""
    status, kind = KINDS[code]
    may_retry = code in MAY_RETRY

    assert (answer.status, answer.error["code"], answer.error["type"]) == (status, code, kind)
    assert answer.error["message"]
    assert answer.header("content-type") == "application/json"
    assert answer.header("x-request-id") == answer.header("request-id") != ""
    assert answer.header("x-should-retry") == (None if may_retry else "false")
    assert answer.header("retry-after") == ("1" if may_retry else None)
    assert answer.header("x-tiercel-overhead-us") is not None


def test_every_kind_of_error_has_its_row():
    assert set(MADE) | set(MADE_ELSEWHERE) == set(KINDS) == set(errors.BY_CODE)
    assert not set(MADE) & set(MADE_ELSEWHERE)


@pytest.mark.parametrize("code", MADE)
def test_a_kind_of_error_over_http(bad_gateway, upstream, eventually, code):
    answer = MADE[code](bad_gateway, upstream)
    request_id = answer.header("x-request-id")

    check(answer, code)
    [line] = eventually(lambda: [line for line in bad_gateway.access_log() if line["request_id"] == request_id])
    assert (line["status"], line["error_kind"]) == (answer.status, code)
    assert bool(upstream.requests) == code.startswith("upstream")


def test_a_client_that_leaves_in_its_body_is_in_the_log(bad_gateway, upstream, eventually):
    data = request(key=KEY, headers=["x-request-id: leaves"])
    bad_gateway.exchange(data[:-1], then_close=True)

    [line] = eventually(lambda: [line for line in bad_gateway.access_log() if line["request_id"] == "leaves"])
    assert (line["status"], line["error_kind"]) == (400, "body_incomplete")
    assert upstream.requests == []


def test_a_body_without_a_length_is_asked_for_it_over_rsgi(bad_gateway, interface):
    if interface == "asgi":
        pytest.skip("ASGI says when a chunked body is whole")
    check(sent(bad_gateway, CHUNKED), "missing_api_key")
    check(
        sent(bad_gateway, CHUNKED.replace(b"\r\n", f"\r\nauthorization: Bearer {KEY}\r\n".encode(), 1)),
        "length_required",
    )


def test_a_stream_that_breaks_off_ends_with_an_error_event(bad_gateway, upstream, eventually):
    async def begin(_, writer):
        writer.write(STREAM_HEAD + piece(BEGINNING))
        await writer.wait_closed()

    upstream.reset(begin)
    received = bad_gateway.exchange(request(body=QUESTION[:-1] + b',"stream":true}', key=KEY))
    events = [line[6:] for line in received.split(b"\n") if line.startswith(b"data: ")]
    error = json.loads(events[-1])["error"]

    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["code"], error["type"]) == ("upstream_stream_interrupted", "server_error")
    assert b"[DONE]" not in received
    assert eventually(lambda: [line for line in bad_gateway.access_log() if line["outcome"] == "interrupted"])


@contextmanager
def request_in_flight(gateway, upstream, eventually):
    """A request that its upstream does not answer."""
    with socket.create_connection(("127.0.0.1", gateway.port)) as connection:
        connection.sendall(request(key=KEY))
        eventually(lambda: len(upstream.requests) == 1)
        yield


def test_more_requests_than_allowed_are_turned_away(start_bad_gateway, upstream, eventually):
    with start_bad_gateway("\n[server]\nmax_in_flight = 1\n") as gateway:
        with request_in_flight(gateway, upstream, eventually):
            check(ask(gateway, key=KEY), "overloaded")
            assert ask(gateway, "/v1/models", b"", "GET", KEY).status == 200
        assert len(upstream.requests) == 1


def test_a_gateway_that_stops_turns_requests_away(start_bad_gateway, eventually):
    with start_bad_gateway() as gateway:
        gateway.process.terminate()
        eventually(lambda: ask(gateway, "/health/ready", b"", "GET").status == 503)

        check(ask(gateway, key=KEY), "draining")


# Who may what.


@pytest.mark.parametrize(("key", "why"), [(EXPIRED, "expired"), (DISABLED, "disabled")])
def test_a_key_that_was_good_once_says_so(bad_gateway, key, why):
    answer = ask(bad_gateway, key=key)

    check(answer, "expired_api_key")
    assert why in answer.error["message"]


@pytest.mark.parametrize(
    ("model", "status"),
    [("pair", 504), ("m", 403), ("upstream/m", 403), ("forbidden-tier", 403), ("secret-model", 403), ("nothing", 404)],
)
def test_a_key_gets_the_models_that_it_was_given(bad_gateway, upstream, model, status):
    answer = ask(bad_gateway, body=QUESTION.replace(b'"m"', f'"{model}"'.encode()), key=NARROW_KEY)

    assert answer.status == status
    assert answer.error["param"] == (None if status == 504 else "model")
    assert len(upstream.requests) == (status == 504)


def test_a_key_is_told_of_no_model_that_it_may_not_use(bad_gateway):
    listed = json.loads(ask(bad_gateway, "/v1/models", b"", "GET", NARROW_KEY).body)
    unknown = ask(bad_gateway, body=QUESTION.replace(b'"m"', b'"forbidden-tie"'), key=NARROW_KEY)

    assert [model["id"] for model in listed["data"]] == ["pair"]
    assert unknown.error["message"] == "the model `forbidden-tie` does not exist (there are: pair)"
    assert ask(bad_gateway, "/v1/models/forbidden-tier", b"", "GET", NARROW_KEY).status == 404
    assert ask(bad_gateway, "/v1/models/pair", b"", "GET", NARROW_KEY).status == 200


def test_an_unknown_model_lists_what_there_is_and_suggests_the_nearest(bad_gateway):
    answer = ask(bad_gateway, body=QUESTION.replace(b'"m"', b'"pairs"'), key=KEY)

    check(answer, "model_not_found")
    assert answer.error["param"] == "model"
    assert answer.error["message"].startswith(
        "the model `pairs` does not exist; did you mean `pair`? (there are: pair, "
    )


def test_only_a_key_with_the_right_reads_the_metrics(bad_gateway):
    check(ask(bad_gateway, "/metrics", b"", "GET", NARROW_KEY), "forbidden")
    check(ask(bad_gateway, "/metrics", b"", "GET"), "missing_api_key")
    assert ask(bad_gateway, "/metrics", b"", "GET", KEY).status == 200


@pytest.mark.parametrize("key", [None, "sk-nobody", KEY])
@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_anybody_may_ask_for_health(bad_gateway, path, key):
    assert ask(bad_gateway, path, b"", "GET", key).status == 200


@pytest.mark.parametrize("status", [b"400 Bad Request", b"404 Not Found", b"409 Conflict", b"422 Unprocessable Entity"])
def test_what_the_upstream_blames_the_client_for_comes_back_in_its_own_words(bad_gateway, upstream, status):
    words = b'{"error":{"message":"no","type":"invalid_request_error","param":"n","code":null,"more":1}}'
    answer_with(upstream, unary(words, status))
    answer = ask(bad_gateway, key=KEY)

    assert (answer.status, answer.body) == (int(status[:3]), words)
    assert answer.header("x-should-retry") == "false"
    assert len(upstream.requests) == 1
