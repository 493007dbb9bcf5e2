"""A request over RSGI, Granian's own interface: fewer crossings than ASGI.

What it cannot do: Granian queues what is sent without bound, so a client that reads slowly does not slow its upstream
down; a stream is bounded there by the provider's `max_answer` alone. And a broken chunked body looks like a whole one
when it is read in parts, so a request must say its length. And the path comes percent-decoded: `/v1%2fmodels` is
`/v1/models` there, which is harmless here, where the keys are asked for whatever the path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from tiercel.errors import BodyIncomplete, BodyTooLarge, LengthRequired
from tiercel.ingress.exchange import untaken

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tiercel._core import Reply
    from tiercel.ingress.exchange import Cancellable, Deadline


class RsgiExchange:
    """One request and its answer, see `Exchange`."""

    __slots__ = ("_protocol", "_transport", "headers", "method", "path", "query")

    def __init__(self, scope: Any, protocol: Any) -> None:
        self.method: str = scope.method
        self.path: str = scope.path
        self.query: bytes = scope.query_string.encode("latin-1")
        self.headers: list[tuple[str, str]] = scope.headers.items()
        self._protocol = protocol
        self._transport: Any = None

    async def read_body(self, limit: int, deadline: Deadline) -> bytes:
        length = 0
        for name, value in self.headers:
            if name == "content-length":
                length = int(value)  # the server has checked that it is a number
            elif name == "transfer-encoding":
                raise LengthRequired("send the request's body with a content-length")
        if length > limit:
            raise BodyTooLarge(f"the request's body is larger than {limit} bytes")
        if length == 0:
            return b""
        try:
            with deadline:
                body: bytes = await deadline.watch(self._protocol())
        except RuntimeError as error:
            raise BodyIncomplete("the client went away before the end of the request's body") from error
        return body

    async def reply(self, reply: Reply) -> None:
        if self._transport is None:
            self._protocol.response_bytes(reply.status, reply.text_headers, reply.body)
            return
        # A stream has begun, of which this is the last event.
        if (sending := self.send(reply.body)) is not None:
            await sending
        self._transport = None

    def start(self, head: Reply) -> Awaitable[None] | None:
        self._transport = self._protocol.response_stream(head.status, head.text_headers)
        return None

    def send(self, body: bytes) -> Awaitable[None] | None:
        return untaken(self._transport.send_bytes(body))

    async def finish(self) -> None:
        self._transport = None

    def break_off(self) -> None:
        # The server always ends the body; one that breaks off is sent here only with its length, which tells.
        pass

    def on_disconnect(self, callback: Callable[[], None]) -> Cancellable:
        future: Any = self._protocol.client_disconnect()
        future.add_done_callback(lambda done: None if done.cancelled() else callback())
        return cast("Cancellable", future)
