"""What a run has measured so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tiercel.bench.machine import load
from tiercel.bench.rows import DIRECT, Row, document
from tiercel.bench.whole_path.quantities import FIGURES

if TYPE_CHECKING:
    from tiercel.bench.rows import Missing
    from tiercel.bench.whole_path.figures import Samples


@dataclass
class Measured:
    """All samples of a run."""

    notes: dict[str, str]
    """What each contender is, by its name, in the order in which they are shown."""
    missing: list[Missing]
    must_be_right: frozenset[str] = frozenset()
    """Whose wrong answers fail the run."""
    rows: dict[str, Row] = field(default_factory=lambda: {key: Row(key, figure) for key, figure in FIGURES.items()})
    problems: list[tuple[str, str]] = field(default_factory=list)
    """The contender, and what went wrong with it."""
    n_rounds: int = 0
    load: str = field(default_factory=load)
    """How busy the machine was before."""

    def add_round(self, measured: dict[str, Samples]) -> None:
        """Takes what was measured of each contender in one round."""
        self.n_rounds += 1
        direct = measured.get(DIRECT, {})
        for name, samples in measured.items():
            for key, value in samples.items():
                row = self.rows[key]
                is_added = row.quantity.is_added and name != DIRECT
                if not is_added:
                    row.samples.setdefault(name, []).append(value)
                elif key in direct:
                    row.samples.setdefault(name, []).append(value - direct[key])

    def rests(self, name: str) -> None:
        """Takes note that a contender is not measured any more, as it takes too long."""
        if "; measured in " not in self.notes[name]:
            self.notes[name] += f"; measured in {self.n_rounds} rounds, as it takes long"

    def document(self) -> dict[str, Any]:
        """Everything, as `rows.document` has it, with what went wrong."""
        found = document(
            list(self.rows.values()),
            n_rounds=self.n_rounds,
            notes=self.notes,
            missing=self.missing,
            load=self.load,
        )
        return found | {
            "problems": [{"contender": name, "problem": problem} for name, problem in self.problems],
            "failed": sorted(self.must_be_right & {name for name, _ in self.problems}),
        }
