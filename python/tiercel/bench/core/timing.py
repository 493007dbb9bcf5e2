"""Stages that take microseconds, taken one by one and in turn with the others."""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from tiercel.errors import TiercelError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiercel.bench.rows import Quantity


def nothing() -> None:
    """What comes before a stage that needs nothing."""


@dataclass(frozen=True)
class Stage:
    """One thing that is measured."""

    id: str
    """Of its row."""
    quantity: Quantity
    name: str
    """Whose it is."""
    run: Callable[[], Any]
    """What is timed."""
    before: Callable[[], object] = nothing
    """What is done before each time and not timed."""
    is_right: Callable[[Any], bool] = bool
    """Whether `run` gave what it has to."""
    p99: Quantity | None = None
    """What the row `ID p99` shows, if there is one."""

    def check(self) -> None:
        """Runs it once.

        Raises:
            TiercelError: It does not do what is measured.
        """
        self.before()
        if not self.is_right(self.run()):
            raise TiercelError(f"{self.name}: what is to be measured as {self.id} does something else")

    def samples(self, n: int) -> list[float]:
        """Microseconds of `n` times.

        The collector of cycles rests meanwhile: when it runs has to do with all that there is, not with this.
        """
        run, before, clock = self.run, self.before, time.perf_counter_ns
        times = []
        gc.disable()
        try:
            for _ in range(n):
                before()
                start = clock()
                run()
                times.append((clock() - start) / 1e3)
        finally:
            gc.enable()
        return times


def summary(times: list[float]) -> tuple[float, float]:
    """The median, and what one in a hundred exceeds."""
    return median(times), sorted(times)[len(times) * 99 // 100]
