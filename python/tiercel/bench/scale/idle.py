"""What clients cost that are connected and ask for nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tiercel.bench.rows import Quantity, Target
from tiercel.bench.scale import load
from tiercel.bench.scale.client import LIVE
from tiercel.bench.scale.samples import NONE, of_clients
from tiercel.bench.scale.service import gateway, simulator
from tiercel.bench.scale.workers import REQUEST

if TYPE_CHECKING:
    from pathlib import Path

    from tiercel.bench.scale.samples import Samples

QUANTITIES = {
    "scale-idle-connections": Quantity("Idle connections that were held", ""),
    "scale-idle": Quantity("Memory an idle connection", "kB", Target(most=20)),
    "scale-idle-tree": Quantity("Memory of all processes with the idle connections", "MB"),
    "scale-idle-core": Quantity("CPU with idle connections alone, of a core", "%"),
    **of_clients("scale-idle-before", "One client, nobody else connected"),
    **of_clients("scale-idle-others", "One client beside the idle connections"),
    "scale-idle-lost": Quantity("Idle connections that were of no use when they asked again", "", NONE),
    "scale-idle-left": Quantity("Open files that stayed after all idle connections had left", "", NONE),
}
# Until connections to the provider that nobody uses are let go of.
_SETTLE_SECONDS = 2.0


async def measure(folder: Path, interface: str, n_connections: int, n_requests: int, look_seconds: float) -> Samples:
    """A round: connections that were answered once and wait, and one client that asks beside them.

    The waiting ones are looked at for so long.
    """
    async with simulator("--speed", "0") as base_url, gateway(folder, base_url, interface) as service:
        await load.run(service, 8, n_requests, REQUEST)
        before = await load.run(service, 1, n_requests, REQUEST)
        # What was connected for that is let go of first.
        await asyncio.sleep(_SETTLE_SECONDS)
        base = service.usage()

        held = await load.held(service, n_connections, LIVE)
        await asyncio.sleep(_SETTLE_SECONDS)
        full = service.usage()
        await asyncio.sleep(look_seconds)
        rested = service.usage(proportional=False)
        beside = await load.run(service, 1, n_requests, REQUEST)
        again = await held.ask_again(LIVE)
        held.leave()
        left = await service.until_closed(base.n_descriptors)
    n_held = sum(answer.is_good for answer in held.answers)
    return {
        "scale-idle-connections": n_held,
        "scale-idle": (full.resident - base.resident) / max(n_held, 1) / 1e3,
        "scale-idle-tree": full.proportional / 1e6,
        "scale-idle-core": (rested.seconds - full.seconds) / look_seconds * 100,
        **before.samples("scale-idle-before"),
        **beside.samples("scale-idle-others"),
        "scale-idle-lost": n_connections - sum(answer.is_good for answer in again),
        "scale-idle-left": left,
    }
