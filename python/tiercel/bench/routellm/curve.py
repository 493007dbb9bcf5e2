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
    from collections.abc import Iterable, Sequence

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
    """A curve, and between what its figures lie in 95 % of a number of draws."""

    curve: Curve
    apgr_interval: Interval
    cpt_50_interval: Interval
    cpt_80_interval: Interval


def ordered(questions: Sequence[Question], scores: Sequence[float]) -> list[Scored]:
    """Questions in order of the score: the highest gets the strong model first."""
    gaps = [it.strong - it.weak for it in questions]
    return sorted(zip(scores, gaps, strict=True), key=itemgetter(0), reverse=True)


def curve(order: Iterable[Scored]) -> Curve | None:
    """Of questions in order; nothing where the strong model is on the whole no better.

    Those with the same score count with their mean, as nothing says which of them goes first.
    """
    gaps: list[float] = []
    for _, tied in groupby(order, itemgetter(0)):
        those = [gap for _, gap in tied]
        gaps += those if len(those) == 1 else [sum(those) / len(those)] * len(those)
    sums = [0.0, *accumulate(gaps)]
    if sums[-1] <= 0:
        return None
    n = len(gaps)
    cuts = [round(n * step / _N_STEPS) for step in range(_N_STEPS + 1)]
    points = [(cut / n, sums[cut] / sums[-1]) for cut in cuts]
    area = sum((to - since) * (one + other) / 2 for (since, one), (to, other) in pairwise(points))
    return Curve(tuple(pgr for _, pgr in points), area, _reaches(points, 0.5), _reaches(points, 0.8))


def resampled(order: Sequence[Scored], seed: int) -> Measured | None:
    """The curve of an order, with a bootstrap over its questions.

    Resamples in which the strong model is no better are left out, as they have no PGR.
    """
    rng = random.Random(seed)  # noqa: S311 - intervals that anyone can have again
    everyone = range(len(order))
    draws = (sorted(rng.choices(everyone, k=len(order))) for _ in range(N_RESAMPLES))
    return _measured(curve(order), (curve(map(order.__getitem__, drawn)) for drawn in draws))


def at_random(order: Sequence[Scored], seed: int) -> Measured | None:
    """What chance gives: in expectation a straight line; the intervals are of so many orders of these questions."""
    rng = random.Random(seed)  # noqa: S311 - as above
    gaps = [gap for _, gap in order]
    draws = (curve(enumerate(rng.sample(gaps, len(gaps)))) for _ in range(N_RESAMPLES))
    return _measured(curve((0.0, gap) for gap in gaps), draws)


def _measured(found: Curve | None, draws: Iterable[Curve | None]) -> Measured | None:
    if found is None:
        return None
    drawn = [it for it in draws if it is not None]
    intervals = (middle(getattr(it, name) for it in drawn) for name in ("apgr", "cpt_50", "cpt_80"))
    return Measured(found, *intervals)


def _reaches(points: Sequence[tuple[float, float]], wanted: float) -> float:
    """The least share at which PGR is as much; between two points it is taken for a line."""
    for (since, low), (to, high) in pairwise(points):
        if high >= wanted:
            return since + (to - since) * (wanted - low) / (high - low)
    return 1.0
