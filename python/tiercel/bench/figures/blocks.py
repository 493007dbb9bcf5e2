"""Where figures stand in the documentation: between two marks, of which the first names them."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

from tiercel.bench.figures import document, picture, routellm, tables
from tiercel.bench.routellm.picture import draw
from tiercel.errors import TiercelError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PAGES = ("README.md", "benches/README.md")
"""Those that have figures between marks."""

_BEGIN, _END = "<!-- figures: ", "<!-- end of figures -->"
_BLOCK = re.compile(rf"({_BEGIN}(.*?) -->\n)(.*?)({_END})", re.DOTALL)


def made(root: Path) -> dict[Path, str]:
    """Every page and picture with figures in it, as it should be, from `docs/figures/*.json`.

    Raises:
        TiercelError: A page names figures that there are not, or a report cannot be read.
    """
    folder = root / "docs" / "figures"
    gateway = document.read(folder / "gateway.json")
    # `tiercel bench all` gives one report of both.
    core = [document.read(path) for path in (folder / "core.json",) if path.exists()]
    scale = document.read(folder / "scale.json")
    routed = document.load(folder / "routellm.json")
    known = {
        "short": tables.short(gateway),
        "gateway": tables.full(gateway),
        "targets": chain.from_iterable(map(tables.targets, [gateway, *core])),
        "scale": tables.full(scale),
        "routellm": routellm.tables(routed, document.where(routed, "routellm.json")),
    }
    blocks = {name: "\n".join(lines).strip() for name, lines in known.items()}
    pages = {root / name: filled((root / name).read_text("utf-8"), blocks, name) for name in PAGES}
    return pages | {folder / "gateway.svg": picture.draw(gateway), folder / "routellm.svg": draw(routed)}


def filled(page: str, blocks: Mapping[str, str], where: str) -> str:
    """The page with what is between its marks made anew.

    Raises:
        TiercelError: It names figures that are not known, or an end is missing.
    """
    found = _BLOCK.findall(page)
    if not page.count(_BEGIN) == page.count(_END) == len(found):
        raise TiercelError(f"{where}: what begins with {_BEGIN}NAME --> must end with {_END}, and only that")
    for _, name, _, _ in found:
        if name not in blocks:
            raise TiercelError(f"{where}: there are no figures {name!r}\nhint: there are {', '.join(blocks)}")
    return _BLOCK.sub(lambda it: f"{it[1]}\n{blocks[it[2]]}\n\n{it[4]}", page)
