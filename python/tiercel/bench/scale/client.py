"""Clients over plain sockets: ten thousand of an HTTP library's would be what is measured."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, cast

import httptools
import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable

KEY = "sk-bench"
# Whoever waits longer is taken for forgotten.
PATIENCE_SECONDS = 120.0


@dataclass(slots=True)
class Answer:
    """What came back.

    Attributes:
        status: 0 where no head came.
        headers: Names in lower case.
        body: Without what carries it.
        is_whole: Whether it came to its end.
        n_events: Ends of events in the body, of a stream.
        first_seconds: From the request to the body's first byte; None where none came.
        seconds: From the request to the end, or to when it was enough.
    """

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)
    is_whole: bool = False
    n_events: int = 0
    first_seconds: float | None = None
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether it is what was asked for, whole."""
        is_stream = self.headers.get("content-type", "").startswith("text/event-stream")
        return self.status == 200 and self.is_whole and (not is_stream or self.body.endswith(b"data: [DONE]\n\n"))


class Client(asyncio.Protocol):
    """One connection, and one request at a time."""

    def __init__(self) -> None:
        self._answer = Answer()
        self._enough: asyncio.Future[None] | None = None
        self._n_wanted: int | None = None
        self.is_open = False
        self.n_answers = 0

    @classmethod
    async def connect(cls, port: int) -> Client:
        """A client of the gateway at `port` of this machine; one that is not open where it is refused."""
        with suppress(OSError):
            return (await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port))[1]
        return cls()

    async def ask(self, request: bytes, n_events: int | None = None) -> Answer:
        """The answer, or so much of it as came before the connection ended; of a stream that is held, `n_events`.

        After that the rest is taken in and let go until the client leaves.
        """
        self._answer, self._n_wanted = Answer(), n_events
        self._enough = asyncio.get_running_loop().create_future()
        self._parser = httptools.HttpResponseParser(self)
        self._began = perf_counter()
        if not self.is_open:
            return self._answer
        self._transport.write(request)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._enough, PATIENCE_SECONDS)
        self._answer.seconds = perf_counter() - self._began
        return self._answer

    def leave(self) -> None:
        """Hangs up, whatever is under way."""
        if self.is_open:
            self.is_open = False
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As `asyncio.Protocol` has it."""
        self._transport, self.is_open = cast("asyncio.Transport", transport), True

    def data_received(self, data: bytes) -> None:
        """As `asyncio.Protocol` has it."""
        with suppress(httptools.HttpParserError):
            self._parser.feed_data(data)
            return
        self.leave()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - an end is an end
        """As `asyncio.Protocol` has it."""
        self.is_open = False
        self._end()

    # What the parser calls.

    def on_header(self, name: bytes, value: bytes) -> None:
        """Takes a header."""
        self._answer.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Takes the status."""
        self._answer.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        """Takes a part of the body, unless there was enough."""
        if self._enough is None or self._enough.done():
            return
        answer = self._answer
        if answer.first_seconds is None:
            answer.first_seconds = perf_counter() - self._began
        answer.body += body
        answer.n_events += body.count(b"\n\n")
        if self._n_wanted is not None and answer.n_events >= self._n_wanted:
            self._end()

    def on_message_complete(self) -> None:
        """The answer is whole."""
        if self._enough is not None and not self._enough.done():
            self._answer.is_whole = True
            self.n_answers += 1
            self._end()

    def _end(self) -> None:
        if self._enough is not None and not self._enough.done():
            self._enough.set_result(None)


def chat(model: str, content: str, *, request_id: str = "", **fields: object) -> tuple[bytes, bytes]:
    """A chat completion's head and body."""
    body = orjson.dumps({"model": model, "messages": [{"role": "user", "content": content}], **fields})
    named = f"x-request-id: {request_id}\r\n" if request_id else ""
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {KEY}\r\n"
        f"content-type: application/json\r\n{named}content-length: {len(body)}\r\n\r\n"
    )
    return head.encode(), body


LIVE = b"GET /health/live HTTP/1.1\r\nhost: bench\r\n\r\n"


def quantile(values: Iterable[float], share: float) -> float:
    """The value that such a share of all is at most; 0 where there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
