"""Makes the attempts that a call asks for, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
        while not client.has_left and (attempt := call.next_attempt()) is not None:
            try:
                upstream = pool.idle(attempt) or await pool.connect(attempt)
            except TimeoutError:
                call.connect_failed(timed_out=True)
                continue
            except OSError:
                call.connect_failed(timed_out=False)
                continue
            try:
                if not client.has_left:
                    upstream.begin(call, exchange)
                    client.waits_for(upstream)
                    await upstream.finished()
            finally:
                client.waits_for(None)
                pool.give_back(upstream)
    finally:
        client.forget()


class Client:
    """Whether the client is still there, and which upstream to hang up on when it leaves."""

    __slots__ = ("_exchange", "_upstream", "_watch", "has_left")

    def __init__(self, exchange: Exchange, patience: Patience) -> None:
        self.has_left = False
        self._exchange = exchange
        self._upstream: Upstream | None = None
        self._watch: Cancellable = patience.after(self._start_watching)

    def waits_for(self, upstream: Upstream | None) -> None:
        """Hang up on `upstream`, and no other, when the client leaves."""
        self._upstream = upstream

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
            self._upstream.hang_up()
