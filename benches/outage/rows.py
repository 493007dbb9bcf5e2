"""What the clients saw, phase by phase."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from outage.client import Answer, Outcome
from outage.measures import milliseconds, percentile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from outage.phases import Phase


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


def rows(answers: Iterable[Answer], phases: Sequence[Phase]) -> list[Row]:
    """A row a phase; the first phase is the healthy one."""
    by_phase = [list[Answer]() for _ in phases]
    for answer in answers:
        # One that met a fault is the fault's, although it came before; the others are of the phase that they came in.
        met = (n for n, phase in enumerate(phases) if phase.is_broken and phase.is_met_by(answer))
        came = (n for n, phase in enumerate(phases) if phase.began <= answer.due < phase.ended)
        if (n := next(met, next(came, None))) is not None:
            by_phase[n].append(answer)
    baseline = {answer.question: answer.latency for answer in by_phase[0] if answer.latency is not None}
    return [
        _row(phase, met, {} if phase is phases[0] else baseline) for phase, met in zip(phases, by_phase, strict=True)
    ]


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
        p50_ms=milliseconds(percentile(latencies, 50)),
        p99_ms=milliseconds(percentile(latencies, 99)),
        added_p50_ms=milliseconds(percentile(added, 50)),
        added_p99_ms=milliseconds(percentile(added, 99)),
        attempts=sum(n_attempts) / max(1, len(answers)),
        most_attempts=max(n_attempts, default=0),
    )
