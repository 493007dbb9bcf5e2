"""An event that a signal's handler may set."""

from __future__ import annotations

import contextlib
import os
import select


class Wake:
    """As `threading.Event`, which a handler may not set in the thread that waits for it.

    That one holds a lock for a moment whenever it is looked at. A handler that comes in this moment would wait for the
    lock for ever, since what it has interrupted does not go on before it has ended. A pipe needs no lock.
    """

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)

    def set(self) -> None:
        """Let all who wait go on."""
        # One that is full wakes as well.
        with contextlib.suppress(BlockingIOError):
            os.write(self._writer, b"!")

    def clear(self) -> None:
        """Have those wait who come from now on."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self._reader, 4_096):
                pass

    def is_set(self) -> bool:
        """Whether nobody waits."""
        return self.wait(0)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set, for so many seconds at most; whether it is."""
        return bool(select.select([self._reader], [], [], timeout)[0])
