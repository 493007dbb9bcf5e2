"""Calls that wait for room at a deployment, first come first served.

Whether there is room, the core knows: whoever is woken asks it. As calls wait for different deployments, one that finds
none goes to the end and wakes the next, once round at most.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


class Queue:
    """The calls that wait. The core bounds how many there are, and how long each does."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._n_to_wake = 0

    def enter(self, waiter: asyncio.Future[None]) -> None:
        """Wait; `waiter` gets its result when there may be room."""
        self._waiting.append(waiter)
        self._wake()

    def release(self) -> None:
        """An attempt has ended: there may be room for one."""
        if self._waiting:
            self._n_to_wake = len(self._waiting)
            self._wake()

    def _wake(self) -> None:
        while self._n_to_wake > 0 and self._waiting:
            self._n_to_wake -= 1
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self._n_to_wake = 0
