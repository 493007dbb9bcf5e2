"""What a process and all that it started hold and use, from `/proc`."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a tree of processes has at a moment.

    Attributes:
        resident: Bytes in memory, pages that several share counted for each.
        proportional: The same with each shared page counted once; slower to read, so 0 where it was not asked for.
        seconds: CPU so far, user and system.
        n_descriptors: Open files and sockets.
        n_processes: How many there are.
    """

    resident: int
    proportional: int
    seconds: float
    n_descriptors: int
    n_processes: int


def usage(root: int, *, proportional: bool = True) -> Usage:
    """What the tree under the process `root` has now; what ends meanwhile counts for nothing."""
    found = [_Process.read(pid) for pid in tree(root)]
    return Usage(
        resident=sum(it.resident for it in found),
        proportional=sum(_proportional(it.pid) for it in found) if proportional else 0,
        seconds=sum(it.seconds for it in found),
        n_descriptors=sum(it.n_descriptors for it in found),
        n_processes=len(found),
    )


def cpu_seconds(pid: int) -> float:
    """CPU of one process so far."""
    return _Process.read(pid).seconds


def tree(root: int) -> Iterator[int]:
    """The process `root` and its descendants."""
    yield root
    with suppress(OSError):
        for thread in (_PROC / str(root) / "task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from tree(int(child))


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    resident: int = 0
    seconds: float = 0.0
    n_descriptors: int = 0

    @classmethod
    def read(cls, pid: int) -> _Process:
        folder = _PROC / str(pid)
        with suppress(OSError):
            # The name before them may hold spaces and brackets itself. Numbered as in proc(5), less three.
            fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
            ticks = int(fields[11]) + int(fields[12])
            n_descriptors = sum(1 for _ in (folder / "fd").iterdir())
            pages = int(fields[21])
            return cls(pid, pages * os.sysconf("SC_PAGE_SIZE"), ticks / os.sysconf("SC_CLK_TCK"), n_descriptors)
        return cls(pid)


def _proportional(pid: int) -> int:
    with suppress(OSError):
        for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
