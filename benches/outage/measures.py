"""Small measures of many answers."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from outage.client import Answer


def share(answers: Iterable[Answer], provider: str, began: float, ended: float) -> float:
    """Which part of the answers that came between two times `provider` gave; 0 where there were none."""
    given = [answer.provider for answer in answers if answer.answered is not None and began <= answer.answered < ended]
    return given.count(provider) / len(given) if given else 0.0


def percentile(values: Iterable[float], percent: int) -> float | None:
    """The smallest of the values that so many percent of them do not exceed; None where there is none."""
    ordered = sorted(values)
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)] if ordered else None


def milliseconds(seconds: float | None) -> float | None:
    """The same in milliseconds, to a tenth."""
    return None if seconds is None else round(seconds * 1e3, 1)
