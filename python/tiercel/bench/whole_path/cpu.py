"""What a program and all that it started have used, from `/proc`."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """One line of `/proc/PID/stat`."""

    pid: int
    parent: int
    session: int
    ticks: int
    """User and system time, with that of children that have ended."""


def seconds(root: int) -> float:
    """CPU seconds, user and system, of the tree under `root`, so far.

    A child that has ended counts too: the kernel adds its time to its parent's when that takes note of its end.
    """
    return sum(process.ticks for process in tree(root)) / os.sysconf("SC_CLK_TCK")


def resident_bytes(root: int) -> list[int]:
    """The resident memory of each process of the tree, what they share with others included."""
    return [_memory(process.pid, "status", "VmRSS") for process in tree(root)]


def proportional_bytes(root: int) -> int:
    """The memory of the tree, each shared page counted once among those that share it."""
    return sum(_memory(process.pid, "smaps_rollup", "Pss") for process in tree(root))


def tree(root: int) -> list[Process]:
    """`root`, its descendants, and whoever is in its session: a server's orphans belong to it too."""
    left = _all()
    members = [process for process in left if process.pid == root]
    pids = {root}
    grown = True
    while grown:
        left = [process for process in left if process.pid not in pids]
        found = [process for process in left if process.parent in pids or process.session == root]
        grown = bool(found)
        members += found
        pids |= {process.pid for process in found}
    return members


def _all() -> list[Process]:
    processes = []
    for folder in PROC.iterdir():
        # A process may end between the listing and the reading.
        if folder.name.isdecimal():
            with suppress(FileNotFoundError, ProcessLookupError):
                processes.append(_parse(int(folder.name), (folder / "stat").read_text(errors="replace")))
    return processes


def _parse(pid: int, stat: str) -> Process:
    """The fields after the name, which may hold spaces and brackets itself; numbered as in proc(5), less three."""
    fields = stat[stat.rindex(")") + 2 :].split()
    return Process(pid, parent=int(fields[1]), session=int(fields[3]), ticks=sum(map(int, fields[11:15])))


def _memory(pid: int, file: str, field: str) -> int:
    with suppress(FileNotFoundError, ProcessLookupError):
        for line in (PROC / str(pid) / file).read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
    return 0
