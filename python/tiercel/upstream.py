"""One connection to a provider: moves bytes between a socket and the core, and what the core gives on to the client."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from tiercel._core import Call, Connection, Step
    from tiercel.ingress.exchange import Cancellable, Exchange
    from tiercel.patience import Patience
    from tiercel.pool import Origin


class Upstream(asyncio.Protocol):
    """A connection of an origin's pool."""

    def __init__(
        self, origin: Origin, connection: Connection, loop: asyncio.AbstractEventLoop, patience: Patience
    ) -> None:
        self.origin = origin
        self.idle_since = 0.0
        self._connection = connection
        self._loop = loop
        self._patience = patience
        self._transport: asyncio.Transport | None = None
        self._exchange: Exchange | None = None
        self._timer: Cancellable | None = None
        self._is_over = False
        # One that was asked for the same beside this one.
        self.rival: Upstream | None = None
        self.is_hung_up = False
        # What the server has not yet taken. Meanwhile nothing is read: a stream holds one read at most, which uvloop
        # bounds to 256 KiB.
        self._untaken: deque[Awaitable[None]] = deque()
        self._waiter: asyncio.Future[None] | None = None

    # What the request's task calls.

    def begin(self, call: Call, exchange: Exchange) -> None:
        """Send the call's current attempt; what comes back goes to `exchange`."""
        self._exchange = exchange
        self._is_over = False
        self.is_hung_up = False
        self._take_step(self._connection.begin(call))
        self._timer = self._patience.after(self._keep_time)

    async def finished(self) -> None:
        """Return when the attempt is over, and the server has taken all that there is for the client."""
        while not self._is_over or self._untaken:
            if not self._untaken:
                self._waiter = self._loop.create_future()
                await self._waiter
            while self._untaken:
                # A client that has gone is told of elsewhere; what is sent until then goes nowhere.
                with contextlib.suppress(RuntimeError):
                    await self._untaken.popleft()
                if not self._untaken and self._transport is not None:
                    self._transport.resume_reading()

    def end(self) -> None:
        """Let go of the call."""
        self._exchange = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._connection.end()

    def hang_up(self) -> None:
        """Close at once and end the attempt: nobody waits for the answer."""
        self._connection.end()
        self.is_hung_up = True
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
        if self._exchange is None:
            self.origin.settled(self)

    def eof_received(self) -> bool:
        self.data_received(b"")
        return False

    def connection_lost(self, _: Exception | None) -> None:
        self._take_step(self._connection.lost())
        self._transport = None
        self.origin.lost(self)

    def _keep_time(self) -> None:
        self._timer = self._loop.call_later(self._connection.patience(), self._expire)

    def _expire(self) -> None:
        self._take_step(self._connection.expire())
        if not self._is_over:
            self._keep_time()

    def _take_step(self, step: Step | None) -> None:
        if step is None:
            return
        if step.to_socket is not None and self._transport is not None:
            self._transport.write(step.to_socket)
        if self._exchange is None:
            return
        if step.is_decided and self.rival is not None:
            self.rival.hang_up()
        if step.head is not None:
            self._pass_on(self._exchange.start(step.head))
        if step.body is not None:
            self._pass_on(self._exchange.send(step.body))
        if step.is_broken:
            self._exchange.break_off()
        if step.is_over:
            self._is_over = True
            self._wake()

    def _pass_on(self, sending: Awaitable[None] | None) -> None:
        if sending is not None:
            self._untaken.append(sending)
            if self._transport is not None:
                self._transport.pause_reading()
            self._wake()

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None:
            self._waiter = None
            if not waiter.done():
                waiter.set_result(None)
