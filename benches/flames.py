"""Where a request's time goes: samples the gateway under load with `perf`, and draws flame graphs.

Linux and its `perf` are needed, and `inferno` for the pictures; `make profile` installs that one. Beside each picture
is a text with the share of each library (the kernel, Python, the core, the server) and of the functions on top.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tiercel.bench.whole_path import cpu
from tiercel.bench.whole_path.driver import STREAM, UNARY, Asking, Driver
from tiercel.bench.whole_path.ours import tiercel
from tiercel.bench.whole_path.processes import Cores
from tiercel.bench.whole_path.services import Starter

ROOT = Path(__file__).parent.parent

FREQUENCY = 499
"""Samples a second. A prime, so that nothing that is done every so often is always hit or always missed."""

STACK_BYTES = 16_384
"""Of the stack that is kept with each sample, and unwound later: neither Python nor the core keeps frame pointers."""


@dataclass(frozen=True)
class Work:
    """What the gateway is kept busy with."""

    asking: Asking
    n_connections: int


WORK = {"unary": Work(UNARY, 32), "stream": Work(STREAM, 128)}
"""As for P3 and for P5."""


def main() -> int:
    """Profiles each kind of work, and prints where the time went."""
    # However it is stopped, what it has started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--interface", choices=("asgi", "rsgi"), default="asgi")
    parser.add_argument("--only", choices=tuple(WORK), help="only this kind of work")
    parser.add_argument("--seconds", type=int, default=20, help="how long each is sampled")
    parser.add_argument("--output", type=Path, default=ROOT / "benches/results", help="the folder for what is made")
    options = parser.parse_args()
    if shutil.which("perf") is None:
        sys.exit("`perf` was not found: install it, on Debian with `apt-get install linux-perf`")
    options.output.mkdir(parents=True, exist_ok=True)
    for name in [options.only] if options.only else WORK:
        with tempfile.TemporaryDirectory(prefix="tiercel-profile-") as folder:
            title = sample(Path(folder), options.interface, name, options.seconds)
            to = options.output / f"profile-{options.interface}-{name}"
            report(Path(folder, "perf.data"), title, to)
    return 0


def sample(folder: Path, interface: str, name: str, seconds: int) -> str:
    """Samples the gateway at this work into `perf.data` in `folder`; what was done."""
    work, cores = WORK[name], Cores.share_out()
    driver = Driver(cores.driver)
    starter = Starter(folder, cores, driver)
    with starter.upstream(tls=False) as upstream, starter.service(tiercel(interface), upstream) as service:
        # What is done once is over by then.
        driver.closed(service.endpoint, work.asking, connections=work.n_connections, seconds=2)
        pids = [process.pid for process in cpu.tree(service.program.process.pid)] if service.program else []
        with subprocess.Popen(recorder(pids, folder / "perf.data"), stderr=subprocess.DEVNULL) as perf:
            load = driver.closed(service.endpoint, work.asking, connections=work.n_connections, seconds=seconds)
            perf.send_signal(signal.SIGINT)
    if load.errors:
        sys.exit(f"{service.name} answered {load.errors}")
    return f"{service.name}: {load.requests:,} x {name} over {work.n_connections} connections"


def recorder(pids: list[int], data: Path) -> list[str]:
    """The command that samples processes until it is interrupted."""
    graph = ["--call-graph", f"dwarf,{STACK_BYTES}"]
    # Virtual machines seldom have counters of the processor's own; all have a clock.
    event = ["-e", "cpu-clock", "-F", str(FREQUENCY)]
    return ["perf", "record", *event, *graph, "-p", ",".join(map(str, pids)), "-o", str(data)]


def report(data: Path, title: str, to: Path) -> None:
    """Prints what was sampled, and writes it to `to` with the ending `.txt`; the picture, with `.svg`."""
    options = ["--stdio", "-g", "none", "--no-children", "--percent-limit", "0.7", "--sort"]
    tables = [printed(["perf", "report", "-i", str(data), *options, sort]) for sort in ("dso", "dso,symbol")]
    rows = [[line.rstrip() for line in table.splitlines() if line and not line.startswith("#")] for table in tables]
    text = "\n\n".join([title, *map("\n".join, rows)]) + "\n\n"
    to.with_suffix(".txt").write_text(text)
    sys.stdout.write(text)
    path = os.pathsep.join([str(ROOT / ".tools/bin"), os.environ.get("PATH", "")])
    collapse, flamegraph = (shutil.which(f"inferno-{name}", path=path) for name in ("collapse-perf", "flamegraph"))
    if not collapse or not flamegraph:
        sys.stdout.write("no picture: `inferno` was not found, `cargo install inferno` installs it\n")
        return
    stacks = printed([collapse], printed(["perf", "script", "-i", str(data), "--no-inline"]))
    picture = to.with_suffix(".svg")
    picture.write_text(printed([flamegraph, "--title", title], stacks))
    sys.stdout.write(f"{picture}\n\n")


def printed(command: list[str], given: str = "") -> str:
    """What a program prints to whom it is given this."""
    return subprocess.run(command, input=given, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
