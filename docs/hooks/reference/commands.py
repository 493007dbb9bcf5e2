"""The commands, as their own help has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer.main
from tiercel.cli import app

if TYPE_CHECKING:
    from pathlib import Path


def page(_: Path) -> str:
    return ""
