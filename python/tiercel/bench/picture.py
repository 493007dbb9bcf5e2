"""Pictures as SVG that can be read on a light and on a dark page, without a library to draw them."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Of Okabe and Ito's palette, which those tell apart who see colours differently. The page's scheme is not always the
# reader's, so a picture brings its own ground.
_STYLE = """
.ground { fill: #ffffff } .ink { fill: #24292f } .quiet { fill: #57606a } .rule { stroke: #d0d7de; fill: none }
.title { font-weight: bold }
.ours { fill: #d55e00 } .other { fill: #8c959f } .line { fill: none; stroke-width: 2 }
.line.title { font-weight: bold }
.ours { stroke: #d55e00; fill: none } .line.other { stroke: #57606a; stroke-width: 1.2; fill: none }
.theirs { fill: #0072b2; stroke: #0072b2 } .hollow { fill: none; stroke: #0072b2; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
.ground { fill: #0d1117 } .ink { fill: #e6edf3 } .quiet { fill: #9198a1 } .rule { stroke: #30363d }
.line.other { stroke: #9198a1 } .theirs { fill: #56b4e9; stroke: #56b4e9 } .hollow { stroke: #56b4e9 }
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
