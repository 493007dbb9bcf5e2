"""What a worker process has and does beside the requests: its core, its pool, and the chores of every second."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from tiercel import settings
from tiercel.access_log import Writer
from tiercel.patience import Patience
from tiercel.pool import Pool

if TYPE_CHECKING:
    import asyncio

    from tiercel._core import Core

# How often the access log is written out: often enough to follow, seldom enough to cost nothing.
CHORE_SECONDS = 0.25
# How often workers tell one another their metrics, and idle connections are looked for.
SLOW_CHORE_EVERY = 4

# The path makes no cycles, so the collector finds nothing there; at Python's own thresholds it took 3 % of the time.
GC_THRESHOLDS = (50_000, 20, 20)

# Told by the process that started the workers, before it stops them.
DRAIN_SIGNAL = signal.SIGUSR1


class Worker:
    """One process of the gateway."""

    pool: Pool
    patience: Patience

    def __init__(self, core: Core, folder: Path, state: Path | None = None) -> None:
        """Serve with `core`, whose configuration is in `folder`; in `state` the workers leave their metrics."""
        self.core = core
        self.max_body = core.max_body
        self.body_timeout = core.body_timeout
        self._state = state
        self._log = Writer(core.access_log, folder)
        self._n_chores = 0
        self._timer: asyncio.TimerHandle | None = None
        self._drain_timer: asyncio.TimerHandle | None = None

    @classmethod
    def from_environment(cls) -> Worker:
        """The worker that `tiercel serve` asked for."""
        asked = settings.from_environment()
        return cls(asked.load(), asked.config.parent if asked.config else Path(), asked.state)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin with the event loop."""
        self._loop = loop
        self.patience = Patience(loop)
        self.pool = Pool(self.core, loop, self.patience)
        loop.add_signal_handler(DRAIN_SIGNAL, self.drain)
        # What is here stays; what requests leave behind is freed without the collector.
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        self._do_chores()

    def drain(self) -> None:
        """Refuse what is new, let what runs finish, and end it when the drain time-out is over."""
        self.core.drain()
        if self._drain_timer is None:
            self._drain_timer = self._loop.call_later(self.core.drain_timeout, self.pool.interrupt)

    async def stop(self) -> None:
        """Write out what has been gathered and close every connection."""
        for timer in (self._timer, self._drain_timer):
            if timer is not None:
                timer.cancel()
        self.pool.close()
        await self._log.write(self.core.take_access_log())
        self._log.close()
        self._tell_metrics()

    def _do_chores(self) -> None:
        self._timer = self._loop.call_later(CHORE_SECONDS, self._do_chores)
        # While one write is under way the next lines wait in the core's bounded ring.
        if not self._log.is_writing and (lines := self.core.take_access_log()):
            self._log.write_soon(lines)
        if self._n_chores % SLOW_CHORE_EVERY == 0:
            self.pool.close_idle()
            self.core.set_connections(self.pool.n_open(), self.pool.n_waiting())
            self._tell_metrics()
            self._hear_metrics()
        self._n_chores += 1

    def _tell_metrics(self) -> None:
        if self._state is None:
            return
        path = self._state / f"{os.getpid()}.metrics"
        draft = path.with_suffix(".draft")
        # On a full disk the siblings go on with what they heard last.
        with contextlib.suppress(OSError):
            draft.write_bytes(self.core.metrics_snapshot())
            draft.replace(path)

    def _hear_metrics(self) -> None:
        if self._state is None:
            return
        siblings = []
        for path in self._state.glob("*.metrics"):
            pid = int(path.stem)
            if pid != os.getpid():
                siblings.append((path.read_bytes(), Path(f"/proc/{pid}").exists()))
        self.core.set_sibling_metrics(siblings)
