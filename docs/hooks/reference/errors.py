"""The errors, as the core has them, each with its exception."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from reference.tables import table
from tiercel._core import error_kinds
from tiercel.errors import BY_CODE

if TYPE_CHECKING:
    from pathlib import Path


def page(_: Path) -> str:
    """A row a kind of error, by status."""
    rows = [
        (str(status), f"`{code}`", f"`{kind}`", f"`{BY_CODE[code].__name__}`", inspect.getdoc(BY_CODE[code]) or "")
        for code, status, kind in sorted(error_kinds(), key=lambda kind: (kind[1], kind[0]))
    ]
    return table(("status", "code", "type", "exception", "what happened"), rows)
