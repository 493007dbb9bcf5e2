"""The tables of `tiercel bench routellm`: a set each, ours row by row, RouteLLM's by what its routers learned from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiercel.training.report import markdown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MEASURES = {"apgr": ".3f", "cpt_50": ".1%", "cpt_80": ".1%"}


def tables(found: dict[str, Any], where: str) -> Iterator[str]:
    """The sets, and what was measured with what."""
    for name, it in found["sets"].items():
        yield f"**{name}**, {it['n_questions']:,} questions: weak {it['weak']:.4g}, strong {it['strong']:.4g}.\n"
        rows = [(order["name"], *_ours(order["measured"]), order["standing"]) for order in it["orders"]]
        for source in dict.fromkeys(row["learned_from"] for row in it["published"]):
            routers = [row for row in it["published"] if row["learned_from"] == source]
            rows.append((f"RouteLLM's {len(routers)}, published", *_theirs(routers), f"learned from {source}"))
        yield from markdown(("order", "APGR", "more than longest first", "CPT(50 %)", "CPT(80 %)", ""), rows)
    yield f"Weights `{found['versions']['classifier']}`, seed {found['seed']}. RouteLLM's figures: {found['source']}."
    yield f"{where}."


def _ours(measured: dict[str, Any]) -> Iterator[str]:
    for name, form in _MEASURES.items():
        low, high = measured[f"{name}_interval"]
        yield f"{measured['curve'][name]:{form}} ({low:{form}} to {high:{form}})"
        if name == "apgr":
            yield _gain(measured)


def _theirs(routers: Sequence[dict[str, Any]]) -> Iterator[str]:
    for name, form in _MEASURES.items():
        values = sorted(row[name] for row in routers)
        yield f"{values[0]:{form}} to {values[-1]:{form}}"
        if name == "apgr":
            yield ""


def _gain(measured: dict[str, Any]) -> str:
    if measured["gain"] is None:
        return ""
    low, high = measured["gain_interval"]
    return f"{measured['gain']:+.3f} ({low:+.3f} to {high:+.3f})"
