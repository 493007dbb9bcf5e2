"""`tiercel bench gateway`: the whole path, beside whichever peers are installed."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from tiercel.cli import bench_rows, output

PlotOption = Annotated[
    Path | None,
    typer.Option(show_default=False, help="A file for a picture of P3 and P5, in SVG."),
]
OnlyOption = Annotated[
    str | None, typer.Option(show_default=False, help="Contenders to measure, with commas between their names.")
]
PeerOption = Annotated[
    list[str],
    typer.Option(
        "--peer", metavar="NAME=PATH", default_factory=list, show_default=False, help="Where a peer's program is."
    ),
]


def gateway(  # noqa: PLR0913, PLR0917 - they are its options
    peer: PeerOption,
    quick: bench_rows.QuickOption = False,
    rounds: bench_rows.RoundsOption = None,
    only: OnlyOption = None,
    report: bench_rows.JsonOption = None,
    plot: PlotOption = None,
) -> None:
    """Measure what a request costs on its whole way, beside direct and every peer that is installed.

    An upstream that costs almost nothing is asked by a load driver, with a gateway in between: CPU, latency, streams,
    hits of the cache, TLS, memory, a second worker. Contenders take turns in each round. A peer's program is
    looked for where --peer says, else BENCH_NAME, else on the path. With all peers it takes some thirteen minutes, in
    which nothing else should run.

    Exit codes: 0 every answer of Tiercel's was right; 1 one was not; 2 it cannot be measured here.
    """
    finish(measure(peer, quick, rounds, only), report, plot)


def measure(peers: list[str], quick: bool, rounds: int | None, only: str | None) -> dict[str, Any]:
    """The document of a run."""
    from tiercel.bench.whole_path.run import Options, run  # noqa: PLC0415 - other commands need not start programs

    # However it is stopped, what it has started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    with bench_rows.progress() as tell:
        return run(Options(quick, rounds, tuple(only.split(",")) if only else (), programs_of(peers)), tell)


def finish(found: dict[str, Any], report: Path | None, plot: Path | None) -> None:
    """Write what is to be written of a run, then show it: what was measured so long is not lost with a pipe.

    Raises:
        Stop: It cannot be written, or an answer was wrong.
    """
    from tiercel.bench.figures.document import parse  # noqa: PLC0415 - as above
    from tiercel.bench.figures.picture import draw  # noqa: PLC0415 - as above

    if report:
        output.report(report, found)
    if plot:
        output.write(plot, draw(parse(found, "the run")).encode())
    bench_rows.show(found)
    if found["failed"]:
        raise output.Stop(f"wrong answers: {', '.join(found['failed'])}", output.NO)


def programs_of(peers: list[str]) -> dict[str, str]:
    """Paths by the names of peers.

    Raises:
        Stop: One is not NAME=PATH.
    """
    programs = {}
    for each in peers:
        name, sign, path = each.partition("=")
        if not (sign and path):
            raise output.Stop(f"--peer {each}: it has to be NAME=PATH, such as envoy=V/bin/envoy")
        programs[name] = path
    return programs
