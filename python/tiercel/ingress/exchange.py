"""What the path needs of a server interface: the same for ASGI and RSGI."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from tiercel.errors import BodyTimeout

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from tiercel._core import Reply
    from tiercel.patience import Patience


class Cancellable(Protocol):
    """Something that is awaited or watched, and need not be any more."""

    def cancel(self) -> object:
        """Let it be."""


F = TypeVar("F", bound="Cancellable")


class Exchange(Protocol):
    """One request and its answer.

    What sends gives back what is to be awaited before more is sent, or None where the server took it at once.
    """

    method: str
    path: str
    query: bytes

    @property
    def headers(self) -> Sequence[tuple[bytes, bytes]] | Sequence[tuple[str, str]]:
        """Names in lower case, and values."""

    async def read_body(self, limit: int, deadline: Deadline) -> bytes:
        """Read the whole body, of at most `limit` bytes.

        Raises:
            BodyTooLarge: It has more; nothing beyond the limit was kept.
            BodyTimeout: It did not arrive in time.
            BodyIncomplete: The client went away, or broke the framing, before the end of the body.
            LengthRequired: The interface needs a length, and none was given.
        """

    async def reply(self, reply: Reply) -> None:
        """Send a whole answer; where a stream has begun, the last event of that."""

    def start(self, head: Reply) -> Awaitable[None] | None:
        """Send the head of a stream."""

    def send(self, body: bytes) -> Awaitable[None] | None:
        """Send a part of a stream."""

    async def finish(self) -> None:
        """End a stream."""

    def break_off(self) -> None:
        """Have the stream end so that the client sees that it was not whole, as far as the server can."""

    def on_disconnect(self, callback: Callable[[], None]) -> Cancellable:
        """Call `callback` once the client has gone away; cancel the result when that no longer matters."""


def untaken(sending: Awaitable[None]) -> Awaitable[None] | None:
    """What is left to be awaited of `sending`.

    Granian sends when it is called, and what it gives back is there to be awaited by those who do not know that. A turn
    of the event loop for it would cost 5 us an event of a stream.
    """
    return None if type(sending).__name__ == "PyEmptyAwaitable" else sending


class Deadline:
    """Cancels a future of the server's when time is up, which then reads as `BodyTimeout`.

    `asyncio.timeout` cannot be used: Granian's tasks are its own, and cancelling them has no effect.
    """

    __slots__ = ("_expired", "_future", "_patience", "_seconds", "_timer")

    def __init__(self, seconds: float, patience: Patience) -> None:
        self._seconds = seconds
        self._patience = patience
        self._expired = False
        self._future: Cancellable | None = None

    def watch(self, future: F) -> F:
        """Cancel `future` when time is up; it replaces the one watched before."""
        self._future = future
        return future

    def __enter__(self) -> Self:
        self._timer: Cancellable = self._patience.after(self._begin)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        self._timer.cancel()
        if self._expired and kind is asyncio.CancelledError:
            raise BodyTimeout("the request's body did not arrive in time") from error

    def _begin(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._expire)

    def _expire(self) -> None:
        self._expired = True
        if self._future is not None:
            self._future.cancel()
