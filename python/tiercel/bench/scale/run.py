"""All measurements, one interface after the other in each round: what else happens on the machine meets both."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import uvloop

from tiercel.bench.machine import load
from tiercel.bench.rows import Quantity, Row, document
from tiercel.bench.scale import bodies, idle, soak, streams, workers
from tiercel.bench.scale.samples import NONE, Samples, rows
from tiercel.bench.scale.service import raise_limit
from tiercel.errors import TiercelError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from pathlib import Path

PARTS = ("workers", "idle", "streams", "bodies", "soak")
INTERFACES = ("asgi", "rsgi")
# What a process has open beside connections.
_SPARE_FILES = 200


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of everything."""

    n_rounds: int = 3
    n_idle: int = 10_000
    n_streams: int = 2_000
    n_requests: int = 5_000
    n_beside: int = 300
    look_seconds: float = 3.0
    soaking: soak.Scale = field(default_factory=lambda: soak.Scale(1_200.0))


QUICK = Scale(1, 200, 50, 64, 16, 0.3, soak.Scale(6.0, read_seconds=0.25))


def run(parts: Sequence[str], scale: Scale, folder: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """The whole report, as JSON can hold it.

    Args:
        parts: Of `PARTS`.
        scale: How much.
        folder: Where the gateways are configured and write their logs.
        say: Is told what is being measured.

    Raises:
        TiercelError: A gateway does not start, the system allows too few open files, or it is not Linux.
    """
    if sys.platform != "linux":
        raise TiercelError("memory and files of processes are read from Linux's /proc: there is none here")
    busy, limit = load(), raise_limit()
    # A worker takes half as many connections, so that each can have one to a provider.
    n_connections = (limit - _SPARE_FILES) // 2
    if n_connections <= 0:
        raise TiercelError(f"a process may open {limit} files here: too few; raise the hard limit (ulimit -Hn)")
    n_idle, n_streams = min(n_connections, scale.n_idle), min(n_connections, scale.n_streams)
    counts = _worker_counts()
    beside: dict[str, Any] = {"n_requests": scale.n_beside, "look_seconds": scale.look_seconds}
    measures: dict[str, Callable[[Path, str], Coroutine[Any, Any, Samples]]] = {
        **{f"workers {n}": partial(workers.measure, n_workers=n, n_requests=scale.n_requests) for n in counts},
        "idle": partial(idle.measure, n_connections=n_idle, **beside),
        "streams": partial(streams.measure, n_streams=n_streams, **beside),
        "bodies": partial(bodies.measure, n_requests=scale.n_beside),
    }
    rounds: dict[str, list[Samples]] = {_name(interface): [] for interface in INTERFACES}
    # However it is stopped, what it has started is ended.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for number in range(scale.n_rounds):
            for interface in INTERFACES[:: 1 if number % 2 == 0 else -1]:
                samples: Samples = {}
                for part, measure in measures.items():
                    if part.partition(" ")[0] in parts:
                        say(f"round {number + 1} of {scale.n_rounds}, {interface}: {part}")
                        samples |= runner.run(measure(folder / f"{part} {interface} {number}", interface))
                rounds[_name(interface)].append(samples)
        soaked = None
        if "soak" in parts:
            say(f"soak: {scale.soaking.seconds / 60:g} minutes at {scale.soaking.rate:g} requests a second")
            soaked = runner.run(soak.run(folder / "soak", INTERFACES[0], scale.soaking))
    found = document(
        [*rows(rounds, _quantities(counts)), *(_soak_rows(soaked) if soaked else ())],
        n_rounds=scale.n_rounds,
        notes=dict.fromkeys(rounds, "before the simulator, with a client key, access log, metrics and prices"),
        missing=[],
        load=busy,
    )
    found["open_files"] = {"limit": limit, "n_idle": n_idle, "n_streams": n_streams}
    return found | {"soak": soaked} if soaked else found


def _quantities(counts: Sequence[int]) -> dict[str, Quantity]:
    found: dict[str, Quantity] = {}
    for n in counts:
        found |= workers.quantities(n)
    return found | idle.QUANTITIES | streams.QUANTITIES | bodies.quantities()


def _soak_rows(soaked: dict[str, Any]) -> list[Row]:
    """What of the soak is a figure. A slope is between the ends of its interval."""
    books, slope = soaked["books"], soaked["memory_mb_an_hour"] or [0.0]
    n_lost = books["endings"].get("lost", 0)
    found = [
        ("memory", Quantity("Soak: growth of memory, with a 95 % interval", "MB an hour"), slope),
        ("requests", Quantity("Soak: requests", ""), [books["n_requests"]]),
        ("differences", Quantity("Soak: differences in the books", "", NONE), [books["n_differences"]]),
        ("lost", Quantity("Soak: requests that never ended", "", NONE), [n_lost]),
        ("files", Quantity("Soak: open files that stayed", "", NONE), [soaked["n_files_left"]]),
    ]
    who = _name(soaked["interface"])
    return [Row(f"scale-soak-{name}", quantity, {who: values}) for name, quantity, values in found]


def _worker_counts() -> list[int]:
    """One, two, and as many as there are cores to use, where these are more."""
    return sorted({1, 2, len(os.sched_getaffinity(0))})


def _name(interface: str) -> str:
    return f"tiercel {interface}"
