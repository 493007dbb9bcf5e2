"""The figures, one function a measured row or two. A function returns samples by the row's id; medians come later.

CPU is that of the contender's whole process tree; the upstream's and the driver's are theirs.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tiercel.bench.whole_path import cpu
from tiercel.bench.whole_path.driver import HELD, STREAM, UNARY, Asking
from tiercel.bench.whole_path.processes import ProgramError
from tiercel.bench.whole_path.services import N_DELTAS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiercel.bench.whole_path.contenders import Contender
    from tiercel.bench.whole_path.driver import Driver, Load
    from tiercel.bench.whole_path.quantities import Scale
    from tiercel.bench.whole_path.services import Service, Starter, Upstream

Samples = dict[str, float]

EXACT = Asking("How long may I send order {number} back?", n_distinct=10_000)
"""What fills the cache, and is asked again to the letter."""

OTHER_WORDS = Asking("Could you please tell me where I see what my parcel is worth?{marks}")
"""One question, put in another way each time."""

LEAST_HITS = 0.9
"""Of the answers of a run on the cache. One in a thousand is compared with the model's, and so is none."""

LESSON = 100
"""Ways of asking between two looks whether a cache has learned."""

MOST_SECONDS = 60.0
"""For a cache to learn."""

SETTLE_SECONDS = 0.3


class WrongAnswerError(Exception):
    """A contender answered something else than the upstream did, or not at all."""


def busy(driver: Driver, service: Service, scale: Scale) -> Samples:
    """P3: what a request costs, and how many fit on a core."""
    samples: Samples = {}
    for key, connections in (("P3", scale.unary_connections), ("P3 many", scale.many_connections)):
        load, cost = _warm(driver, service, scale, UNARY, connections)
        samples |= {f"{key} rate": load.requests_per_second} | _cost(key, cost)
    return samples


def alone(driver: Driver, service: Service, scale: Scale) -> Samples:
    """P4: what a single user waits, and what a request costs then."""
    load, cost = _costs(service, lambda: driver.closed(service.endpoint, connections=1, seconds=scale.seconds))
    times = {
        key: _time(load.latency_us, name) for key, name in (("P4", "p50"), ("P4 p99", "p99"), ("P4 p99.9", "p999"))
    }
    return times | _cost("P3 one", cost)


def due(driver: Driver, service: Service, scale: Scale, capacity: float) -> Samples:
    """What users wait who come when they please; nothing where the rate is more than two thirds of `capacity`."""
    if capacity < scale.rate * 1.5:
        return {}
    # Longer than the others: a thousand requests a second are few for the longest in a thousand.
    load = driver.open(service.endpoint, connections=64, seconds=2 * scale.seconds, rate=scale.rate)
    _checked(service, load)
    return {
        f"open {title}": _time(load.latency_us, name) for title, name in (("p50",) * 2, ("p99",) * 2, ("p99.9", "p999"))
    }


def streams(driver: Driver, service: Service, scale: Scale) -> Samples:
    """P5: what a stream costs, each event on its own, and how evenly they come."""

    def load(seconds: float) -> Load:
        return driver.closed(service.endpoint, STREAM, connections=scale.stream_connections, seconds=seconds)

    # One stream a connection, which opens the connections to the upstream too.
    load(0.01)
    # Longer than the others: a stream takes half a second, and the kernel counts CPU in hundredths of one.
    measured, cost = _costs(service, lambda: load(1.5 * scale.seconds))
    if measured.events < measured.requests * N_DELTAS:
        raise WrongAnswerError(f"{service.name} lost events: {measured.events} in {measured.requests} streams")
    times = {
        "P5 first": _time(measured.first_event_us, "p50"),
        "P5 gap": _time(measured.gap_us, "p50"),
        "P5 gap p99": _time(measured.gap_us, "p99"),
    }
    return times | _cost("P5", cost)


def hits(driver: Driver, cached: Service, scale: Scale) -> Samples:
    """P6: what an answer costs that is given again, to the same words and to others."""
    samples: Samples = {}
    for word, asking in (("exact", EXACT), ("semantic", OTHER_WORDS)):
        load, cost = _warm(driver, cached, scale, asking, scale.unary_connections)
        if load.cache.get(word, 0) < LEAST_HITS * load.requests:
            raise WrongAnswerError(f"{cached.name}: of {load.requests} answers, those from the cache: {load.cache}")
        samples |= _cost(f"P6 {word}", cost)
    return samples


def teach(driver: Driver, cached: Service) -> None:
    """Has a cache know the questions of `hits`, and that their answers serve other words.

    Raises:
        WrongAnswerError: It does not learn.
    """
    _checked(cached, driver.closed(cached.endpoint, EXACT, connections=8, seconds=MOST_SECONDS, most=EXACT.n_distinct))
    deadline = time.monotonic() + MOST_SECONDS
    while True:
        # One by one, as each answer is compared with those before it.
        load = driver.closed(cached.endpoint, OTHER_WORDS, connections=1, seconds=MOST_SECONDS, most=LESSON)
        _checked(cached, load)
        if load.cache.get("semantic", 0) >= LEAST_HITS * LESSON:
            break
        if time.monotonic() > deadline:
            raise WrongAnswerError(f"{cached.name} gives no answer to other words: {load.cache}")
    # A thread of it goes on taking in what was answered; what that costs is no hit's.
    used = -1.0
    while used < (used := cached.cpu_seconds()) and time.monotonic() < deadline:
        time.sleep(SETTLE_SECONDS)


def tls(driver: Driver, plain: Service, encrypted: Service, scale: Scale) -> Samples:
    """P7: what encryption towards the upstream costs; both sides within seconds of each other."""
    (_, before), (_, after) = (
        _warm(driver, each, scale, UNARY, scale.unary_connections) for each in (plain, encrypted)
    )
    return {} if before is None or after is None else {"P7": after - before}


def memory(starter: Starter, contender: Contender, upstream: Upstream, scale: Scale) -> Samples:
    """P8: of a process that was just started, as an allocator does not give back what it once had."""
    with starter.service(contender, upstream) as service:
        if service.program is None:
            return {}
        pid = service.program.process.pid
        starter.driver.closed(service.endpoint, connections=8, seconds=scale.settle_seconds)
        idle = cpu.resident_bytes(pid)
        samples = {"P8 worker": max(idle) / 1e6, "P8 tree": cpu.proportional_bytes(pid) / 1e6}
        for key, count, asking in (
            ("P8 connection", scale.idle_connections, UNARY),
            ("P8 stream", scale.open_streams, HELD),
        ):
            before = sum(cpu.resident_bytes(pid))
            with starter.driver.holding(service.endpoint, asking, connections=count):
                time.sleep(scale.settle_seconds)
                samples[key] = (sum(cpu.resident_bytes(pid)) - before) / count / 1e3
        return samples


def workers(driver: Driver, one: Service, two: Service, scale: Scale, *, two_are_free: bool) -> Samples:
    """P9: whether a second worker does as much as the first.

    Where no two cores are free, both share the core of one, which shows what they cost each other: 1 is nothing.
    """
    (single, cost_of_one), (double, cost_of_two) = (
        _warm(driver, each, scale, UNARY, scale.unary_connections) for each in (one, two)
    )
    rate = {"P9": double.requests_per_second / single.requests_per_second} if two_are_free else {}
    return rate | ({"P9 cost": cost_of_two / cost_of_one} if cost_of_one and cost_of_two else {})


def _warm(
    driver: Driver, service: Service, scale: Scale, asking: Asking, connections: int
) -> tuple[Load, float | None]:
    """Runs a closed loop, after a short one that opens the connections."""

    def load(seconds: float) -> Load:
        return driver.closed(service.endpoint, asking, connections=connections, seconds=seconds)

    load(scale.seconds / 5)
    return _costs(service, lambda: load(scale.seconds))


def _costs(service: Service, run: Callable[[], Load]) -> tuple[Load, float | None]:
    """Runs a load; returns it with the microseconds of CPU that each of its requests cost the service, if it is one."""
    before = service.cpu_seconds()
    load = _checked(service, run())
    used = service.cpu_seconds() - before
    return load, used / load.requests * 1e6 if service.program else None


def _cost(key: str, cost: float | None) -> Samples:
    return {} if cost is None else {key: cost}


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
