"""One connection to a provider: moves bytes between a socket and the core, and wakes whoever waits for the answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from tiercel._core import Call, Connection, Reply, Step
    from tiercel.pool import Origin

# What may wait for a client that reads slowly before its upstream is paused. One read of uvloop's, which can still
# come after that, has at most 250 KiB, so a stream holds less than 256 KiB.
HIGH_WATER = 4 * 1024


class Upstream(asyncio.Protocol):
    """A connection of an origin's pool."""

    def __init__(self, origin: Origin, connection: Connection, loop: asyncio.AbstractEventLoop) -> None:
        self.origin = origin
        self.idle_since = 0.0
        self._connection = connection
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._is_busy = False
        self._is_paused = False
        self._timer: asyncio.TimerHandle | None = None
        # What the core gave for the client and the task has not yet taken.
        self._head: Reply | None = None
        self._body: list[bytes] = []
        self._n_waiting = 0
        self._is_over = False
        self._waiter: asyncio.Future[None] | None = None

    # What the request's task calls.

    def begin(self, call: Call) -> None:
        """Send the call's current attempt."""
        self._is_busy = True
        self._is_over = False
        self._take_step(self._connection.begin(call))
        self._timer = self._loop.call_later(self._connection.patience(), self._expire)

    async def ready(self) -> None:
        """Return when there is something to take."""
        if self._head is None and not self._body and not self._is_over:
            self._waiter = self._loop.create_future()
            await self._waiter

    def take(self) -> tuple[Reply | None, bytes, bool]:
        """What has come for the client: the head of a stream, a part of its body, and whether the attempt is over."""
        taken = self._head, b"".join(self._body), self._is_over
        self._head = None
        self._body.clear()
        self._n_waiting = 0
        if self._is_paused:
            self._is_paused = False
            cast("asyncio.Transport", self._transport).resume_reading()
        return taken

    def end(self) -> None:
        """Let go of the call."""
        self._is_busy = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._connection.end()

    def hang_up(self) -> None:
        """Close at once and end the attempt: nobody waits for the answer."""
        self._connection.end()
        self.close()
        self._is_over = True
        self._wake()

    def interrupt(self) -> None:
        """End the attempt as the server shuts down."""
        self._take_step(self._connection.interrupt())

    @property
    def is_reusable(self) -> bool:
        """Whether the next attempt may use this connection."""
        return not self.is_closed and self._connection.is_reusable()

    @property
    def is_settling(self) -> bool:
        """Whether only the end of a finished answer is missing until the connection is reusable."""
        return not self.is_closed and self._connection.is_settling()

    @property
    def is_closed(self) -> bool:
        """Whether the socket is gone."""
        return self._transport is None or self._transport.is_closing()

    def close(self) -> None:
        """Close the socket."""
        if self._transport is not None:
            self._transport.abort()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        step = self._connection.feed(data)
        if step is not None:
            self._take_step(step)
        if not self._is_busy:
            self.origin.settled(self)

    def eof_received(self) -> bool:
        self.data_received(b"")
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._take_step(self._connection.lost())
        self._transport = None
        self.origin.lost(self)

    def _expire(self) -> None:
        self._take_step(self._connection.expire())
        if not self._is_over:
            self._timer = self._loop.call_later(self._connection.patience(), self._expire)

    def _take_step(self, step: Step | None) -> None:
        if step is None:
            return
        if step.to_socket is not None and self._transport is not None:
            self._transport.write(step.to_socket)
        if not self._is_busy:
            return
        if step.head is not None:
            self._head = step.head
        if step.body is not None:
            self._body.append(step.body)
            self._n_waiting += len(step.body)
            if self._n_waiting > HIGH_WATER and not self._is_paused and self._transport is not None:
                self._is_paused = True
                self._transport.pause_reading()
        if step.is_over:
            self._is_over = True
        self._wake()

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None:
            self._waiter = None
            if not waiter.done():
                waiter.set_result(None)
