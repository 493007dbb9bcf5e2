"""Medians, the table, the JSON, and the plot of the README."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from harness.figures import FIGURES, Samples

if TYPE_CHECKING:
    from rich.console import Console

    from harness.contenders import Missing

DIRECT = "direct"
"""The driver asking the upstream, with nothing in between."""


@dataclass
class Report:
    """All samples of a run."""

    notes: dict[str, str]
    """What each contender is, by its name, in the order of the table."""
    missing: list[Missing]
    samples: dict[str, dict[str, list[float]]] = field(default_factory=lambda: {key: {} for key in FIGURES})
    """By figure, then by contender, one a round."""
    problems: list[tuple[str, str]] = field(default_factory=list)
    """The contender, and what went wrong with it."""

    def add_round(self, measured: dict[str, Samples]) -> None:
        """Takes what was measured of each contender in one round."""
        direct = measured.get(DIRECT, {})
        for name, samples in measured.items():
            for key, value in samples.items():
                is_added = FIGURES[key].added and name != DIRECT
                if is_added and key not in direct:
                    continue
                self.samples[key].setdefault(name, []).append(value - direct[key] if is_added else value)

    def print(self, console: Console) -> None:
        """Prints the table, who is who, and what went wrong."""
        console.print(self._table())
        for name, note in self.notes.items():
            console.print(f"{name}: {note}", soft_wrap=True)
        for name, problem in self.problems:
            console.print(f"[red]{name}[/]: {escape(problem)}", soft_wrap=True)

    def _table(self) -> Table:
        # Ratios are to Tiercel over ASGI where it runs, else to the first gateway.
        reference = next((name for name in self.notes if name != DIRECT), DIRECT)
        n_rounds = max((len(values) for by_name in self.samples.values() for values in by_name.values()), default=0)
        table = Table(title=f"Medians of {n_rounds} rounds", caption=machine_line())
        for column in ("", "median", "min", "max", f"to {reference}"):
            table.add_column(column, justify="right" if column else "left")
        for key, figure in FIGURES.items():
            by_name = self.samples[key]
            if not by_name:
                continue
            table.add_row(f"[bold]{figure.title}, {figure.unit}")
            base = median(by_name[reference]) if reference in by_name else 0.0
            for name in (name for name in self.notes if name in by_name):
                whole = figure.added and name == DIRECT
                # Neither is a ratio to a difference that may be nothing, nor one of a whole to a part.
                ratio = f"{median(by_name[name]) / base:.2f} x" if base > 0 and key != "P7" and not whole else ""
                label = f"  {name}, in all" if whole else f"  {name}"
                table.add_row(label, *(_number(of(by_name[name])) for of in (median, min, max)), ratio)
            table.add_section()
        return table

    def write(self, path: Path) -> None:
        """Writes everything as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        figures = {
            key: {
                "title": figure.title,
                "unit": figure.unit,
                "contenders": {name: _summary(values) for name, values in self.samples[key].items()},
            }
            for key, figure in FIGURES.items()
        }
        document = {
            "machine": machine(),
            "contenders": self.notes,
            "missing": [missing.name for missing in self.missing],
            "problems": [{"contender": name, "problem": problem} for name, problem in self.problems],
            "figures": figures,
        }
        path.write_text(json.dumps(document, indent=2) + "\n")

    def plot(self, path: Path) -> None:
        """Draws what a request and a stream cost each gateway, on a logarithmic scale. Needs matplotlib."""
        from matplotlib.figure import Figure as Canvas  # noqa: PLC0415  only whoever asks for the plot needs it

        canvas = Canvas(figsize=(9, 3.2), layout="constrained")
        for axes, key in zip(canvas.subplots(1, 2), ("P3", "P5"), strict=True):
            by_name = {name: median(values) for name, values in self.samples[key].items()}
            names = sorted(by_name, key=lambda name: -by_name[name])
            colours = ["#c2410c" if name.startswith("tiercel") else "#94a3b8" for name in names]
            bars = axes.barh(names, [by_name[name] for name in names], color=colours)
            axes.bar_label(bars, fmt="{:,.0f}", padding=3)
            axes.set(
                xscale="log",
                title=FIGURES[key].title,
                xlabel="CPU us, logarithmic; less is better",
            )
            axes.title.set_fontsize(10)
            axes.margins(x=0.2)
            axes.spines[["top", "right"]].set_visible(False)
        canvas.savefig(path)


def machine() -> dict[str, object]:
    """What an absolute figure has to be read beside."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_average": os.getloadavg()[0],
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def machine_line() -> str:
    """The machine, for people."""
    facts = machine()
    return f"{facts['processor']}, {facts['cores']} cores, {facts['memory_gb']} GB, {facts['system']}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _summary(values: list[float]) -> dict[str, object]:
    return {"median": median(values), "min": min(values), "max": max(values), "rounds": values}


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}" if abs(value) >= 10 else f"{value:,.2f}"
