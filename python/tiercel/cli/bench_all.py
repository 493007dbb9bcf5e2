"""`tiercel bench all`: every figure that there is a target for."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from tiercel.cli import bench_core, bench_gateway, bench_rows, output

DataOption = Annotated[
    Path | None, typer.Option(show_default=False, help="The folder with `tasks/` and `cache/`, for those two as well.")
]

N_REQUESTS = 2_000
"""Of a simulated month and of a stream: what is found of more takes longer than everything else."""

SEED = 1


def everything(  # noqa: PLR0913, PLR0917 - they are its options
    peer: bench_gateway.PeerOption,
    quick: bench_rows.QuickOption = False,
    rounds: bench_rows.RoundsOption = None,
    only: bench_gateway.OnlyOption = None,
    data: DataOption = None,
    report: bench_rows.JsonOption = None,
    plot: bench_gateway.PlotOption = None,
) -> None:
    """Measure the core and the whole path, and say which targets are met.

    What `tiercel bench core` and `tiercel bench gateway` measure, as one table; with --data also short runs of
    `tiercel bench routing` and `tiercel bench cache`, whose reports go into the JSON. It takes fifteen minutes at most.

    Exit codes: 0 every answer of Tiercel's was right, whatever the figures; 1 one was not; 2 it cannot be measured
    here, or the data are wrong.
    """
    from tiercel.bench.rows import merged  # noqa: PLC0415 - as in the modules whose commands these are

    # First what may be refused.
    simulated = _simulated(data) if data else {}
    whole_path = bench_gateway.measure(peer, quick, rounds, only)
    found = merged(bench_core.measure(quick, rounds), whole_path) | simulated
    if simulated:
        output.note(f"the JSON has what `tiercel bench routing` and `cache` find of {N_REQUESTS:,} requests each")
    bench_gateway.finish(found, report, plot)


def _simulated(data: Path) -> dict[str, Any]:
    """Short runs of the two suites that judge decisions."""
    from tiercel.bench import routing  # noqa: PLC0415 - as above
    from tiercel.bench.cache import report as cache  # noqa: PLC0415 - as above
    from tiercel.bench.plan import Plan  # noqa: PLC0415 - as above

    with TemporaryDirectory(prefix="tiercel-bench-") as folder:
        one, other = Path(folder) / "routing", Path(folder) / "cache"
        one.mkdir()
        other.mkdir()
        scale = routing.Scale(N_REQUESTS, SEED)
        asking = partial(output.track, doing="asking")
        return {
            "routing": routing.run(data, Plan.read(None, "auto"), scale, one, asking),
            "cache": cache.run(data, cache.Scale(N_REQUESTS, SEED), other, output.track),
        }
