"""Streams below the SDKs, and how requests, transports and their threads end."""

import asyncio
import threading

import httpx
import httpx2
import pytest

from tests.gateways import eventually
from tests.library.asking import ASK, EVENT, has_hung_up
from tests.library.sdks import of_openai, stream_chat, words
from tests.providers import STREAM_END, STREAM_HEAD, piece
from tiercel import Gateway, Transport


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_an_event_is_there_before_the_next_one_is_sent(script, path, kind):
    is_heard = asyncio.Event()

    async def answer(_, writer):
        writer.write(STREAM_HEAD + piece(EVENT % (b"One", b"null")))
        await is_heard.wait()
        writer.write(piece(EVENT % (b" two", b'"stop"') + b"data: [DONE]\n\n") + STREAM_END)

    def hear(heard, event):
        heard.append(words(event))
        script.call_soon(is_heard.set)

    def sync():
        heard: list[str] = []
        with of_openai("sync", http_client=httpx2.Client(transport=Transport(path))) as client:
            for event in stream_chat(client):
                hear(heard, event)
        return heard

    async def main():
        heard: list[str] = []
        async with of_openai("async", http_client=httpx2.AsyncClient(transport=Transport(path))) as client:
            async for event in await stream_chat(client):
                hear(heard, event)
        return heard

    script.reset(answer)
    path.write_text(script.text)

    assert (sync() if kind == "sync" else asyncio.run(main())) == ["One", " two"]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_the_provider_is_hung_up_on_when_a_stream_is_closed(path, simulator, kind):
    fields = ASK | {"stream": True, "user": "simulate:stall=4"}

    def sync():
        with of_openai("sync", http_client=httpx2.Client(transport=Transport(path))) as client:
            with client.chat.completions.create(**fields) as stream:
                next(stream)
            assert eventually(lambda: has_hung_up(simulator))

    async def main():
        async with of_openai("async", http_client=httpx2.AsyncClient(transport=Transport(path))) as client:
            stream = await client.chat.completions.create(**fields)
            await anext(stream)
            await stream.close()
            await stream._iterator.aclose()
            assert await asyncio.to_thread(eventually, lambda: has_hung_up(simulator))

    if kind == "sync":
        sync()
    else:
        asyncio.run(main())


def test_the_provider_is_hung_up_on_when_a_call_is_cancelled(path, simulator):
    async def main():
        async with of_openai("async", http_client=httpx2.AsyncClient(transport=Transport(path))) as client:
            task = asyncio.create_task(client.chat.completions.create(**ASK, user="simulate:delay=60s"))
            await asyncio.to_thread(eventually, lambda: simulator.journal)
            task.cancel()
            await asyncio.wait([task])
            assert await asyncio.to_thread(eventually, lambda: has_hung_up(simulator))
            return task.cancelled()

    assert asyncio.run(main())


def test_threads_share_a_transport(path, simulator):
    answers = []
    with httpx.Client(transport=Transport(path), base_url="http://tiercel") as client:

        def run():
            answers.append(client.post("/v1/chat/completions", json=ASK).json())

        threads = [threading.Thread(target=run) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len({answer["choices"][0]["message"]["content"] for answer in answers}) == 1
    assert len(simulator.journal) == 8


def test_a_gateway_that_was_given_outlives_the_transport(path):
    async def main():
        async with Gateway.from_file(path) as gateway:
            for _ in range(2):
                async with httpx.AsyncClient(transport=Transport(gateway), base_url="http://tiercel") as client:
                    assert (await client.post("/v1/chat/completions", json=ASK)).status_code == 200
            return await gateway.chat(**ASK)

    assert asyncio.run(main()).text


def test_closing_ends_what_runs_and_the_thread(path, simulator):
    transport = Transport(path)
    client = httpx.Client(transport=transport, base_url="http://tiercel")
    raised = []

    def run():
        with pytest.raises(httpx.RemoteProtocolError, match="this gateway is closed") as error:
            client.post("/v1/chat/completions", json=ASK | {"user": "simulate:delay=60s"})
        raised.append(error.value)

    thread = threading.Thread(target=run)
    thread.start()
    eventually(lambda: simulator.journal)
    client.close()
    thread.join()

    assert len(raised) == 1
    assert not [thread for thread in threading.enumerate() if thread.name == "tiercel"]
    with pytest.raises(RuntimeError, match="this gateway is closed; make another one"):
        transport.handle_request(httpx.Request("GET", "http://tiercel/health/live"))
    transport.close()
