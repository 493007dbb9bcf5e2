"""Breaks a provider under load, in five ways one after another, and shows what the clients see of it.

Three simulated providers are processes of their own behind one tier of a gateway; 200 requests a second come whatever
becomes of those before. One provider is killed, throttles, fails by halves, stalls in mid-stream and is frozen, and is
mended after each. `python benches/drill.py` takes about four minutes; `--quick` shortens the phases, for correctness
and not for the figures. The exit code is 1 when a request failed before its client got anything, when a stream ended
without a word, or when the provider was not asked again after it came back.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop
from rich.console import Console

from outage.gateway import TIMEOUT, Gateway
from outage.load import MAX_TOKENS, STREAMS_OF_TEN, Load
from outage.phases import FAULTS, FULL, QUICK, Phase, Scale, run
from outage.providers import Provider
from outage.report import Report
from tiercel.bench.whole_path.processes import Cores, ProgramError, on_cores

if TYPE_CHECKING:
    from outage.client import Answer

ROOT = Path(__file__).parent.parent
PROVIDERS = ("alpha", "beta", "gamma")


def main() -> int:
    """Drills, reports, and says with its exit code whether the clients were spared."""
    # However it is stopped, what it has started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    options = parse_options()
    console = Console(highlight=False)
    try:
        answers, phases = drill(options, QUICK if options.quick else FULL, console)
    except ProgramError as error:
        sys.exit(str(error))
    settings = {
        "rate": options.rate,
        "interface": options.interface,
        "streams_of_ten": STREAMS_OF_TEN,
        "max_tokens": MAX_TOKENS,
        "timeout": TIMEOUT,
    }
    report = Report(answers, phases, PROVIDERS, settings)
    report.print(console)
    report.write(options.output)
    if options.plot:
        from outage import plot  # noqa: PLC0415  only whoever asks for the plot needs matplotlib

        plot.draw(report.document, options.plot)
    return 1 if report.problems else 0


def drill(options: argparse.Namespace, scale: Scale, console: Console) -> tuple[list[Answer], list[Phase]]:
    """Starts everything, breaks what is to be broken, and ends everything."""
    cores = Cores.share_out()
    with tempfile.TemporaryDirectory(prefix="tiercel-drill-") as folder, ExitStack() as stack:
        providers = [Provider(name, Path(folder), cores.upstream) for name in PROVIDERS]
        for provider in providers:
            provider.start()
            stack.callback(provider.stop)
        gateway = Gateway(Path(folder), options.interface, providers, cores.gateway)
        stack.callback(gateway.stop)
        load = Load(gateway.port, options.rate, n_questions=int(scale.healthy * options.rate))

        async def under_load() -> list[Phase]:
            is_over = asyncio.Event()
            asking = asyncio.create_task(load.run(is_over))
            # One turn of the loop, in which the load begins to count its seconds.
            await asyncio.sleep(0)
            phases = await run(load, providers, options.faults, scale, console)
            is_over.set()
            await asking
            return phases

        with on_cores(cores.driver), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            phases = runner.run(under_load())
        gateway.program.check()
    return load.answers, phases


def parse_options() -> argparse.Namespace:
    """The command line; `faults` are those of `--only`, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="short phases: is any request lost?")
    parser.add_argument("--rate", type=int, default=200, help="requests a second")
    parser.add_argument("--interface", choices=("asgi", "rsgi"), default="asgi")
    names = [fault.name for fault in FAULTS]
    parser.add_argument("--only", help=f"faults, with commas between their names: {', '.join(names)}")
    parser.add_argument("--output", type=Path, default=ROOT / "benches/results/drill.json", help="where the JSON goes")
    parser.add_argument("--plot", type=Path, help="where a plot goes; needs matplotlib")
    options = parser.parse_args()
    wanted = options.only.split(",") if options.only else names
    if unknown := set(wanted) - set(names):
        parser.error(f"no such fault: {', '.join(unknown)}; there are: {', '.join(names)}")
    options.faults = [fault for fault in FAULTS if fault.name in wanted]
    return options


if __name__ == "__main__":
    sys.exit(main())
