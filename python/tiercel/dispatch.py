"""Makes the attempts that a call asks for, one after another, and waits between them as long as it says."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

from tiercel._core import Attempt, Pause
from tiercel.pool import Busy

if TYPE_CHECKING:
    from tiercel._core import Call
    from tiercel.ingress.exchange import Cancellable, Exchange
    from tiercel.patience import Patience
    from tiercel.pool import Pool
    from tiercel.upstream import Upstream


async def dispatch(call: Call, exchange: Exchange, pool: Pool, patience: Patience) -> None:
    """Make attempts until one has answered or none is left.

    A stream is relayed; any other answer is the call's reply.
    """
    client = Client(exchange, patience)
    try:
        await _attempt(call, client, exchange, pool)
    finally:
        client.forget()


async def _attempt(call: Call, client: Client, exchange: Exchange, pool: Pool) -> None:
    while not client.has_left and (attempt := call.next_attempt()) is not None:
        if not isinstance(attempt, Attempt):
            if isinstance(attempt, Pause):
                await client.pause(attempt, pool)
            else:
                # The same client waits: an exchange can be watched once only.
                await _attempt(attempt, client, exchange, pool)
                call.take_aside(attempt)
            continue
        try:
            upstream = pool.idle(attempt) or await pool.connect(attempt)
        except OSError as error:
            call.connect_failed(_reason(error))
            pool.queue.release()
            continue
        try:
            if not client.has_left:
                upstream.begin(call, exchange)
                client.waits_for(upstream)
                if attempt.hedge_after is None:
                    await upstream.finished()
                else:
                    await _race(call, upstream, attempt.hedge_after, exchange, pool)
        finally:
            client.waits_for(None)
            pool.give_back(upstream)


async def _race(call: Call, first: Upstream, seconds: float, exchange: Exchange, pool: Pool) -> None:
    """Wait for `first`; when it has said nothing for so long, ask another one as well and take whichever is sooner.

    Only with `hedge = true`: the tasks that it takes cost more than all the rest of a request.
    """
    running = asyncio.ensure_future(first.finished())
    await asyncio.wait({running}, timeout=seconds)
    second = None
    try:
        if not running.done() and (attempt := call.hedge()) is not None:
            second = await _connect(call, attempt, pool)
            if second is not None and not call.is_decided and not first.is_hung_up:
                first.rival, second.rival = second, first
                second.begin(call, exchange)
                await second.finished()
        await running
    finally:
        first.rival = None
        if second is not None:
            second.rival = None
            pool.give_back(second)


async def _connect(call: Call, attempt: Attempt, pool: Pool) -> Upstream | None:
    try:
        return pool.idle(attempt) or await pool.connect(attempt)
    except OSError as error:
        call.connect_failed(_reason(error))
        return None


def _reason(error: OSError) -> Literal["refused", "timeout", "busy"]:
    match error:
        case Busy():
            return "busy"
        case TimeoutError():
            return "timeout"
    return "refused"


class Client:
    """Whether the client is still there, and what it waits for: when it leaves, that is ended."""

    __slots__ = ("_exchange", "_upstream", "_waiter", "_watch", "has_left")

    def __init__(self, exchange: Exchange, patience: Patience) -> None:
        self.has_left = False
        self._exchange = exchange
        self._upstream: Upstream | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._watch: Cancellable = patience.after(self._start_watching)

    def waits_for(self, upstream: Upstream | None) -> None:
        """Hang up on `upstream`, and no other, when the client leaves."""
        self._upstream = upstream

    async def pause(self, pause: Pause, pool: Pool) -> None:
        """Wait as long as `pause` says, or until there is room, or the client leaves."""
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        timer = loop.call_later(pause.seconds, self._wake)
        if pause.is_queued:
            pool.queue.enter(self._waiter)
        try:
            await self._waiter
        finally:
            timer.cancel()
            self._waiter = None

    def forget(self) -> None:
        """Watch no more."""
        self._watch.cancel()
        # The garbage collector does not see into Granian's futures: one that leads back here would stay for ever.
        del self._watch

    def _start_watching(self) -> None:
        self._watch = self._exchange.on_disconnect(self._leave)

    def _leave(self) -> None:
        self.has_left = True
        if self._upstream is not None:
            if self._upstream.rival is not None:
                self._upstream.rival.hang_up()
            self._upstream.hang_up()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
