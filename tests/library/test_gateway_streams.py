"""Streams of the gateway inside of a program: as they come, and how it ends when whoever asked leaves."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.gateways import eventually
from tests.library.asking import ASK, EVENT, events_of, has_hung_up, use
from tests.providers import STREAM_END, STREAM_HEAD, piece
from tiercel.ingress.in_process import MAX_UNREAD, InProcessExchange
from tiercel.library.stream import Lines


def test_an_event_is_there_before_the_next_one_is_sent(script):
    is_heard = asyncio.Event()

    async def answer(_, writer):
        writer.write(STREAM_HEAD + piece(EVENT % (b"One", b"null")))
        await is_heard.wait()
        writer.write(piece(EVENT % (b" two", b'"stop"') + b"data: [DONE]\n\n") + STREAM_END)

    async def ask(gateway):
        heard = []
        async for event in gateway.stream(**ASK):
            heard.append(event.text)
            script.call_soon(is_heard.set)
        return heard

    script.reset(answer)

    assert use(script.text, ask) == ["One", " two"]


async def by_closing(gateway):
    async with gateway.stream(**ASK, user="simulate:stall=4") as stream:
        assert (await anext(stream)).text == ""


async def by_forgetting(gateway):
    async for event in gateway.stream(**ASK, user="simulate:stall=4"):
        assert event.text == ""
        break


async def by_a_time_out(gateway):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await events_of(gateway.stream(**ASK, user="simulate:stall=4"))


async def by_cancelling(gateway):
    task = asyncio.create_task(gateway.chat(**ASK, user="simulate:delay=60s"))
    await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(task, 0.2)


@pytest.mark.parametrize("leave", [by_closing, by_forgetting, by_a_time_out, by_cancelling])
def test_the_provider_is_hung_up_on_when_whoever_asked_leaves(text, simulator, leave):
    lines: list[bytes] = []

    async def ask(gateway):
        await leave(gateway)
        # Before the gateway closes, which would end it too.
        await asyncio.to_thread(eventually, lambda: has_hung_up(simulator))

    use(text, ask, log=lines.append)

    assert [json.loads(line)["outcome"] for line in lines] == ["client_gone"]


def test_the_upstream_waits_while_nobody_reads():
    async def main():
        exchange = InProcessExchange("POST", b"/", [], b"")
        taken = [exchange.send(b"x" * (MAX_UNREAD // 2)) for _ in range(3)]
        waits = [None if sending is None else sending.done() for sending in taken]
        n_read = len(await exchange.part() or b"")
        return waits, n_read, [sending is None or sending.done() for sending in taken], exchange.send(b"x")

    waits, n_read, after, next_one = asyncio.run(main())

    assert waits == [None, False, False]
    assert n_read == MAX_UNREAD // 2 * 3
    assert after == [True, True, True]
    assert next_one is None


def test_nothing_is_kept_for_whoever_left():
    async def main():
        exchange = InProcessExchange("POST", b"/", [], b"")
        before = exchange.send(b"x" * MAX_UNREAD)
        exchange.leave()
        after = exchange.send(b"x" * MAX_UNREAD)
        return before is not None and before.done(), after, len(exchange._parts)

    assert asyncio.run(main()) == (True, None, 0)


@given(st.lists(st.binary(max_size=20)), st.integers(1, 7))
def test_lines_are_the_same_however_they_are_cut(lines, n_bytes):
    lines = [line.replace(b"\n", b" ").rstrip(b"\r") for line in lines]
    whole = b"".join(line + (b"\r\n" if len(line) % 2 else b"\n") for line in lines)
    reader = Lines()
    found = [line for start in range(0, len(whole), n_bytes) for line in reader.feed(whole[start : start + n_bytes])]

    assert found == lines
