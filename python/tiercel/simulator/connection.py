"""One client's connection: HTTP/1.1 in, bytes out, and the ways in which a connection can break.

An `asyncio.Protocol` rather than a web framework, because faults need the socket: a reset, a body cut short, silence.
`httptools` parses: it is Node's parser, strict and in C. Requests on one connection are answered in turn.
"""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import cast

import httptools

MAX_BODY = 20_000_000
MAX_HEAD = 65_536
MAX_WAITING = 16
MAX_CONNECTIONS = 10_000
_FLUSH_SECONDS = 0.02
_LINGER_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Request:
    """A request that arrived whole; header names are in lower case, path and query as they were sent."""

    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes
    keep_alive: bool

    def header(self, name: str) -> str:
        """The first value of a header, or nothing."""
        return next((value for known, value in self.headers if known == name), "")


class Connection(asyncio.Protocol):
    """One connection; `answer` is called for one request at a time and cancelled when the client leaves."""

    def __init__(
        self,
        answer: "Callable[[Request, Connection], Awaitable[None]]",
        refuse: Callable[[int, str], bytes],
        peers: "set[Connection]",
    ) -> None:
        self._answer = answer
        self._refuse_with = refuse
        self._peers = peers
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[Request] = deque()
        self._task: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._refused = False
        self._ended = False
        self._begin()

    # What an answer may do.

    def send(self, data: bytes) -> None:
        """Writes bytes."""
        self._transport.write(data)

    async def drained(self) -> None:
        """Waits until everything written has left this process: a slow reader is waited for."""
        await self._writable.wait()

    async def flushed(self) -> None:
        """Waits until what was written has left this process, and a little longer so that it is read as well."""
        await self.drained()
        await asyncio.sleep(_FLUSH_SECONDS)

    def close(self) -> None:
        """Ends the connection after what was written."""
        self._transport.close()

    def abort(self) -> None:
        """Ends the connection now, whatever was written."""
        self._transport.abort()

    def reset(self) -> None:
        """Ends the connection with an RST, so that the client sees an error and not an end."""
        wire = self._transport.get_extra_info("socket")
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admits the connection, unless there are too many."""
        self._transport = cast("asyncio.Transport", transport)
        if len(self._peers) >= MAX_CONNECTIONS:
            self._transport.abort()
        else:
            self._peers.add(self)
            # Writing pauses as soon as anything stays behind, so `drained` means what it says. (With 0 for `high`,
            # the TLS of asyncio pauses with nothing left to write, and never resumes.)
            self._transport.set_write_buffer_limits(high=1, low=0)

    def data_received(self, data: bytes) -> None:
        """Parses; what follows a refusal is thrown away."""
        if self._refused:
            return
        self._ended = False
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._refuse(400, "This is not HTTP/1.1.")
        # A read in which a request ended is not counted: most of it may be that request's body.
        if self._in_head and not self._ended:
            self._n_head += len(data)
            if self._n_head > MAX_HEAD:
                self._refuse(431, "The request's head is too large.")

    def pause_writing(self) -> None:
        """The client reads slowly."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why it was lost changes nothing
        """Cancels the answer in progress."""
        self._peers.discard(self)
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()

    # What the parser calls.

    def on_message_begin(self) -> None:
        """A request begins."""
        self._begin()

    def on_url(self, url: bytes) -> None:
        """A piece of the target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self._headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """Refuses what would be too large before it is sent."""
        self._in_head = False
        headers = dict(self._headers)
        if self._parser.get_http_version() != "1.1":
            self._refuse(505, "Only HTTP/1.1 is spoken here.")
        elif int(headers.get("content-length", 0)) > MAX_BODY:
            self._refuse(413, f"The request's body has more than {MAX_BODY} bytes.")
        elif headers.get("expect", "").lower() == "100-continue" and self._task is None:
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """A piece of the body; the bound is for all requests that wait on the connection."""
        self._body += body
        if len(self._body) + sum(len(request.body) for request in self._waiting) > MAX_BODY:
            self._refuse(413, f"The request's body has more than {MAX_BODY} bytes.")

    def on_message_complete(self) -> None:
        """A request is whole."""
        self._ended = True
        if self._refused:
            return
        if len(self._waiting) == MAX_WAITING:
            self._refuse(429, "Too many requests are pipelined.")
            return
        method, (path, _, query) = (
            self._parser.get_method().decode("latin-1"),
            self._url.decode("latin-1").partition("?"),
        )
        keep_alive = self._parser.should_keep_alive()
        self._waiting.append(Request(method, path, query, self._headers, bytes(self._body), keep_alive))
        self._begin()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._answer_waiting())

    def _begin(self) -> None:
        self._in_head = True
        self._n_head = 0
        self._url = b""
        self._headers: list[tuple[str, str]] = []
        self._body = bytearray()

    async def _answer_waiting(self) -> None:
        while self._waiting:
            request = self._waiting.popleft()
            try:
                await self._answer(request, self)
            except BaseException:
                self._transport.abort()
                raise
            if not request.keep_alive:
                self._transport.close()
            if self._transport.is_closing():
                break
        self._task = None

    def _refuse(self, status: int, message: str) -> None:
        """Answers at once, then closes late, so that the answer is not lost to a reset while the client still sends."""
        if self._refused:
            return
        self._refused = True
        self._body = bytearray()
        if self._task is not None:
            # In the middle of another answer there is no place for a refusal.
            self._transport.abort()
            return
        self.send(self._refuse_with(status, message))
        asyncio.get_running_loop().call_later(_LINGER_SECONDS, self._transport.close)
