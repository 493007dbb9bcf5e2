"""A chat completion as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import orjson

from tiercel.errors import StreamInterrupted
from tiercel.library.answer import Event, headers_of, refusal

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping

    from tiercel.ingress.in_process import InProcessExchange


class Stream:
    """The events of a chat completion, which is asked for when the first one is.

    Whoever does not read it to its end closes it, so that the provider is hung up on: by `async with`, or `aclose`.

    >>> import asyncio, tiercel
    >>> async def main():
    ...     async with tiercel.Gateway.from_file("tiercel.toml") as gateway:
    ...         messages = [{"role": "user", "content": "Hello!"}]
    ...         async with gateway.stream(model="auto", messages=messages) as stream:
    ...             async for event in stream:
    ...                 if event.text:
    ...                     return stream.headers["content-type"], event.text
    >>> asyncio.run(main())
    ('text/event-stream...', '...')

    Attributes:
        headers: By their names in lower case; empty until the first event is there.
    """

    def __init__(self, ask: Callable[[], InProcessExchange]) -> None:
        """Read what `ask` asks for."""
        headers: dict[str, str] = {}
        self.headers: Mapping[str, str] = headers
        # It knows the headers and not this, or else an abandoned stream would wait for the garbage collector.
        self._events = _events(ask, headers)

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        return await anext(self._events)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Want no more of it."""
        await self._events.aclose()


async def _events(ask: Callable[[], InProcessExchange], headers: dict[str, str]) -> AsyncGenerator[Event]:
    exchange = ask()
    try:
        head = await exchange.head()
        if head.status >= 400:
            raise refusal(head.status, await exchange.rest())
        headers.update(headers_of(head))
        lines = Lines()
        while (part := await exchange.part()) is not None:
            for line in lines.feed(part):
                data = line.removeprefix(b"data:").strip()
                if data in {line, b"[DONE]"}:
                    continue
                body = orjson.loads(data)
                if body.get("error"):
                    raise refusal(StreamInterrupted.status, data, StreamInterrupted)
                yield Event(body)
    finally:
        exchange.leave()


class Lines:
    """The lines of a stream, however it is cut. Each event of OpenAI's dialect is one; the core bounds how long."""

    def __init__(self) -> None:
        self._begun = b""

    def feed(self, part: bytes) -> Iterator[bytes]:
        """The lines that `part` ends."""
        *lines, self._begun = (self._begun + part).split(b"\n")
        return (line.rstrip(b"\r") for line in lines)
