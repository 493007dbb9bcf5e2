"""The gateway as what httpx sends its requests by, so that SDKs over httpx need neither a server nor a port."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from tiercel.errors import RequestError, TiercelError
from tiercel.library.gateway import Gateway

try:
    import httpx
except ImportError as error:
    raise TiercelError("tiercel.Transport needs httpx\nhint: pip install 'tiercel[client]'") from error

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    from tiercel._core import Reply
    from tiercel.ingress.in_process import InProcessExchange

T = TypeVar("T")


class Transport(httpx.AsyncBaseTransport, httpx.BaseTransport):
    """Sends what an `httpx.AsyncClient`, or an `httpx.Client`, is asked to send through a gateway in this process.

    >>> import httpx, openai, tiercel
    >>> client = openai.OpenAI(
    ...     base_url="http://tiercel/v1",
    ...     api_key="anything",
    ...     http_client=httpx.Client(transport=tiercel.Transport("tiercel.toml")),
    ... )
    >>> with client:
    ...     messages = [{"role": "user", "content": "Hello!"}]
    ...     client.chat.completions.create(model="auto", messages=messages).choices[0].message.content
    '...'

    Which host the URL names is all the same. The key is the client's, as over HTTP: one of the configuration's
    `[[keys]]`, or anything where there is none. The client's read time-out holds from one part of an answer to the
    next; what connects and writes takes no time.

    Under an `httpx.AsyncClient`, the gateway runs on the client's event loop, which must be asyncio's or like it.
    Under an `httpx.Client` it runs on an event loop in a thread of its own. One transport is for one or the other.
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

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request`; its answer is there as soon as its head is."""
        await request.aread()
        exchange, head = await self._send(request)
        body = _AsyncBody(exchange, _read_timeout(request))
        return httpx.Response(head.status, headers=head.headers, stream=body)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """As `handle_async_request`, for a thread that waits."""
        request.read()
        with self._starting:
            thread = self._thread = self._thread or _Thread()
        exchange, head = thread.run(self._send(request))
        body = _Body(thread, exchange, _read_timeout(request))
        return httpx.Response(head.status, headers=head.headers, stream=body)

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

    async def _send(self, request: httpx.Request) -> tuple[InProcessExchange, Reply]:
        headers = [(name.lower(), value) for name, value in request.headers.raw]
        exchange = self._gateway.ask(request.method, request.url.raw_path, headers, request.content)
        try:
            return exchange, await _in_time(exchange.head(), _read_timeout(request))
        except BaseException:
            exchange.leave()
            raise


class _AsyncBody(httpx.AsyncByteStream):
    """The body of an answer, as it comes."""

    def __init__(self, exchange: InProcessExchange, seconds: float | None) -> None:
        self._exchange = exchange
        self._seconds = seconds

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (part := await _in_time(self._exchange.part(), self._seconds)) is not None:
            yield part

    async def aclose(self) -> None:
        self._exchange.leave()


class _Body(httpx.SyncByteStream):
    """The body of an answer, as it comes, for a thread that waits."""

    def __init__(self, thread: _Thread, exchange: InProcessExchange, seconds: float | None) -> None:
        self._thread = thread
        self._exchange = exchange
        self._seconds = seconds

    def __iter__(self) -> Iterator[bytes]:
        while (part := self._thread.run(_in_time(self._exchange.part(), self._seconds))) is not None:
            yield part

    def close(self) -> None:
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


def _read_timeout(request: httpx.Request) -> float | None:
    seconds: float | None = request.extensions.get("timeout", {}).get("read")
    return seconds


async def _in_time(coming: Coroutine[Any, Any, T], seconds: float | None) -> T:
    """What comes within so many seconds. What fails is what httpx calls it, for SDKs to act upon.

    Raises:
        httpx.ReadTimeout: Nothing did.
        httpx.RemoteProtocolError: The answer broke off, or the gateway was closed.
    """
    try:
        async with asyncio.timeout(seconds):
            return await coming
    except TimeoutError:
        raise httpx.ReadTimeout(f"nothing came for {seconds:g} s") from None
    except RequestError as error:
        raise httpx.RemoteProtocolError(str(error)) from error
