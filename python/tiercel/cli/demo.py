"""The gateway of those who have configured nothing: the simulator behind a full configuration."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tiercel.cli.output import Stop

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEMPLATE = Path(__file__).parents[1] / "demo.toml"
# The discard protocol's: nothing is ever sent there, since a dry run does not connect.
UNUSED_PORT = 9
_STOP_SECONDS = 5


def write(folder: Path, port: int) -> Path:
    """Write the demonstration's configuration into `folder`; the simulator listens on `port`."""
    path = folder / "demo.toml"
    path.write_text(Template(_TEMPLATE.read_text("utf-8")).substitute(port=port), "utf-8")
    return path


@contextmanager
def simulator() -> Iterator[int]:
    """Run the simulator in a process of its own, and tell its port."""
    command = [sys.executable, "-m", "tiercel.simulator", "--port", "0", "--exit-with-parent"]
    # In a process group of its own a Ctrl-C does not reach it: streams that run on while the gateway drains need it.
    with subprocess.Popen(  # noqa: S603 - nothing in it comes from outside
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0
    ) as process:
        try:
            said = process.stdout.readline().decode() if process.stdout else ""
            port = urlsplit(said.strip().rpartition(" ")[2]).port
            if port is None:
                raise Stop("the simulator does not start")
            yield port
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
