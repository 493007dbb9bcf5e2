"""Who plays the providers: simulators, and servers that a test scripts byte by byte, all on one thread."""

import asyncio
import contextlib
import threading
from dataclasses import dataclass
from typing import Any

from tiercel.simulator import Settings, Simulator

SECONDS = 30.0


class Background:
    """An event loop on a thread of its own."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine):
        """The coroutine's result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(SECONDS)

    def call(self, function, *arguments):
        """The function's result, called on the loop."""

        async def call():
            return function(*arguments)

        return self.run(call())

    def close(self):
        """Cancel what still runs, and end."""

        async def cancel_all():
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        self.run(cancel_all())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class Provider:
    """A simulator, without delays unless `settings` say otherwise."""

    def __init__(self, background, **settings):
        self._background = background
        self._simulator = Simulator(Settings(**{"speed": 0, **settings}))
        background.run(self._simulator.start())
        self.port = self._simulator.port
        self.base_url = self._simulator.base_url

    @property
    def journal(self):
        """What was received, oldest first; see `tiercel.simulator.Entry`."""
        return self._background.call(lambda: list(self._simulator.journal.entries))

    def attach(self, fault, model=None):
        """Let every answer of `model`, or of all models, have `fault`; see `tiercel/simulator/faults.py`."""
        self._background.call(self._simulator.faults.attach, model, fault)

    def reset(self):
        """Forget faults and journal."""
        self._background.call(self._simulator.faults.clear)
        self._background.call(self._simulator.journal.clear)

    def close(self):
        self._background.run(self._simulator.close())


@dataclass
class Received:
    """A request as a script got it; `connection` counts from 1."""

    connection: int
    head: bytes
    body: bytes

    def header(self, name):
        """The header's value, or None."""
        lines = (line.partition(b": ") for line in self.head.split(b"\r\n")[1:])
        return next((value.decode() for known, _, value in lines if known.lower() == name.encode()), None)


class Script:
    """A server whose every answer is what `answer(request, writer)` writes, a coroutine function that a test sets."""

    def __init__(self, background, **options):
        self._background = background
        # Held here, since an event loop does not hold tasks that wait for each other.
        self._tasks = set()
        self.answer: Any = None
        self.requests: list[Received] = []
        self.n_connections = 0
        self._server = background.run(asyncio.start_server(self._serve, "127.0.0.1", 0, **options))
        self.port = self._server.sockets[0].getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}/v1"

    @property
    def n_open(self):
        """How many connections are open."""
        return len(self._tasks)

    def call_soon(self, function):
        """Have `function` called where the answers are made."""
        self._background.loop.call_soon_threadsafe(function)

    def reset(self, answer):
        """Forget what was received, hang up, and answer with `answer` from now on."""
        self._background.run(self._hang_up())
        self.requests.clear()
        self.n_connections = 0
        self.answer = answer

    def close(self):
        self._background.run(self._hang_up())
        self._background.call(self._server.close)

    async def _hang_up(self):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks)

    async def _serve(self, reader, writer):
        self.n_connections += 1
        number = self.n_connections
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while True:
                    head = await reader.readuntil(b"\r\n\r\n")
                    request = Received(number, head, b"")
                    request.body = await reader.readexactly(int(request.header("content-length") or 0))
                    self.requests.append(request)
                    await self.answer(request, writer)
        finally:
            self._tasks.discard(task)
            writer.transport.abort()


def unary(body, status=b"200 OK", headers=b""):
    """A whole answer with a JSON body."""
    return b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n%b\r\n%b" % (
        status,
        len(body),
        headers,
        body,
    )


# What a model says that has little to say.
HELLO = unary(
    b'{"id":"a","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},'
    b'"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}'
)
STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
STREAM_END = b"0\r\n\r\n"


def piece(data):
    """A part of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)
