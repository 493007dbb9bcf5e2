"""`tiercel bench routellm`: the classifier as a router between two models, on public results."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tiercel.cli import output
from tiercel.cli.bench_cache import ReportOption, SeedOption


def routellm(
    data: Annotated[Path, typer.Option(help="The folder with `routing/`.")],
    seed: SeedOption = 1,
    report: ReportOption = None,
    plot: Annotated[Path | None, typer.Option(show_default=False, help="A file for the curves, as SVG.")] = None,
) -> None:
    """Order the questions of RouteLLM's three sets by `p_cheap`, and compare cost and quality with its routers.

    For each question it is known what a weak and a strong model answered. The measures are RouteLLM's own; beside ours
    stand what it published, chance, and the longest question first. Rows say whether something was learned from, or
    chosen by, what they are measured on. It takes about a minute.

    Exit codes: 0 it is printed, whatever it says; 2 the data are missing or wrong.
    """
    from tiercel.bench.routellm import picture  # noqa: PLC0415 - other commands do not need it
    from tiercel.bench.routellm.report import run  # noqa: PLC0415 - as above

    found = run(data, seed, output.track)
    _show(found)
    if report:
        output.report(report, found)
    if plot:
        output.write(plot, picture.draw(found).encode())


def _show(found: dict[str, Any]) -> None:
    models, licences = found["models"], "; ".join(f"{name}, {licence}" for name, licence in found["licences"].items())
    print(f"Weak: {models['weak']}. Strong: {models['strong']}. Weights: {found['versions']['classifier']}.")
    print(f"Seed {found['seed']}. Data: {licences}.")
    header = (
        "order",
        "APGR",
        "95 %",
        "CPT(50 %)",
        "95 %",
        "CPT(80 %)",
        "95 %",
        "gain over longest",
        "95 %",
        "is evidence?",
    )
    for name, it in found["sets"].items():
        output.section(
            f"{name}: {it['n_questions']:,} questions, weak {it['weak']:.4g}, strong {it['strong']:.4g}; "
            f"{it['n_left_out']} left out"
        )
        ours = (_order(order) for order in it["orders"])
        theirs = (
            (
                f"RouteLLM's {row['router']}",
                *(f"{row['apgr']:.3f}", "", f"{row['cpt_50']:.1%}", "", f"{row['cpt_80']:.1%}", "", "", ""),
                f"learned from {row['learned_from']}",
            )
            for row in it["published"]
        )
        output.table([*ours, *theirs], header)
    output.section("Quality by the share of questions that the strong model gets")
    shares = tuple(f"{step / 10:.0%}" for step in range(11))
    output.table(
        (_curve(name, it, order) for name, it in found["sets"].items() for order in it["orders"]), ("", *shares)
    )
    output.section("What is assumed")
    for assumption in found["assumptions"]:
        print(f"- {assumption}")
    print(f"- RouteLLM's figures: {found['source']}.")


def _order(it: dict[str, Any]) -> tuple[str, ...]:
    measured, curve = it["measured"], it["measured"]["curve"]
    return (
        it["name"],
        f"{curve['apgr']:.3f}",
        output.interval(measured["apgr_interval"], ".3f"),
        f"{curve['cpt_50']:.1%}",
        output.interval(measured["cpt_50_interval"], ".1%"),
        f"{curve['cpt_80']:.1%}",
        output.interval(measured["cpt_80_interval"], ".1%"),
        *_gain(measured),
        it["standing"],
    )


def _gain(measured: dict[str, Any]) -> tuple[str, str]:
    if measured["gain"] is None:
        return "", ""
    return f"{measured['gain']:+.3f}", output.interval(measured["gain_interval"], "+.3f")


def _curve(name: str, it: dict[str, Any], order: dict[str, Any]) -> tuple[str, ...]:
    worth = (it["weak"] + pgr * (it["strong"] - it["weak"]) for pgr in order["measured"]["curve"]["pgr"])
    return f"{name}, {order['name']}", *(f"{value:.3f}" for value in worth)
