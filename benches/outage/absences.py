"""What the provider saw that was broken: how long it went on being asked, and when it was asked again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from outage.measures import share

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from outage.client import Answer
    from outage.phases import Phase


NORMAL = 0.75
"""Of its healthy share, from which on a provider counts as recovered: shares vary by a tenth from second to second."""

QUIET_SECONDS = 1.0
"""A provider is ejected once no request went there first for so long. A third of the load would be 67 requests."""


@dataclass(frozen=True)
class Absence:
    """How the gateway came to leave a provider alone, and to ask it again. Seconds.

    Attributes:
        attempts: On the provider while it was broken.
        ejected: From the fault to the last request that tried the provider first; None where they never ceased.
        probes: Requests that tried it first after that, until it came back.
        first_answer: From its return to its first answer to a question that was asked since.
        normal: From its return until it answered its healthy share; None where it never did.
    """

    title: str
    attempts: int
    ejected: float | None
    probes: int | None
    first_answer: float | None
    normal: float | None


def absences(answers: Sequence[Answer], phases: Sequence[Phase]) -> list[Absence]:
    """One a fault: a phase in which the provider was broken, and the one in which it was back."""
    healthy, *others = phases
    pairs = zip(others[::2], others[1::2], strict=True)
    return [_absence(answers, broken, back, healthy) for broken, back in pairs]


def _absence(answers: Sequence[Answer], broken: Phase, back: Phase, healthy: Phase) -> Absence:
    asked = [answer for answer in answers if broken.began <= answer.asked < broken.ended]
    first_tries = sorted(answer.asked - broken.began for answer in asked if answer.attempts[:1] == (broken.provider,))
    ejected = _ejected(first_tries, broken.ended - broken.began)
    # What a provider that was frozen says to questions of before has no reader.
    answered = (
        answer.answered - back.began
        for answer in answers
        if answer.answered is not None and answer.asked >= back.began and answer.provider == back.provider
    )
    return Absence(
        title=broken.title,
        attempts=sum(answer.attempts.count(broken.provider) for answer in asked),
        ejected=ejected,
        probes=None if ejected is None else sum(at > ejected for at in first_tries),
        first_answer=min(answered, default=None),
        normal=_normal_after(answers, back, healthy),
    )


def _ejected(first_tries: Iterable[float], seconds: float) -> float | None:
    """When the last try was before there was none for a while; `first_tries` in order."""
    last = 0.0
    for at in (*first_tries, seconds):
        if at - last >= QUIET_SECONDS:
            return last
        last = at
    return None


def _normal_after(answers: Sequence[Answer], back: Phase, healthy: Phase) -> float | None:
    """When the first second began in which it answered its share; looked for in steps of a tenth."""
    expected = NORMAL * share(answers, back.provider, healthy.began, healthy.ended)
    came = [answer for answer in answers if back.began <= (answer.answered or 0.0) <= back.ended]
    for tenth in range(int((back.ended - back.began) * 10) - 9):
        began = back.began + tenth / 10
        if share(came, back.provider, began, began + 1.0) >= expected:
            return tenth / 10
    return None
