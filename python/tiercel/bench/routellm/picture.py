"""The curves of the report: quality by the share of questions that the strong model gets, a panel a set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiercel.bench.picture import picture, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Pixels: the side of a panel, and what is around it.
_SIDE = 240
_LEFT, _TOP, _RIGHT = 58, 40, 20
_LEGEND = 84
_WIDTH = _LEFT + _SIDE + _RIGHT
_HEIGHT = _TOP + _SIDE + _LEGEND
_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
# What RouteLLM's poorer routers learned from; the others learned from something nearer to the questions, too.
_PREFERENCES = "arena"


def draw(found: dict[str, Any]) -> str:
    """The report as a picture. Where chance and hindsight are, all but the first of our rows, is in the table."""
    sets = found["sets"]
    parts = []
    for number, (name, it) in enumerate(sets.items()):
        parts += [f'<g transform="translate({_LEFT + number * _WIDTH} {_TOP})">', *_panel(name, it), "</g>"]
    parts += _legend(_TOP + _SIDE + 64)
    return picture(_WIDTH * len(sets), _HEIGHT, "Quality by the share of questions that the strong model gets", parts)


def _panel(name: str, it: dict[str, Any]) -> Iterator[str]:
    yield text((_SIDE / 2, -14), f"{name}, {it['n_questions']:,} questions", "ink title", "middle")
    for tick in _TICKS:
        yield f'<path class="rule" d="M{tick * _SIDE:.1f} 0V{_SIDE}M0 {_y(tick):.1f}H{_SIDE}"/>'
        yield text((tick * _SIDE, _SIDE + 16), f"{tick:.0%}", "quiet", "middle")
        worth = it["weak"] + tick * (it["strong"] - it["weak"])
        yield text((-6, _y(tick) + 4), f"{worth:.2f}" if it["strong"] > 1 else f"{worth:.1%}", "quiet", "end")
    yield text((_SIDE / 2, _SIDE + 36), "asked of the strong model", "quiet", "middle")
    yield f'<path class="other-line" stroke-dasharray="4 4" d="M0 {_SIDE}L{_SIDE} 0"/>'
    by_name = {order["name"]: order["measured"]["curve"]["pgr"] for order in it["orders"]}
    yield _line("other-line", by_name["longest first"])
    # The last of ours is without what was learned from.
    yield _line("our-line", [pgr for label, pgr in by_name.items() if label.startswith("tiercel")][-1])
    for router in it["published"]:
        style = "ring" if router["learned_from"] == _PREFERENCES else "dot"
        for share, pgr in ((router["cpt_50"], 0.5), (router["cpt_80"], 0.8)):
            yield f'<circle class="{style}" cx="{share * _SIDE:.1f}" cy="{_y(pgr):.1f}" r="3.5"/>'


def _line(style: str, pgr: Sequence[float]) -> str:
    steps = len(pgr) - 1
    points = " ".join(f"{at / steps * _SIDE:.1f},{_y(value):.1f}" for at, value in enumerate(pgr))
    return f'<polyline class="{style}" points="{points}"/>'


def _legend(y: int) -> Iterator[str]:
    entries = (
        ('<path class="our-line" d="M0 -4h20"/>', "Tiercel's p_cheap"),
        ('<path class="other-line" d="M0 -4h20"/>', "longest first"),
        ('<path class="other-line" stroke-dasharray="4 4" d="M0 -4h20"/>', "chance"),
        ('<circle class="ring" cx="10" cy="-4" r="3.5"/>', "RouteLLM's, from preferences"),
        ('<circle class="dot" cx="10" cy="-4" r="3.5"/>', "RouteLLM's, from nearer data, too"),
    )
    x = _LEFT
    for mark, name in entries:
        yield f'<g transform="translate({x} {y})">{mark}{text((28, 0), name)}</g>'
        # A letter is some 6.5 pixels wide.
        x += 54 + round(6.5 * len(name))


def _y(pgr: float) -> float:
    return (1 - pgr) * _SIDE
