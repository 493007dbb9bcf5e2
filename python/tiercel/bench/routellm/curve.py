"""Cost and quality of an order of questions: which of them get the strong model first.

The measures are RouteLLM's (Ong and others, arXiv 2406.18665v4, section 3.2). The cost is the share of questions that
the strong model gets. PGR, the performance gap recovered, is how far quality is from the weak model's (0) to the
strong one's (1); APGR is its mean over all shares, by trapezoids over ten steps; CPT(x) is the least share with PGR x.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise
from operator import itemgetter
from typing import TYPE_CHECKING

from tiercel.bench.measures import N_RESAMPLES, Interval, middle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tiercel.training.routellm import Question

_N_STEPS = 10

# A question's score, and by how much the strong model's answer is better.
Scored = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Curve:
    """What an order comes to.

    Attributes:
        pgr: At shares of 0, 1/10, ... 1.
        apgr, cpt_50, cpt_80: In shares, not percent.
    """

    pgr: tuple[float, ...]
    apgr: float
    cpt_50: float
    cpt_80: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A curve, and between what its figures lie in 95 % of a number of draws.

    Attributes:
        gain: By how much its APGR exceeds another order's, draw by draw; None where it was not compared.
    """

    curve: Curve
    apgr_interval: Interval
    cpt_50_interval: Interval
    cpt_80_interval: Interval
    gain: float | None = None
    gain_interval: Interval | None = None


def curve(order: Iterable[Scored]) -> Curve | None:
    """Of questions in order; nothing where the strong model is on the whole no better.

    Those with the same score count with their mean, as nothing says which of them goes first.
    """
    gaps: list[float] = []
    for _, tied in groupby(order, itemgetter(0)):
        those = [gap for _, gap in tied]
        gaps += those if len(those) == 1 else [sum(those) / len(those)] * len(those)
    sums = [0.0, *accumulate(gaps)]
    # Gaps are of halves at least; less is what rounding left.
    if sums[-1] < 1e-6:
        return None
    n = len(gaps)
    cuts = [round(n * step / _N_STEPS) for step in range(_N_STEPS + 1)]
    points = [(cut / n, sums[cut] / sums[-1]) for cut in cuts]
    area = sum((to - since) * (one + other) / 2 for (since, one), (to, other) in pairwise(points))
    return Curve(tuple(pgr for _, pgr in points), area, _reaches(points, 0.5), _reaches(points, 0.8))


def compare(questions: Sequence[Question], orders: Mapping[str, Sequence[float]], seed: int) -> dict[str, Measured]:
    """Orders by their scores, the highest first, each with a bootstrap over the questions and its gain over the last.

    All orders see the same resamples, so gains are paired. Resamples in which the strong model is no better are left
    out, as they have no PGR; where it is no better on all questions, nothing is returned.
    """
    everyone = list(range(len(questions)))
    sortings = {name: sorted(everyone, key=lambda at: -scores[at]) for name, scores in orders.items()}
    scored = {
        name: [(orders[name][at], questions[at].strong - questions[at].weak) for at in places]
        for name, places in sortings.items()
    }
    ranks = {name: dict(zip(places, everyone, strict=True)) for name, places in sortings.items()}
    drawn: dict[str, list[Curve]] = {name: [] for name in orders}
    rng = random.Random(seed)  # noqa: S311 - intervals that anyone can have again
    for _ in range(N_RESAMPLES):
        draw = rng.choices(everyone, k=len(everyone))
        for name, curves in drawn.items():
            found = curve(map(scored[name].__getitem__, sorted(map(ranks[name].__getitem__, draw))))
            if found:
                curves.append(found)
    whole = {name: found for name, those in scored.items() if (found := curve(those))}
    *others, last = orders
    gains = {
        name: (whole[name].apgr - whole[last].apgr, middle(map(_gain, drawn[name], drawn[last])))
        for name in others
        if name in whole
    }
    return {name: _measured(it, drawn[name], *gains.get(name, ())) for name, it in whole.items()}


def at_random(questions: Sequence[Question], seed: int) -> Measured:
    """What chance gives: in expectation a straight line; the intervals are of so many orders of these questions."""
    rng = random.Random(seed)  # noqa: S311 - as above
    gaps = [it.strong - it.weak for it in questions]
    drawn = [curve(enumerate(rng.sample(gaps, len(gaps)))) for _ in range(N_RESAMPLES)]
    line = Curve(tuple(step / _N_STEPS for step in range(_N_STEPS + 1)), 0.5, 0.5, 0.8)
    return _measured(line, [it for it in drawn if it])


def _measured(
    whole: Curve, drawn: Sequence[Curve], gain: float | None = None, gain_interval: Interval | None = None
) -> Measured:
    apgr, half, most = (middle(getattr(it, name) for it in drawn) for name in ("apgr", "cpt_50", "cpt_80"))
    return Measured(whole, apgr, half, most, gain, gain_interval)


def _gain(one: Curve, other: Curve) -> float:
    return one.apgr - other.apgr


def _reaches(points: Sequence[tuple[float, float]], wanted: float) -> float:
    """The least share at which PGR is as much; between two points it is taken for a line."""
    for (since, low), (to, high) in pairwise(points):
        if high >= wanted:
            return since + (to - since) * (wanted - low) / (high - low)
    return 1.0
