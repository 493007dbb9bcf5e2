"""What long prompts cost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tiercel.bench.rows import Quantity
from tiercel.bench.scale import load
from tiercel.bench.scale.client import chat
from tiercel.bench.scale.samples import of_clients
from tiercel.bench.scale.service import MODEL, gateway, simulator
from tiercel.bench.scale.workers import REQUEST

if TYPE_CHECKING:
    from pathlib import Path

    from tiercel.bench.scale.samples import Samples
    from tiercel.bench.scale.service import Service

SIZES = {"30 kB": 30_000, "300 kB": 300_000, "3 MB": 3_000_000}
N_CONNECTIONS = 4
_LOOK_SECONDS = 0.02
_WORDS = "The parcel was sent on Monday and the customer asks where it is now. "


def quantities() -> dict[str, Quantity]:
    """The rows of all sizes."""
    rows: dict[str, Quantity] = {}
    for size in SIZES:
        title = f"Bodies of {size}, {N_CONNECTIONS} at once"
        rows |= {
            **of_clients(_name(size), title),
            f"{_name(size)}-cpu": Quantity(f"{title}: CPU a request", "ms"),
            f"{_name(size)}-peak": Quantity(f"{title}: memory at most, above that before", "MB"),
            f"{_name(size)}-kept": Quantity(f"{title}: memory that stayed", "MB"),
        }
    return rows


async def measure(folder: Path, interface: str, n_requests: int) -> Samples:
    """A round: bodies of each size after one another, fewer of the larger; memory is looked at all the while."""
    samples: Samples = {}
    async with simulator("--speed", "0") as base_url, gateway(folder, base_url, interface) as service:
        await load.run(service, N_CONNECTIONS, n_requests, REQUEST)
        for place, (size, n_bytes) in enumerate(SIZES.items()):
            text = (_WORDS * (n_bytes // len(_WORDS) + 1))[: n_bytes - 100]
            request = b"".join(chat(MODEL, text, max_tokens=16))
            base = service.usage(proportional=False).resident
            seen = [base]
            watching = asyncio.create_task(_watch(service, seen))
            done = await load.run(service, N_CONNECTIONS, max(n_requests // 4**place, N_CONNECTIONS), request)
            watching.cancel()
            samples |= done.samples(_name(size))
            samples[f"{_name(size)}-peak"] = (max(seen) - base) / 1e6
            samples[f"{_name(size)}-kept"] = (service.usage(proportional=False).resident - base) / 1e6
    return samples


async def _watch(service: Service, seen: list[int]) -> None:
    """Notes how much memory there is, again and again."""
    while True:
        seen.append(service.usage(proportional=False).resident)
        await asyncio.sleep(_LOOK_SECONDS)


def _name(size: str) -> str:
    return f"scale-body-{size.replace(' ', '')}"
