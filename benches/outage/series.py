"""What happened second by second, for the plot."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from outage.client import Answer, Outcome
from outage.measures import milliseconds, percentile

if TYPE_CHECKING:
    from collections.abc import Sequence


def by_second(answers: Sequence[Answer], providers: Sequence[str]) -> dict[str, list[float | None]]:
    """Series of one value a second: answers a provider, failures, interruptions, and the p99 of the latency in ms.

    An answer belongs to the second in which it came, a failure to that in which it was told, a latency to that in which
    its request was due.
    """
    n_seconds = int(max(answer.due for answer in answers)) + 1
    answered = Counter((answer.provider, int(answer.answered)) for answer in answers if answer.answered is not None)
    ended = Counter((answer.outcome, int(answer.ended)) for answer in answers)
    latencies: dict[int, list[float]] = {}
    for answer in answers:
        if answer.latency is not None:
            latencies.setdefault(int(answer.due), []).append(answer.latency)
    seconds = range(n_seconds)
    return {
        **{name: [answered[name, second] for second in seconds] for name in providers},
        "failed": [ended[Outcome.FAILED, second] + ended[Outcome.BROKEN_OFF, second] for second in seconds],
        "interrupted": [ended[Outcome.INTERRUPTED, second] for second in seconds],
        "p99_ms": [milliseconds(percentile(latencies.get(second, []), 99)) for second in seconds],
    }
