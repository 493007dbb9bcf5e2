"""The gateway as what httpx sends its requests by, so that SDKs over httpx need neither a server nor a port.

There are two of httpx: the one of that name, and httpx2, which the newer SDKs use. Whichever made a request gets its
answer in its own classes, found by the request's. So neither is imported here, and neither needs to be installed.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from functools import cache
from typing import TYPE_CHECKING, Any, Self, TypeVar

from tiercel.errors import RequestError
from tiercel.library.gateway import Gateway

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
    from types import ModuleType

    import httpx
    import httpx2

    from tiercel._core import Reply
    from tiercel.ingress.in_process import InProcessExchange

    # Each wants its own requests, and `Transport` takes both.
    class _Base(  # type: ignore[misc]
        httpx.AsyncBaseTransport, httpx.BaseTransport, httpx2.AsyncBaseTransport, httpx2.BaseTransport
    ):
        """What type checkers take a transport for."""
else:
    _Base = object

T = TypeVar("T")


class Transport(_Base):
    """Sends what a client of httpx or httpx2 is asked to send, through a gateway in this process.

    >>> import httpx2, openai, tiercel
    >>> client = openai.OpenAI(
    ...     base_url="http://tiercel/v1",
    ...     api_key="anything",
    ...     http_client=httpx2.Client(transport=tiercel.Transport("tiercel.toml")),
    ... )
    >>> with client:
    ...     messages = [{"role": "user", "content": "Hello!"}]
    ...     client.chat.completions.create(model="auto", messages=messages).choices[0].message.content
    '...'

    Which host the URL names is all the same. The key is the client's, as over HTTP: one of the configuration's
    `[[keys]]`, or anything where there is none. The client's read time-out holds from one part of an answer to the
    next; what connects and writes takes no time.

    Under an `AsyncClient`, the gateway runs on the client's event loop, which must be asyncio's or like it. Under a
    `Client` it runs on an event loop in a thread of its own. One transport is for one or the other.
    """

    def __init__(self, gateway: Gateway | str | os.PathLike[str]) -> None:
        """Send through `gateway`, or through one of its own for the configuration of that path.

        One of its own is closed with the transport, which httpx closes with the client; and so is any that has begun
        in the transport's thread.

        Raises:
            ConfigurationError: It cannot be used.
        """
        self._is_own = not isinstance(gateway, Gateway)
        self._gateway = gateway if isinstance(gateway, Gateway) else Gateway.from_file(gateway)
        self._thread: _Thread | None = None
        self._starting = threading.Lock()

    async def handle_async_request(self, request: Any) -> Any:  # noqa: ANN401 - either package's
        """Send `request`; its answer is there as soon as its head is.

        Raises:
            ReadTimeout: Of httpx: nothing came within the client's read time-out, in seconds.
            RemoteProtocolError: Of httpx: the gateway was closed.
            RuntimeError: This is not the gateway's event loop, or it is closed already.
        """
        await request.aread()
        asked = _Asked(request)
        exchange, head = await self._send(asked)
        return asked.answer(head, _AsyncBody, "AsyncByteStream", asked, exchange)

    def handle_request(self, request: Any) -> Any:  # noqa: ANN401 - as above
        """As `handle_async_request`, for a thread that waits."""
        request.read()
        with self._starting:
            thread = self._thread = self._thread or _Thread()
        asked = _Asked(request)
        exchange, head = thread.run(self._send(asked))
        return asked.answer(head, _Body, "SyncByteStream", asked, exchange, thread)

    async def aclose(self) -> None:
        """Close the gateway, if it is the transport's own."""
        if self._is_own:
            await self._gateway.aclose()

    def close(self) -> None:
        """Close the gateway and end its thread."""
        with self._starting:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.run(self._gateway.aclose())
            thread.end()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def _send(self, asked: _Asked) -> tuple[InProcessExchange, Reply]:
        request = asked.request
        headers = [(name.lower(), value) for name, value in request.headers.raw]
        exchange = self._gateway.ask(request.method, request.url.raw_path, headers, request.content)
        try:
            return exchange, await asked.in_time(exchange.head())
        except BaseException:
            exchange.leave()
            raise


class _Asked:
    """A request, and the package that made it."""

    def __init__(self, request: Any) -> None:  # noqa: ANN401 - as above
        self.request = request
        roots = {cls.__module__.partition(".")[0] for cls in type(request).__mro__}
        self._package = sys.modules["httpx2" if "httpx2" in roots else "httpx"]

    def answer(self, head: Reply, body: type, base: str, *arguments: object) -> Any:  # noqa: ANN401 - as above
        """The answer, whose body is of the class `body` and of the package's class `base`."""
        stream = _combined(body, self._package, base)(*arguments)
        return self._package.Response(head.status, headers=head.headers, stream=stream, request=self.request)

    async def in_time(self, coming: Coroutine[Any, Any, T]) -> T:
        """What comes within the client's read time-out. What fails is what httpx calls it, for SDKs to act upon.

        Raises:
            ReadTimeout: Nothing did.
            RemoteProtocolError: The answer broke off, or the gateway was closed.
        """
        seconds = self.request.extensions.get("timeout", {}).get("read")
        try:
            async with asyncio.timeout(seconds):
                return await coming
        except TimeoutError:
            raise self._package.ReadTimeout(f"nothing came for {seconds:g} s", request=self.request) from None
        except RequestError as error:
            raise self._package.RemoteProtocolError(str(error), request=self.request) from error


@cache
def _combined(body: type, package: ModuleType, base: str) -> type:
    """A class that is `body`, and for the package one of its own."""
    return type(body.__name__, (body, getattr(package, base)), {})


class _AsyncBody:
    """The body of an answer, as it comes."""

    def __init__(self, asked: _Asked, exchange: InProcessExchange) -> None:
        self._asked = asked
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (part := await self._asked.in_time(self._exchange.part())) is not None:
            yield part

    async def aclose(self) -> None:
        """Want no more of it."""
        self._exchange.leave()


class _Body:
    """The body of an answer, as it comes, for a thread that waits."""

    def __init__(self, asked: _Asked, exchange: InProcessExchange, thread: _Thread) -> None:
        self._asked = asked
        self._exchange = exchange
        self._thread = thread

    def __iter__(self) -> Iterator[bytes]:
        while (part := self._thread.run(self._asked.in_time(self._exchange.part()))) is not None:
            yield part

    def close(self) -> None:
        """Want no more of it."""
        self._thread.call(self._exchange.leave)


class _Thread:
    """An event loop in a thread of its own, which ends with the process at the latest."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._loop = self._runner.get_loop()
        self._is_ended = asyncio.Event()
        self._thread = threading.Thread(target=self._live, name="tiercel", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """The coroutine's result; whoever is interrupted while waiting for it cancels it.

        Raises:
            RuntimeError: The transport is closed.
        """
        try:
            future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        except RuntimeError:
            coroutine.close()
            raise
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def call(self, function: Callable[[], None]) -> None:
        """Have `function` called, unless all has ended already."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function)

    def end(self) -> None:
        """Cancel what still runs, and stop."""
        self._loop.call_soon_threadsafe(self._is_ended.set)
        self._thread.join()

    def _live(self) -> None:
        with self._runner:
            self._runner.run(self._until_ended())

    async def _until_ended(self) -> None:
        await self._is_ended.wait()
