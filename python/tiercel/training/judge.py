"""How good guesses and probabilities are, and how they are made to mean what they say."""

from __future__ import annotations

import math
import struct
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Columns of a row of scores, as the core has them.
_WIDTH = 16


def accuracy(guesses: Sequence[str], truth: Sequence[str]) -> float:
    """The share of guesses that are right."""
    return sum(guess == true for guess, true in zip(guesses, truth, strict=True)) / max(1, len(truth))


def interval(share: float, n: int) -> tuple[float, float]:
    """Wilson's interval of 95 % about a share of `n`."""
    if n == 0:
        return 0.0, 1.0
    z = 1.96
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return middle - half, middle + half


def auc(probabilities: Sequence[float], truth: Sequence[float]) -> float:
    """How often what is true got the higher probability, of a true and a false one drawn at random. Ties count half."""
    order = sorted(range(len(truth)), key=lambda at: probabilities[at])
    ranks = [0.0] * len(order)
    start = 0
    for end in range(1, len(order) + 1):
        if end == len(order) or probabilities[order[end]] != probabilities[order[start]]:
            for at in order[start:end]:
                ranks[at] = (start + end + 1) / 2
            start = end
    n_true = sum(truth)
    n_false = len(truth) - n_true
    if not n_true or not n_false:
        return math.nan
    of_true = sum(rank * true for rank, true in zip(ranks, truth, strict=True))
    return (of_true - n_true * (n_true + 1) / 2) / (n_true * n_false)


def bins(probabilities: Sequence[float], truth: Sequence[float], n_bins: int) -> list[tuple[float, float, int]]:
    """What was said, what was so, and of how many, in bins of about the same size by what was said."""
    pairs = sorted(zip(probabilities, truth, strict=True))
    cuts = [len(pairs) * number // n_bins for number in range(n_bins + 1)]
    parts = [pairs[one:other] for one, other in pairwise(cuts) if other > one]
    return [(sum(p for p, _ in it) / len(it), sum(t for _, t in it) / len(it), len(it)) for it in parts]


def calibration_error(probabilities: Sequence[float], truth: Sequence[float]) -> float:
    """How far what was said is from what was so, on average over ten bins."""
    return sum(abs(said - so) * n for said, so, n in bins(probabilities, truth, 10)) / max(1, len(truth))


def rows(scores: bytes, n_columns: int) -> list[tuple[float, ...]]:
    """The scores of each text, from the core's bytes."""
    return [row[:n_columns] for row in struct.iter_unpack(f"{_WIDTH}f", scores)]


def sharpness(scores: Sequence[Sequence[float]], truth: Sequence[int]) -> float:
    """What scores are to be multiplied by, so that the likelihood of the truth is greatest (temperature scaling)."""

    def loss(factor: float) -> float:
        total = 0.0
        for row, true in zip(scores, truth, strict=True):
            most = max(row)
            total += factor * (most - row[true]) + math.log(sum(math.exp(factor * (it - most)) for it in row))
        return total

    return _least(loss, 0.05, 5.0)


def platt(scores: Sequence[float], truth: Sequence[float]) -> tuple[float, float]:
    """Slope and offset that turn scores into log-odds (Platt, 1999), by Newton's method."""
    slope, offset = 1.0, 0.0
    for _ in range(50):
        g_s = g_o = h_ss = h_so = h_oo = 1e-9
        for score, true in zip(scores, truth, strict=True):
            p = 1 / (1 + math.exp(-max(-30.0, min(30.0, slope * score + offset))))
            w = p * (1 - p)
            g_s += (p - true) * score
            g_o += p - true
            h_ss += w * score * score
            h_so += w * score
            h_oo += w
        determinant = h_ss * h_oo - h_so * h_so + 1e-9
        slope -= (h_oo * g_s - h_so * g_o) / determinant
        offset -= (h_ss * g_o - h_so * g_s) / determinant
    return slope, offset


def _least(loss: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with one valley is least, by the golden section."""
    ratio = (math.sqrt(5) - 1) / 2
    for _ in range(30):
        one, other = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, other) if loss(one) < loss(other) else (one, high)
    return (low + high) / 2
