"""Ways to choose a tier: the gateway's, the same for all, at random, and two that know what nobody knows beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tiercel.bench.plan import Plan

ROUTING = "routing"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What comes of a tier: nano-dollars, seconds, and whether the answer does."""

    cost: int
    seconds: float
    does: bool


@dataclass(frozen=True, slots=True)
class Request:
    """A request, and what would come of it.

    Attributes:
        question: The position of what is asked.
        task: What it truly is.
        kind: Of the question.
        tier: Where the gateway sent it.
        reason: Why.
        routed: What came of that.
        outcomes: What would have come of each tier of the route.
    """

    question: int
    task: str
    kind: str
    tier: str
    reason: str
    routed: Outcome
    outcomes: Mapping[str, Outcome]


Chosen = tuple[tuple[float, str, Outcome], ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A way to choose.

    Attributes:
        choose: For a request, tiers with their probabilities and what comes of them.
    """

    name: str
    choose: Callable[[Request], Chosen]


def policies(requests: Sequence[Request], plan: Plan) -> list[Policy]:
    """All of them; those at random cost in expectation what routing does on these requests, as far as they can."""
    routed = sum(it.routed.cost for it in requests)
    costs = {tier: sum(it.outcomes[tier].cost for it in requests) for tier in plan.own}
    first, last = plan.own[0], plan.own[-1]
    neighbours = [pair for pair in pairwise(plan.own) if costs[pair[0]] <= routed <= costs[pair[1]]]
    pairs = dict.fromkeys([(first, last), *neighbours])
    return [
        Policy(ROUTING, lambda it: ((1.0, it.tier, it.routed),)),
        *(always(tier) for tier in reversed(plan.own)),
        *(at_random(pair, _share(routed, costs[pair[0]], costs[pair[1]])) for pair in pairs),
        Policy("true task", lambda it: _one(it, plan.tier_of(it.task))),
        Policy("hindsight", lambda it: _one(it, next((tier for tier in plan.own if it.outcomes[tier].does), first))),
    ]


def always(tier: str) -> Policy:
    """One tier for all."""
    return Policy(f"all {tier}", lambda it: _one(it, tier))


def at_random(pair: tuple[str, str], share: float) -> Policy:
    """So many requests, whichever they are, to the second of two tiers. Expected values are exact, so none is drawn."""
    first, second = pair
    return Policy(
        f"random {first}/{second}",
        lambda it: ((1 - share, first, it.outcomes[first]), (share, second, it.outcomes[second])),
    )


def _share(cost: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (cost - low) / (high - low))) if high > low else 0.0


def _one(request: Request, tier: str) -> Chosen:
    return ((1.0, tier, request.outcomes[tier]),)
