"""`tiercel bench gateway`: the whole path, beside whichever peers are installed."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from tiercel.cli import bench_rows, output
from tiercel.cli.bench_rows import JsonOption, QuickOption, RoundsOption

OnlyOption = Annotated[
    str | None, typer.Option(show_default=False, help="Contenders to measure, with commas between their names.")
]
EnvoyOption = Annotated[str | None, typer.Option(show_default=False, help="Envoy's program `envoy`.")]
BifrostOption = Annotated[str | None, typer.Option(show_default=False, help="Bifrost's program `bifrost-http`.")]
TensorZeroOption = Annotated[str | None, typer.Option(show_default=False, help="A Python that has TensorZero's wheel.")]
PortkeyOption = Annotated[str | None, typer.Option(show_default=False, help="Portkey's program `gateway`.")]
LiteLlmOption = Annotated[str | None, typer.Option("--litellm", show_default=False, help="LiteLLM's program `litellm`.")]


def gateway(  # noqa: PLR0913, PLR0917 - they are its options
    quick: QuickOption = False,
    rounds: RoundsOption = None,
    only: OnlyOption = None,
    report: JsonOption = None,
    plot: Annotated[
        Path | None,
        typer.Option(show_default=False, help="A file, .svg or .png, for a plot of P3 and P5; needs matplotlib."),
    ] = None,
    envoy: EnvoyOption = None,
    bifrost: BifrostOption = None,
    tensorzero: TensorZeroOption = None,
    portkey: PortkeyOption = None,
    litellm: LiteLlmOption = None,
) -> None:
    """Measure what a request costs on its whole way, beside direct and every peer that is installed.

    An upstream that costs almost nothing is asked by a load driver, with a gateway in between: CPU, latency, streams,
    hits of the cache, TLS, memory, a second worker. Contenders take turns in each round. A peer's program is
    looked for at its option, else in BENCH_NAME, else on the path. With all peers it takes some thirteen minutes; on two
    cores, nothing else should run meanwhile.

    Exit codes: 0 every answer of Tiercel's was right; 1 one was not; 2 it cannot be measured here.
    """
    programs = {"envoy": envoy, "bifrost": bifrost, "tensorzero": tensorzero, "portkey": portkey, "litellm": litellm}
    from tiercel.bench.whole_path.run import Options, run  # noqa: PLC0415 - other commands need not start programs

    # However it is stopped, what it has started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    with bench_rows.progress() as tell:
        found = run(Options(quick, rounds, tuple(only.split(",")) if only else (), programs), tell)
    bench_rows.show(found)
    if report:
        output.report(report, found)
    if plot:
        draw(plot, found)
    if found["failed"]:
        raise output.Stop(f"wrong answers: {', '.join(found['failed'])}", output.NO)


def draw(path: Path, found: dict[str, object]) -> None:
    """Draw the plot of a run.

    Raises:
        Stop: There is no matplotlib, or the file cannot be written.
    """
    try:
        from tiercel.bench.plot import draw as draw_plot  # noqa: PLC0415 - only whoever asks for it needs matplotlib
    except ImportError:
        raise output.Stop("a plot needs matplotlib: pip install matplotlib") from None
    try:
        draw_plot(path, found)
    except (OSError, ValueError) as error:
        raise output.Stop(f"cannot draw {path}: {error}") from None
    output.note(f"{path} is written")
