"""A request over ASGI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiercel.errors import BodyIncomplete, BodyTooLarge
from tiercel.ingress.exchange import untaken

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tiercel._core import Reply
    from tiercel.ingress.exchange import Cancellable, Deadline

Message = dict[str, Any]


class AsgiExchange:
    """One request and its answer, see `Exchange`."""

    __slots__ = ("_is_started", "_receive", "_send", "headers", "method", "path", "query")

    def __init__(self, scope: Message, receive: Callable[[], Any], send: Callable[[Message], Any]) -> None:
        self.method: str = scope["method"]
        # As it came: what was percent-encoded must not turn into a path that means something.
        self.path: str = scope["raw_path"].decode("latin-1")
        self.query: bytes = scope["query_string"]
        self.headers: list[tuple[bytes, bytes]] = scope["headers"]
        self._receive = receive
        self._send = send
        self._is_started = False

    async def read_body(self, limit: int, deadline: Deadline) -> bytes:
        length = self._content_length()
        if length is not None and length > limit:
            raise BodyTooLarge(f"the request's body is larger than {limit} bytes")
        parts: list[bytes] = []
        size = 0
        with deadline:
            while True:
                message: Message = await deadline.watch(self._receive())
                if message["type"] != "http.request":
                    raise BodyIncomplete("the client went away before the end of the request's body")
                part: bytes = message["body"]
                size += len(part)
                if size > limit:
                    raise BodyTooLarge(f"the request's body is larger than {limit} bytes")
                # Only the server knows whether a body without a length is whole. With a length, the message that says
                # so brings nothing but 9 us of its own.
                if size == length or not message["more_body"]:
                    return b"".join((*parts, part)) if parts else part
                parts.append(part)

    async def reply(self, reply: Reply) -> None:
        # Where a stream has begun, this is its last event.
        if not self._is_started and (start := self.start(reply)) is not None:
            await start
        await self._send({"type": "http.response.body", "body": reply.body, "more_body": False})

    def start(self, head: Reply) -> Awaitable[None] | None:
        self._is_started = True
        return untaken(self._send({"type": "http.response.start", "status": head.status, "headers": head.headers}))

    def send(self, body: bytes) -> Awaitable[None] | None:
        return untaken(self._send({"type": "http.response.body", "body": body, "more_body": True}))

    async def finish(self) -> None:
        # A client that left in time has had no head, and gets no end.
        if self._is_started:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    def break_off(self) -> None:
        # Without a last message, the server closes the connection in mid-body.
        self._is_started = False

    def on_disconnect(self, callback: Callable[[], None]) -> Cancellable:
        return Watch(self._receive, callback)

    def _content_length(self) -> int | None:
        for name, value in self.headers:
            if name == b"content-length":
                return int(value)  # the server has checked that it is a number
        return None


class Watch:
    """Waits for the message that the client is gone; one that says that the body is at its end may come before it."""

    __slots__ = ("_callback", "_future", "_receive")

    def __init__(self, receive: Callable[[], Any], callback: Callable[[], None]) -> None:
        self._receive = receive
        self._callback = callback
        self._wait()

    def cancel(self) -> None:
        self._future.cancel()
        # Out of the garbage collector's sight it would hold this, and this it.
        del self._future

    def _wait(self) -> None:
        self._future = self._receive()
        self._future.add_done_callback(self._hear)

    def _hear(self, future: Any) -> None:
        if future.cancelled():
            return
        if future.result()["type"] == "http.disconnect":
            self._callback()
        else:
            self._wait()
