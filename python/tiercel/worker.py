"""What a worker process has and does beside the requests: its core, its pool, and the chores of every second."""

from __future__ import annotations

import contextlib
import gc
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakSet

from tiercel import reload, settings
from tiercel.access_log import Writer
from tiercel.dispatch import dispatch
from tiercel.errors import ConfigurationError
from tiercel.ingress.nobody import Nobody
from tiercel.patience import Patience
from tiercel.pool import Pool
from tiercel.queue import Queue
from tiercel.state import State

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from tiercel._core import Call, Core
    from tiercel.access_log import Log

# How often the access log is written out: often enough to follow, seldom enough to cost nothing.
CHORE_SECONDS = 0.25
# How often workers tell one another their metrics, and idle connections are looked for.
SLOW_CHORE_EVERY = 4

# The path makes no cycles, so the collector finds nothing there; at Python's own thresholds it took 3 % of the time.
GC_THRESHOLDS = (50_000, 20, 20)

# Told by the process that started the workers, before it stops them.
DRAIN_SIGNAL = signal.SIGUSR1


class Worker:
    """What serves on one event loop: a process of the gateway, or the gateway inside of somebody's own."""

    pool: Pool
    patience: Patience

    def __init__(
        self,
        core: Core,
        log: Log,
        state: State | None = None,
        number: int = 0,
        note: Callable[[str], object] | None = None,
    ) -> None:
        """Serve with `core`, whose configuration is the one of `number` in `state`.

        Lines of the access log go to `log`, notes for the operator to `note`, or else to standard error.
        """
        self.core = core
        self.max_body = core.max_body
        self.body_timeout = core.body_timeout
        self.state = state
        self._number = number
        # A pool that was replaced lives as long as a call that holds it.
        self._old_pools: WeakSet[Pool] = WeakSet()
        self._log = log
        self._note = note or _say
        self._n_chores = 0
        self._asking: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._drain_timer: asyncio.TimerHandle | None = None

    @classmethod
    def from_environment(cls) -> Worker:
        """The worker that `tiercel serve` asked for."""
        asked = settings.from_environment()
        folder = asked.config.parent if asked.config else Path()
        if asked.state is None:
            core = asked.load()
            return cls(core, Writer(core.access_log, folder))
        state = State(asked.state)
        accepted = state.accepted()
        core = asked.load(accepted.text)
        return cls(core, Writer(core.access_log, folder), state, accepted.number)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin with the event loop of a process that does nothing else."""
        loop.add_signal_handler(DRAIN_SIGNAL, self.drain)
        if self.state is not None:
            loop.add_signal_handler(reload.SIGNAL, self.follow)
        self.begin(loop)
        # What is here stays; what requests leave behind is freed without the collector.
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        # What was accepted before this worker had begun, it was not woken for.
        self.follow()

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin with the event loop, and leave all else of the process as it is."""
        self._loop = loop
        self.core.open_cache()
        self.patience = Patience(loop)
        # One for all pools: an attempt of either that ends makes room for a call of either.
        self._queue = Queue()
        self.pool = Pool(self.core, loop, self.patience, self._queue)
        self._do_chores()

    def follow(self) -> None:
        """Serve what the main process has accepted last, and open the access log anew."""
        if self.state is None:
            return
        accepted = self.state.accepted()
        if accepted.number == self._number:
            self._log.reopen(self.core.access_log)
        else:
            try:
                self.serve(self.core.renew(accepted.text))
            except ConfigurationError as error:
                # The main process found it good: a file that it names has changed in these milliseconds.
                self.core.count_reload(accepted=False)
                self._note(f"a worker goes on as it was: {reload.in_one_line(error)}")
                return
            self._number = accepted.number
        self.state.follow(self._number)

    def serve(self, core: Core) -> None:
        """Serve what is new with `core`; what runs goes on with what it began with."""
        self.core = core
        self.max_body = core.max_body
        self.body_timeout = core.body_timeout
        self._log.reopen(core.access_log)
        self.pool.retire()
        self._old_pools.add(self.pool)
        self.pool = Pool(core, self._loop, self.patience, self._queue)

    def ask(self, question: Call) -> None:
        """Make a call of the gateway's own, for which nobody waits. The core bounds how many there are."""
        asking = self._loop.create_task(self._make(question))
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)

    async def _make(self, question: Call) -> None:
        try:
            await dispatch(question, Nobody(), self.pool, self.patience)
        finally:
            question.settle()

    def drain(self) -> None:
        """Refuse what is new, let what runs finish, and end it when the drain time-out is over."""
        self.core.drain()
        if self._drain_timer is None:
            self._drain_timer = self._loop.call_later(self.core.drain_timeout, self._interrupt)

    async def stop(self) -> None:
        """Write out what has been gathered and close every connection."""
        for asking in self._asking:
            asking.cancel()
        for timer in (self._timer, self._drain_timer):
            if timer is not None:
                timer.cancel()
        for pool in self._pools():
            pool.close()
        await self._log.write(self.core.take_access_log())
        self._log.close()
        self._tell_metrics()

    def _do_chores(self) -> None:
        self._timer = self._loop.call_later(CHORE_SECONDS, self._do_chores)
        # While one write is under way the next lines wait in the core's bounded ring.
        if not self._log.is_writing and (lines := self.core.take_access_log()):
            self._log.write_soon(lines)
        for note in self.core.take_notes():
            self._note(note)
        self._share_health()
        if self._n_chores % SLOW_CHORE_EVERY == 0:
            self.core.tick()
            self.pool.close_idle()
            pools = self._pools()
            self.core.set_connections(sum(pool.n_open() for pool in pools), sum(pool.n_waiting() for pool in pools))
            self._tell_metrics()
            self._hear_metrics()
        self._n_chores += 1

    def _share_health(self) -> None:
        if self.state is None or self.core.workers == 1:
            return
        with contextlib.suppress(OSError):
            self.state.leave_health(self.core.health_snapshot())
            self.core.set_sibling_health(self.state.others_health())

    def _tell_metrics(self) -> None:
        # On a full disk the siblings go on with what they heard last.
        with contextlib.suppress(OSError):
            if self.state is not None:
                self.state.leave_metrics(self.core.metrics_snapshot())

    def _hear_metrics(self) -> None:
        if self.state is not None:
            self.core.set_sibling_metrics(self.state.others_metrics())

    def _interrupt(self) -> None:
        self.core.interrupt()
        for pool in self._pools():
            pool.interrupt()

    def _pools(self) -> list[Pool]:
        return [self.pool, *self._old_pools]


def _say(note: str) -> None:
    sys.stderr.write(f"tiercel: {note}\n")
