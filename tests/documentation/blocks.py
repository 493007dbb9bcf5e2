"""The blocks of code in the documentation.

A block that cannot run has `<!-- not run: reason -->` above it, which no reader sees.
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(
    r"^(?:<!-- not run: (?P<reason>[^\n]*) -->\n+)?^(?P<indent> *)```(?P<language>[^\n]*)\n"
    r"(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A block: `name` is where it stands, and `reason` why it is not run, if it is not."""

    name: str
    language: str
    text: str
    reason: str | None


def pages():
    """Every page that people read: those at the root, and all under `docs` and `benches`."""
    return sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benches/*.md")})


def blocks(text, name):
    """The blocks of a page."""
    for found in _FENCE.finditer(text):
        line = text.count("\n", 0, found.start("language")) + 1
        yield Block(f"{name}:{line}", found["language"], found["text"], found["reason"])


def all_blocks():
    return [block for path in pages() for block in blocks(path.read_text("utf-8"), path.relative_to(ROOT).as_posix())]
