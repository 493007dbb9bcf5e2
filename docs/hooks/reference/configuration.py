"""The configuration, as its JSON Schema has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def page(_: Path) -> str:
    """A section a table."""
    return ""
