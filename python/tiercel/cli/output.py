"""What people see: answers on standard output; errors, warnings and notes on standard error."""

from __future__ import annotations

import errno
import os
import socket
import sys
from typing import TYPE_CHECKING, TypeVar

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from rich.console import Console

Item = TypeVar("Item")

NO = 1
WRONG = 2
# `EX_SOFTWARE` of sysexits.h: an internal fault.
FAULT = 70

# Columns of what is read by a program, whose rows must stay one line each.
_UNBOUNDED = 10_000


class Stop(Exception):
    """Ends the command.

    Attributes:
        exit_code: What the process ends with.
    """

    def __init__(self, message: str, exit_code: int = WRONG) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def cannot_listen(host: str, port: int, error: OSError) -> Stop:
    """Why an address cannot be had. Libraries word it each in their own way, the system always in one."""
    is_name = isinstance(error, socket.gaierror) or error.errno is None
    reason = str(error.strerror or error) if is_name else os.strerror(error.errno or 0)
    hint = "\nhint: take another by --port, or a free one by --port 0" if error.errno == errno.EADDRINUSE else ""
    return Stop(f"cannot listen on {host}:{port}: {reason.lower()}{hint}")


def section(title: str) -> None:
    """Begin a part of an answer."""
    from rich.text import Text  # noqa: PLC0415 - see `console`

    console().print(Text(f"\n{title}", "bold"))


def table(rows: Iterable[tuple[str, ...]], header: tuple[str, ...] = ()) -> None:
    """Rows of an answer, their cells below one another. Only a terminal has a width to keep to."""
    from rich.table import Table  # noqa: PLC0415 - see `console`
    from rich.text import Text  # noqa: PLC0415 - see `console`

    shown = console()
    if not shown.is_terminal:
        shown.width = _UNBOUNDED
    grid = Table.grid(padding=(0, 2))
    if header:
        grid.add_row(*(Text(title, "bold") for title in header))
    for row in rows:
        grid.add_row(*row)
    shown.print(grid)


def interval(ends: Sequence[float], form: str) -> str:
    """From where to where."""
    return " to ".join(f"{end:{form}}" for end in ends)


def json(value: object) -> None:
    """Answer a program."""
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def report(path: Path, value: object) -> None:
    """Write what a program is to read into a file, and say so.

    Raises:
        Stop: It cannot be written.
    """
    write(path, orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def write(path: Path, content: bytes) -> None:
    """Write a file, and say so.

    Raises:
        Stop: It cannot be written.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Stop(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from None
    note(f"{path} is written")


def track(items: Sequence[Item], doing: str) -> Iterable[Item]:
    """The items, with a bar on standard error that shows how many are through."""
    from rich.progress import track  # noqa: PLC0415 - see `console`

    shown = console(stderr=True)
    return track(items, doing, console=shown, transient=True, disable=not shown.is_terminal)


def error(message: str) -> None:
    """Say what went wrong."""
    _say("error: ", "bold red", message)


def warning(message: str) -> None:
    """Say what may go wrong."""
    _say("warning: ", "bold yellow", message)


def note(message: str) -> None:
    """Say what was done."""
    _say("", "", message)


def _say(label: str, style: str, message: str) -> None:
    from rich.text import Text  # noqa: PLC0415 - see `console`

    # No wrapping: a caret must stay below what it points at, and a command must survive being copied.
    console(stderr=True).print(Text.assemble((label, style), message), soft_wrap=True)


def console(*, stderr: bool = False) -> Console:
    """Colours and widths follow the terminal and `NO_COLOR`."""
    from rich.console import Console  # noqa: PLC0415 - it takes 50 ms, and `tiercel version` has nothing to colour

    return Console(stderr=stderr, highlight=False, markup=False)
