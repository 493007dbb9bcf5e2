"""Makes the attempts that a call asks for, one after another, and relays what comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiercel._core import Call
    from tiercel.ingress.exchange import Exchange
    from tiercel.pool import Pool, Upstream


async def dispatch(call: Call, exchange: Exchange, pool: Pool) -> None:
    """Make attempts until one has answered or none is left; a stream is relayed, any other answer is the call's reply."""
    client = Client()
    watch = exchange.on_disconnect(client.leave)
    try:
        while not client.has_left and (attempt := call.next_attempt()) is not None:
            try:
                upstream = await pool.take(attempt)
            except TimeoutError:
                call.connect_failed(timed_out=True)
                continue
            except OSError:
                call.connect_failed(timed_out=False)
                continue
            client.waits_for(upstream)
            upstream.begin(call)
            try:
                await relay(upstream, exchange)
            finally:
                client.waits_for(None)
                pool.give_back(upstream)
    finally:
        watch.cancel()


async def relay(upstream: Upstream, exchange: Exchange) -> None:
    """Hand the client what the upstream says, as it says it, until the attempt is over."""
    while True:
        await upstream.ready()
        # Taken before anything is awaited: what arrives meanwhile is the next turn's.
        head, body, is_over = upstream.take()
        if head is not None:
            await exchange.start(head)
        if body:
            await exchange.send(body)
        if is_over:
            return


class Client:
    """Whether the client is still there, and which upstream to hang up on when it leaves."""

    __slots__ = ("_upstream", "has_left")

    def __init__(self) -> None:
        self.has_left = False
        self._upstream: Upstream | None = None

    def waits_for(self, upstream: Upstream | None) -> None:
        self._upstream = upstream
        if self.has_left and upstream is not None:
            upstream.hang_up()

    def leave(self) -> None:
        self.has_left = True
        if self._upstream is not None:
            self._upstream.hang_up()
