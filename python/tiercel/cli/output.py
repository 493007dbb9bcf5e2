"""What people see: answers on standard output; errors, warnings and notes on standard error."""

from __future__ import annotations

import errno
import os
import socket
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

NO = 1
WRONG = 2
# `EX_SOFTWARE` of sysexits.h: an internal fault.
FAULT = 70


class Stop(Exception):
    """Ends the command.

    Attributes:
        exit_code: What the process ends with.
    """

    def __init__(self, message: str, exit_code: int = WRONG) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def cannot_listen(host: str, port: int, error: OSError) -> Stop:
    """Why an address cannot be had. Server libraries word it each in their own way, the system always in one."""
    is_name = isinstance(error, socket.gaierror) or error.errno is None
    reason = str(error.strerror) if is_name else os.strerror(error.errno)
    hint = "\nhint: take another by --port, or a free one by --port 0" if error.errno == errno.EADDRINUSE else ""
    return Stop(f"cannot listen on {host}:{port}: {reason.lower()}{hint}")


def answers() -> Console:
    """Where answers go. Colours and widths follow the terminal and `NO_COLOR`."""
    return _console(stderr=False)


def error(message: str) -> None:
    """Say what went wrong."""
    _say("error: ", "bold red", message)


def warning(message: str) -> None:
    """Say what may go wrong."""
    _say("warning: ", "bold yellow", message)


def note(message: str) -> None:
    """Say what was done."""
    _say("", "", message)


def json(value: object) -> None:
    """Answer a program."""
    import orjson

    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def _say(label: str, style: str, message: str) -> None:
    from rich.text import Text

    # No wrapping: a caret must stay below what it points at, and a command must survive being copied.
    _console(stderr=True).print(Text.assemble((label, style), message), soft_wrap=True)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, markup=False)
