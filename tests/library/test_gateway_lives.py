"""Several gateways in a program, their event loops, how they end, and that the rest of the process is left alone."""

import asyncio
import gc
import json
import signal
import threading

import pytest

from tests.gateways import eventually
from tests.library.asking import ASK, events_of, use
from tiercel import Gateway, errors


def test_two_gateways_in_one_process_know_nothing_of_one_another(text, shared_providers):
    other = shared_providers[1]
    other.reset()

    async def main():
        async with (
            Gateway.from_text(text) as first,
            Gateway.from_text(text.replace(shared_providers[0].base_url, other.base_url)) as second,
        ):
            await asyncio.gather(*(gateway.chat(**ASK) for gateway in (first, first, second)))
            return [gateway.metrics().count('endpoint="chat"') > 0 for gateway in (first, second)]

    assert asyncio.run(main()) == [True, True]
    assert [len(it.journal) for it in shared_providers] == [2, 1]


def test_a_gateway_for_each_thread(text):
    answers = []

    def run():
        answers.append(use(text, lambda gateway: gateway.chat(**ASK)).text)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 3
    assert len(set(answers)) == 1


def test_another_event_loop_is_refused(text):
    def ask_elsewhere(gateway):
        return asyncio.run(gateway.chat(**ASK))

    async def ask(gateway):
        await gateway.chat(**ASK)
        with pytest.raises(RuntimeError, match="began on another event loop; make one for each loop"):
            await asyncio.to_thread(ask_elsewhere, gateway)
        return await gateway.chat(**ASK)

    assert use(text, ask).text


def test_a_closed_gateway_says_so(text):
    async def main():
        gateway = Gateway.from_text(text)
        await gateway.aclose()
        await gateway.aclose()
        with pytest.raises(RuntimeError, match="this gateway is closed; make another one"):
            await gateway.chat(**ASK)

    asyncio.run(main())


def test_what_runs_when_a_gateway_is_closed_ends_as_draining(text, simulator):
    lines: list[bytes] = []

    async def main():
        gateway = Gateway.from_text(text, log=lines.append)
        stream = gateway.stream(**ASK, user="simulate:stall=4")
        asked = [gateway.chat(**ASK, user="simulate:delay=60s"), anext(stream), gateway.chat(**ASK)]
        first, second, third = [asyncio.ensure_future(asking) for asking in asked]
        await asyncio.gather(second, third)
        await gateway.aclose()
        return await asyncio.gather(first, events_of(stream), return_exceptions=True)

    results = asyncio.run(main())

    assert [type(result) for result in results] == [errors.Draining, errors.Draining]
    assert sorted(json.loads(line)["outcome"] for line in lines) == ["answered", "client_gone", "client_gone"]
    assert eventually(lambda: sum(entry.disconnected_at is not None for entry in simulator.journal) == 2)


def test_an_event_loop_that_ends_takes_a_gateway_along(text, simulator):
    async def main():
        gateway = Gateway.from_text(text)
        asking = asyncio.ensure_future(gateway.chat(**ASK, user="simulate:delay=60s"))
        await asyncio.to_thread(eventually, lambda: simulator.journal)
        return asking

    asking = asyncio.run(main())

    assert asking.cancelled() or isinstance(asking.exception(), errors.Draining)


def test_nothing_else_of_the_process_is_touched(text):
    def state():
        return (
            signal.getsignal(signal.SIGUSR1),
            signal.getsignal(signal.SIGHUP),
            gc.get_threshold(),
            gc.get_freeze_count(),
        )

    before = state()
    during = use(text, lambda gateway: asyncio.gather(gateway.chat(**ASK), asyncio.to_thread(state)))[1]

    assert [before, before] == [during, state()]


def test_a_second_gateway_on_the_same_cache_folder_goes_without(text, tmp_path, caplog):
    text = f'[cache]\nmode = "exact"\npath = "{tmp_path / "cache"}"\n' + text

    async def main():
        async with Gateway.from_text(text) as first, Gateway.from_text(text) as second:
            return [(await gateway.chat(**ASK)).text for gateway in (first, second, first, second)]

    answers = asyncio.run(main())

    assert len(set(answers)) == 1
    assert [record.name for record in caplog.records] == ["tiercel"]
