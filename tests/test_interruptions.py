"""A stream that breaks off after some of it was delivered ends in an error, never in an end that it did not have."""

import asyncio
import json
import socket
import struct

import openai
import pytest

from tests import gateways
from tests.gateways import KEYS
from tests.providers import STREAM_END, STREAM_HEAD, piece

BODY = {"model": "pair", "messages": [{"role": "user", "content": "Count"}], "stream": True}
SETTINGS = """
max_answer = "20KB"
timeouts = { between_tokens = "400ms" }
"""


def event(delta, finish="null"):
    return b'data: {"id":"c","choices":[{"index":0,"delta":%b,"finish_reason":%b}]}\n\n' % (delta, finish.encode())


OPENING = event(b'{"role":"assistant","content":""}') + event(b'{"content":"One"}') + event(b'{"content":" two"}')


async def end_the_body(writer):
    writer.write(STREAM_END)


async def end_the_body_after_a_done(writer):
    writer.write(piece(b"data: [DONE]\n\n") + STREAM_END)


async def close(writer):
    writer.close()


async def reset(writer):
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def garble(writer):
    writer.write(piece(b'data: {"id":"c","choi\n\n' + event(b'{"content":" three"}')))


async def report_an_error(writer):
    writer.write(piece(b'data: {"error":{"message":"key sk-provider-never-to-be-told is exhausted"}}\n\n'))


async def break_the_framing(writer):
    writer.write(b"zz\r\n")


async def stall(_):
    await asyncio.Event().wait()


async def ping_and_say_nothing(writer):
    while True:
        writer.write(piece(b": ping\n\n"))
        await asyncio.sleep(0.02)


async def go_on_and_on(writer):
    while True:
        writer.write(piece(event(b'{"content":"%b"}' % (b" more" * 100))))
        await writer.drain()


ENDINGS = {
    end_the_body: "stream_truncated",
    end_the_body_after_a_done: "stream_truncated",
    close: "stream_truncated",
    reset: "stream_truncated",
    garble: "upstream_stream_interrupted",
    report_an_error: "upstream_stream_interrupted",
    break_the_framing: "upstream_stream_interrupted",
    stall: "upstream_stream_interrupted",
    ping_and_say_nothing: "upstream_stream_interrupted",
    go_on_and_on: "upstream_stream_interrupted",
}
IDS = [ending.__name__ for ending in ENDINGS]


@pytest.fixture(scope="module")
def script(start_script):
    return start_script()


@pytest.fixture(scope="module")
def gateway_to_script(start_gateway, interface, script, shared_providers):
    second = gateways.provider("second", shared_providers[1].base_url)
    tiers = '[tiers]\npair = ["script/model", "second/small"]\n'
    with start_gateway(KEYS + gateways.provider("script", script.base_url, SETTINGS) + second + tiers, interface) as it:
        yield it


@pytest.fixture
def release(request, script, providers):
    """Lets the script go on after its opening, to the ending that the test has as its parameter."""
    assert providers
    has_arrived = asyncio.Event()

    async def answer(_, writer):
        writer.write(STREAM_HEAD + piece(OPENING))
        await has_arrived.wait()
        await request.getfixturevalue("ending")(writer)

    script.reset(answer)
    return lambda: script.call_soon(has_arrived.set)


@pytest.mark.parametrize("ending", ENDINGS, ids=IDS)
def test_an_error_event_ends_it_and_no_end_marker(gateway_to_script, providers, release, ending):
    received = b""
    with gateway_to_script.stream("/v1/chat/completions", BODY) as answer:
        for data in answer.iter_raw():
            received += data
            if received == OPENING:
                release()

    assert answer.status_code == 200
    assert answer.headers["x-tiercel-attempts"] == "script/model: answering"
    assert received.startswith(OPENING)
    *_, last = received.removesuffix(b"\n\n").split(b"\n\n")
    error = json.loads(last.removeprefix(b"data: "))["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert (error["type"], error["param"], error["code"]) == ("server_error", None, ENDINGS[ending])
    assert b"[DONE]" not in received
    assert b"never-to-be-told" not in received
    assert b"choi\n" not in received
    assert providers[1].journal == []


@pytest.mark.parametrize("ending", ENDINGS, ids=IDS)
def test_the_sdk_raises_where_it_breaks_off(sdk, gateway_to_script, script, release, ending):
    seen = []

    def take(chunk):
        seen.append(chunk.choices[0].delta.content)
        if len(seen) == 3:
            release()

    def read(client):
        for chunk in client.chat.completions.create(**BODY):
            take(chunk)

    async def read_async(client):
        async for chunk in await client.chat.completions.create(**BODY):
            take(chunk)

    with pytest.raises(openai.APIError) as raised:
        sdk(gateway_to_script, read if sdk.__name__ == "ask_sync" else read_async)

    assert raised.value.code == ENDINGS[ending]
    assert seen[:3] == ["", "One", " two"]
    assert len(script.requests) == 1


@pytest.mark.parametrize("ending", [close])
def test_what_was_delivered_is_accounted_for(gateway_to_script, release, eventually, ending):
    release()
    answer = gateway_to_script.chat(stream=True)
    request_id = answer.headers["x-request-id"]
    [line] = eventually(lambda: [line for line in gateway_to_script.access_log() if line["request_id"] == request_id])

    assert (line["status"], line["outcome"], line["error_kind"]) == (200, "interrupted", "truncated")
    # Seven bytes of text, at four a token.
    assert (line["usage"]["output"], line["usage"]["is_estimated"]) == (2, True)
    assert [attempt["outcome"] for attempt in line["attempts"]] == ["truncated"]
    assert ending is close
