"""What is measured of each contender, and how much of it. The functions of `figures` are named for these rows."""

from __future__ import annotations

from dataclasses import dataclass

from tiercel.bench.rows import Quantity, Target
from tiercel.bench.whole_path.services import N_DELTAS

FIGURES = {
    "P3": Quantity("CPU per unary request, 32 connections", "us", Target(most=75, peer="bifrost", ratio=0.5)),
    "P3 rate": Quantity("Unary requests a second on one core, 32 connections", "1/s"),
    "P3 one": Quantity("CPU per unary request, one connection", "us"),
    "P3 many": Quantity("CPU per unary request, 128 connections", "us"),
    "P3 many rate": Quantity("Unary requests a second on one core, 128 connections", "1/s"),
    "P4": Quantity("Added p50, one connection", "us", Target(peer="bifrost"), is_added=True),
    "P4 p99": Quantity("Added p99, one connection", "us", is_added=True),
    "P4 p99.9": Quantity("Added p99.9, one connection", "us", is_added=True),
    "open p50": Quantity("Added p50 at a fixed rate, open loop", "us", is_added=True),
    "open p99": Quantity("Added p99 at a fixed rate, open loop", "us", is_added=True),
    "open p99.9": Quantity("Added p99.9 at a fixed rate, open loop", "us", is_added=True),
    "P5": Quantity(
        f"CPU per stream of {N_DELTAS + 2} events, 128 connections",
        "us",
        Target(most=900, peer="bifrost", ratio=0.5),
    ),
    "P5 first": Quantity("Added p50 to the first event, 128 connections", "us", is_added=True),
    "P5 gap": Quantity("Added p50 between two events, 128 connections", "us", is_added=True),
    "P5 gap p99": Quantity("Added p99 between two events, 128 connections", "us", is_added=True),
    "P6 exact": Quantity("CPU per exact hit of the cache, 32 connections", "us", Target(most=45)),
    "P6 semantic": Quantity("CPU per hit in other words, 32 connections", "us", Target(most=60)),
    "P7": Quantity("CPU per unary request, TLS upstream less plain", "us", Target(most=5)),
    "P8 worker": Quantity("Resident memory of the largest process, idle", "MB", Target(most=120)),
    "P8 tree": Quantity("Memory of all processes, idle, shared pages once", "MB"),
    "P8 connection": Quantity("Memory per idle client connection", "kB", Target(most=20)),
    "P8 stream": Quantity("Memory per open stream", "kB", Target(most=60)),
    "P9": Quantity("Unary requests a second, two workers to one, of four cores", "x", Target(least=1.8)),
    "P9 cost": Quantity("CPU per unary request, two workers to one", "x"),
}


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    n_rounds: int
    seconds: float
    rate: int = 1000
    """Requests a second of the open loop: well below what the slowest compiled gateway takes."""
    unary_connections: int = 32
    stream_connections: int = 128
    many_connections: int = 128
    idle_connections: int = 500
    open_streams: int = 200
    settle_seconds: float = 0.5
    """Between a change and the reading of memory."""


FULL = Scale(n_rounds=5, seconds=1.0)
QUICK = Scale(n_rounds=1, seconds=0.2, many_connections=64, idle_connections=50, open_streams=20, settle_seconds=0.1)
