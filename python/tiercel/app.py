"""The path of a request through Python; read it first. Its other half is `rust/gateway/src/call.rs`.

Python reads, writes and waits. What is read is handed to the core, what the core gives is written, and nothing here
looks inside either.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tiercel.dispatch import dispatch
from tiercel.errors import RequestError
from tiercel.ingress.asgi import AsgiExchange
from tiercel.ingress.exchange import Deadline
from tiercel.ingress.rsgi import RsgiExchange
from tiercel.reload import answer_reload
from tiercel.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiercel.ingress.exchange import Exchange


async def answer(exchange: Exchange, worker: Worker) -> None:
    """Take one request from its body to its settlement."""
    try:
        body = await exchange.read_body(worker.max_body, Deadline(worker.body_timeout, worker.patience))
    except RequestError as error:
        call = worker.core.reject(exchange.method, exchange.path, exchange.headers, error.code, str(error))
    else:
        call = worker.core.open(exchange.method, exchange.path, exchange.query, exchange.headers, body)
    # A reload replaces both; the call goes on with the core that opened it, over that one's connections.
    pool = worker.pool
    try:
        if call.is_reload:
            await answer_reload(call, worker)
        elif not call.is_answered:
            await dispatch(call, exchange, pool, worker.patience)
        if (reply := call.take_reply()) is not None:
            await exchange.reply(reply)
        else:
            await exchange.finish()
    finally:
        question = call.settle()
    if question is not None:
        worker.ask(question)


class Application:
    """The gateway as an ASGI and as an RSGI application; one a worker."""

    def __init__(self, worker: Worker | None = None) -> None:
        """Serve `worker`, or the one that the environment describes (see `tiercel.worker`)."""
        self._worker = worker

    async def __call__(self, scope: dict[str, Any], receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        """Answer one ASGI request, or live through the server's lifespan."""
        if scope["type"] == "http":
            await answer(AsgiExchange(scope, receive, send), self.worker)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer one RSGI request."""
        if scope.proto == "http":
            await answer(RsgiExchange(scope, protocol), self.worker)

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start with the server's worker."""
        self.worker.start(loop)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """End with the server's worker."""
        loop.run_until_complete(self.worker.stop())

    @property
    def worker(self) -> Worker:
        """What this process serves with."""
        if self._worker is None:
            self._worker = Worker.from_environment()
        return self._worker

    async def _live(self, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        await receive()
        self.worker.start(asyncio.get_running_loop())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.worker.stop()
        await send({"type": "lifespan.shutdown.complete"})


application = Application()
