"""`tiercel bench core`: what the core takes, as Python meets it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tiercel.cli import bench_rows, output


def core(
    quick: bench_rows.QuickOption = False,
    rounds: bench_rows.RoundsOption = None,
    report: bench_rows.JsonOption = None,
) -> None:
    """Measure what the core takes for a request, and for its parts, without a socket.

    From the request to the bytes for the provider, with every layer on (P1, P2), hits of the cache, whole calls and
    streams, the classifier, the embedder, look-ups and tokens; beside tiktoken and hnswlib where they are installed.
    It takes two minutes, most of them to fill caches.

    Exit codes: 0 it is printed, whatever it says.
    """
    found = measure(quick, rounds)
    if report:
        output.report(report, found)
    bench_rows.show(found)


def measure(quick: bool, rounds: int | None) -> dict[str, Any]:
    """The document of a run."""
    from tiercel.bench.core.run import FULL, QUICK, run  # noqa: PLC0415 - other commands need no caches

    scale = QUICK if quick else FULL
    with bench_rows.progress() as tell:
        return run(replace(scale, n_rounds=rounds or scale.n_rounds), tell)
