"""`docs/compatibility.md`: read, brought up to date with what the tests found, and written.

What a run did not try stays on the page as it is, since not everyone has every client's tools. Where the page is made
anew, a client that was tried keeps nothing but what was found of it.
"""

import json
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from tests.clients.upstreams import UPSTREAMS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/compatibility.md"

HEAD = """# Which client works with which provider

Made by the tests in `tests/clients`, and anew by `make bless`. Every client is as its registry has it, in the version
named here, and talks to Tiercel, behind which a provider of each dialect is simulated. A cell names the dialects with
which something works; empty cells were not tried, mostly because the client has no such thing.
"""
FEATURES = """
text, stream, conversation, tools, image, structured, thinking, prompt cache, stop, limit, count, embeddings, models,
errors, interruption
"""
SMOKE = "text, stream, tools, structured, errors"
SOME = ("openai", "anthropic", "gemini")
GAPS = "What does not work"
REFUSED = "What is refused"
REFUSED_HEAD = """Fields that would change the answer and that a provider cannot be told are refused with 400, by the
client's own name for them. With the header `x-tiercel-drop-unsupported: true`, or `drop_unsupported` of the client's key,
they are dropped instead, and the answer's `x-tiercel-dropped` names them.
"""


@dataclass(frozen=True)
class Table:
    """Clients that are tried alike; `lock` is the file that tells their versions."""

    title: str
    lock: str
    features: str = SMOKE
    upstreams: tuple[str, ...] = tuple(UPSTREAMS)

    @property
    def columns(self):
        return self.features.replace("\n", " ").strip().split(", ")

    def version(self, client):
        """The version line of the client's package, whose name it begins with."""
        name, text = client.partition(" ")[0], (ROOT / self.lock).read_text()
        if self.lock.endswith(".json"):
            versions = {path.rpartition("node_modules/")[2]: it for path, it in json.loads(text)["packages"].items()}
        else:
            versions = {package["name"]: package for package in tomllib.loads(text)["package"]}
        package = name if name in versions else next(each for each in versions if each.startswith(f"{name}-"))
        major, minor, *_ = versions[package]["version"].split(".")
        return f"{major}.x" if int(major) else f"{major}.{minor}.x"


TABLES = {
    "official": Table("Official SDKs", "uv.lock", FEATURES),
    "javascript": Table("JavaScript", "tests/clients/javascript/package-lock.json"),
    "older": Table("Older SDKs", "tests/clients/environments/older/uv.lock", upstreams=SOME),
    "frameworks": Table("Frameworks", "tests/clients/environments/frameworks/uv.lock", upstreams=SOME),
}


@dataclass
class Page:
    """What is known of clients.

    Attributes:
        works: Providers by table, client and feature.
        gaps: Providers by client, feature and what is in the way.
        refused: Providers by client and field.
    """

    works: dict[tuple[str, str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    gaps: dict[tuple[str, ...], set[str]] = field(default_factory=lambda: defaultdict(set))
    refused: dict[tuple[str, ...], set[str]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def read(cls):
        """The page as it is."""
        page, section = cls(), ""
        titles = {table.title: name for name, table in TABLES.items()}
        for line in PAGE.read_text().splitlines() if PAGE.exists() else ():
            section = line.removeprefix("## ") if line.startswith("## ") else section
            if not line.startswith("| ") or line.startswith(("| client |", "| --")):
                continue
            client, *cells = (cell.strip() for cell in line.strip("|").split("|"))
            if section in titles:
                name, (_, *cells) = titles[section], cells
                for feature, cell in zip(TABLES[name].columns, cells, strict=True):
                    page.works[name, client, feature] = _names(cell, TABLES[name].upstreams)
            else:
                *key, cell = cells
                kept = page.gaps if section == GAPS else page.refused
                kept[client, *key] = _names(cell, tuple(UPSTREAMS))
        return page

    def updated(self, found, *, anew):
        """The page with what a run found of those that it tried."""
        page = Page.read()
        if anew:
            tried = {client for _, client, _ in found.works}
            for kept in (page.works, page.gaps, page.refused):
                for key in [key for key in kept if tried.intersection(key)]:
                    del kept[key]
        ...
