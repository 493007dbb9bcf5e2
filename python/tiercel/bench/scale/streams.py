"""What streams cost that are open and between two tokens."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tiercel.bench.rows import Quantity, Target
from tiercel.bench.scale import load
from tiercel.bench.scale.client import chat, quantile
from tiercel.bench.scale.samples import NONE, of_clients
from tiercel.bench.scale.service import STILL, gateway, simulator
from tiercel.bench.scale.workers import REQUEST

if TYPE_CHECKING:
    from pathlib import Path

    from tiercel.bench.scale.samples import Samples

QUANTITIES = {
    "scale-streams-open": Quantity("Streams that were open at once", ""),
    "scale-streams": Quantity("Memory an open stream", "kB", Target(most=60)),
    "scale-streams-tree": Quantity("Memory of all processes with the open streams", "MB"),
    "scale-streams-cpu": Quantity("CPU to open a stream, to its third event", "ms"),
    "scale-streams-core": Quantity("CPU with silent streams alone, of a core", "%"),
    "scale-streams-first-p50": Quantity("First event of a stream, p50", "ms"),
    "scale-streams-first-p99": Quantity("First event of a stream, p99", "ms"),
    **of_clients("scale-streams-before", "One client, no stream open"),
    **of_clients("scale-streams-others", "One client beside the open streams"),
    "scale-streams-ended": Quantity("Streams that were not open any more after that", "", NONE),
    "scale-streams-left": Quantity("Open files that stayed after all streams had left", "", NONE),
}
# The role, and two words.
_N_EVENTS = 3
_STREAM = b"".join(chat("still", "Explain the refund policy", stream=True))
# Until connections to the provider that nobody uses are let go of.
_SETTLE_SECONDS = 2.0


async def measure(folder: Path, interface: str, n_streams: int, n_requests: int, look_seconds: float) -> Samples:
    """A round: streams whose provider falls silent after some words, and one client that asks beside them.

    The streams are looked at for so long.
    """
    faults = [word for model in STILL for word in ("--fault", f"{model}:stall={_N_EVENTS}")]
    async with (
        simulator("--speed", "0", *faults) as base_url,
        gateway(folder, base_url, interface) as service,
    ):
        await load.run(service, 8, n_requests, REQUEST)
        before = await load.run(service, 1, n_requests, REQUEST)
        await asyncio.sleep(_SETTLE_SECONDS)
        base = service.usage()

        held = await load.held(service, n_streams, _STREAM, _N_EVENTS)
        await asyncio.sleep(_SETTLE_SECONDS)
        full = service.usage()
        await asyncio.sleep(look_seconds)
        rested = service.usage(proportional=False)
        beside = await load.run(service, 1, n_requests, REQUEST)
        n_still_open = sum(client.is_open for client in held.clients)
        held.leave()
        left = await service.until_closed(base.n_descriptors)
    opened = [answer for answer in held.answers if answer.status == 200 and answer.n_events >= _N_EVENTS]
    first = [answer.first_seconds * 1e3 for answer in opened if answer.first_seconds is not None]
    n_opened = max(len(opened), 1)
    return {
        "scale-streams-open": len(opened),
        "scale-streams": (full.resident - base.resident) / n_opened / 1e3,
        "scale-streams-tree": full.proportional / 1e6,
        "scale-streams-cpu": (full.seconds - base.seconds) / n_opened * 1e3,
        "scale-streams-core": (rested.seconds - full.seconds) / look_seconds * 100,
        "scale-streams-first-p50": quantile(first, 0.5),
        "scale-streams-first-p99": quantile(first, 0.99),
        **before.samples("scale-streams-before"),
        **beside.samples("scale-streams-others"),
        "scale-streams-ended": n_streams - n_still_open,
        "scale-streams-left": left,
    }
