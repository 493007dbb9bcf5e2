"""Starts programs on chosen cores, and ends them with all that they have started."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from tiercel.errors import TiercelError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

START_SECONDS = 60
"""How long a program may take before it listens. LiteLLM takes ten seconds on a slow core."""

STOP_SECONDS = 5
"""How long a program may take to end before it is killed."""

T = TypeVar("T")


class ProgramError(TiercelError):
    """A program did not start, or did not do what it was started for."""


@dataclass(frozen=True)
class Cores:
    """Who runs where. A gateway gets a core of its own, whatever else has to share."""

    gateway: frozenset[int]
    two_workers: frozenset[int]
    upstream: frozenset[int]
    driver: frozenset[int]
    two_are_free: bool
    """Whether two workers have a core each. Where they do not, they share that of the gateway."""

    @classmethod
    def share_out(cls) -> Cores:
        """Shares out the cores that this process may use.

        Raises:
            ProgramError: This is no Linux, whose `/proc` tells what a process uses.
        """
        if not sys.platform.startswith("linux"):
            raise ProgramError("only Linux tells what each process of a gateway uses: measure there")
        cores = sorted(os.sched_getaffinity(0))
        two_are_free = len(cores) >= 4
        return cls(
            gateway=frozenset(cores[:1]),
            two_workers=frozenset(cores[:2] if two_are_free else cores[:1]),
            upstream=frozenset(cores[-2:-1] if len(cores) > 2 else cores[-1:]),
            driver=frozenset(cores[-1:]),
            two_are_free=two_are_free,
        )


@contextmanager
def on_cores(cores: frozenset[int]) -> Iterator[None]:
    """What is started within runs on `cores`, and so does whatever that starts."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@dataclass(frozen=True)
class Program:
    """A running program, in a session of its own."""

    process: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def start(cls, command: Sequence[str], log: Path, cores: frozenset[int], environment: Mapping[str, str]) -> Program:
        """Starts `command`; what it prints goes to the end of `log`."""
        with log.open("ab") as output, on_cores(cores):
            process = subprocess.Popen(  # noqa: S603 - the commands are this package's own
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=os.environ | dict(environment),
                start_new_session=True,
            )
        return cls(process, log)

    def announced_port(self) -> int:
        """The port that the program chose, from its line `listening PORT`."""

        def announced() -> re.Match[str] | None:
            return re.search(r"^listening (\d+)$", self.printed(), re.MULTILINE)

        return int(self._wait_for(announced)[1])

    def wait_for_port(self, port: int) -> None:
        """Returns when somebody listens on `port`."""

        def connects() -> bool:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return True
            return False

        self._wait_for(connects)

    def check(self) -> None:
        """Fails when the program has ended."""
        if self.process.poll() is not None:
            raise ProgramError(f"{self.process.args!r} has ended; it printed:\n{self.printed()}")

    def empty_log(self) -> None:
        """Logs are written as shipped, but not kept: a run would fill gigabytes."""
        os.truncate(self.log, 0)

    def stop(self) -> None:
        """Ends the program and all that it started."""
        for sent in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, sent)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS)

    def _wait_for(self, condition: Callable[[], T | None]) -> T:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if found := condition():
                return found
            time.sleep(0.05)
        raise ProgramError(f"{self.process.args!r} does not listen; it printed:\n{self.printed()}")

    def printed(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-2000:]


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
