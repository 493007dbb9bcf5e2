"""What is measured in rounds, as the rows that all of the benchmarks have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiercel.bench.rows import Quantity, Row, Target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Samples = dict[str, float]
"""One round's values by the row's id."""

NONE = Target(most=0)


def of_clients(name: str, title: str) -> dict[str, Quantity]:
    """The rows of what clients see."""
    return {
        f"{name}-failures": Quantity(f"{title}: failures", "", NONE),
        f"{name}-p50": Quantity(f"{title}: what a client waits, p50", "ms"),
        f"{name}-p99": Quantity(f"{title}: what a client waits, p99", "ms"),
    }


def rows(rounds: Mapping[str, Sequence[Samples]], quantities: Mapping[str, Quantity]) -> list[Row]:
    """All rows that there are samples of.

    Args:
        rounds: By who was measured, such as `tiercel asgi`, a round's values each.
        quantities: What rows there may be, in the order in which they are to be shown.
    """
    found = []
    for name, quantity in quantities.items():
        samples = {who: [it[name] for it in each if name in it] for who, each in rounds.items()}
        found.append(Row(name, quantity, {who: values for who, values in samples.items() if values}))
    return [row for row in found if row.samples]
