"""How the tests ask a simulator: through the official SDK, and through a raw socket."""

import asyncio

import orjson
import pytest
import uvloop
from openai import AsyncOpenAI

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


def chat(**fields):
    return {"model": "small", "messages": HELLO, **fields}


def n_events(received):
    return received.count(b"data: ")
