"""What more workers take and give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiercel.bench.rows import Quantity
from tiercel.bench.scale import load, processes
from tiercel.bench.scale.client import chat
from tiercel.bench.scale.samples import NONE
from tiercel.bench.scale.service import MODEL, gateway, simulator

if TYPE_CHECKING:
    from pathlib import Path

    from tiercel.bench.scale.samples import Samples

N_CONNECTIONS = 32
REQUEST = b"".join(chat(MODEL, "Explain the refund policy", max_tokens=16))


def quantities(n_workers: int) -> dict[str, Quantity]:
    """The rows of a gateway of so many workers."""
    name = f"scale-workers-{n_workers}"
    title = f"{n_workers} worker{'s' * (n_workers > 1)}, {N_CONNECTIONS} connections"
    return {
        f"{name}-idle": Quantity(f"{n_workers} worker{'s' * (n_workers > 1)}: memory before any request", "MB"),
        f"{name}-memory": Quantity(f"{title}: memory after the load", "MB"),
        f"{name}-failures": Quantity(f"{title}: failures", "", NONE),
        f"{name}-cpu": Quantity(f"{title}: CPU a request", "ms"),
        f"{name}-busiest": Quantity(f"{title}: share of the CPU that the busiest worker has", "%"),
    }


async def measure(folder: Path, interface: str, n_workers: int, n_requests: int) -> Samples:
    """A round of one gateway. Memory is that of all its processes, shared pages once."""
    name = f"scale-workers-{n_workers}"
    async with simulator("--speed", "0") as base_url, gateway(folder, base_url, interface, n_workers) as service:
        idle = service.usage().proportional
        before = {pid: processes.cpu_seconds(pid) for pid in service.workers()}
        done = await load.run(service, N_CONNECTIONS, n_requests, REQUEST)
        used = [processes.cpu_seconds(pid) - seconds for pid, seconds in before.items()]
        return {
            f"{name}-idle": idle / 1e6,
            f"{name}-memory": service.usage().proportional / 1e6,
            **done.samples(name),
            f"{name}-busiest": 100 * max(used) / sum(used) if sum(used) else 100.0,
        }
