"""A month of requests: when they come, who goes on talking, and what is asked."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiercel.bench.questions import NATURAL, Question

if TYPE_CHECKING:
    from collections.abc import Sequence

N_DAYS = 30
_DAY_SECONDS = 86_400
_HOUR_SECONDS = 3_600

# An assumption: a working day has twice as many conversations as one of a weekend, and the afternoon seven times as
# many as the small hours.
_WEEKEND = 0.5
_SWING = 0.75
_PEAK_HOUR = 14

# As likely as not there is another turn, which makes two on average, as in LMSYS-Chat-1M (Zheng et al. 2023, table 1).
_GOES_ON = 0.5
_MOST_TURNS = 8
# An assumption: the median of what a person takes to read and to write, and its spread as a logarithm.
_PAUSE_SECONDS = 60.0
_PAUSE_SPREAD = 0.7


@dataclass(frozen=True, slots=True)
class Turn:
    """One request.

    Attributes:
        at: Seconds since the month began, a Monday.
        conversation: Counts from 0.
        question: The position of what is asked among the questions.
        is_last: Whether the conversation ends with it.
    """

    at: float
    conversation: int
    question: int
    is_last: bool


def turns(questions: Sequence[Question], n_requests: int, seed: int) -> list[Turn]:
    """As many requests, in the order in which they come. A conversation keeps to one kind of question and one task."""
    rng = random.Random(seed)  # noqa: S311 - a month that anyone can have again
    pools = _pools(questions)
    days = [_WEEKEND if day % 7 >= 5 else 1.0 for day in range(N_DAYS)]
    hours = [1 + _SWING * math.cos((hour - _PEAK_HOUR) * math.tau / 24) for hour in range(24)]
    found: list[Turn] = []
    conversation = 0
    while (n_left := n_requests - len(found)) > 0:
        n_turns = 1
        while n_turns < min(_MOST_TURNS, n_left) and rng.random() < _GOES_ON:
            n_turns += 1
        (day,), (hour,) = rng.choices(range(N_DAYS), days), rng.choices(range(24), hours)
        at = day * _DAY_SECONDS + (hour + rng.random()) * _HOUR_SECONDS
        pool = rng.choice(rng.choice(pools))
        # Nobody asks the same twice: the gateway would take it for discontent, which is not simulated.
        asked = rng.sample(pool, min(n_turns, len(pool)))
        for number, question in enumerate(asked, 1):
            found.append(Turn(at, conversation, question, number == len(asked)))
            at += rng.lognormvariate(math.log(_PAUSE_SECONDS), _PAUSE_SPREAD)
        conversation += 1
    return sorted(found, key=lambda turn: turn.at)


def _pools(questions: Sequence[Question]) -> list[list[list[int]]]:
    """By kind of question what a conversation may be made of; one of these is drawn with equal chance.

    A natural conversation is of one task as well, so a task is listed once for each question that it has.
    """
    by_kind: dict[str, dict[str, list[int]]] = {}
    for position, question in enumerate(questions):
        by_kind.setdefault(question.kind, {}).setdefault(question.task, []).append(position)
    return [
        [pool for pool in tasks.values() for _ in range(len(pool) if kind == NATURAL else 1)]
        for kind, tasks in by_kind.items()
    ]
