"""The connections to the providers, one set an origin, the most recently used first."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from tiercel.upstream import Upstream

if TYPE_CHECKING:
    from tiercel._core import Attempt, Core
    from tiercel.patience import Patience
    from tiercel.queue import Queue

# Attempts that may wait for a connection of one origin, and how long one waits (the queue of spec "Overload").
MAX_WAITING = 1_000
WAIT_SECONDS = 0.5
# A finished answer whose last bytes are still to come keeps its connection for so long.
SETTLE_SECONDS = 1.0


class Busy(ConnectionError):
    """Every connection that may be opened stayed in use: nothing is known against the origin."""


class Origin:
    """The connections to one scheme, host and port."""

    def __init__(self, core: Core, index: int, loop: asyncio.AbstractEventLoop, patience: Patience) -> None:
        self._core = core
        self._index = index
        self._loop = loop
        self._patience = patience
        self.host, self.port, self._max_connections, self._idle_timeout = core.origins[index]
        self.connections: set[Upstream] = set()
        self._idle: list[Upstream] = []
        self._settling: dict[Upstream, asyncio.TimerHandle] = {}
        self._n_connecting = 0
        self._is_retired = False
        self.waiting: deque[asyncio.Future[None]] = deque()

    def idle(self) -> Upstream | None:
        """A connection that has served and may serve again, the one used last."""
        while self._idle:
            upstream = self._idle.pop()
            # A provider may have closed it, or said what nobody asked, since it came back.
            if upstream.is_reusable:
                return upstream
            upstream.close()
        return None

    async def connect(self, *, fresh: bool, seconds: float) -> Upstream:
        """A connection that is ready for a request: a new one, or unless `fresh` one that comes free meanwhile.

        Raises:
            TimeoutError: Connecting took longer than `seconds`.
            Busy: All its connections stayed in use.
            OSError: It cannot be reached.
        """
        while len(self.connections) + self._n_connecting >= self._max_connections:
            if fresh and self._idle:
                self._idle.pop(0).close()
            await self._wait()
            if not fresh and (upstream := self.idle()) is not None:
                return upstream
        return await self._connect(seconds)

    def give_back(self, upstream: Upstream) -> None:
        """Take back a connection whose attempt is over."""
        upstream.end()
        if upstream.is_reusable:
            self._keep(upstream)
        elif upstream.is_settling:
            self._settling[upstream] = self._loop.call_later(SETTLE_SECONDS, upstream.close)
        else:
            upstream.close()

    def settled(self, upstream: Upstream) -> None:
        """Something came on a connection that nobody uses: the end of the last answer, or a reason to close."""
        if upstream.is_settling:
            return
        timer = self._settling.pop(upstream, None)
        if timer is not None:
            timer.cancel()
            if upstream.is_reusable:
                self._keep(upstream)
                return
        upstream.close()

    def lost(self, upstream: Upstream) -> None:
        """Forget a connection whose socket is closed."""
        self.connections.discard(upstream)
        if upstream in self._idle:
            self._idle.remove(upstream)
        if (timer := self._settling.pop(upstream, None)) is not None:
            timer.cancel()
        self._admit()

    def close_idle(self) -> None:
        """Close what has not been used for longer than the origin's idle time-out."""
        oldest = self._loop.time() - self._idle_timeout
        while self._idle and self._idle[0].idle_since < oldest:
            self._idle.pop(0).close()

    def retire(self) -> None:
        """Keep no connection beyond its attempt from now on."""
        self._is_retired = True
        while self._idle:
            self._idle.pop().close()

    def _keep(self, upstream: Upstream) -> None:
        if self._is_retired:
            upstream.close()
            return
        upstream.idle_since = self._loop.time()
        self._idle.append(upstream)
        self._admit()

    def _admit(self) -> None:
        while self.waiting:
            waiter = self.waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    async def _wait(self) -> None:
        if len(self.waiting) >= MAX_WAITING:
            raise Busy("too many attempts wait for a connection to this origin")
        waiter: asyncio.Future[None] = self._loop.create_future()
        self.waiting.append(waiter)
        timer = self._loop.call_later(WAIT_SECONDS, waiter.cancel)
        try:
            await waiter
        except asyncio.CancelledError:
            raise Busy("every connection to this origin stayed in use") from None
        finally:
            timer.cancel()

    async def _connect(self, seconds: float) -> Upstream:
        connection = self._core.connect(self._index)
        self._n_connecting += 1
        # A task of asyncio's own, since Granian's cannot be cancelled.
        connecting = self._loop.create_task(
            self._loop.create_connection(
                lambda: Upstream(self, connection, self._loop, self._patience), self.host, self.port
            )
        )
        timer = self._loop.call_later(seconds, connecting.cancel)
        try:
            _, upstream = await connecting
        except asyncio.CancelledError:
            raise TimeoutError("the origin did not take the connection in time") from None
        finally:
            timer.cancel()
            self._n_connecting -= 1
            if connecting.cancelled() or connecting.exception() is not None:
                self._admit()
        self.connections.add(upstream)
        return upstream


class Pool:
    """The origins of a core."""

    def __init__(self, core: Core, loop: asyncio.AbstractEventLoop, patience: Patience, queue: Queue) -> None:
        self.queue = queue
        self._origins = [Origin(core, index, loop, patience) for index in range(len(core.origins))]

    def idle(self, attempt: Attempt) -> Upstream | None:
        """A connection for `attempt` that has served before; see `Origin.idle`."""
        return None if attempt.is_fresh else self._origins[attempt.origin].idle()

    async def connect(self, attempt: Attempt) -> Upstream:
        """A connection for `attempt`; see `Origin.connect`."""
        return await self._origins[attempt.origin].connect(fresh=attempt.is_fresh, seconds=attempt.connect_timeout)

    def give_back(self, upstream: Upstream) -> None:
        """Take back a connection whose attempt is over."""
        upstream.origin.give_back(upstream)
        self.queue.release()

    def close_idle(self) -> None:
        """Close connections that have been idle for too long."""
        for origin in self._origins:
            origin.close_idle()

    def retire(self) -> None:
        """Serve only the calls that have begun: another pool takes this one's place.

        What is idle is closed and not handed over: the new configuration may trust other certificates, or resolve the
        name anew, and a handshake an origin is all that it costs.
        """
        for origin in self._origins:
            origin.retire()

    def interrupt(self) -> None:
        """End every attempt under way."""
        for upstream in self._connections():
            upstream.interrupt()

    def close(self) -> None:
        """Close every connection."""
        for upstream in self._connections():
            upstream.close()

    def n_open(self) -> int:
        """How many connections are open."""
        return sum(len(origin.connections) for origin in self._origins)

    def n_waiting(self) -> int:
        """How many attempts wait for a connection."""
        return sum(len(origin.waiting) for origin in self._origins)

    def _connections(self) -> list[Upstream]:
        return [upstream for origin in self._origins for upstream in tuple(origin.connections)]
