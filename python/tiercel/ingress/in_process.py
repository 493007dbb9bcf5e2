"""A request of this very process: no server, no socket, no port."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from tiercel.errors import BodyTooLarge, StreamInterrupted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tiercel._core import Reply
    from tiercel.ingress.exchange import Cancellable, Deadline

# Bytes that nobody has read, from which on the upstream is paused: as asyncio's own transports take by default.
MAX_UNREAD = 65_536


class InProcessExchange:
    """One request and its answer, see `Exchange`; and what the one who asked reads of it.

    Everything happens on one event loop, but in two tasks: that of whoever asked may be cancelled at any time, that of
    the path never is.
    """

    __slots__ = (
        "_body",
        "_failure",
        "_head",
        "_is_over",
        "_leave",
        "_n_unread",
        "_parts",
        "_reader",
        "_sender",
        "has_left",
        "headers",
        "method",
        "path",
        "query",
    )

    def __init__(self, method: str, target: bytes, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        """Ask for `target`, a path with its query; names of `headers` are in lower case."""
        self.method = method
        path, _, self.query = target.partition(b"?")
        self.path = path.decode("latin-1")
        self.headers = headers
        self.has_left = False
        self._body = body
        self._head: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._parts: deque[bytes] = deque()
        self._n_unread = 0
        self._is_over = False
        self._failure: BaseException | None = None
        # Who waits for a part, and who for room.
        self._reader: asyncio.Future[None] | None = None
        self._sender: asyncio.Future[None] | None = None
        self._leave: Callable[[], None] | None = None

    # What the one who asked calls.

    async def head(self) -> Reply:
        """The head of the answer, once it is there; of its body count only the parts.

        Raises:
            RequestError: It has failed in a way that is no answer.
        """
        return await self._head

    async def part(self) -> bytes | None:
        """What has come of the body since the last time, once there is some; None at its end.

        Raises:
            StreamInterrupted: It broke off where the answer could not say so.
        """
        while not self._parts:
            if self._failure is not None:
                raise self._failure
            if self._is_over:
                return None
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        part = b"".join(self._parts)
        self._parts.clear()
        self._n_unread = 0
        self._wake(self._sender)
        return part

    async def rest(self) -> bytes:
        """All that is left of the body."""
        parts = []
        while (part := await self.part()) is not None:
            parts.append(part)
        return b"".join(parts)

    def leave(self) -> None:
        """Want no more of it: unless it is over, the provider is hung up on."""
        self.has_left = True
        self._parts.clear()
        self._wake(self._sender)
        if self._leave is not None and not self._is_over:
            self._leave()

    def fail(self, failure: BaseException) -> None:
        """Have whoever asked hear of `failure` in place of what is still to come; the first one counts."""
        self._failure = self._failure or failure
        if not self._head.done():
            self._head.set_exception(failure)
            # Heard or not: whoever asked may have left.
            self._head.exception()
        self._wake(self._reader)

    # What the path calls.

    async def read_body(self, limit: int, _: Deadline) -> bytes:
        if len(self._body) > limit:
            raise BodyTooLarge(f"the request's body is larger than {limit} bytes")
        return self._body

    async def reply(self, reply: Reply) -> None:
        # Where a stream has begun, this is its last event.
        self.start(reply)
        self._take(reply.body)
        await self.finish()

    def start(self, head: Reply) -> Awaitable[None] | None:
        if not self._head.done():
            self._head.set_result(head)
        return None

    def send(self, body: bytes) -> asyncio.Future[None] | None:
        self._take(body)
        if self._n_unread < MAX_UNREAD or self.has_left:
            return None
        if self._sender is None or self._sender.done():
            self._sender = asyncio.get_running_loop().create_future()
        return self._sender

    async def finish(self) -> None:
        self._is_over = True
        self._wake(self._reader)

    def break_off(self) -> None:
        self.fail(StreamInterrupted("the answer broke off before its end"))

    def on_disconnect(self, callback: Callable[[], None]) -> Cancellable:
        self._leave = callback
        # Watching begins late; who has left by then is not heard leaving.
        return asyncio.get_running_loop().call_soon(callback) if self.has_left else _Watch(self)

    def unwatch(self) -> None:
        """Nobody need be told that whoever asked has left."""
        self._leave = None

    def _take(self, body: bytes) -> None:
        if body and not self.has_left:
            self._parts.append(body)
            self._n_unread += len(body)
            self._wake(self._reader)

    @staticmethod
    def _wake(waiter: asyncio.Future[None] | None) -> None:
        if waiter is not None and not waiter.done():
            waiter.set_result(None)


class _Watch:
    """What `on_disconnect` gives back."""

    __slots__ = ("_exchange",)

    def __init__(self, exchange: InProcessExchange) -> None:
        self._exchange = exchange

    def cancel(self) -> None:
        """Do not call back."""
        self._exchange.unwatch()
