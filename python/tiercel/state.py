"""The folder that the processes of one gateway share while it runs: how they know of one another.

Signals wake, and files say what: a worker that is started late, or anew, finds all of it by itself. Each file is
written by one process, and is replaced as a whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Verdict = dict[str, Any]

# How often a file that is waited for is looked for.
POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Accepted:
    """A configuration that can be served.

    Attributes:
        number: Counts up, from 0 for the one that the gateway was started with.
        text: What its file said.
    """

    number: int
    text: str


class State:
    """The folder, as the process that uses it sees it."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which is there and is nobody else's."""
        self.folder = folder
        self._asking = asyncio.Lock()

    # The configuration: the main process accepts, the workers follow. A file that is broken meanwhile harms nobody.

    def accept(self, number: int, text: str) -> None:
        """Have the workers serve `text`."""
        self._write("accepted", orjson.dumps({"number": number, "text": text}))

    def accepted(self) -> Accepted:
        """What is to be served."""
        return Accepted(**orjson.loads((self.folder / "accepted").read_bytes()))

    def follow(self, number: int) -> None:
        """Say that this worker serves the configuration of that number."""
        self._write(f"{os.getpid()}.follows", str(number).encode())

    def has_followed(self, pid: int, number: int) -> bool:
        """Whether this worker serves that configuration, or a later one."""
        path = self.folder / f"{pid}.follows"
        return path.exists() and int(path.read_bytes()) >= number

    # Reloads that clients ask for: a worker asks the main process.

    async def ask(self, main_pid: int, wake_signal: int, seconds: float) -> Verdict | None:
        """What the main process makes of the configuration's file as it is now; None when it does not say in time."""
        # One at a time, so that there is one question a worker at most.
        async with self._asking:
            answer = self.folder / f"{os.getpid()}.told"
            answer.unlink(missing_ok=True)
            self._write(f"{os.getpid()}.asked", b"")
            # A main process that is gone takes its workers along; nobody need be told of it here.
            with contextlib.suppress(ProcessLookupError):
                os.kill(main_pid, wake_signal)
            deadline = time.monotonic() + seconds
            while not answer.exists():
                if time.monotonic() > deadline:
                    return None
                await asyncio.sleep(POLL_SECONDS)
            verdict: Verdict = orjson.loads(answer.read_bytes())
            return verdict

    def take_questions(self) -> list[int]:
        """The workers that wait for what becomes of a file that is yet to be read."""
        questions = list(self.folder.glob("*.asked"))
        for question in questions:
            question.unlink()
        return [int(question.stem) for question in questions]

    def tell(self, pids: Iterable[int], verdict: Verdict) -> None:
        """Answer these workers."""
        for pid in pids:
            self._write(f"{pid}.told", orjson.dumps(verdict))

    # Metrics: each process leaves its own, for whichever worker is asked for all of them.

    def leave_metrics(self, snapshot: bytes) -> None:
        """Leave this process's metrics. A worker that has done so has begun."""
        self._write(f"{os.getpid()}.metrics", snapshot)

    def has_begun(self, pid: int) -> bool:
        """Whether this worker has begun to serve, and so hears signals."""
        return (self.folder / f"{pid}.metrics").exists()

    def others_metrics(self) -> list[tuple[bytes, bool]]:
        """The other processes' metrics, each with whether that process lives."""
        return [(path.read_bytes(), lives) for path, lives in self._others("metrics")]

    # How deployments do: each worker leaves what it found, for all others.

    def leave_health(self, snapshot: bytes) -> None:
        """Leave what this worker knows."""
        self._write(f"{os.getpid()}.health", snapshot)

    def others_health(self) -> list[bytes]:
        """What the other workers know that live."""
        return [path.read_bytes() for path, lives in self._others("health") if lives]

    def _others(self, kind: str) -> Iterator[tuple[Path, bool]]:
        """The files of that kind that other processes have left, each with whether its process lives."""
        for path in self.folder.glob(f"*.{kind}"):
            if (pid := int(path.stem)) != os.getpid():
                yield path, Path(f"/proc/{pid}").exists()

    def _write(self, name: str, contents: bytes) -> None:
        draft = self.folder / f"{name}.draft"
        draft.write_bytes(contents)
        draft.replace(self.folder / name)
