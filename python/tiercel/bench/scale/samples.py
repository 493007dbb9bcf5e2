"""What is measured: rows of one quantity each, by who was measured, in the form that all of the benchmarks have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING, Any

from tiercel import __version__
from tiercel.bench.machine import machine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Samples = dict[str, float]
"""One round's values by the row's id."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a row shows, and what it is to be at most."""

    title: str
    unit: str
    target: float | None = None


def of_clients(name: str, title: str) -> dict[str, Quantity]:
    """The rows of what clients see."""
    return {
        f"{name}-failures": Quantity(f"{title}: failures", "", 0),
        f"{name}-p50": Quantity(f"{title}: what a client waits, p50", "ms"),
        f"{name}-p99": Quantity(f"{title}: what a client waits, p99", "ms"),
    }


def document(rounds: Mapping[str, Sequence[Samples]], quantities: Mapping[str, Quantity]) -> dict[str, Any]:
    """All rows that there are samples of, and what they were measured on.

    Args:
        rounds: By who was measured, such as `tiercel asgi`, a round's values each.
        quantities: What rows there may be, in the order in which they are to be shown.
    """
    return {
        "tiercel": __version__,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "rounds": max(map(len, rounds.values()), default=0),
        "contenders": dict.fromkeys(rounds, "before the simulator, with a client key, access log, metrics and prices"),
        "not_found": [],
        "rows": [row for name, quantity in quantities.items() if (row := _row(name, quantity, rounds))["values"]],
    }


def _row(name: str, quantity: Quantity, rounds: Mapping[str, Sequence[Samples]]) -> dict[str, Any]:
    values = {who: [it[name] for it in samples if name in it] for who, samples in rounds.items()}
    return {
        "id": name,
        "quantity": quantity.title,
        "unit": quantity.unit,
        "target": quantity.target,
        "values": {
            who: {"median": median(each), "least": min(each), "most": max(each), "rounds": each}
            for who, each in values.items()
            if each
        },
    }
