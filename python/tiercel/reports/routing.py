"""What routing came to: which share of a log's requests went to which tier and why, what it cost, and what it saved."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from tiercel.reports.quantiles import Quantiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiercel._core import Prices
    from tiercel.reports.lines import Line

_Key = TypeVar("_Key")

# The endpoint of calls that ask a model what kind of request another call is.
_CLASSIFYING = "classify"
# Tiers, tasks by tier, or reasons; more than a configuration has. Later ones are counted as one.
_MAX_KEPT = 1_000
_OTHER = "other"

# What the last finding of `x-tiercel-reason` that chose a tier says of who did.
_DECIDED_BY = {
    "asked": "client",
    "tool_loop": "tool loop",
    "rule": "rule",
    "session": "sticky",
    "repeated": "escalated",
    "rejected": "escalated",
    "task": "classifier",
    "llm": "model",
    "p_cheap": "threshold",
    "default": "default",
}
_UNKNOWN = "not told"
# What a reason ends with where another group of the route answered, and findings that have a name behind their colon.
_TURNS = ("fallback", "long_context")
_NAMED = {"asked", "rule", "rule_left_out", "task", "llm", "unsure"}


@dataclass(slots=True)
class Sums:
    """Requests that are counted together.

    Attributes:
        cost: In nano-dollars, of those with a known price.
        n_unpriced: Those whose cost nobody knows.
        n_errors: Those that the client got no whole answer to, though it waited.
        duration: Of those that were answered.
    """

    n_requests: int = 0
    cost: int = 0
    n_unpriced: int = 0
    n_errors: int = 0
    duration: Quantiles = field(default_factory=Quantiles)
    first_token: Quantiles = field(default_factory=Quantiles)

    @property
    def mean_cost(self) -> float | None:
        """Nano-dollars a request; None where no price is known."""
        n_priced = self.n_requests - self.n_unpriced
        return self.cost / n_priced if n_priced else None

    def add(self, line: Line) -> None:
        """Count one."""
        self.n_requests += 1
        if line.cost is None:
            self.n_unpriced += 1
        else:
            self.cost += line.cost
        if line.outcome == "answered":
            self.duration.add(line.duration_us)
        elif line.outcome != "client_gone":
            self.n_errors += 1
        if line.first_token_us is not None:
            self.first_token.add(line.first_token_us)


@dataclass(slots=True)
class Comparison:
    """The same tokens, all at one model.

    Attributes:
        against: That model, as `provider/model`.
        n_requests: Those whose price is known both as they were and there.
        cost: What these cost, in nano-dollars.
        elsewhere: What they would have cost there.
        n_unpriced: Those whose own cost is unknown.
        n_unpriced_elsewhere: Those that have no price there.
    """

    prices: Prices
    against: str
    n_requests: int = 0
    cost: int = 0
    elsewhere: int = 0
    n_unpriced: int = 0
    n_unpriced_elsewhere: int = 0

    def add(self, line: Line) -> None:
        """Price one at both."""
        if line.cost is None:
            self.n_unpriced += 1
            return
        # Prices may have a part for the request itself, which is not due where no model was asked.
        elsewhere = self.prices.cost(self.against, line.unix_us, **line.usage) if line.is_used else 0
        if elsewhere is None:
            self.n_unpriced_elsewhere += 1
            return
        self.n_requests += 1
        self.cost += line.cost
        self.elsewhere += elsewhere


@dataclass(slots=True)
class Report:
    """What a log tells of the requests to one route, or to all.

    Attributes:
        route: The route; None: all.
        comparison: None where nothing is known to compare with.
        total: All of them.
        moved: How many were then taken elsewhere, by what: a limit, what the tier cannot do, or failure.
        classifying: Calls that asked a model what kind of request another is. They are in no other sum.
        unrouted: Calls for which no route chose: by a tier's or a model's name, or refused before. Nor are they.
        price_versions: Which prices the log's costs are from.
    """

    route: str | None
    comparison: Comparison | None
    total: Sums = field(default_factory=Sums)
    tiers: dict[str, Sums] = field(default_factory=dict)
    tasks: dict[tuple[str, str], Sums] = field(default_factory=dict)
    decided_by: dict[str, Sums] = field(default_factory=dict)
    moved: Counter[str] = field(default_factory=Counter)
    classifying: Sums = field(default_factory=Sums)
    unrouted: Sums = field(default_factory=Sums)
    price_versions: set[str] = field(default_factory=set)

    def add(self, line: Line) -> None:
        """Count one call of the log."""
        if self.route is not None and line.route not in {self.route, None}:
            return
        if line.endpoint == _CLASSIFYING:
            if self.route in {line.route, None}:
                self.classifying.add(line)
            return
        if line.route is None:
            self.unrouted.add(line)
            return
        tier, task = line.tier or "none", line.task or "not classified"
        who, moves = decided_by(line.reason, line.route)
        for sums in (
            self.total,
            _kept(self.tiers, tier, _OTHER),
            _kept(self.tasks, (task, tier), (_OTHER, _OTHER)),
            _kept(self.decided_by, who, _OTHER),
        ):
            sums.add(line)
        self.moved.update(moves)
        if len(self.price_versions) < _MAX_KEPT:
            self.price_versions.add(line.price_version)
        if self.comparison is not None:
            self.comparison.add(line)


def decided_by(reason: str | None, route: str) -> tuple[str, list[str]]:
    """Who chose the tier, and what then took the request elsewhere, by a reason as `x-tiercel-reason` has it."""
    start = f"route:{route}:"
    if reason is None or not reason.startswith(start):
        return _UNKNOWN, []
    *findings, last = reason.removeprefix(start).split(",")
    before, _, turn = last.rpartition(":")
    turned = [turn] if turn in _TURNS and before and before not in _NAMED else []
    findings.append(before if turned else last)
    words = [finding.partition(":")[0] for finding in findings]
    moves = [word for word in words if word == "max_cost" or word.startswith("no_")]
    chosen = [word for word in words if word not in moves]
    who = chosen[-1] if chosen else _UNKNOWN
    return _DECIDED_BY.get(who, who), moves + turned


def by_price(tiers: dict[str, Sums]) -> list[str]:
    """The tiers, the cheapest first, by what a request cost on average. Those without a price are the last."""
    costs = {tier: sums.mean_cost for tier, sums in tiers.items()}
    return sorted(costs, key=lambda tier: (costs[tier] is None, costs[tier] or 0, tier))


def usual_share(position: int, n_tiers: int) -> tuple[float, float] | None:
    """Which share of traffic usually goes to that tier of so many, the cheapest first; None where none is usual.

    A rule of thumb: 60-75 % go to the cheapest of three tiers, 15-25 % to the middle and 5-15 % to the dearest. Of two
    tiers, the dearer has what the cheaper one leaves. With more tiers, those in the middle have their share together.
    """
    if n_tiers < 2:
        return None
    if position == 0:
        return 0.60, 0.75
    if n_tiers == 2:
        return 0.25, 0.40
    return (0.05, 0.15) if position == n_tiers - 1 else (0.15, 0.25)


def own_tiers(prices: Prices, route: str | None) -> Sequence[str]:
    """The tiers that the routes, or that one, choose among, the cheapest first; none without a configuration."""
    chosen = {tier for name, tiers in prices.routes if route in {name, None} for tier in tiers}
    return [tier for tier, _ in prices.tiers if tier in chosen]


def _kept(groups: dict[_Key, Sums], key: _Key, other: _Key) -> Sums:
    if key not in groups and len(groups) >= _MAX_KEPT:
        key = other
    if key not in groups:
        groups[key] = Sums()
    return groups[key]
