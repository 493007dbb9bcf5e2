"""Many minutes of mixed requests to a provider that fails one time in twenty, and the books of them."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tiercel.bench.gateway import access_log
from tiercel.bench.scale import ledger
from tiercel.bench.scale.client import quantile
from tiercel.bench.scale.mixture import Load
from tiercel.bench.scale.service import gateway
from tiercel.bench.scale.trend import trend
from tiercel.simulator import Settings, Simulator

if TYPE_CHECKING:
    from pathlib import Path

    from tiercel.bench.scale.processes import Usage
    from tiercel.bench.scale.service import Service
    from tiercel.simulator.journal import Entry

N_WORKERS = 2
FAULT_SHARE = 0.05
# Every way in which an answer fails or is odd; each in turn is what befalls that share of the attempts.
FAULTS = (
    "status=500",
    "reset=0",
    "cut=3",
    "status=429;retry-after=1",
    "truncate=2",
    "gzip",
    "stall=2",
    "error-event=3",
    "keep-alive=drop",
    "status=503",
    "garble=3",
    "no-done",
    "slow-first-token=300ms",
    "reset=3",
    "keep-alive=close",
    "delay=300ms",
)
_FAULT_SECONDS = 5.0
# A stalled stream is waited for so long.
_PATIENCE = "2s"
_SPEED = 20.0

# What workers fill once, such as tables and pools, is not growth.
_WARM_UP = 0.2
_OPENING_SECONDS = 5.0
# Until connections that nobody uses are let go of, to clients and to the provider.
_SETTLE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Scale:
    """How long, at how many requests a second, and how often memory is read."""

    seconds: float
    rate: float = 40.0
    read_seconds: float = 5.0
    seed: int = 1


async def run(folder: Path, interface: str, scale: Scale) -> dict[str, Any]:
    """The whole soak, as JSON can hold it."""
    entries: list[Entry] = []
    readings: list[tuple[float, Usage]] = []
    async with Simulator(Settings(speed=_SPEED, seed=scale.seed)) as simulator:
        async with gateway(folder, simulator.base_url, interface, N_WORKERS, _PATIENCE) as service:
            load = Load(service, random.Random(scale.seed))  # noqa: S311 - drawn anew from the same seed
            # What is opened once, such as the log, is not growth.
            await load.run(min(scale.seconds, _OPENING_SECONDS), scale.rate)
            load.close()
            await asyncio.sleep(_SETTLE_SECONDS)
            before = service.usage()
            watching = [
                asyncio.create_task(_collect(simulator, entries)),
                asyncio.create_task(_break(simulator)),
                asyncio.create_task(_read(service, readings, scale.read_seconds)),
            ]
            await load.run(scale.seconds, scale.rate)
            for task in watching:
                task.cancel()
            for ended in await asyncio.gather(*watching, return_exceptions=True):
                if isinstance(ended, Exception):
                    raise ended
            load.close()
            n_left = await service.until_closed(before.n_descriptors)
        _take(simulator, entries)
    books = ledger.compare(load.asked, access_log(folder), entries)
    warm = _WARM_UP * scale.seconds
    memory = trend([(seconds, usage.resident / 1e6) for seconds, usage in readings if seconds >= warm])
    return {
        "seconds": scale.seconds,
        "rate": scale.rate,
        "n_workers": N_WORKERS,
        "interface": interface,
        "seed": scale.seed,
        "fault_share": FAULT_SHARE,
        "memory_mb_an_hour": memory and [memory.slope, memory.low, memory.high],
        "memory_mb": [usage.resident / 1e6 for _, usage in readings],
        "files": [usage.n_descriptors for _, usage in readings],
        "n_files_left": n_left,
        "n_connections_lost": load.n_lost,
        "waited_ms": {"p50": quantile(load.waited, 0.5) * 1e3, "p99": quantile(load.waited, 0.99) * 1e3},
        "books": books.as_json(),
    }


async def _break(simulator: Simulator) -> None:
    """Lets one fault after the other befall a share of the attempts."""
    while True:
        for fault in FAULTS:
            simulator.faults.attach(None, f"{fault};share={FAULT_SHARE}")
            await asyncio.sleep(_FAULT_SECONDS)


async def _collect(simulator: Simulator, entries: list[Entry]) -> None:
    """Takes what is new in the journal, which forgets."""
    while True:
        _take(simulator, entries)
        await asyncio.sleep(1.0)


def _take(simulator: Simulator, entries: list[Entry]) -> None:
    last = entries[-1].number if entries else 0
    fresh = []
    for entry in reversed(simulator.journal.entries):
        if entry.number <= last:
            break
        fresh.append(entry)
    entries += reversed(fresh)


async def _read(service: Service, readings: list[tuple[float, Usage]], every: float) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        readings.append((loop.time() - began, service.usage(proportional=False)))
        await asyncio.sleep(every)
