"""The rule of vCache: an entry learns from which cosine on its answer is right, and is checked with what probability.

Schroeder et al. 2025, "vCache: Verified Semantic Prompt Caching" (arXiv:2502.03771), section 4, as
`rust/semantic/tests/promise/vcache.rs` has it and explains. It promises few errors among all requests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, sqrt

# Values of e, and by how many deviations the middle may be beyond its estimate with the confidence 1 - e.
_CONFIDENCES = (
    (0.0001, 3.719),
    (0.0005, 3.291),
    (0.001, 3.090),
    (0.0025, 2.807),
    (0.005, 2.576),
    (0.01, 2.326),
    (0.02, 2.054),
    (0.05, 1.645),
    (0.1, 1.282),
    (0.2, 0.842),
    (0.35, 0.385),
    (0.5, 0.0),
)
# Those that are given among them.
_FEWEST_CHECKS = 6
_STEPS = 30
_LONGEST_STEP = 20.0
# Without a weak pull to zero, a curve that no check contradicts would be infinitely steep.
_PULL = 1e-3
# An entry is fitted anew when an eighth more checks are there.
_REFIT = 9 / 8


@dataclass(frozen=True, slots=True)
class Curve:
    """The chance of being right at a cosine: 1 / (1 + exp(steepness * (middle - cosine)))."""

    middle: float
    steepness: float
    variance: float

    def exploration(self, cosine: float, max_error: float) -> float:
        """The probability with which a request at this cosine is to be checked."""

        def at(e: float, quantile: float) -> float:
            middle = _within_one(self.middle + quantile * sqrt(self.variance))
            return 1 - max_error / (1 - (1 - e) * _sigmoid(self.steepness * (cosine - middle)))

        return min(at(*it) for it in _CONFIDENCES)


@dataclass(slots=True)
class Entry:
    """What is known of a stored answer.

    Attributes:
        checks: Cosines, and 1 where it was right. Two are given, as in the authors' program.
    """

    checks: list[tuple[float, float]] = field(default_factory=lambda: [(0.0, 0.0), (1.0, 1.0)])
    _n_fitted: int = 0
    _curve: Curve = Curve(1.0, 1.0, 1.0)

    def is_to_be_checked(self, cosine: float, max_error: float, draw: float) -> bool:
        """Whether the model is asked, given a draw that is even from 0 to 1; else the answer is served."""
        if len(self.checks) < _FEWEST_CHECKS:
            return True
        if len(self.checks) >= _REFIT * self._n_fitted:
            self._n_fitted = len(self.checks)
            self._curve = fit(self.checks)
        return draw <= self._curve.exploration(cosine, max_error)


def fit(checks: list[tuple[float, float]]) -> Curve:
    """The likeliest curve, by Newton's steps."""
    offset, steepness = 0.0, 0.0
    for _ in range(_STEPS):
        g0, g1 = -_PULL * offset, -_PULL * steepness
        h00, h01, h11 = _PULL, 0.0, _PULL
        for cosine, right in checks:
            p = _sigmoid(offset + steepness * cosine)
            weight = p * (1 - p)
            g0 += right - p
            g1 += (right - p) * cosine
            h00 += weight
            h01 += weight * cosine
            h11 += weight * cosine * cosine
        determinant = h00 * h11 - h01 * h01
        step0, step1 = (h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant
        # A full step may leap beyond the optimum where the curve is flat.
        size = abs(step0) + abs(step1)
        length = min(1.0, _LONGEST_STEP / size) if size else 0.0
        offset += length * step0
        steepness += length * step1
        if size < 1e-6:
            break
    steepness = max(steepness, 1e-6)
    lowest_right = min(cosine for cosine, right in checks if right)
    highest_wrong = max(cosine for cosine, right in checks if not right)
    if lowest_right > highest_wrong:
        # Near to what the authors tabulate for steps that no check contradicts.
        variance = 0.2 / len(checks)
    else:
        d0, d1 = -1 / steepness, offset / steepness**2
        variance = max(0.0, (d0 * d0 * h11 - 2 * d0 * d1 * h01 + d1 * d1 * h00) / determinant)
    return Curve(_within_one(-offset / steepness), steepness, variance)


def _within_one(x: float) -> float:
    return min(1.0, max(0.0, x))


def _sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x)) if x > -700 else 0.0
