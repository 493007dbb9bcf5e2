"""The load driver, on cores of its own. It runs in a thread of this process, which does nothing else meanwhile."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from tiercel._core import LoadTarget
from tiercel.bench.whole_path.contenders import CLIENT_KEY
from tiercel.bench.whole_path.processes import ProgramError, on_cores

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Endpoint:
    """Where to ask, and for which model."""

    address: str
    path: str
    model: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Asking:
    """What is asked, and how it is to be answered."""

    question: str = "What is your refund policy? My order {number}, a pair of shoes, does not fit."
    """130 bytes with its system prompt, as in the figures of other gateways."""
    shape: Literal["unary", "stream", "held"] = "unary"
    n_distinct: int = 2**63
    """After so many it begins again."""


UNARY = Asking()
STREAM = Asking(shape="stream")
HELD = Asking(shape="held")


@dataclass(frozen=True)
class Load:
    """The driver's report; times are in microseconds."""

    requests: int
    errors: dict[str, int]
    cache: dict[str, int]
    """Answers that say what came of a look into a cache, by that."""
    seconds: float
    requests_per_second: float
    events: int
    latency_us: dict[str, float] | None
    first_event_us: dict[str, float] | None
    gap_us: dict[str, float] | None


@dataclass(frozen=True)
class Driver:
    """Who asks, and the cores that it may use."""

    cores: frozenset[int]

    def closed(
        self,
        endpoint: Endpoint,
        asking: Asking = UNARY,
        *,
        connections: int,
        seconds: float,
        most: int = 2**63,
    ) -> Load:
        """Every connection asks again as soon as it is answered, until the time is over or `most` were asked."""
        with on_cores(self.cores):
            report = _target(endpoint, asking).closed(n_connections=connections, seconds=seconds, max_requests=most)
        return Load(**json.loads(report))

    def open(self, endpoint: Endpoint, *, connections: int, seconds: float, rate: int) -> Load:
        """Requests are due at fixed times, and their latency counts from then."""
        with on_cores(self.cores):
            report = _target(endpoint, UNARY).open(n_connections=connections, seconds=seconds, rate=rate)
        return Load(**json.loads(report))

    @contextmanager
    def holding(self, endpoint: Endpoint, asking: Asking, *, connections: int) -> Iterator[None]:
        """Keeps connections, each answered once, or each with an open stream."""
        with on_cores(self.cores):
            try:
                held = _target(endpoint, asking).hold(connections)
            except OSError as error:
                raise ProgramError(f"{connections} connections to {endpoint.path} could not be held: {error}") from None
        try:
            yield
        finally:
            held.close()


@lru_cache(maxsize=1024)
def _target(endpoint: Endpoint, asking: Asking) -> LoadTarget:
    """Kept, so that runs go on counting where the last one ended and no request is ever asked twice."""
    fields = {"host": endpoint.address, "authorization": f"Bearer {CLIENT_KEY}", **dict(endpoint.headers)}
    lines = [f"POST {endpoint.path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    head = "".join(f"{line}\r\n" for line in lines)
    return LoadTarget(
        endpoint.address, head, endpoint.model, asking.question, shape=asking.shape, n_distinct=asking.n_distinct
    )
