"""What must not be, whatever is done to one provider."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from outage.absences import absences
from outage.client import Answer, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from outage.phases import Phase


def problems(answers: Sequence[Answer], phases: Sequence[Phase]) -> list[str]:
    """What a drill has failed by, in words; nothing where it has not."""
    found = []
    failed = Counter(answer.status for answer in answers if answer.outcome is Outcome.FAILED)
    if failed:
        found.append(f"failures before the commit, by status: {dict(failed)}")
    if n := sum(answer.outcome is Outcome.BROKEN_OFF for answer in answers):
        found.append(f"{n} streams ended without an error event")
    interrupted = (answer for answer in answers if answer.outcome is Outcome.INTERRUPTED)
    if n := sum(not _was_broken(answer, phases) for answer in interrupted):
        found.append(f"{n} streams of providers that were well were interrupted")
    if (most := max((len(answer.attempts) for answer in answers), default=0)) > 3:
        found.append(f"{most} attempts for one request")
    found += [
        f"{phases[0].provider} was not asked again after it came back: {absence.title}"
        for absence in absences(answers, phases)
        if absence.first_answer is None
    ]
    return found


def _was_broken(answer: Answer, phases: Iterable[Phase]) -> bool:
    """Whether its provider had a fault at some time of the answer."""
    return any(phase.is_broken and phase.provider == answer.provider and phase.is_met_by(answer) for phase in phases)
