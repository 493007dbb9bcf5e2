"""Where the access log goes. Files are written away from the event loop: a slow disk must not hold up a request."""

from __future__ import annotations

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# POSIX keeps writes of so many bytes to a pipe in one piece, so that the workers' lines do not mix.
PIPE_BUFFER = 4096


class Log(Protocol):
    """Takes the lines of the access log."""

    @property
    def is_writing(self) -> bool:
        """Whether the last write is still under way."""

    def write_soon(self, lines: bytes) -> None:
        """Take whole lines, without waiting."""

    async def write(self, lines: bytes) -> None:
        """Take whole lines after those of `write_soon`."""

    def reopen(self, target: str) -> None:
        """The configuration says `target` now, or whoever keeps the logs may have moved the file away."""

    def close(self) -> None:
        """Nothing more comes."""


class Listener:
    """Hands each line, with its end, to a function; what the configuration says of a log is the server's."""

    is_writing = False

    def __init__(self, hear: Callable[[bytes], object]) -> None:
        self._hear = hear

    def write_soon(self, lines: bytes) -> None:
        """Hand over whole lines."""
        for line in lines.splitlines(keepends=True):
            self._hear(line)

    async def write(self, lines: bytes) -> None:
        """Hand over whole lines."""
        self.write_soon(lines)

    def reopen(self, target: str) -> None:
        """Go on."""

    def close(self) -> None:
        """Nothing is open."""


class Writer:
    """Appends lines to where the configuration says: `stdout`, `stderr`, `off` or a file."""

    def __init__(self, target: str, folder: Path) -> None:
        """Open `target` at the first write; a relative path starts at `folder`."""
        self._target = target
        self._folder = folder
        self._descriptor: int | None = None
        self._thread = ThreadPoolExecutor(1, "access-log")
        self._writing: asyncio.Future[None] | None = None

    @property
    def is_writing(self) -> bool:
        """Whether the last write is still under way."""
        return self._writing is not None and not self._writing.done()

    def write_soon(self, lines: bytes) -> None:
        """Write whole lines, in the background."""
        self._writing = asyncio.get_running_loop().run_in_executor(self._thread, self._write, lines)

    async def write(self, lines: bytes) -> None:
        """Write whole lines after those of `write_soon`."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._write, lines)

    def reopen(self, target: str) -> None:
        """Write to `target` from now on, opened anew: whoever keeps the logs may have moved the file away."""
        self._thread.submit(self._reopen, target)

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False)

    def _write(self, lines: bytes) -> None:
        if self._target == "off":
            return
        try:
            if self._descriptor is None:
                self._descriptor = self._open()
            for piece in pieces(lines):
                os.write(self._descriptor, piece)
        except OSError as error:
            # The gateway goes on without its log, and says so in its own words once.
            sys.stderr.write(f"tiercel: the access log cannot be written to {self._target}: {error}; it is off\n")
            self._target = "off"

    def _reopen(self, target: str) -> None:
        if self._descriptor not in {None, sys.stdout.fileno(), sys.stderr.fileno()}:
            os.close(self._descriptor)
        self._descriptor = None
        self._target = target

    def _open(self) -> int:
        if self._target == "stdout":
            return sys.stdout.fileno()
        if self._target == "stderr":
            return sys.stderr.fileno()
        return os.open(self._folder / self._target, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)


def pieces(lines: bytes) -> list[bytes]:
    """Cut `lines` after whole lines into pieces of at most `PIPE_BUFFER` bytes, where a line is no longer than that."""
    cut: list[bytes] = []
    start = 0
    while len(lines) - start > PIPE_BUFFER:
        end = lines.rfind(b"\n", start, start + PIPE_BUFFER) + 1 or lines.find(b"\n", start) + 1
        cut.append(lines[start:end])
        start = end
    if start < len(lines):
        cut.append(lines[start:])
    return cut
