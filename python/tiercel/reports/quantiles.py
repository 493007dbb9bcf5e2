"""Quantiles of any number of durations, in bounded memory.

Durations are counted in buckets, each of which ends 2 % above where it begins, as HdrHistogram's do. So a quantile is
within 1 % of the true one whatever the durations are, which no sample of them could promise for the slowest.
"""

import math
from collections import Counter

_WIDTH = math.log(1.02)


class Quantiles:
    """Durations in microseconds. Below 2^53 there are 1,856 buckets."""

    def __init__(self) -> None:
        self._buckets: Counter[int] = Counter()

    def add(self, duration_us: int) -> None:
        """Count one."""
        self._buckets[int(math.log(max(duration_us, 1)) / _WIDTH)] += 1

    def at(self, share: float) -> int | None:
        """The duration that such a share of all is at most; None where there are none."""
        rank = math.ceil(share * self._buckets.total())
        for bucket in sorted(self._buckets):
            rank -= self._buckets[bucket]
            if rank <= 0:
                return round(math.exp((bucket + 0.5) * _WIDTH))
        return None
