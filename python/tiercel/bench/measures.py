"""What policies come to on the same requests, with intervals."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiercel.bench.policies import ROUTING, policies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tiercel.bench.plan import Plan
    from tiercel.bench.policies import Policy, Request

N_RESAMPLES = 1_000
_NANO = 1e9

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Measured:
    """What one policy comes to.

    Attributes:
        dollars: In expectation.
        shares: By tier, of requests.
        quality: The share of answers that do, with its interval.
        p50, p99: Seconds from a request to the end of its answer.
        better: By how much the quality of routing exceeds this one's, with the interval of the difference.
        saved: The share of this one's cost that routing saves, with its interval; 0 where this one costs nothing.
    """

    name: str
    dollars: float
    shares: dict[str, float]
    quality: float
    quality_interval: Interval
    p50: float
    p99: float
    better: float
    better_interval: Interval
    saved: float
    saved_interval: Interval


def compare(requests: Sequence[Request], plan: Plan, seed: int) -> list[Measured]:
    """Every policy on the requests.

    Intervals hold 95 % of a bootstrap over questions, not requests: the same question asked again tells nothing new.
    Those of differences are paired, since all policies answer the same questions with the same luck. How uncertain the
    skills are, or what the random policies spend on other questions, is not in them.
    """
    positions = {question: at for at, question in enumerate(sorted({it.question for it in requests}))}
    columns = {"n": [0.0] * len(positions)}
    for request in requests:
        columns["n"][positions[request.question]] += 1
    found = policies(requests, plan)
    for policy in found:
        does, cost = [0.0] * len(positions), [0.0] * len(positions)
        for request in requests:
            at = positions[request.question]
            for share, _, outcome in policy.choose(request):
                does[at] += share * outcome.does
                cost[at] += share * outcome.cost
        columns[f"does {policy.name}"], columns[f"cost {policy.name}"] = does, cost
    whole = {name: sum(column) for name, column in columns.items()}
    resampled = list(_resampled(columns, seed))
    return [_measured(policy, requests, whole, resampled) for policy in found]


def middle(values: Iterable[float]) -> Interval:
    """The ends of the middle 95 % of at least one value."""
    ordered = sorted(values)
    return ordered[len(ordered) // 40], ordered[-1 - len(ordered) // 40]


def _measured(
    policy: Policy, requests: Sequence[Request], whole: Mapping[str, float], resampled: Sequence[Mapping[str, float]]
) -> Measured:
    name = policy.name

    def quality(sums: Mapping[str, float]) -> float:
        return sums[f"does {name}"] / sums["n"]

    def better(sums: Mapping[str, float]) -> float:
        return (sums[f"does {ROUTING}"] - sums[f"does {name}"]) / sums["n"]

    def saved(sums: Mapping[str, float]) -> float:
        cost = sums[f"cost {name}"]
        return 1 - sums[f"cost {ROUTING}"] / cost if cost else 0.0

    def interval(of: Callable[[Mapping[str, float]], float]) -> Interval:
        return middle(map(of, resampled))

    chosen = [entry for request in requests for entry in policy.choose(request)]
    shares: Counter[str] = Counter()
    for share, tier, _ in chosen:
        shares[tier] += share / len(requests)  # type: ignore[assignment]  # a counter of fractions
    p50, p99 = _quantiles(((outcome.seconds, share) for share, _, outcome in chosen), (0.5, 0.99))
    return Measured(
        name,
        whole[f"cost {name}"] / _NANO,
        dict(shares),
        quality(whole),
        interval(quality),
        p50,
        p99,
        better(whole),
        interval(better),
        saved(whole),
        interval(saved),
    )


def _resampled(columns: Mapping[str, Sequence[float]], seed: int) -> Iterator[dict[str, float]]:
    """Sums over as many questions drawn with replacement."""
    rng = random.Random(seed)  # noqa: S311 - intervals that anyone can have again
    everyone = range(len(columns["n"]))
    for _ in range(N_RESAMPLES):
        drawn = rng.choices(everyone, k=len(everyone))
        yield {name: sum(map(column.__getitem__, drawn)) for name, column in columns.items()}


def _quantiles(weighted: Iterator[tuple[float, float]], wanted: Sequence[float]) -> list[float]:
    """The least values at which so large shares of the weight are reached."""
    ordered = sorted(weighted)
    total, reached = sum(weight for _, weight in ordered), 0.0
    found: list[float] = []
    for value, weight in ordered:
        reached += weight
        while len(found) < len(wanted) and reached >= wanted[len(found)] * total - 1e-9:
            found.append(value)
    return found
