"""What the path needs of a server interface: the same for ASGI and RSGI."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from tiercel.errors import BodyTimeout

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tiercel._core import Reply


class Cancellable(Protocol):
    """Something that is awaited or watched, and need not be any more."""

    def cancel(self) -> object:
        """Let it be."""


F = TypeVar("F", bound="Cancellable")


class Exchange(Protocol):
    """One request and its answer."""

    method: str
    path: str
    query: bytes
    headers: Sequence[tuple[bytes, bytes]] | Sequence[tuple[str, str]]

    async def read_body(self, limit: int, timeout: float) -> bytes:
        """Read the whole body.

        Args:
            limit: Bytes that it may have.
            timeout: Seconds that it may take to arrive.

        Raises:
            BodyTooLarge: It has more; nothing beyond the limit was kept.
            BodyTimeout: It did not arrive in time.
            BodyIncomplete: The client went away, or broke the framing, before the end of the body.
        """

    async def reply(self, reply: Reply) -> None:
        """Send a whole answer."""

    async def start(self, head: Reply) -> None:
        """Send the head of a stream."""

    async def send(self, body: bytes) -> None:
        """Send a part of a stream; returns when the server takes the next."""

    async def finish(self) -> None:
        """End a stream."""

    def on_disconnect(self, callback: Callable[[], None]) -> Cancellable:
        """Call `callback` once the client has gone away; cancel the result when that no longer matters."""


class Deadline:
    """Cancels a future of the server's when time is up, which then reads as `BodyTimeout`.

    `asyncio.timeout` cannot be used: Granian's tasks are its own, and cancelling them has no effect.
    """

    __slots__ = ("_expired", "_future", "_timer")

    def __init__(self, seconds: float) -> None:
        self._expired = False
        self._future: Cancellable | None = None
        self._timer = asyncio.get_running_loop().call_later(seconds, self._expire)

    def watch(self, future: F) -> F:
        """Cancel `future` when time is up; it replaces the one watched before."""
        self._future = future
        return future

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        self._timer.cancel()
        if self._expired and kind is asyncio.CancelledError:
            raise BodyTimeout("the request's body did not arrive in time") from error

    def _expire(self) -> None:
        self._expired = True
        if self._future is not None:
            self._future.cancel()
