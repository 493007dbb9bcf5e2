"""What `tiercel report routing` shows: tables for people, JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiercel.cli import output
from tiercel.reports.routing import Comparison, Report, Sums, by_price, usual_share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiercel._core import Prices
    from tiercel.reports.lines import Lines
    from tiercel.reports.quantiles import Quantiles

_MEASURES = ("requests", "share", "cost", "a request")
_LATENCIES = ("p50", "p99")


def show(found: Report, prices: Prices, tiers: Sequence[str]) -> None:
    """Print the tables. `tiers` are the route's own, the cheapest first; none without a configuration."""
    total = found.total.n_requests
    order = _order(found, tiers)
    header = ("tier", "requests", "share", "usually", "cost", "a request", *_LATENCIES)
    rows = []
    for tier, usual in order:
        sums = found.tiers.get(tier, Sums())
        requests, share, *costs = _measures(sums, total)
        usually = f"{usual[0]:.0%}-{usual[1]:.0%}".replace("%-", "-") if usual else ""
        first_token = _latencies(sums.first_token)
        rows.append((tier, requests, share, usually, *costs, *_latencies(sums.duration), *first_token, _errors(sums)))
    requests, share, *costs = _measures(found.total, total)
    all_tiers = (*_latencies(found.total.duration), *_latencies(found.total.first_token), _errors(found.total))
    rows.append(("all", requests, share, "", *costs, *all_tiers))
    output.table(rows, (*header, "first token p50", "p99", "errors"))
    print()
    print(_ordered_by(tiers))
    if found.total.n_unpriced:
        print(f"{found.total.n_unpriced:,} requests have no known price, and are in no cost.")
    if found.unrouted.n_requests:
        apart = f"{found.unrouted.n_requests:,} requests went by a name or were refused ({_money(found.unrouted.cost)})"
        print(f"{apart}, and are not in these tables.")
    positions = {tier: position for position, (tier, _) in enumerate(order)}
    tasks = sorted(found.tasks.items(), key=lambda it: (it[0][0], positions.get(it[0][1], len(positions))))
    output.section("By task and tier")
    output.table(
        ((*key, *_measures(sums, total), *_latencies(sums.duration)) for key, sums in tasks),
        ("task", "tier", *_MEASURES, *_LATENCIES),
    )
    output.section("By what decided")
    decided = sorted(found.decided_by.items(), key=lambda it: -it[1].n_requests)
    output.table(((who, *_measures(sums, total)) for who, sums in decided), ("decided by", *_MEASURES))
    if found.moved:
        output.section("Then taken elsewhere")
        output.table((what, f"{n:,}", f"{n / total:.1%}") for what, n in found.moved.most_common())
    _show_comparison(found, prices)


def record(found: Report, lines: Lines, tiers: Sequence[str]) -> dict[str, Any]:
    """The same in integers: nano-dollars, microseconds."""
    comparison = found.comparison
    return {
        "route": found.route,
        "lines": {"read": lines.n_read, "bad": lines.n_bad},
        "order": "configuration" if tiers else "mean_cost",
        "total": _sums(found.total),
        "tiers": [
            {"tier": tier, "usual_share": usual, **_sums(found.tiers.get(tier, Sums()))}
            for tier, usual in _order(found, tiers)
        ],
        "tasks": [{"task": task, "tier": tier, **_sums(sums)} for (task, tier), sums in found.tasks.items()],
        "decided_by": {who: _sums(sums) for who, sums in found.decided_by.items()},
        "moved": dict(found.moved),
        "classifying": _sums(found.classifying),
        "unrouted": _sums(found.unrouted),
        "comparison": comparison
        and {
            "against": comparison.against,
            "requests": comparison.n_requests,
            "unpriced": comparison.n_unpriced,
            "unpriced_there": comparison.n_unpriced_elsewhere,
            "cost_nano_dollars": comparison.cost,
            "cost_there_nano_dollars": comparison.elsewhere,
            "saved_nano_dollars": _saved(found, comparison) if comparison.n_requests else None,
        },
    }


def _order(found: Report, tiers: Sequence[str]) -> list[tuple[str, tuple[float, float] | None]]:
    """The tiers as they are shown, each with its usual share: the route's own, the cheapest first; then the others."""
    own = tiers or by_price(found.tiers)
    usual = [(tier, usual_share(position, len(own))) for position, tier in enumerate(own)]
    return usual + [(tier, None) for tier in found.tiers if tier not in own]


def _show_comparison(found: Report, prices: Prices) -> None:
    comparison = found.comparison
    if comparison is None:
        print("\nhint: --against PROVIDER/MODEL, or --config, says what to compare the cost with")
        return
    output.section(f"Against sending everything to {comparison.against}")
    if not comparison.n_requests:
        is_unknown = comparison.n_unpriced_elsewhere > 0
        hint = f'\nhint: [prices."{comparison.against}"] in the configuration sets a price' if is_unknown else ""
        print(f"No request has a known price both as it was and there.{hint}")
        return
    asked = f"asking a model first, {found.classifying.n_requests:,} times"
    rows = [
        (f"{comparison.n_requests:,} requests as they were", _money(comparison.cost), ""),
        *([(asked, _money(found.classifying.cost), "")] if found.classifying.n_requests else []),
        ("the same tokens there", _money(comparison.elsewhere), ""),
        ("saved", _money(_saved(found, comparison)), _percent(_saved(found, comparison), comparison.elsewhere)),
    ]
    output.table(rows)
    print()
    if comparison.n_unpriced or comparison.n_unpriced_elsewhere:
        n_there = f"{comparison.n_unpriced_elsewhere:,} that have none there"
        print(f"Left out: {comparison.n_unpriced:,} requests that have no known price as they were, {n_there}.")
    if found.classifying.n_unpriced:
        print(f"{found.classifying.n_unpriced:,} of the calls that asked a model first have no known price.")
    others = sorted(found.price_versions - {prices.version})
    if others:
        print(f"The log was priced by {', '.join(others)}, what is compared with by {prices.version}.")
    print("Costs are as logged, failed attempts included. Another model is taken to read and write as many tokens.")


def _ordered_by(tiers: Sequence[str]) -> str:
    if tiers:
        return "Tiers are in the order of the configuration, the cheapest first; p50 and p99 are within 1 %."
    return "Without a configuration, tiers are in the order of what a request cost; p50 and p99 are within 1 %."


def _saved(found: Report, comparison: Comparison) -> int:
    return comparison.elsewhere - comparison.cost - found.classifying.cost


def _measures(sums: Sums, total: int) -> tuple[str, str, str, str]:
    """Requests, their share, their cost, and that of one."""
    mean = sums.mean_cost
    is_unknown = mean is None and sums.n_requests > 0
    cost = "?" if is_unknown else _money(sums.cost)
    return f"{sums.n_requests:,}", f"{sums.n_requests / total:.1%}", cost, "?" if is_unknown else _money(mean or 0)


def _errors(sums: Sums) -> str:
    return f"{sums.n_errors:,}"


def _latencies(quantiles: Quantiles) -> tuple[str, str]:
    return _duration(quantiles.at(0.5)), _duration(quantiles.at(0.99))


def _duration(us: int | None) -> str:
    if us is None:
        return "-"
    return f"{us / 1_000:,.0f} ms" if us < 10_000_000 else f"{us / 1_000_000:,.0f} s"


def _money(nano_dollars: float) -> str:
    return f"{'-' if nano_dollars < 0 else ''}${abs(nano_dollars) / 1e9:,.6f}"


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else ""


def _sums(sums: Sums) -> dict[str, Any]:
    return {
        "requests": sums.n_requests,
        "cost_nano_dollars": sums.cost,
        "unpriced": sums.n_unpriced,
        "errors": sums.n_errors,
        "duration_us": {"p50": sums.duration.at(0.5), "p99": sums.duration.at(0.99)},
        "time_to_first_token_us": {"p50": sums.first_token.at(0.5), "p99": sums.first_token.at(0.99)},
    }
