"""The metrics, as `rust/core/src/metrics` declares them: a running gateway shows only those that have counted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mkdocs.exceptions import PluginError

from reference.tables import table

if TYPE_CHECKING:
    from pathlib import Path

_DECLARED = re.compile(
    r'\b(?P<kind>counter|gauge_of|gauge|most|histogram)\(\s*"(?P<name>\w+)",\s*"(?P<help>[^"]+)"'
    r"(?:,\s*buckets::\w+)?(?:,\s*&\[(?P<labels>[^\]]*)\])?,?\s*\)"
)
_BUILD_INFO = re.compile(r'write_head\(text, "(?P<name>\w+)", "(?P<help>[^"]+)", "(?P<kind>\w+)"\)')
_KINDS = {"gauge_of": "gauge", "most": "gauge"}


def page(root: Path) -> str:
    """A row a metric."""
    folder = root / "rust/core/src/metrics"
    families = (folder / "family.rs").read_text("utf-8")
    found = list(_DECLARED.finditer(families))
    n_families = re.search(r"ALL: \[Self; (\d+)\]", families)
    if n_families is None or len(found) != int(n_families[1]):
        raise PluginError(f"family.rs declares metrics in a shape that is not known here; {len(found)} were found")
    of_build = _BUILD_INFO.search((folder / "render.rs").read_text("utf-8"))
    if of_build is None:
        raise PluginError("render.rs writes no head of `tiercel_build_info`")
    rows: list[tuple[str, ...]] = [
        (f"`{of_build['name']}`", of_build["kind"], "`version`, `price_table`", of_build["help"])
    ]
    rows += [_row(metric) for metric in found]
    return table(("metric", "kind", "labels", "what it says"), rows)


def _row(metric: re.Match[str]) -> tuple[str, ...]:
    labels = re.findall(r'"(\w+)"', metric["labels"] or "")
    kind = _KINDS.get(metric["kind"], metric["kind"])
    return f"`{metric['name']}`", kind, ", ".join(f"`{label}`" for label in labels), metric["help"]
