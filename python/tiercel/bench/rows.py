"""What a benchmark finds: rows of one quantity each, by contender, beside the figure to reach.

Every suite gives one document of `document`, whatever it measures; `tiercel bench` shows it and writes it as JSON.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING, Any

from tiercel import __version__
from tiercel.bench.machine import machine

if TYPE_CHECKING:
    from collections.abc import Sequence

OURS = "tiercel"
"""What names of our own contenders begin with."""

DIRECT = "direct"
"""The upstream asked with nothing in between."""


@dataclass(frozen=True)
class Missing:
    """A peer that is not on this machine."""

    name: str
    install: str


@dataclass(frozen=True)
class Target:
    """What a figure of ours is to be."""

    most: float | None = None
    least: float | None = None
    peer: str | None = None
    """It is also to be at most `ratio` times what this one has in the same run."""
    ratio: float = 1.0

    def is_met(self, value: float, peer: float | None) -> bool | None:
        """Whether `value` is good; None where only a peer could tell, which is not here."""
        bounds = [bound for bound in (self.most, peer and self.ratio * peer) if bound is not None]
        if not bounds and self.least is None:
            return None
        return value <= min(bounds, default=value) and (self.least is None or value >= self.least)

    def __str__(self) -> str:
        limits = [f"<= {self.most:g}"] if self.most is not None else []
        limits += [f">= {self.least:g}"] if self.least is not None else []
        limits += [f"<= {self.ratio:g} x {self.peer}"] if self.peer else []
        return ", ".join(limits)


@dataclass(frozen=True)
class Quantity:
    """What a row shows. The numbers P1 to P9 are those of the project's targets."""

    title: str
    unit: str
    target: Target | None = None
    is_added: bool = False
    """Its values are differences to `direct`, round by round; that one's own is the whole."""


@dataclass
class Row:
    """One quantity of everybody who was measured."""

    id: str
    quantity: Quantity
    samples: dict[str, list[float]] = field(default_factory=dict)
    """By contender, one a round."""

    def document(self) -> dict[str, Any]:
        """The row as the JSON has it."""
        target = self.quantity.target
        return {
            "id": self.id,
            "quantity": self.quantity.title,
            "unit": self.quantity.unit,
            "target": target and (target.least if target.most is None else target.most),
            "values": {
                name: {"median": median(values), "least": min(values), "most": max(values), "rounds": values}
                for name, values in self.samples.items()
            },
            "reach": str(target or ""),
            "peer": target and target.peer,
            "is_added": self.quantity.is_added,
            "met": self._met(target) if target else {},
        }

    def _met(self, target: Target) -> dict[str, bool | None]:
        peer = self.samples.get(target.peer or "")
        beside = median(peer) if peer else None
        ours = {name: median(values) for name, values in self.samples.items() if name.startswith(OURS)}
        return {name: target.is_met(value, beside) for name, value in ours.items()}


def document(
    rows: Sequence[Row],
    *,
    n_rounds: int,
    notes: dict[str, str],
    missing: Sequence[Missing],
    load: str,
) -> dict[str, Any]:
    """All that a run found.

    Args:
        rows: Those with neither samples nor a target are left out.
        n_rounds: How often each was measured.
        notes: What each contender is, by its name, in the order in which they are to be shown.
        missing: Peers that are not on this machine.
        load: How busy the machine was when it began, by `machine.load`.
    """
    return {
        "tiercel": __version__,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine() | {"load": load},
        "rounds": n_rounds,
        "rows": [row.document() for row in rows if row.samples or row.quantity.target],
        "contenders": notes,
        "not_found": [{"peer": each.name, "install": each.install} for each in missing],
        "problems": [],
        "failed": [],
    }


def merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """One document of two suites, which have no row in common; the rows of the targets come first, in their order."""
    rows = first["rows"] + second["rows"]
    missing = {each["peer"]: each for each in first["not_found"] + second["not_found"]}
    return first | {
        "rounds": min(first["rounds"], second["rounds"]),
        "rows": sorted(rows, key=_place),
        "contenders": first["contenders"] | second["contenders"],
        "not_found": list(missing.values()),
        "problems": first["problems"] + second["problems"],
        "failed": first["failed"] + second["failed"],
    }


def _place(row: dict[str, Any]) -> tuple[bool, str]:
    """Rows of a target by its number; all others keep their order behind them."""
    number = row["id"].partition(" ")[0]
    is_of_target = re.fullmatch(r"P\d", number) is not None
    return not is_of_target, number if is_of_target else ""
