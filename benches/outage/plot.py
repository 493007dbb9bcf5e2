"""The drill as a picture, drawn from its JSON. Needs matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

# Okabe and Ito's palette, which those tell apart who see colours differently, and which differs in grey too.
PROVIDERS = ("#0072b2", "#56b4e9", "#c4c4c4")
FAILED = "#d55e00"
INTERRUPTED = "#e69f00"
BROKEN = "#fbe6da"
INK = "#333333"


def draw(document: dict[str, Any], path: Path) -> None:
    """Draws who answered, what failed and how long it took, second by second, with the phases marked."""
    # The salt makes the same picture the same file.
    with mpl.rc_context({"font.size": 9, "axes.edgecolor": INK, "text.color": INK, "svg.hashsalt": "drill"}):
        figure = Figure(figsize=(10, 6), layout="constrained")
        answers, failures, latency = figure.subplots(3, 1, sharex=True, height_ratios=(3, 1.2, 1.4))
        _draw_answers(answers, document)
        _draw_failures(failures, document)
        _draw_latency(latency, document)
        for axes in (answers, failures, latency):
            axes.spines[["top", "right"]].set_visible(False)
            for phase in document["phases"]:
                if phase["is_broken"]:
                    axes.axvspan(phase["began"], phase["ended"], color=BROKEN, linewidth=0, zorder=0)
        figure.suptitle(
            f"One of three providers is broken and mended, under {document['settings']['rate']} requests a second",
            fontsize=12,
            fontweight="bold",
        )
        figure.legend(loc="outside lower center", ncols=5, frameon=False)
        figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)


def _draw_answers(axes: Axes, document: dict[str, Any]) -> None:
    n_seconds = _n_seconds(document)
    labels = [f"{name}, the broken one" if name == document["broken"] else name for name in document["providers"]]
    stacked = [document["by_second"][name][:n_seconds] for name in document["providers"]]
    axes.stackplot(range(n_seconds), stacked, labels=labels, colors=PROVIDERS, step="post", linewidth=0)
    axes.set(ylabel="answers a second", ylim=(0, None), xlim=(0, n_seconds))
    for phase in document["phases"]:
        # Above the axes, in the middle of the phase.
        place = ((phase["began"] + min(phase["ended"], n_seconds)) / 2, 1.02)
        axes.text(*place, phase["title"], transform=axes.get_xaxis_transform(), ha="center", fontsize=8)


def _draw_failures(axes: Axes, document: dict[str, Any]) -> None:
    n_seconds = _n_seconds(document)
    failed, interrupted = (document["by_second"][name][:n_seconds] for name in ("failed", "interrupted"))
    middles = [second + 0.5 for second in range(n_seconds)]
    axes.bar(middles, failed, width=1.0, color=FAILED, label="failed")
    axes.bar(middles, interrupted, width=1.0, bottom=failed, color=INTERRUPTED, label="stream interrupted, client told")
    # A single failure is to look like one, not like all that there is.
    axes.set(ylabel="a second", ylim=(0, max(10, *failed, *interrupted) * 1.1))
    n_requests, n_failed, n_interrupted = (
        sum(phase[name] for phase in document["phases"]) for name in ("requests", "failed", "interrupted")
    )
    axes.set_title(
        f"Of {n_requests:,} requests {n_failed:,} failed; {n_interrupted:,} streams that had begun were interrupted",
        loc="left",
        fontsize=9,
    )


def _draw_latency(axes: Axes, document: dict[str, Any]) -> None:
    seconds = [float("nan") if ms is None else ms / 1e3 for ms in document["by_second"]["p99_ms"]]
    n_seconds = _n_seconds(document)
    axes.plot(range(n_seconds), seconds[:n_seconds], color=INK, linewidth=1.2, drawstyle="steps-post")
    axes.set(ylabel="seconds", ylim=(0, None), xlabel="seconds since the drill began")
    axes.set_title("Time to an answer, or to a stream's beginning, 99th percentile", loc="left", fontsize=9)
    axes.xaxis.set_major_locator(MultipleLocator(10))


def _n_seconds(document: dict[str, Any]) -> int:
    """Those that are whole: the last is not."""
    return len(document["by_second"]["failed"]) - 1
