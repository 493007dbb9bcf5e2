"""What a request and a stream cost each gateway, as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from tiercel.bench.rows import OURS

if TYPE_CHECKING:
    from pathlib import Path

SHOWN = ("P3", "P5")


def draw(path: Path, found: dict[str, Any]) -> None:
    """Draws the rows of `SHOWN` of a document on logarithmic scales, into a file of the kind that its suffix names.

    Raises:
        OSError: It cannot be written.
        ValueError: There is no such kind.
    """
    rows = [row for row in found["rows"] if row["id"] in SHOWN]
    canvas = Figure(figsize=(9, 3.2), layout="constrained")
    for axes, row in zip(canvas.subplots(1, len(rows), squeeze=False)[0], rows, strict=True):
        medians = {name: it["median"] for name, it in row["values"].items()}
        names = sorted(medians, key=lambda name: -medians[name])
        colours = ["#c2410c" if name.startswith(OURS) else "#94a3b8" for name in names]
        bars = axes.barh(names, [medians[name] for name in names], color=colours)
        axes.bar_label(bars, fmt="{:,.0f}", padding=3)
        axes.set(xscale="log", title=row["quantity"], xlabel=f"{row['unit']}, logarithmic; less is better")
        axes.title.set_fontsize(10)
        axes.margins(x=0.2)
        axes.spines[["top", "right"]].set_visible(False)
    canvas.savefig(path)
