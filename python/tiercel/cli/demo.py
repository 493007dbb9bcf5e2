"""The gateway of those who have configured nothing: the simulator behind a full configuration."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tiercel.cli.output import Stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The discard protocol's: nothing is ever sent there, since a dry run does not connect.
UNUSED_PORT = 9
_STOP_SECONDS = 5


def write(folder: Path, port: int = UNUSED_PORT) -> Path:
    """Write the demonstration's configuration into `folder`; the simulator listens on `port`."""
    template = files("tiercel").joinpath("demo.toml").read_text("utf-8")
    path = folder / "demo.toml"
    path.write_text(Template(template).substitute(port=port), "utf-8")
    return path


@contextmanager
def simulator() -> Iterator[int]:
    """Run the simulator in a process of its own, and tell its port."""
    command = [sys.executable, "-m", "tiercel.simulator", "--port", "0", "--exit-with-parent"]
    # In a process group of its own a Ctrl-C does not reach it: streams that run on while the gateway drains need it.
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0) as process:  # noqa: S603 - nothing in it comes from outside
        try:
            assert process.stdout is not None  # noqa: S101 - as asked for above
            line = process.stdout.readline().decode()
            port = urlsplit(line.strip().rpartition(" ")[2]).port
            if port is None:
                raise Stop("the simulator does not start")
            yield port
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
