"""The other side of a question of the gateway's own: nobody waits for the answer, and nobody leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tiercel._core import Reply
    from tiercel.ingress.exchange import Cancellable, Deadline


class Nobody:
    """An exchange whose answer stays with the call. What is asked for it is never a stream."""

    method = path = ""
    query = b""
    headers: Sequence[tuple[bytes, bytes]] = ()

    async def read_body(self, limit: int, deadline: Deadline) -> bytes:  # noqa: ARG002 - as others have it
        """There is none."""
        return b""

    async def reply(self, reply: Reply) -> None:
        """Nobody hears it."""

    def start(self, head: Reply) -> None:
        """Nobody hears it."""

    def send(self, body: bytes) -> None:
        """Nobody hears it."""

    async def finish(self) -> None:
        """Nobody hears it."""

    def break_off(self) -> None:
        """Nobody hears it."""

    def on_disconnect(self, callback: Callable[[], None]) -> Cancellable:  # noqa: ARG002 - as others have it
        """Nobody leaves."""
        return self

    def cancel(self) -> None:
        """There is nothing to be watched."""
