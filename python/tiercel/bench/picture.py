"""Pictures as SVG that can be read on a light and on a dark page, without a library to draw them."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Of Okabe and Ito's palette, which those tell apart who see colours differently. The page's scheme is not always the
# reader's, so a picture brings its own ground.
_STYLE = """
.ground, .break { fill: #ffffff } .ink { fill: #24292f } .quiet { fill: #57606a } .rule { stroke: #d0d7de; fill: none }
.title { font-weight: bold } .small { font-size: 11px }
.ours { fill: #d55e00 } .others { fill: #8c959f }
.our-line { stroke: #d55e00; stroke-width: 2; fill: none }
.other-line { stroke: #57606a; stroke-width: 1.2; fill: none }
.dot { fill: #0072b2 } .ring { stroke: #0072b2; stroke-width: 1.5; fill: none }
@media (prefers-color-scheme: dark) {
.ground, .break { fill: #0d1117 } .ink { fill: #e6edf3 } .quiet { fill: #9198a1 } .rule { stroke: #30363d }
.other-line { stroke: #9198a1 } .dot { fill: #56b4e9 } .ring { stroke: #56b4e9 }
}
"""


def picture(width: int, height: int, title: str, parts: Iterable[str]) -> str:
    """A whole picture of so many pixels; `title` is what is read out of it."""
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="sans-serif" font-size="12">',
            f"<title>{escape(title)}</title>",
            f"<style>{_STYLE}</style>",
            '<rect class="ground" width="100%" height="100%"/>',
            *parts,
            "</svg>\n",
        ]
    )


def text(at: tuple[float, float], content: str, style: str = "ink", anchor: str = "start") -> str:
    """A line of text; `anchor` is `start`, `middle` or `end`."""
    x, y = at
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(content)}</text>'
