"""A reliability diagram: what was said beside how often it was so, as SVG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiercel.training.judge import interval

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Pixels: the side of a panel, and what is around it.
_SIDE = 280
_LEFT, _TOP, _RIGHT, _BOTTOM = 56, 40, 24, 52
_HEIGHT = _TOP + _SIDE + _BOTTOM
_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
# Of Okabe and Ito's palette, which those tell apart who see colours differently.
_DOT = "#0072b2"
_INK = "#333333"
_FAINT = "#c4c4c4"


@dataclass(frozen=True, slots=True)
class Panel:
    """One diagram; a bin is what was said on average, the share of which it was so, and of how many."""

    title: str
    said: str
    was: str
    bins: Sequence[tuple[float, float, int]]


def draw(panels: Sequence[Panel]) -> str:
    """The panels side by side. On the dashed line, what is said is so; a bar is the interval of 95 %."""
    width = (_LEFT + _SIDE + _RIGHT) * len(panels)
    size = f'width="{width}" height="{_HEIGHT}" viewBox="0 0 {width} {_HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12" fill="{_INK}">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for number, panel in enumerate(panels):
        left = _LEFT + number * (_LEFT + _SIDE + _RIGHT)
        parts += [f'<g transform="translate({left} {_TOP})">', *_axes(panel), *_dots(panel), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _axes(panel: Panel) -> Iterator[str]:
    middle = _SIDE / 2
    yield f'<text x="{middle}" y="-16" text-anchor="middle" font-weight="bold">{panel.title}</text>'
    for tick in _TICKS:
        at, up = tick * _SIDE, _y(tick)
        yield f'<path d="M{at:.1f} 0V{_SIDE}M0 {up:.1f}H{_SIDE}" stroke="{_FAINT}" stroke-width="0.5"/>'
        yield f'<text x="{at:.1f}" y="{_SIDE + 16}" text-anchor="middle">{tick:.1f}</text>'
        yield f'<text x="-8" y="{up + 4:.1f}" text-anchor="end">{tick:.1f}</text>'
    yield f'<path d="M0 {_SIDE}L{_SIDE} 0" stroke="{_INK}" stroke-dasharray="4 4"/>'
    yield f'<text x="{middle}" y="{_SIDE + 38}" text-anchor="middle">{panel.said}</text>'
    yield f'<text x="{-middle}" y="-38" text-anchor="middle" transform="rotate(-90)">{panel.was}</text>'


def _dots(panel: Panel) -> Iterator[str]:
    points = [(said * _SIDE, _y(was)) for said, was, _ in panel.bins]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    yield f'<polyline points="{line}" fill="none" stroke="{_DOT}" stroke-width="1.5"/>'
    for (x, y), (_, was, n) in zip(points, panel.bins, strict=True):
        low, high = interval(was, n)
        yield f'<path d="M{x:.1f} {_y(low):.1f}V{_y(high):.1f}" stroke="{_DOT}" stroke-width="1.5"/>'
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{_DOT}"><title>{was:.2f} of {n}</title></circle>'


def _y(share: float) -> float:
    return (1 - share) * _SIDE
