"""The examples of configurations, whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_LANGUAGES = {".toml": "toml", ".conf": "nginx"}


def page(root: Path) -> str:
    """A section a file."""
    files = sorted((root / "examples").iterdir())
    return "\n".join(
        f"## {file.name}\n\n```{_LANGUAGES[file.suffix]}\n{file.read_text('utf-8')}```\n" for file in files
    )
