"""One connection of a client, and what became of each request: asked over a plain socket, since 200 requests a second
through an HTTP client of the usual kind would take the core that the providers need."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from enum import Enum
from typing import cast

import httptools

PATIENCE_SECONDS = 60.0
"""A client that waits longer has given up. It is longer than any three time-outs of the gateway together."""


class Outcome(Enum):
    """What became of a request."""

    ANSWERED = "answered"
    """Whole: a body of the length that was announced, or a stream to its `[DONE]`."""
    FAILED = "failed"
    """It ended before it said anything: an error, or nothing."""
    INTERRUPTED = "interrupted"
    """A stream that had begun ended with an error event: the client knows."""
    BROKEN_OFF = "broken off"
    """A stream that had begun ended without a word."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One request and its end; times are seconds since the drill began.

    Attributes:
        question: Its number; a question takes a provider the same time whenever it is asked.
        is_stream: Whether a stream was asked for.
        due: When it should have been asked.
        asked: When it was asked.
        answered: When the answer was there, or began where it is a stream; None where it never was.
        ended: When it was over.
        status: Of the response; 0 where there was none.
        attempts: The providers that were tried, in order.
    """

    question: int
    is_stream: bool
    due: float
    asked: float
    answered: float | None
    ended: float
    outcome: Outcome
    status: int
    attempts: tuple[str, ...]

    @property
    def latency(self) -> float | None:
        """Seconds that the client waited, counted from when the request was due."""
        return None if self.answered is None else self.answered - self.due

    @property
    def provider(self) -> str | None:
        """Who answered, whole or in part."""
        return self.attempts[-1] if self.answered is not None and self.attempts else None


class Connection(asyncio.Protocol):
    """One connection to the gateway; one request at a time.

    Times are those of `perf_counter`: uvloop's own clock counts whole milliseconds.
    """

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._over: asyncio.Future[None] | None = None
        self.may_serve_again = True

    async def ask(self, request: bytes, *, is_stream: bool) -> None:
        """Sends a request; returns when its answer is over, however it ended."""
        loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)
        self._is_stream = is_stream
        self._body = bytearray()
        self._attempts = b""
        self._is_whole = False
        self._status = 0
        self.answered_at: float | None = None
        self._over = loop.create_future()
        timer = loop.call_later(PATIENCE_SECONDS, self.close)
        if self._transport is not None:
            self._transport.write(request)
            await self._over
        timer.cancel()
        self.may_serve_again = self._is_whole and self._parser.should_keep_alive()

    @property
    def outcome(self) -> Outcome:
        """What became of the last request."""
        if self.answered_at is None:
            return Outcome.FAILED
        if self._is_stream and b'data: {"error"' in self._body:
            return Outcome.INTERRUPTED
        is_answered = self._is_whole and (not self._is_stream or b"data: [DONE]" in self._body)
        return Outcome.ANSWERED if is_answered else Outcome.BROKEN_OFF

    @property
    def status(self) -> int:
        """The last answer's; 0 where there was none."""
        return self._status

    @property
    def attempts(self) -> tuple[str, ...]:
        """The providers that were tried, of `x-tiercel-attempts: alpha/small: connect, beta/small: answered`."""
        return tuple(each.split("/")[0].strip() for each in self._attempts.decode().split(",") if "/" in each)

    def close(self) -> None:
        """Closes it."""
        if self._transport is not None:
            self._transport.abort()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._over is not None and not self._over.done():
            self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - an end is an end
        self._transport = None
        self.may_serve_again = False
        self._end()

    # What the parser calls.

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"x-tiercel-attempts":
            self._attempts = value

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self._body += body
        # Tiercel sends no event of a stream before the first that says something.
        if self._is_stream and self.answered_at is None and self._body.startswith(b"data: {"):
            self._answer(is_error=self._body.startswith(b'data: {"error"'))

    def on_message_complete(self) -> None:
        self._is_whole = True
        if not self._is_stream:
            self._answer(is_error=False)
        self._end()

    def _answer(self, *, is_error: bool) -> None:
        if self._status == 200 and not is_error:
            self.answered_at = time.perf_counter()

    def _end(self) -> None:
        if self._over is not None and not self._over.done():
            self._over.set_result(None)
