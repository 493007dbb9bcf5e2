"""`tiercel bench routing`: what routing is worth in a simulated month. Its sisters are in modules of their own."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from tiercel.cli import output
from tiercel.cli.bench_all import everything
from tiercel.cli.bench_cache import ReportOption, SeedOption, cache
from tiercel.cli.bench_core import core
from tiercel.cli.bench_gateway import gateway
from tiercel.cli.bench_routellm import routellm
from tiercel.cli.bench_scale import scale

app = typer.Typer(help="Measure what it costs, and judge decisions by simulation.", no_args_is_help=True)
for command in (gateway, core, cache, routellm, scale):
    app.command()(command)
app.command("all")(everything)

QUICK = 2_000


@app.command()
def routing(  # noqa: PLR0913, PLR0917 - they are its options
    data: Annotated[Path, typer.Option(help="The folder with `tasks/prompts.jsonl.gz`.")],
    requests: Annotated[int, typer.Option(min=1, max=1_000_000, help="Requests in the month.")] = 100_000,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", show_default=False, help="Else the tiers that the catalogue has for OpenAI."),
    ] = None,
    route: Annotated[str, typer.Option(help="The route that clients ask for.")] = "auto",
    seed: SeedOption = 1,
    quick: Annotated[bool, typer.Option("--quick", help=f"{QUICK:,} requests, to see that it works.")] = False,
    report: ReportOption = None,
) -> None:
    """Send a simulated month of prompts through the gateway, and compare cost, latency and quality with other ways.

    The prompts are of sources that the classifier never learned from. The decisions are the gateway's own; models and
    whether their answers do are simulated, as the output says. 100,000 requests take some ten minutes.

    Exit codes: 0 it is printed, whatever it says; 2 the data or the configuration are wrong.
    """
    from tiercel.bench.plan import Plan  # noqa: PLC0415 - other commands do not need the simulator
    from tiercel.bench.routing import Scale, run  # noqa: PLC0415 - as above

    try:
        plan = Plan.read(config, route)
    except OSError as error:
        raise output.Stop(f"cannot read {error.filename}: {(error.strerror or str(error)).lower()}") from None
    with TemporaryDirectory(prefix="tiercel-bench-") as folder:
        found = run(
            data,
            plan,
            Scale(QUICK if quick else requests, seed),
            Path(folder),
            lambda turns: output.track(turns, "asking"),
        )
    _show(found)
    if report:
        output.report(report, found)


def _show(found: dict[str, Any]) -> None:
    print(
        f"{found['n_requests']:,} requests in {found['n_conversations']:,} conversations of 30 days, of "
        f"{found['n_questions']:,} questions that the classifier ({found['versions']['classifier']}) never saw; "
        f"seed {found['seed']}."
    )
    header = ("policy", "dollars", "of 1,000", "quality", "95 %", "routing is better by", "95 %", "cheaper by", "95 %")
    for name, those in found["compared"].items():
        output.section(f"{name.capitalize()} questions: {those['n_requests']:,} requests")
        rows = (_policy(it, those["n_requests"]) for it in those["policies"])
        output.table(rows, (*header, "p50 s", "p99 s", "tiers"))
    output.section("Why requests went where they did")
    output.table((reason, f"{n / found['n_requests']:.1%}") for reason, n in found["reasons"].items())
    output.section("What the classifier takes for what, each question once, and how good routing's answers are")
    columns = ("task", "requests", "questions", "found", "mostly taken wrongly for", "quality", "tiers")
    output.table((_task(task, it) for task, it in found["tasks"].items()), columns)
    output.section("What is assumed")
    for assumption in found["assumptions"]:
        print(f"- {assumption}")
    rows = ((task, *(f"{skill:.3f}" for skill in row)) for task, row in found["skills"].items())
    output.table(rows, ("skill in", "small", "middle", "large"))


def _policy(it: dict[str, Any], n_requests: int) -> tuple[str, ...]:
    beside = (
        f"{it['better']:+.4f}",
        output.interval(it["better_interval"], "+.4f"),
        f"{it['saved']:+.1%}",
        output.interval(it["saved_interval"], "+.1%"),
    )
    return (
        it["name"],
        f"{it['dollars']:.2f}",
        f"{1_000 * it['dollars'] / n_requests:.3f}",
        f"{it['quality']:.4f}",
        output.interval(it["quality_interval"], ".4f"),
        *(("",) * len(beside) if it["name"] == "routing" else beside),
        f"{it['p50']:.2f}",
        f"{it['p99']:.2f}",
        _shares(it["shares"]),
    )


def _task(task: str, it: dict[str, Any]) -> tuple[str, ...]:
    wrong = [f"{other} {n}" for other, n in it["taken_for"].items() if other != task][:2]
    counts = (f"{it['n_requests']:,}", f"{it['n_questions']:,}", f"{it['found']:.2f}")
    return (task, *counts, ", ".join(wrong), f"{it['quality']:.3f}", _shares(it["tiers"]))


def _shares(shares: dict[str, float]) -> str:
    return ", ".join(f"{tier} {share:.0%}" for tier, share in sorted(shares.items(), key=lambda it: -it[1]))
