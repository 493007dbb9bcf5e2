"""The figures, one function a measured row. A function returns samples by the figure's key; medians come later.

CPU is that of the contender's whole process tree; the upstream's and the driver's are theirs.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness import cpu
from harness.processes import ProgramError
from harness.services import N_DELTAS

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.contenders import Contender
    from harness.driver import Driver, Load
    from harness.services import Service, Starter, Upstream

Samples = dict[str, float]


@dataclass(frozen=True)
class Figure:
    """What a row of the report shows. The numbers P3 to P9 are those of the project's targets."""

    title: str
    unit: str
    added: bool = False
    """Direct is subtracted, round by round; direct's own row stays as it is."""


FIGURES = {
    "P3": Figure("P3 CPU per unary request, 32 connections", "us"),
    "P3 rate": Figure("Unary requests a second on one core, 32 connections", "1/s"),
    "P4": Figure("P4 added p50, one connection", "us", added=True),
    "P4 p99": Figure("Added p99, one connection", "us", added=True),
    "open p50": Figure("Added p50 at a fixed rate, open loop", "us", added=True),
    "open p99": Figure("Added p99 at a fixed rate, open loop", "us", added=True),
    "P5": Figure(f"P5 CPU per stream of {N_DELTAS + 2} events, 128 connections", "us"),
    "P5 first": Figure("Added p50 to the first event, 128 connections", "us", added=True),
    "P7": Figure("P7 CPU per unary request, TLS upstream less plain", "us"),
    "P8 worker": Figure("P8 resident memory of the largest process, idle", "MB"),
    "P8 tree": Figure("Memory of all processes, idle, shared pages once", "MB"),
    "P8 connection": Figure("P8 memory per idle client connection", "kB"),
    "P8 stream": Figure("P8 memory per open stream", "kB"),
    "P9": Figure("P9 unary requests a second, two workers to one", "x"),
    "P9 cost": Figure("P9 CPU per unary request, two workers to one", "x"),
}


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    n_rounds: int
    seconds: float
    rate: int = 1000
    """Requests a second of the open loop: well below what the slowest compiled gateway takes."""
    unary_connections: int = 32
    stream_connections: int = 128
    idle_connections: int = 500
    open_streams: int = 200
    settle_seconds: float = 0.5
    """Between a change and the reading of memory."""


FULL = Scale(n_rounds=5, seconds=1.5)
QUICK = Scale(n_rounds=1, seconds=0.3, idle_connections=50, open_streams=20, settle_seconds=0.1)


class WrongAnswerError(Exception):
    """A contender answered something else than the upstream did, or not at all."""


def unary(driver: Driver, service: Service, scale: Scale) -> Samples:
    """P3: what a request costs, and how many fit on a core."""

    def load(seconds: float) -> Load:
        return driver.closed(service.endpoint, connections=scale.unary_connections, seconds=seconds)

    load(scale.seconds / 5)
    measured, cost = _costs(service, lambda: load(scale.seconds))
    return {"P3 rate": measured.requests_per_second} | ({"P3": cost} if service.program else {})


def alone(driver: Driver, service: Service, scale: Scale) -> Samples:
    """P4: what a single user waits."""
    load = _checked(service, driver.closed(service.endpoint, connections=1, seconds=scale.seconds))
    return {"P4": _time(load.latency_us, "p50"), "P4 p99": _time(load.latency_us, "p99")}


def due(driver: Driver, service: Service, scale: Scale, capacity: float) -> Samples:
    """What users wait who come when they please; nothing where the rate is more than two thirds of `capacity`."""
    if capacity < scale.rate * 1.5:
        return {}
    load = driver.open(service.endpoint, connections=64, seconds=scale.seconds, rate=scale.rate)
    _checked(service, load)
    return {"open p50": _time(load.latency_us, "p50"), "open p99": _time(load.latency_us, "p99")}


def streams(driver: Driver, service: Service, scale: Scale) -> Samples:
    """P5: what a stream costs, each event on its own."""

    def load(seconds: float) -> Load:
        return driver.closed(service.endpoint, connections=scale.stream_connections, seconds=seconds, stream=True)

    # One stream a connection, which opens the connections to the upstream too.
    load(0.01)
    measured, cost = _costs(service, lambda: load(scale.seconds))
    if measured.events < measured.requests * N_DELTAS:
        raise WrongAnswerError(f"{service.name} lost events: {measured.events} in {measured.requests} streams")
    first = {"P5 first": _time(measured.first_event_us, "p50")}
    return first | ({"P5": cost} if service.program else {})


def tls(driver: Driver, plain: Service, encrypted: Service, scale: Scale) -> Samples:
    """P7: what encryption towards the upstream costs; both sides within seconds of each other."""
    return {"P7": unary(driver, encrypted, scale)["P3"] - unary(driver, plain, scale)["P3"]}


def memory(starter: Starter, contender: Contender, upstream: Upstream, scale: Scale) -> Samples:
    """P8: of a process that was just started, as an allocator does not give back what it once had."""
    with starter.service(contender, upstream) as service:
        if service.program is None:
            return {}
        pid = service.program.process.pid
        starter.driver.closed(service.endpoint, connections=8, seconds=scale.settle_seconds)
        idle = cpu.resident_bytes(pid)
        samples = {"P8 worker": max(idle) / 1e6, "P8 tree": cpu.proportional_bytes(pid) / 1e6}
        for key, count, stream in (
            ("P8 connection", scale.idle_connections, False),
            ("P8 stream", scale.open_streams, True),
        ):
            before = sum(cpu.resident_bytes(pid))
            with starter.driver.holding(service.endpoint, connections=count, stream=stream):
                time.sleep(scale.settle_seconds)
                samples[key] = (sum(cpu.resident_bytes(pid)) - before) / count / 1e3
        return samples


def workers(driver: Driver, one: Service, two: Service, scale: Scale, *, two_are_free: bool) -> Samples:
    """P9: whether a second worker does as much as the first.

    Where no two cores are free, both share the core of one, which shows what they cost each other: 1 is nothing.
    """
    single, double = unary(driver, one, scale), unary(driver, two, scale)
    rate = {"P9": double["P3 rate"] / single["P3 rate"]} if two_are_free else {}
    return rate | {"P9 cost": double["P3"] / single["P3"]}


def _costs(service: Service, run: Callable[[], Load]) -> tuple[Load, float]:
    """Runs a load; returns it with the microseconds of CPU that each of its requests cost the service."""
    before = service.cpu_seconds()
    load = _checked(service, run())
    used = service.cpu_seconds() - before
    return load, used / load.requests * 1e6


def _checked(service: Service, load: Load) -> Load:
    if service.program is not None:
        service.program.empty_log()
    if load.errors or load.requests == 0:
        raise WrongAnswerError(f"{service.name}: {load.requests} answers, and these failures: {load.errors}")
    return load


def _time(percentiles: dict[str, float] | None, name: str) -> float:
    if percentiles is None:
        raise ProgramError("the driver measured no time")
    return percentiles[name]
