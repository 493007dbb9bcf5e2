"""The gateway on an event loop of one's own: the same path as behind a server, without one.

A gateway begins with its first request, on the event loop that this one runs on, and belongs to that loop from then on.
It takes nothing else of the process: no signal, no setting of the garbage collector, no output. What is `[server]` and
`[log]` in the configuration is for `tiercel serve`, but for the bounds on what is taken.
"""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING, Any, Self

import orjson

from tiercel._core import Core
from tiercel.access_log import Listener
from tiercel.app import answer
from tiercel.errors import Draining, MissingKey
from tiercel.ingress.in_process import InProcessExchange
from tiercel.library.answer import Answer, Response, headers_of
from tiercel.library.stream import Stream
from tiercel.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# There is nobody whom an address would let in, so that a configuration without keys need not be for this machine alone.
_OVERRIDES: dict[str, str | int] = {"host": "127.0.0.1", "workers": 1}
# What errors call a configuration that has no file; relative paths in it begin where the process is.
_TEXT = "(text)"
_CHAT = "/v1/chat/completions"
_CLOSED = "this gateway is closed"


class Gateway:
    """The gateway in this process: no server, no port.

    >>> import asyncio, tiercel
    >>> async def main():
    ...     async with tiercel.Gateway.from_file("tiercel.toml") as gateway:
    ...         answer = await gateway.chat(model="auto", messages=[{"role": "user", "content": "Hello!"}])
    ...         return answer.text
    >>> asyncio.run(main())
    '...'

    A gateway is for one event loop, that of its first request; a process may have several. Where the configuration has
    `[[keys]]`, requests need one of them, as over HTTP: `key`, or a header of the request. Two gateways cannot have
    the same folder as `cache.path`: the second one goes without a cache.
    """

    def __init__(self, core: Core, *, key: str | None = None, log: Callable[[bytes], object] | None = None) -> None:
        """Use `from_file`, `from_text` or `from_environment`, which say what the arguments are."""
        self._core = core
        self._key = key
        self._log = log or _ignore
        self._worker: Worker | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: dict[asyncio.Task[None], InProcessExchange] = {}
        self._is_closed = False

    @classmethod
    def from_file(
        cls,
        path: str | os.PathLike[str],
        *,
        key: str | None = None,
        log: Callable[[bytes], object] | None = None,
    ) -> Self:
        """What the configuration at `path` describes.

        Args:
            path: Such as `tiercel.toml`; relative paths in it begin in its folder.
            key: One of its `[[keys]]`, sent with each request that has none of its own.
            log: Called with each line of the access log, a JSON object and its end, on the event loop, within a quarter
                of a second and at the latest when the gateway is closed: `file.write`, or `lines.append`.

        Raises:
            ConfigurationError: It cannot be used.
        """
        return cls(Core(os.fspath(path), _OVERRIDES), key=key, log=log)

    @classmethod
    def from_text(cls, text: str, *, key: str | None = None, log: Callable[[bytes], object] | None = None) -> Self:
        """What `text` describes, in TOML as a file would have it; see `from_file`.

        Relative paths in it begin where the process is.

        Raises:
            ConfigurationError: It cannot be used.
        """
        return cls(Core(_TEXT, _OVERRIDES, text), key=key, log=log)

    @classmethod
    def from_environment(cls, *, key: str | None = None, log: Callable[[bytes], object] | None = None) -> Self:
        """What the file that `TIERCEL_CONFIG` names describes, or the providers whose keys are in the environment.

        See `from_file`.

        Raises:
            ConfigurationError: It cannot be used, or there is neither.
        """
        return cls(Core(os.environ.get("TIERCEL_CONFIG") or None, _OVERRIDES), key=key, log=log)

    async def chat(
        self,
        *,
        model: str,
        messages: Sequence[Mapping[str, Any]],
        headers: Mapping[str, str] | None = None,
        **parameters: Any,  # noqa: ANN401 - whatever the API has
    ) -> Answer:
        """Ask for a chat completion and wait for all of it.

        Args:
            model: A route, a tier, a deployment such as `openai/gpt-4o`, or a model by its own name.
            messages: As OpenAI's API has them.
            headers: Such as `x-tiercel-max-cost`; names in any case.
            parameters: All else that the API takes, such as `temperature` and `tools`.

        Raises:
            RequestError: It was refused, or nobody could answer it.
            RuntimeError: This is not the gateway's event loop, or it is closed.
            ValueError: A stream is asked for, which is what `stream` gives.
        """
        if parameters.get("stream"):
            raise ValueError("a stream is what `stream` gives")
        response = await self.request("POST", _CHAT, headers, {"model": model, "messages": messages, **parameters})
        return Answer(response.raise_for_status().json(), response.headers)

    def stream(
        self,
        *,
        model: str,
        messages: Sequence[Mapping[str, Any]],
        headers: Mapping[str, str] | None = None,
        **parameters: Any,  # noqa: ANN401 - as above
    ) -> Stream:
        """Ask for a chat completion as it comes; see `chat`.

        What it costs is in the access log, since nobody knows it before its end.

        Reading it raises what `chat` does, and `StreamInterrupted` where it breaks off after its first event.
        """
        body = orjson.dumps({**parameters, "model": model, "messages": messages, "stream": True})
        return Stream(lambda: self.ask("POST", _CHAT.encode(), self._head(headers or {}), body))

    async def request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | Mapping[str, Any] = b"",
    ) -> Response:
        """Make any request that the gateway takes over HTTP, and wait for all of its answer.

        Args:
            method: Such as `POST`.
            path: Such as `/v1/messages`, with its query if it has one.
            headers: Names in any case.
            body: Bytes, or what becomes JSON.

        Raises:
            RuntimeError: This is not the gateway's event loop, or it is closed.
        """
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        exchange = self.ask(method, path.encode(), self._head(headers or {}), content)
        try:
            head = await exchange.head()
            return Response(head.status, headers_of(head), await exchange.rest())
        finally:
            exchange.leave()

    def route(self, prompt: str, model: str = "auto") -> dict[str, Any]:
        """Where a question would go, and why, without asking anybody: what `tiercel route --json` says.

        Raises:
            RequestError: There is no such model, or what else it would be refused for.
        """
        request = {"model": model, "messages": [{"role": "user", "content": prompt}]}
        found: dict[str, Any] = orjson.loads(self._current.explain(orjson.dumps(request)))
        return found

    def metrics(self) -> str:
        """The metrics as Prometheus reads them.

        Raises:
            RequestError: The gateway's `key` has no `metrics = true`.
        """
        call = self._current.open("GET", "/metrics", b"", self._head({}), b"")
        reply = call.take_reply()
        call.settle()
        if reply is None:
            raise MissingKey("the metrics need a key")
        return Response(reply.status, headers_of(reply), reply.body).raise_for_status().body.decode()

    def ask(self, method: str, target: bytes, headers: list[tuple[bytes, bytes]], body: bytes) -> InProcessExchange:
        """Begin a request, which whoever asks must read to its end or leave.

        Raises:
            RuntimeError: This is not the gateway's event loop, or it is closed.
        """
        worker = self._begun()
        exchange = InProcessExchange(method, target, headers, body)
        # Of its own, since whoever asks may be cancelled, and the path must not be.
        task = asyncio.get_running_loop().create_task(answer(exchange, worker))
        self._running[task] = exchange
        task.add_done_callback(self._ended)
        return exchange

    async def aclose(self) -> None:
        """Close every connection, and hand out the last lines of the access log. What still runs raises `Draining`."""
        if self._worker is not None:
            self._check_loop()
        self._is_closed = True
        worker, self._worker = self._worker, None
        if worker is None:
            return
        running = dict(self._running)
        for task, exchange in running.items():
            exchange.fail(Draining(_CLOSED))
            exchange.leave()
            task.cancel()
        if running:
            await asyncio.wait(running)
        await worker.stop()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    @property
    def _current(self) -> Core:
        return self._worker.core if self._worker is not None else self._core

    def _begun(self) -> Worker:
        if self._is_closed:
            raise RuntimeError(f"{_CLOSED}; make another one")
        if self._worker is None:
            self._loop = asyncio.get_running_loop()
            self._worker = Worker(self._core, Listener(self._log), note=logging.getLogger("tiercel").warning)
            self._worker.begin(self._loop)
        self._check_loop()
        return self._worker

    def _check_loop(self) -> None:
        if self._loop is not asyncio.get_running_loop():
            raise RuntimeError("this gateway began on another event loop; make one for each loop, and close it there")

    def _head(self, headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
        named = {"host": "tiercel", "content-type": "application/json"}
        if self._key is not None:
            named["authorization"] = f"Bearer {self._key}"
        named.update({name.lower(): value for name, value in headers.items()})
        return [(name.encode(), value.encode()) for name, value in named.items()]

    def _ended(self, task: asyncio.Task[None]) -> None:
        exchange = self._running.pop(task)
        # It is cancelled by an event loop that ends.
        failure = Draining(_CLOSED) if task.cancelled() else task.exception()
        if failure is not None:
            exchange.fail(failure)


def _ignore(_: bytes) -> None:
    """Without a `log`, nobody hears of lines, but they must be taken out of the core."""
