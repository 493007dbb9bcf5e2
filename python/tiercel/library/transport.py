"""The gateway as what httpx sends its requests by, so that SDKs over httpx need neither a server nor a port."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from tiercel.errors import RequestError, TiercelError
from tiercel.library.gateway import Gateway

try:
    import httpx
except ImportError as error:
    raise TiercelError("tiercel.Transport needs httpx: pip install 'tiercel[client]'") from error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator

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
        body = await request.aread()
        exchange, response = await self._send(request, body)
        response.stream = _AsyncBody(exchange, _read_timeout(request))
        return response

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """As `handle_async_request`, for a thread that waits."""
        body = request.read()
        with self._starting:
            thread = self._thread = self._thread or _Thread()
        exchange, response = thread.run(self._send(request, body))
        response.stream = _Body(thread, exchange, _read_timeout(request))
        return response

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

    async def _send(self, request: httpx.Request, body: bytes) -> tuple[InProcessExchange, httpx.Response]:
        headers = [(name.lower(), value) for name, value in request.headers.raw]
        exchange = self._gateway.ask(request.method, request.url.raw_path, headers, body)
        try:
            head = await _in_time(exchange.head(), _read_timeout(request))
        except BaseException:
            exchange.leave()
            raise
        return exchange, httpx.Response(head.status, headers=head.headers)


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
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tiercel", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """The coroutine's result; whoever is interrupted waiting for it cancels it."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def call(self, function: Any) -> None:
        """Have `function` called."""
        self._loop.call_soon_threadsafe(function)

    def end(self) -> None:
        """Stop, when all that was asked for is done."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


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
