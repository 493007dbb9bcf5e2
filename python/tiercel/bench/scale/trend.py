"""Whether something grows: the slope of what was read again and again, with how uncertain it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import fmean, linear_regression
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# What is read one after the other is alike, so that a line through all readings would look more certain than it is.
# Means of ten stretches are nearly independent.
_N_STRETCHES = 10
# Two-sided 95 % quantiles of Student's distribution, by degrees of freedom from 1 on: any table of it.
_STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306)


@dataclass(frozen=True, slots=True)
class Trend:
    """A slope, in units an hour, and the interval that holds the true one with 95 % confidence."""

    slope: float
    low: float
    high: float


def trend(readings: Sequence[tuple[float, float]]) -> Trend | None:
    """The trend of readings, each of seconds and a value, in order; None where they are fewer than three.

    A line by least squares through the means of ten stretches of equally many readings; the rest at the beginning is
    left out.
    """
    n_stretches = min(_N_STRETCHES, len(readings))
    if n_stretches < 3:
        return None
    length = len(readings) // n_stretches
    kept = readings[len(readings) - length * n_stretches :]
    stretches = [kept[at : at + length] for at in range(0, len(kept), length)]
    hours = [fmean(seconds for seconds, _ in stretch) / 3600 for stretch in stretches]
    values = [fmean(value for _, value in stretch) for stretch in stretches]
    slope, intercept = linear_regression(hours, values)
    residual = sum((value - intercept - slope * hour) ** 2 for hour, value in zip(hours, values, strict=True))
    middle = fmean(hours)
    spread = sum((hour - middle) ** 2 for hour in hours)
    error = math.sqrt(residual / (n_stretches - 2) / spread)
    reach = _STUDENT[n_stretches - 3] * error
    return Trend(slope, slope - reach, slope + reach)
