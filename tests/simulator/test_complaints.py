"""What the simulator refuses, as OpenAI does."""

import openai
import orjson
import pytest

from tests.simulator.asking import HELLO, chat, exchange, post, simulate
from tiercel.simulator import connection


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({}, 400, "model"),
        ({"model": "huge", "messages": HELLO}, 404, "model"),
        ({"model": "small"}, 400, "messages"),
        ({"model": "small", "messages": []}, 400, "messages"),
        (chat(messages=[{"role": "pirate", "content": ""}]), 400, "messages[0].role"),
        (chat(messages=[{"role": "user"}]), 400, "messages[0].content"),
        (chat(n=0), 400, "n"),
        (chat(max_tokens=True), 400, "max_tokens"),
        (chat(max_tokens=1, max_completion_tokens=1), 400, "max_tokens"),
        (chat(temperature=3), 400, "temperature"),
        (chat(stop=["a", "b", "c", "d", "e"]), 400, "stop"),
        (chat(stream="yes"), 400, "stream"),
        (chat(stream_options={"include_usage": True}), 400, "stream_options"),
        (chat(tool_choice="required"), 400, "tool_choice"),
        (chat(tools=[{}]), 400, "tools[0].function.name"),
        (chat(response_format={"type": "xml"}), 400, "response_format"),
        (chat(user="simulate:nonsense"), 400, None),
        ([], 400, None),
    ],
)
def test_bad_bodies_are_refused_as_openai_does(body, status, param):
    async def check(simulator, _):
        return await exchange(simulator, post(body))

    received, _ = simulate(check)
    error = orjson.loads(received.partition(b"\r\n\r\n")[2])["error"]
    assert received.startswith(b"HTTP/1.1 %d " % status)
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["param"] == param


def test_a_wrong_key_is_refused_when_one_is_required():
    async def check(_, client):
        await client.models.list()
        with pytest.raises(openai.AuthenticationError):
            await client.with_options(api_key="other").models.list()

    simulate(check, key="key")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /v1/models HTTP/1.0\r\n\r\n", 505),
        (b"GET /v1/models HTTP/1.1\r\nx: " + b"a" * 70_000, 431),
        (b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 20000001\r\n\r\n", 413),
        (b"GET /v1/nothing HTTP/1.1\r\nconnection: close\r\n\r\n", 404),
        (b"GET /v1/models HTTP/1.1\r\nconnection: close\r\n\r\n", 200),
    ],
)
def test_requests_that_cannot_be_served_are_refused(request_, status):
    async def check(simulator, _):
        return await exchange(simulator, request_)

    received, ending = simulate(check)
    assert received.startswith(b"HTTP/1.1 %d " % status)
    assert ending == "end"


def test_a_chunked_body_over_the_bound_is_refused(monkeypatch):
    monkeypatch.setattr(connection, "MAX_BODY", 10)

    async def check(simulator, _):
        head = b"POST /v1/completions HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n"
        return await exchange(simulator, head + b"b\r\n" + b"a" * 11 + b"\r\n")

    assert simulate(check)[0].startswith(b"HTTP/1.1 413 ")


def test_a_large_body_is_no_large_head():
    async def check(simulator, _):
        messages = [{"role": "user", "content": "long " * 30_000}]
        return await exchange(simulator, post(chat(messages=messages)))

    received, _ = simulate(check)
    assert received.startswith(b"HTTP/1.1 200 OK")


def test_pipelined_requests_are_answered_in_turn():
    async def check(simulator, _):
        one = b"GET /v1/models/small HTTP/1.1\r\n\r\n"
        last = b"GET /v1/models/large HTTP/1.1\r\nconnection: close\r\n\r\n"
        return await exchange(simulator, one + one + last)

    received, _ = simulate(check)
    assert received.count(b"HTTP/1.1 200 OK") == 3
    assert received.endswith(b'"owned_by":"tiercel-simulator"}')


def test_connections_over_the_bound_are_dropped(monkeypatch):
    monkeypatch.setattr(connection, "MAX_CONNECTIONS", 0)

    async def check(simulator, _):
        return await exchange(simulator, b"")

    assert simulate(check)[0] == b""
