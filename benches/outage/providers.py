"""The simulated providers, each a process of its own that can be broken and mended while it serves."""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from tiercel.bench.whole_path.processes import Program, free_port

if TYPE_CHECKING:
    from pathlib import Path

MODEL = "small"
"""Its first token takes 200 ms in the median, two thirds of them 156 to 257 ms (`tiercel/simulator/models.py`)."""


@dataclass
class Provider:
    """A provider with the same port in all its lives."""

    name: str
    folder: Path
    cores: frozenset[int]
    port: int = field(default_factory=free_port)

    def start(self) -> None:
        """Returns when it listens."""
        # The same seed for all: a question takes as long whoever answers it, so what a fault adds can be told.
        command = [sys.executable, "-m", "tiercel.simulator", "--port", str(self.port), "--exit-with-parent"]
        self._program = Program.start(command, self.folder / f"{self.name}.log", self.cores, {})
        self._program.wait_for_port(self.port)

    def kill(self) -> None:
        """Ends it as a power failure would; its connections are reset."""
        self._program.process.kill()
        self._program.process.wait()

    def freeze(self) -> None:
        """Stops it with its connections open: the kernel goes on taking connections and bytes for it."""
        self._program.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets it go on."""
        self._program.process.send_signal(signal.SIGCONT)

    def attach(self, fault: str) -> None:
        """Makes its answers fail from now on; the grammar is that of `tiercel/simulator/faults.py`."""
        self._control("POST", {"model": None, "fault": fault})

    def mend(self) -> None:
        """Takes the fault away."""
        self._control("DELETE", None)

    def stop(self) -> None:
        """Ends it, frozen or not."""
        self.thaw()
        self._program.stop()

    def _control(self, method: str, body: dict[str, str | None] | None) -> None:
        url = f"http://127.0.0.1:{self.port}/simulator/faults"
        httpx.request(method, url, json=body, trust_env=False).raise_for_status()
