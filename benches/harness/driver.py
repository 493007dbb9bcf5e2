"""Runs the load driver against whoever serves."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.contenders import CLIENT_KEY
from harness.processes import ProgramError, on_cores

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_SECONDS = 60
"""How much longer than asked a run may take: what is under way at its end is waited for."""


@dataclass(frozen=True)
class Endpoint:
    """Where to ask, and for what."""

    address: str
    path: str
    model: str


@dataclass(frozen=True)
class Load:
    """The driver's report; times are in microseconds."""

    requests: int
    errors: dict[str, int]
    seconds: float
    requests_per_second: float
    events: int
    latency_us: dict[str, float] | None
    first_event_us: dict[str, float] | None
    gap_us: dict[str, float] | None


@dataclass(frozen=True)
class Driver:
    """The program, and the cores that it may use."""

    program: Path
    cores: frozenset[int]

    def closed(self, endpoint: Endpoint, *, connections: int, seconds: float, stream: bool = False) -> Load:
        """Every connection asks again as soon as it is answered."""
        words = ["closed", *_words(connections=connections, seconds=seconds), *(["--stream"] if stream else [])]
        return self._run(endpoint, words, seconds)

    def once(self, endpoint: Endpoint) -> Load:
        """One request."""
        return self._run(endpoint, ["closed", *_words(requests=1, seconds=1)], 1)

    def open(self, endpoint: Endpoint, *, connections: int, seconds: float, rate: int) -> Load:
        """Requests are due at fixed times, and their latency counts from then."""
        return self._run(endpoint, ["open", *_words(connections=connections, seconds=seconds, rate=rate)], seconds)

    @contextmanager
    def holding(self, endpoint: Endpoint, *, connections: int, stream: bool) -> Iterator[None]:
        """Keeps connections, each answered once, or each with an open stream."""
        words = ["hold", *_words(connections=connections), *(["--stream"] if stream else [])]
        with (
            on_cores(self.cores),
            subprocess.Popen(
                self._command(endpoint, words), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            ) as process,
        ):
            if process.stdout is None or not process.stdout.readline().startswith("holding"):
                raise ProgramError(f"{connections} connections to {endpoint.path} could not be held")
            yield
            process.communicate()

    def _run(self, endpoint: Endpoint, words: list[str], seconds: float) -> Load:
        with on_cores(self.cores):
            finished = subprocess.run(
                self._command(endpoint, words),
                capture_output=True,
                check=True,
                timeout=seconds + PATIENCE_SECONDS,
            )
        return Load(**json.loads(finished.stdout))

    def _command(self, endpoint: Endpoint, words: list[str]) -> list[str]:
        where = _words(address=endpoint.address, path=endpoint.path, model=endpoint.model, key=CLIENT_KEY)
        return [str(self.program), *words, *where]


def _words(**flags: object) -> list[str]:
    return [word for flag, value in flags.items() for word in (f"--{flag}", str(value))]
