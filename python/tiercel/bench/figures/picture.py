"""What a request and a stream cost each contender, as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiercel.bench.figures.document import number, ours, spelt
from tiercel.bench.picture import picture, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiercel.bench.figures.document import Document, Row

_DRAWN = ("P3", "P5")
# Pixels: bars at their longest, the names before them and the figures behind them, and lines.
_BAR, _NAMES, _FIGURES = 260, 104, 76
_PANEL = _NAMES + _BAR + _FIGURES
_LINE, _TOP, _BOTTOM = 26, 44, 36
# A bar this many times as long as ours is cut, or ours could not be seen beside it.
_CUT = 5


def draw(document: Document) -> str:
    """The picture; less is better. A bar too long for the scale ends in a break, with its figure behind it."""
    rows = [row for row in document.rows if row.id in _DRAWN and ours(row)]
    height = _TOP + _LINE * max((len(row.values) for row in rows), default=0) + _BOTTOM
    parts = []
    for at, row in enumerate(rows):
        parts += [f'<g transform="translate({at * _PANEL} 0)">', *_panel(row), "</g>"]
    parts.append(text((12, height - 12), document.where, "quiet small"))
    return picture(_PANEL * len(rows), height, "What a request and a stream cost, by gateway", parts)


def _panel(row: Row) -> Iterator[str]:
    values = sorted((value.median, name) for name, value in row.values.items())
    most = max(row.values[name].median for name in ours(row)) * _CUT
    longest = max(value for value, _ in values if value <= most)
    yield text((12, 24), f"{row.quantity}, {row.unit}", "ink title")
    for number_of_bar, (value, name) in enumerate(values):
        y = _TOP + number_of_bar * _LINE
        style = "ours" if name in ours(row) else "others"
        is_cut = value > longest
        length = _BAR if is_cut else value / longest * _BAR
        yield text((_NAMES - 8, y + 13), spelt(name), "ink", "end")
        yield f'<rect class="{style}" x="{_NAMES}" y="{y}" width="{length:.1f}" height="18"/>'
        if is_cut:
            yield f'<path class="break" d="M{_NAMES + _BAR - 24} {y + 20}l6 -22h5l-6 22z"/>'
        yield text((_NAMES + length + 6, y + 13), number(value), "ink")
