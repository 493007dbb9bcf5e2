"""Makes many requests at a steady rate over plain sockets: an HTTP client of the usual kind would be the bottleneck."""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field

import uvloop

TICK_SECONDS = 0.01


class Connection(asyncio.Protocol):
    """One connection; one request at a time."""

    def __init__(self):
        self._received = bytearray()
        self._answer = None
        self.has_begun = asyncio.Event()
        self.n_answers = 0
        self.transport: asyncio.Transport

    async def ask(self, request):
        """The bytes of the answer; those that came before the connection ended, when it is not whole."""
        self._received.clear()
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        await self._answer
        self.n_answers += 1
        return bytes(self._received)

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self._received += data
        self.has_begun.set()
        if is_whole(self._received):
            self._end()

    def connection_lost(self, _):
        self._end()

    def _end(self):
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(None)


def is_whole(answer):
    head, separator, body = bytes(answer).partition(b"\r\n\r\n")
    if not separator:
        return False
    head = head.lower()  # proxies write the names as they like
    if b"\r\ntransfer-encoding: chunked" in head:
        return body.endswith(b"\r\n0\r\n\r\n")
    length = head.partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0]
    return len(body) >= int(length)


@dataclass
class Load:
    """Requests to one gateway, and what became of them."""

    port: int
    key: str
    outcomes: Counter[str] = field(default_factory=Counter)
    _idle: list[Connection] = field(default_factory=list)

    def request(self, **fields):
        """A chat completion as bytes."""
        body = json.dumps({"messages": [{"role": "user", "content": "Explain the refund policy"}], **fields})
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: load\r\nauthorization: Bearer {self.key}\r\n"
        return f"{head}content-length: {len(body)}\r\n\r\n{body}".encode()

    async def run(self, n_requests, rate, request):
        """Start `rate` requests a second, whatever becomes of those before; return when all have ended."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        tasks: list[asyncio.Task[None]] = []
        while len(tasks) < n_requests:
            due = min(n_requests, int((loop.time() - began) * rate) + 1)
            tasks += [asyncio.create_task(self._make(request)) for _ in range(due - len(tasks))]
            await asyncio.sleep(TICK_SECONDS)
        await asyncio.gather(*tasks)

    def close(self):
        """Close the connections that wait to be used again."""
        for connection in self._idle:
            connection.transport.close()
        self._idle.clear()

    async def connect(self):
        """A new connection."""
        _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", self.port)
        return connection

    def _take_idle(self):
        while self._idle:
            connection = self._idle.pop()
            if not connection.transport.is_closing():
                return connection
        return None

    async def _make(self, request):
        while True:
            try:
                connection = self._take_idle() or await self.connect()
            except ConnectionRefusedError:
                self.outcomes["refused"] += 1
                return
            answer = await connection.ask(request)
            if answer or connection.n_answers == 1:
                break
            # The server closed, as the request came, a connection that was not in use. Every client asks again.
            self.outcomes["asked again"] += 1
        self.outcomes[outcome(answer)] += 1
        self._idle.append(connection)


async def stream(load, has_begun):
    """The bytes of one stream of some seconds, from the tier `slow`; says when it has begun."""
    connection = await load.connect()
    asking = asyncio.create_task(connection.ask(load.request(model="slow", stream=True)))
    await connection.has_begun.wait()
    has_begun.release()
    answer = await asking
    connection.transport.close()
    return answer


def run(main):
    """The result of a coroutine, on the event loop that gateways have."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def outcome(answer):
    """What became of a request."""
    if not is_whole(answer):
        return "lost"
    if answer.startswith(b"HTTP/1.1 200 "):
        return "answered"
    return "draining" if b'"code":"draining"' in answer else "failed"
