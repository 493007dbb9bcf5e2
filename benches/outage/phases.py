"""What is done to a provider, phase by phase: it is broken, mended, and waited for.

# When a phase of mending ends
When the provider has given the part of its healthy share that the scale asks for, over `STEADY_SECONDS`; or after
`Scale.patience` seconds. A breaker may stay open for a while after its provider has come back, and load may return to
it slowly: how long that takes is one of the figures. In a quick drill the first answer is enough.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from outage.absences import NORMAL
from outage.measures import share

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console

    from outage.client import Answer
    from outage.load import Load
    from outage.providers import Provider

STEADY_SECONDS = 2.0
"""At 200 requests a second a third of the answers of two seconds is 133, give or take 9: far from the threshold."""

_POLL_SECONDS = 0.25


@dataclass(frozen=True)
class Fault:
    """A way to break a provider, and the way back."""

    name: str
    title: str
    begin: Callable[[Provider], None]
    end: Callable[[Provider], None]


FAULTS = (
    Fault("killed", "killed", lambda provider: provider.kill(), lambda provider: provider.start()),
    Fault(
        "throttled", "says 429", lambda provider: provider.attach("status=429;retry-after=2"), lambda each: each.mend()
    ),
    Fault("flaky", "half fail", lambda provider: provider.attach("status=500;share=0.5"), lambda each: each.mend()),
    # A whole answer stalls too, in the middle of its body.
    Fault("stalling", "stalls", lambda provider: provider.attach("stall=8"), lambda each: each.mend()),
    Fault("frozen", "frozen", lambda provider: provider.freeze(), lambda provider: provider.thaw()),
)


@dataclass(frozen=True)
class Scale:
    """How long everything takes, in seconds."""

    healthy: float
    broken: float
    mended: float
    """At least; see above."""
    part: float
    """Of its healthy share."""
    patience: float = 90.0
    """At most. A breaker that was opened some times in a row stays open for up to 40 s more (5 s, doubling)."""


FULL = Scale(healthy=10.0, broken=15.0, mended=5.0, part=NORMAL)
QUICK = Scale(healthy=2.0, broken=4.0, mended=1.0, part=0.01)


@dataclass(frozen=True)
class Phase:
    """A part of the drill; times are seconds since it began.

    Attributes:
        fault: The name of the fault that acts, or did until the phase began; None where all is well.
        provider: The one that has it.
    """

    title: str
    fault: str | None
    provider: str
    is_broken: bool
    began: float
    ended: float

    def is_met_by(self, answer: Answer) -> bool:
        """Whether the answer was awaited in it, for however short a time."""
        return answer.due < self.ended and answer.ended >= self.began


async def run(
    load: Load, providers: Sequence[Provider], faults: Sequence[Fault], scale: Scale, console: Console
) -> list[Phase]:
    """Breaks and mends the first of the providers in each way, under `load`, and says when each phase was."""
    provider = providers[0]
    phases: list[Phase] = []

    def note(title: str, fault: str | None, began: float, *, is_broken: bool) -> None:
        phases.append(Phase(title, fault, provider.name, is_broken, began, load.now()))
        console.print(f"{began:6.1f} s  {provider.name}: {title}")

    async def has_share(expected: float, began: float) -> None:
        while load.now() - began < scale.patience:
            if share(load.answers, provider.name, load.now() - STEADY_SECONDS, load.now()) >= expected:
                break
            await asyncio.sleep(_POLL_SECONDS)

    await asyncio.sleep(scale.healthy)
    # A provider that began slowly may not be asked yet, and would not be missed.
    await has_share(scale.part / len(providers), 0.0)
    note("healthy", None, 0.0, is_broken=False)
    for fault in faults:
        began = load.now()
        await asyncio.to_thread(fault.begin, provider)
        await asyncio.sleep(scale.broken)
        await asyncio.to_thread(fault.end, provider)
        note(fault.title, fault.name, began, is_broken=True)
        began = load.now()
        await asyncio.sleep(scale.mended)
        healthy = share(load.answers, provider.name, phases[0].began, phases[0].ended)
        await has_share(scale.part * healthy, began)
        note("back", fault.name, began, is_broken=False)
    return phases
