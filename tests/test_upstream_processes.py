"""Providers as processes that stop or die, and connections that behave as only some do."""

import asyncio
import contextlib
import signal
import subprocess
import sys
from functools import cached_property
from typing import Any

import pytest

from tests import gateways
from tests.gateways import KEYS
from tests.providers import HELLO, STREAM_END, STREAM_HEAD, piece

# An answer of this size of model takes half a second.
TIMES = 'timeouts = { head = "2s", first_token = "2s", between_tokens = "1s", answer = "2s" }'
STREAM = STREAM_HEAD + b"".join(
    piece(b'data: {"id":"c","choices":[{"index":0,"delta":%b,"finish_reason":%b}]}\n\n' % (delta, finish))
    for delta, finish in ((b'{"content":"Hello"}', b"null"), (b"{}", b'"stop"'))
)
WHOLE = STREAM + piece(b"data: [DONE]\n\n") + STREAM_END


class Process:
    """A simulator as a process, which answers at the pace of a model."""

    def __init__(self):
        command = [sys.executable, "-m", "tiercel.simulator", "--exit-with-parent"]
        self.process: Any = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    @cached_property
    def base_url(self):
        """Where it serves, as soon as it does."""
        return self.process.stdout.readline().decode().removeprefix("listening on ").strip()

    def send(self, signum):
        self.process.send_signal(signum)

    def close(self):
        with self.process:
            self.process.kill()


# One for each test that stops or kills one.
NAMES = ("stops", "stops_for_a_stream", "stops_in_a_stream", "dies_in_a_stream", "dies_between")


@pytest.fixture(scope="module")
def processes():
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(contextlib.closing(Process())) for name in NAMES}


@pytest.fixture(scope="module")
def gateway(start_gateway, shared_providers, processes):
    """A tier for each process, which has its first deployment; a simulator here has the second."""
    config = KEYS + gateways.provider("second", shared_providers[1].base_url)
    config += "".join(gateways.provider(name, process.base_url, TIMES) for name, process in processes.items())
    tiers = "".join(f'{name} = ["{name}/small", "second/small"]\n' for name in processes)
    with start_gateway(f"{config}[tiers]\n{tiers}", "asgi") as gateway:
        yield gateway


def attempts(answer):
    assert answer.status_code == 200
    return answer.headers["x-tiercel-attempts"]


def interrupted(gateway, model, act):
    """The rest of a stream after its first event, when the process has been acted upon."""
    body = {"model": model, "messages": [{"role": "user", "content": "Explain the refund policy"}], "stream": True}
    with gateway.stream("/v1/chat/completions", body) as answer:
        data = answer.iter_text()
        next(data)
        act()
        return "".join(data)


@pytest.mark.parametrize(("name", "stream"), [("stops", False), ("stops_for_a_stream", True)], ids=["unary", "stream"])
def test_a_process_that_stops_is_followed_by_the_next_and_asked_again_when_it_goes_on(gateway, processes, name, stream):
    process, ended = processes[name], "answering" if stream else "answered"

    def ask():
        return attempts(gateway.chat(model=name, stream=stream))

    assert ask() == f"{name}/small: {ended}"
    process.send(signal.SIGSTOP)
    assert ask() == f"{name}/small: timeout_{'head' if stream else 'answer'}, second/small: {ended}"
    process.send(signal.SIGCONT)
    assert ask() == f"{name}/small: {ended}"


def test_a_process_that_stops_in_a_stream_ends_it_with_an_error(gateway, processes):
    name = "stops_in_a_stream"
    rest = interrupted(gateway, name, lambda: processes[name].send(signal.SIGSTOP))

    assert '"code":"upstream_stream_interrupted"' in rest
    assert "[DONE]" not in rest


def test_a_process_that_dies_in_a_stream_ends_it_with_an_error_and_the_next_takes_over(gateway, processes):
    name = "dies_in_a_stream"
    rest = interrupted(gateway, name, processes[name].close)

    assert '"code":"stream_truncated"' in rest
    assert "[DONE]" not in rest
    assert attempts(gateway.chat(model=name)) == f"{name}/small: connect, second/small: answered"


def test_a_process_that_dies_between_two_calls_is_followed_by_the_next(gateway, processes):
    name = "dies_between"
    assert attempts(gateway.chat(model=name)) == f"{name}/small: answered"
    processes[name].close()

    assert attempts(gateway.chat(model=name)) == f"{name}/small: connect, second/small: answered"


@pytest.fixture(scope="module")
def script(start_script):
    return start_script()


@pytest.fixture(scope="module")
def scripted_gateway(start_gateway, shared_providers, script):
    config = KEYS + gateways.provider("script", script.base_url, TIMES)
    config += gateways.provider("second", shared_providers[1].base_url)
    with start_gateway(config + '[tiers]\npair = ["script/model", "second/small"]\n', "asgi") as gateway:
        yield gateway


async def byte_by_byte(writer, data):
    for index in range(len(data)):
        writer.write(data[index : index + 1])
        await writer.drain()
        # To the event loop's next turn, so that each is a segment of its own.
        await asyncio.sleep(0)


async def half_close(writer, data):
    writer.write(data)
    writer.write_eof()
    await asyncio.Event().wait()


async def half_close_halfway(writer, data):
    await half_close(writer, data[: len(data) // 4])


@pytest.mark.parametrize("stream", [False, True], ids=["unary", "stream"])
@pytest.mark.parametrize(
    ("behave", "expected"),
    [
        (byte_by_byte, "script/model: answer"),
        (half_close, "script/model: answer"),
        (half_close_halfway, "script/model: truncated, second/small: answer"),
    ],
    ids=["a byte at a time", "closed for writing", "closed for writing halfway"],
)
def test_how_a_connection_behaves(scripted_gateway, script, behave, expected, stream):
    async def answer(_, writer):
        await behave(writer, WHOLE if stream else HELLO)

    script.reset(answer)
    # The second connection is made since the first one is of no more use, or is the first one still.
    for _ in range(2):
        answered = scripted_gateway.chat(stream=stream)

        assert attempts(answered).startswith(expected)
        assert '"error"' not in answered.text
        assert not stream or answered.text.endswith("data: [DONE]\n\n")
    scripted_gateway.forget()


def test_connections_of_which_the_provider_closed_its_half_meanwhile_are_replaced(scripted_gateway, script, eventually):
    async def answer(_, writer):
        writer.write(HELLO)
        await writer.drain()
        await asyncio.sleep(0)
        writer.write_eof()

    script.reset(answer)
    for _ in range(5):
        assert attempts(scripted_gateway.chat()) == "script/model: answered"
    assert script.n_connections == 5
    eventually(lambda: script.n_open == 0)
