"""Rounds: in each, every contender is measured once in every way, and each round starts with another one."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tiercel.bench.rows import DIRECT
from tiercel.bench.whole_path import figures
from tiercel.bench.whole_path.figures import Samples, WrongAnswerError
from tiercel.bench.whole_path.processes import ProgramError
from tiercel.bench.whole_path.services import Service, Starter, Upstream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tiercel.bench.whole_path.contenders import Contender
    from tiercel.bench.whole_path.quantities import Scale
    from tiercel.bench.whole_path.samples import Measured


MOST_SECONDS = 120.0
"""For a peer in all; one that has used them rests in the rounds to come. LiteLLM's streams take a minute a round."""


@dataclass(frozen=True)
class Entrant:
    """A contender with all its services that are measured; `direct` is the upstream itself."""

    contender: Contender | None
    plain: Service
    encrypted: Service | None = None
    doubled: Service | None = None
    cached: Service | None = None

    @property
    def is_peer(self) -> bool:
        """Whether it is there for comparison."""
        return self.contender is not None and not self.contender.must_be_right


@dataclass(frozen=True)
class Rounds:
    """A whole run."""

    starter: Starter
    scale: Scale
    measured: Measured
    tell: Callable[[str, float], None]
    """Told what is done next, and which part of all is done."""

    def run(self, contenders: Sequence[Contender]) -> None:
        """Measures all of them; what goes wrong with one is in the report.

        Raises:
            ProgramError: An upstream did not start, or has ended.
        """
        with (
            self.starter.upstream(tls=False) as plain,
            self.starter.upstream(tls=True) as encrypted,
            ExitStack() as services,
        ):
            entrants = [Entrant(None, Service(DIRECT, plain.endpoint, None))]
            for contender in contenders:
                self.tell(f"starting {contender.name}", 0)
                with self._noted(contender.name):
                    entrants.append(self._enter(contender, plain, encrypted, services))
            n_turns = self.scale.n_rounds * len(entrants)
            used = dict.fromkeys((entrant.plain.name for entrant in entrants), 0.0)
            for number in range(self.scale.n_rounds):
                first = number % len(entrants)
                measured: dict[str, Samples] = {}
                for turn, entrant in enumerate(entrants[first:] + entrants[:first], number * len(entrants)):
                    name = entrant.plain.name
                    if entrant.is_peer and used[name] > MOST_SECONDS:
                        self.measured.rests(name)
                        continue
                    self.tell(f"round {number + 1} of {self.scale.n_rounds}: {name}", turn / n_turns)
                    started = time.monotonic()
                    measured[name] = {}
                    # Without an upstream nothing that is measured means anything.
                    plain.program.check()
                    encrypted.program.check()
                    self._measure(entrant, plain, measured[name])
                    used[name] += time.monotonic() - started
                self.measured.add_round(measured)

    def _enter(self, contender: Contender, plain: Upstream, encrypted: Upstream, services: ExitStack) -> Entrant:
        start = self.starter.service
        entrant = Entrant(
            contender,
            services.enter_context(start(contender, plain)),
            services.enter_context(start(contender, encrypted)) if contender.tls else None,
            services.enter_context(start(contender, plain, n_workers=2)) if contender.scales else None,
            services.enter_context(start(contender, plain, has_cache=True)) if contender.caches else None,
        )
        if entrant.cached:
            self.tell(f"teaching the cache of {contender.name}", 0)
            figures.teach(self.starter.driver, entrant.cached)
        return entrant

    def _measure(self, entrant: Entrant, upstream: Upstream, samples: Samples) -> None:
        """All figures of one contender; what one of them fails at is no other's matter."""
        driver, scale, plain = self.starter.driver, self.scale, entrant.plain
        noted = partial(self._noted, plain.name)
        with noted():
            samples |= figures.busy(driver, plain, scale)
        with noted():
            samples |= figures.alone(driver, plain, scale)
        with noted():
            samples |= figures.due(driver, plain, scale, capacity=samples.get("P3 rate", 0))
        with noted():
            samples |= figures.streams(driver, plain, scale)
        if entrant.cached:
            with noted():
                samples |= figures.hits(driver, entrant.cached, scale)
        if entrant.encrypted:
            with noted():
                samples |= figures.tls(driver, plain, entrant.encrypted, scale)
        if entrant.doubled:
            two_are_free = self.starter.cores.two_are_free
            with noted():
                samples |= figures.workers(driver, plain, entrant.doubled, scale, two_are_free=two_are_free)
        if entrant.contender:
            with noted():
                samples |= figures.memory(self.starter, entrant.contender, upstream, scale)

    @contextmanager
    def _noted(self, name: str) -> Iterator[None]:
        """What goes wrong with one contender is told once, and does not end the run."""
        try:
            yield
        except (ProgramError, WrongAnswerError) as problem:
            if (told := (name, str(problem))) not in self.measured.problems:
                self.measured.problems.append(told)
