"""What is read off the answers, phase by phase and second by second."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from outage.client import Answer, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from outage.phases import Phase

NORMAL = 0.75
"""Of its healthy share, from which on a provider counts as recovered: shares vary by a tenth from second to second."""

QUIET_SECONDS = 1.0
"""A provider is ejected once no request went there first for so long. A third of the load would be 67 requests."""


@dataclass(frozen=True)
class Row:
    """What the clients saw in a phase.

    Attributes:
        failed: Requests that ended with an error, or with nothing, before the client got anything.
        interrupted: Streams that had begun and ended with an error event.
        broken_off: Those that ended without a word.
        p50_ms: Until the answer, or a stream's beginning, counted from when the request was due.
        added_p50_ms: Against what the same questions took in the healthy phase; None in that phase.
        attempts: A request, in the mean.
    """

    title: str
    is_broken: bool
    began: float
    ended: float
    requests: int
    failed: int
    interrupted: int
    broken_off: int
    p50_ms: float | None
    p99_ms: float | None
    added_p50_ms: float | None
    added_p99_ms: float | None
    attempts: float
    most_attempts: int


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


def rows(answers: Iterable[Answer], phases: Sequence[Phase]) -> list[Row]:
    """A row a phase; the first phase is the healthy one."""
    by_phase = [list[Answer]() for _ in phases]
    for answer in answers:
        # One that met a fault is the fault's, although it came before; the others are of the phase that they came in.
        met = (n for n, phase in enumerate(phases) if phase.is_broken and _overlap(answer, phase))
        came = (n for n, phase in enumerate(phases) if phase.began <= answer.due < phase.ended)
        if (n := next(met, next(came, None))) is not None:
            by_phase[n].append(answer)
    baseline = {answer.question: answer.latency for answer in by_phase[0] if answer.latency is not None}
    return [
        _row(phase, met, {} if phase is phases[0] else baseline) for phase, met in zip(phases, by_phase, strict=True)
    ]


def absences(answers: Sequence[Answer], phases: Sequence[Phase]) -> list[Absence]:
    """One a fault: a phase in which the provider was broken, and the one in which it was back."""
    healthy, *others = phases
    pairs = zip(others[::2], others[1::2], strict=True)
    return [_absence(answers, broken, back, healthy) for broken, back in pairs]


def share(answers: Iterable[Answer], provider: str, began: float, ended: float) -> float:
    """Which part of the answers that came between two times `provider` gave; 0 where there were none."""
    given = [answer.provider for answer in answers if answer.answered is not None and began <= answer.answered < ended]
    return given.count(provider) / len(given) if given else 0.0


def problems(answers: Sequence[Answer], phases: Sequence[Phase]) -> list[str]:
    """What must not be, whatever is done to one provider."""
    found = []
    failed = Counter(answer.status for answer in answers if answer.outcome is Outcome.FAILED)
    if failed:
        found.append(f"failures before the commit, by status: {dict(failed)}")
    if n := sum(answer.outcome is Outcome.BROKEN_OFF for answer in answers):
        found.append(f"{n} streams ended without an error event")
    broken = {phase.provider for phase in phases if phase.is_broken}
    if n := sum(answer.outcome is Outcome.INTERRUPTED and answer.provider not in broken for answer in answers):
        found.append(f"{n} streams of providers that were well were interrupted")
    if (most := max((len(answer.attempts) for answer in answers), default=0)) > 3:
        found.append(f"{most} attempts for one request")
    found += [
        f"{phases[0].provider} did not answer its share again: {absence.title}"
        for absence in absences(answers, phases)
        if absence.normal is None
    ]
    return found


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
        "p99_ms": [_ms(percentile(latencies.get(second, []), 99)) for second in seconds],
    }


def percentile(values: Iterable[float], percent: int) -> float | None:
    """The smallest of the values that so many percent of them do not exceed; None where there is none."""
    ordered = sorted(values)
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)] if ordered else None


def _row(phase: Phase, answers: Sequence[Answer], baseline: Mapping[int, float]) -> Row:
    latencies = [answer.latency for answer in answers if answer.latency is not None]
    added = [
        answer.latency - baseline[answer.question]
        for answer in answers
        if answer.latency is not None and answer.question in baseline
    ]
    outcomes = Counter(answer.outcome for answer in answers)
    n_attempts = [len(answer.attempts) for answer in answers]
    return Row(
        title=phase.title,
        is_broken=phase.is_broken,
        began=phase.began,
        ended=phase.ended,
        requests=len(answers),
        failed=outcomes[Outcome.FAILED],
        interrupted=outcomes[Outcome.INTERRUPTED],
        broken_off=outcomes[Outcome.BROKEN_OFF],
        p50_ms=_ms(percentile(latencies, 50)),
        p99_ms=_ms(percentile(latencies, 99)),
        added_p50_ms=_ms(percentile(added, 50)),
        added_p99_ms=_ms(percentile(added, 99)),
        attempts=sum(n_attempts) / max(1, len(answers)),
        most_attempts=max(n_attempts, default=0),
    )


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


def _overlap(answer: Answer, phase: Phase) -> bool:
    return answer.due < phase.ended and answer.ended >= phase.began


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


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1e3, 1)
