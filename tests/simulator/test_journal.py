"""What the simulator says that it received."""

import asyncio

import openai
import orjson
import pytest

from tests.simulator.asking import HELLO, LOOPS, chat, exchange, post, simulate
from tiercel.simulator.connection import Request
from tiercel.simulator.journal import MAX_ENTRIES, Journal


def test_the_journal_tells_what_was_received():
    async def check(simulator, client):
        for stream in (False, True, True):
            answer = await client.chat.completions.create(model="small", messages=HELLO, stream=stream, user="u")
            if stream:
                async for _ in answer:
                    pass
        with pytest.raises(openai.NotFoundError):
            await client.chat.completions.create(model="huge", messages=HELLO)
        received, _ = await exchange(simulator, b"GET /simulator/journal HTTP/1.1\r\nconnection: close\r\n\r\n")
        entries = list(simulator.journal.entries)
        await exchange(simulator, b"DELETE /simulator/journal HTTP/1.1\r\nconnection: close\r\n\r\n")
        assert not simulator.journal.entries
        return entries, orjson.loads(received.partition(b"\r\n\r\n")[2])["entries"]

    entries, reported = simulate(check)
    assert [entry["number"] for entry in reported] == [entry.number for entry in entries] == [1, 2, 3, 4]
    assert [entry.status for entry in entries] == [200, 200, 200, 404]
    assert [entry.attempt for entry in entries] == [1, 1, 2, 1]
    assert [entry.stream for entry in entries] == [False, True, True, False]
    assert entries[0].path == "/v1/chat/completions"
    assert entries[0].prompt_tokens == 11
    assert "messages" in entries[0].fields
    assert "authorization" in entries[0].header_names
    assert entries[0].authorization
    assert "key" not in entries[0].authorization
    assert entries[1].n_events > 3
    assert all(entry.finished_at and not entry.disconnected_at for entry in entries)


@LOOPS
@pytest.mark.parametrize(("fault", "n_sent"), [("stall=4", 4), ("delay=9s", 0), ("status=503;stall=1", 0)])
def test_the_journal_tells_when_a_client_leaves(fault, n_sent, loop):
    async def check(simulator, _):
        request = post(chat(stream=True, metadata={"simulate": fault}))
        await exchange(simulator, request, patience=0.1)
        entry = simulator.journal.entries[0]
        async with asyncio.timeout(5):
            while entry.disconnected_at is None:  # noqa: ASYNC110 - the journal is data, and signals nothing
                await asyncio.sleep(0)
        return entry

    entry = simulate(check, loop)
    assert entry.n_events == n_sent
    assert entry.finished_at is None
    assert entry.fault == fault


def test_the_journal_is_bounded():
    journal = Journal()

    def record(number):
        return journal.record(Request("POST", "/", "", [], b"%d" % number, keep_alive=True), 0.0)

    for number in range(MAX_ENTRIES + 5):
        record(number)

    assert len(journal.entries) == MAX_ENTRIES
    assert record(0).attempt == 1
    assert record(MAX_ENTRIES + 4).attempt == 2
