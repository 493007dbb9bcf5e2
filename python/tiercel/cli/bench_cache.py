"""`tiercel bench cache`: what a cache gives to streams of questions, and how much of it is wrong."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from tiercel.cli import output

QUICK = 1_000

SeedOption = Annotated[int, typer.Option(help="Everything that is drawn follows from it.")]
ReportOption = Annotated[
    Path | None, typer.Option("--json", show_default=False, help="A file for all that was found, for a program.")
]


def cache(
    data: Annotated[Path, typer.Option(help="The folder with `cache/` and `tasks/`.")],
    requests: Annotated[int, typer.Option(min=1, max=1_000_000, help="Requests a stream, at most.")] = 20_000,
    seed: SeedOption = 1,
    quick: Annotated[bool, typer.Option("--quick", help=f"{QUICK:,} requests, to see that it works.")] = False,
    report: ReportOption = None,
) -> None:
    """Send streams of public questions through the gateway's cache, and compare its modes with other rules.

    Streams are of questions to a bank's support (Banking77), of commands to an assistant (CLINC150), of both, and of
    those that nothing was learned from. The gateway's cache is its own; the model behind it is simulated, as the output
    says. 20,000 requests a stream take some ten minutes.

    Exit codes: 0 it is printed, whatever it says; 2 the data are missing or wrong.
    """
    from tiercel.bench.cache.report import Scale, run  # noqa: PLC0415 - other commands do not need the simulator

    with TemporaryDirectory(prefix="tiercel-bench-") as folder:
        found = run(data, Scale(QUICK if quick else requests, seed), Path(folder), output.track)
    _show(found)
    if report:
        output.report(report, found)


def _show(found: dict[str, Any]) -> None:
    sets = "; ".join(f"{name}, {licence}" for name, licence in found["licences"].items())
    print(f"Seed {found['seed']}, {found['model']} at the prices of {found['prices']}. Questions: {sets}.")
    for name, stream in found["streams"].items():
        output.section(
            f"{name.capitalize()}: {stream['n_requests']:,} requests, {stream['n_questions']:,} questions of "
            f"{stream['n_intents']} intents"
        )
        header = ("by", "hits", "same words", "other words", *_WRONG, "broad", "checks", "dollars", "saved", "promise")
        output.table((_row(by, it) for by, it in stream["rows"].items()), header)
    output.section("By quarter of the stream: hits, and of those in other words the wrong ones")
    quarters = ("1st", "", "2nd", "", "3rd", "", "4th", "")
    rows = ((f"{name}, {by}", *_quarters(it)) for name, by, it in _rows(found))
    output.table(rows, ("", *quarters))
    output.section("Questions that nothing was learned from, among all others of their stream")
    rows = ((f"{name}, {by}", *_unseen(it["unseen"])) for name, by, it in _rows(found))
    output.table(rows, ("", "requests", "hits", "other words", *_WRONG))
    output.section("What is assumed")
    for assumption in found["assumptions"]:
        print(f"- {assumption}")


_WRONG = ("wrong", "of them", "95 %", "each question once")


def _rows(found: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(name, by, it) for name, stream in found["streams"].items() for by, it in stream["rows"].items()]


def _row(by: str, it: dict[str, Any]) -> tuple[str, ...]:
    return (
        by,
        f"{it['hit_rate']:.1%}",
        f"{it['n_exact']:,}",
        f"{it['n_hits']:,}",
        *_wrong(it),
        f"{it['n_broad']:,}",
        f"{it['n_checks']:,}",
        f"{it['dollars']:.2f}",
        f"{it['saved']:.1%}",
        _promise(it),
    )


def _wrong(it: dict[str, Any]) -> tuple[str, ...]:
    if not it["n_hits"]:
        return "0", "", "", ""
    low, high = it["wrong_of_hits_interval"]
    return (
        f"{it['n_wrong']:,}",
        f"{it['wrong_of_hits']:.2%}",
        f"{low:.2%} to {high:.2%}",
        f"{it['wrong_of_questions']:.2%}",
    )


def _promise(it: dict[str, Any]) -> str:
    if "promise" not in it:
        return ""
    promise = it["promise"]
    return f"{promise['max_error']:.0%} of {promise['of']}: {'held' if promise['held'] else 'broken'}"


def _quarters(it: dict[str, Any]) -> list[str]:
    return [cell for part in it["quarters"] for cell in (f"{part['hit_rate']:.1%}", _wrong(part)[1])]


def _unseen(it: dict[str, Any]) -> tuple[str, ...]:
    return f"{it['n_requests']:,}", f"{it['hit_rate']:.1%}", f"{it['n_hits']:,}", *_wrong(it)
