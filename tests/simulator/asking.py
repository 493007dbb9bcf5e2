"""How the tests ask a simulator: through the official SDK, and through a raw socket."""

import asyncio
from dataclasses import dataclass

import orjson
import pytest
import uvloop
from openai import AsyncOpenAI

from tests.simulator.speakers import SPEAKERS
from tiercel.simulator import Settings, Simulator

HELLO = [{"role": "user", "content": "Explain the refund policy"}]
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 7}},
    "required": ["city", "days"],
}
WEATHER = {"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS}}
LOOPS = pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])


def words(text):
    return len(text.split())


def simulate(check, loop=asyncio.new_event_loop, **settings):
    """Runs `check(simulator, client)` beside a simulator without delays that counts words as tokens."""

    async def main():
        async with (
            Simulator(Settings(**{"speed": 0, "count_tokens": words, **settings})) as simulator,
            AsyncOpenAI(base_url=simulator.base_url, api_key="key", max_retries=0) as client,
        ):
            return await check(simulator, client)

    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(main())


def ask(body, loop=asyncio.new_event_loop, **settings):
    """The SDK's answer to one chat request: a completion, or a list of chunks."""

    async def check(_, client):
        answer = await client.chat.completions.create(**{"model": "small", "messages": HELLO, **body})
        return [chunk async for chunk in answer] if body.get("stream") else answer

    return simulate(check, loop, **settings)


async def exchange(simulator, request, patience=5.0):
    """Sends bytes; gives what came back and how it ended: end, reset or silence."""
    reader, writer = await asyncio.open_connection("127.0.0.1", simulator.port)
    writer.write(request)
    received = bytearray()
    ending = "end"
    try:
        while data := await asyncio.wait_for(reader.read(65_536), patience):
            received += data
    except ConnectionResetError:
        ending = "reset"
    except TimeoutError:
        ending = "silence"
    writer.close()
    return bytes(received), ending


def post(body, path="/v1/chat/completions", **headers):
    """A request as bytes, on a connection that is closed after the answer."""
    content = orjson.dumps(body)
    headers = {"host": "simulator", "connection": "close", "content-length": len(content), **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + content


@dataclass
class Answered:
    """What came back; `ending` is end, reset or silence."""

    status: int
    headers: dict[str, str]
    body: bytes
    ending: str


async def put(simulator, dialect, question, patience=5.0, fields=(), **headers):
    """Puts a question in a dialect; `fields` take the place of what the body would have."""
    speaker = SPEAKERS[dialect]
    path = speaker.paths[question.stream].format(model=question.model)
    request = post(speaker.body(question) | dict(fields), path, **{**dict(speaker.headers), **headers})
    return answered(*await exchange(simulator, request, patience))


def answered(received, ending):
    """What was received, taken apart."""
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    if headers.get("transfer-encoding") == "chunked":
        body = b"".join(chunks(body))
    return Answered(int(status[9:12] or 0), headers, body, ending)


def chunks(body):
    """What each chunk holds; the last may be missing."""
    while body:
        size, _, rest = body.partition(b"\r\n")
        yield rest[: int(size, 16)]
        body = rest[int(size, 16) + 2 :]


def said(dialect, question, answer):
    """The answer in one form."""
    assert answer.status == 200, answer.body
    speaker = SPEAKERS[dialect]
    if question.stream:
        return speaker.streamed(list(speaker.split(answer.body)))
    return speaker.unary(orjson.loads(answer.body))


def answers(dialect, *questions, **settings):
    """The answers to questions that are put one after another."""

    async def check(simulator, _):
        return [said(dialect, question, await put(simulator, dialect, question)) for question in questions]

    return simulate(check, **settings)


def chat(**fields):
    return {"model": "small", "messages": HELLO, **fields}


def n_events(received):
    return received.count(b"data: ")
