"""Measures the whole path: a client asks Tiercel and its peers, and they ask an upstream that costs almost nothing.

`python benches/gateway.py` takes about ten minutes; `--quick` takes every step once, for correctness and not for its
figures. Contenders take turns within each round, so that what else happens on the machine happens to all of them.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import resource
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from harness.contenders import Contender, Missing, nginx, tiercel
from harness.driver import Driver
from harness.figures import FULL, QUICK
from harness.peers import bifrost, litellm, tensorzero
from harness.processes import Cores, ProgramError
from harness.report import DIRECT, Report
from harness.rounds import Rounds
from harness.services import Starter

ROOT = Path(__file__).parent.parent

MAX_FILES = 65_536
"""Hundreds of clients with their upstream connections need more open files than the usual limit."""


def main() -> int:
    """Measures, reports, and says with its exit code whether every answer that has to be right was."""
    # However it is stopped, what it has started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    options = parse_options()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, MAX_FILES), most))
    console = Console(highlight=False)
    present, missing = find_contenders(options)
    for each in missing:
        console.print(f"[yellow]{each.name} is not here[/]; to have it: {each.install}", soft_wrap=True)

    report = Report({DIRECT: "no gateway"} | {each.name: each.note for each in present}, missing)
    programs = options.programs or build_programs()
    scale = QUICK if options.quick else FULL
    with tempfile.TemporaryDirectory(prefix="tiercel-bench-") as folder:
        cores = Cores.share_out()
        driver = Driver(programs / "bench_load", cores.driver)
        starter = Starter(Path(folder), cores, driver, programs / "bench_upstream")
        rounds = dataclasses.replace(scale, n_rounds=options.rounds or scale.n_rounds)
        try:
            Rounds(starter, rounds, report, console).run(present)
        except ProgramError as error:
            sys.exit(str(error))

    report.print(console)
    report.write(options.output)
    if options.plot:
        report.plot(options.plot)
    must_be_right = {DIRECT} | {each.name for each in present if each.must_be_right}
    return 1 if must_be_right & {name for name, _ in report.problems} else 0


def parse_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one short round: are the answers right?")
    parser.add_argument("--rounds", type=int, help="how many rounds; 5, or 1 where it is quick")
    parser.add_argument("--only", help="contenders to measure, with commas between their names")
    parser.add_argument(
        "--output", type=Path, default=ROOT / "benches/results/gateway.json", help="where the JSON goes"
    )
    parser.add_argument("--plot", type=Path, help="where a plot of P3 and P5 goes; needs matplotlib")
    parser.add_argument("--programs", type=Path, help="the folder of the Rust programs, instead of building them")
    parser.add_argument("--bifrost", help="its program bifrost-http; else BENCH_BIFROST, else the path")
    parser.add_argument("--litellm", help="its program litellm; else BENCH_LITELLM, else the path")
    parser.add_argument("--tensorzero", help="a Python that has its wheel; else BENCH_TENSORZERO")
    return parser.parse_args()


def find_contenders(options: argparse.Namespace) -> tuple[list[Contender], list[Missing]]:
    """Those that are on this machine, and those that are not."""
    known = [
        tiercel("asgi"),
        tiercel("rsgi"),
        nginx(),
        bifrost(options.bifrost),
        tensorzero(options.tensorzero),
        litellm(options.litellm),
    ]
    wanted = options.only.split(",") if options.only else [each.name for each in known]
    if unknown := set(wanted) - {each.name for each in known}:
        sys.exit(f"no such contender: {', '.join(unknown)}; there are: {', '.join(each.name for each in known)}")
    present = [each for each in known if isinstance(each, Contender) and each.name in wanted]
    return present, [each for each in known if isinstance(each, Missing) and each.name in wanted]


def build_programs() -> Path:
    """Builds the upstream and the driver, and returns where they are."""
    command = ["cargo", "build", "--release", "--locked", "-p", "tiercel-benches", "--bins", "--message-format=json"]
    built = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    messages = map(json.loads, built.stdout.splitlines())
    return next(Path(found).parent for message in messages if (found := message.get("executable")))


if __name__ == "__main__":
    sys.exit(main())
