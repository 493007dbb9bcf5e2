"""`tiercel bench scale`: how far one machine goes, and whether the books are right after many minutes of faults."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from tiercel.cli import output
from tiercel.cli.bench_cache import ReportOption, SeedOption  # noqa: TC001 - typer reads them

_PARTS = "workers, idle, streams, bodies, soak"


def scale(  # noqa: PLR0913, PLR0917 - they are its options
    minutes: Annotated[float, typer.Option(min=0.05, max=1_440, help="How long the soak takes.")] = 20.0,
    rounds: Annotated[int, typer.Option(min=1, max=100, help="How often everything else is measured.")] = 3,
    only: Annotated[str, typer.Option(help=f"Parts with commas between them, of: {_PARTS}.")] = "",
    seed: SeedOption = 1,
    quick: Annotated[bool, typer.Option("--quick", help="A little of everything, to see that it works.")] = False,
    report: ReportOption = None,
) -> None:
    """Take the gateway to what one machine holds: workers, 10,000 idle connections, 2,000 streams, bodies of 3 MB.

    Memory is that of all processes of a gateway. The soak sends mixed requests for many minutes to a provider that
    fails one time in twenty, and compares the access log with what provider and clients have noted, request by request.
    The provider is the simulator. All of it takes some ten minutes beside the soak.

    Exit codes: 0 every request ended and the books are equal; 1 they are not; 2 wrong input or too few open files.
    """
    from tiercel.bench.scale.run import PARTS, QUICK, Scale, run  # noqa: PLC0415 - other commands do not need it

    parts = [part.strip() for part in only.split(",")] if only else list(PARTS)
    if unknown := set(parts) - set(PARTS):
        raise output.Stop(f"no such part: {', '.join(sorted(unknown))}; there are: {_PARTS}")
    chosen = QUICK if quick else replace(Scale(n_rounds=rounds), soaking=replace(Scale().soaking, seconds=60 * minutes))
    chosen = replace(chosen, soaking=replace(chosen.soaking, seed=seed))
    with TemporaryDirectory(prefix="tiercel-bench-") as folder:
        found = run(parts, chosen, Path(folder), output.note)
    _show(found)
    if report:
        output.report(report, found)
    if wrong := [row["quantity"] for row in found["rows"] if row["id"] in _MUST_HOLD and _most(row) > row["target"]]:
        raise output.Stop(f"this must not be: {'; '.join(wrong)}", output.NO)


_MUST_HOLD = frozenset({"scale-soak-differences", "scale-soak-lost"})


def _show(found: dict[str, Any]) -> None:
    machine = ", ".join(str(fact) for fact in found["machine"].values())
    files = found["open_files"]
    print(f"Tiercel {found['tiercel']} on {machine}. A process may open {files['limit']:,} files.")
    names = list(dict.fromkeys(name for row in found["rows"] for name in row["values"]))
    header = ("median (least to most)", "unit", "target", *names)
    output.table((_row(row, names) for row in found["rows"]), header)
    if soaked := found.get("soak"):
        books = soaked["books"]
        output.section("How requests of the soak ended")
        output.table((ending, f"{n:,}") for ending, n in books["endings"].items())
        output.section("Its tokens")
        output.table(
            (
                (name, f"{those['prompt']:,}", f"{those['answer']:,}", _TOKENS[name])
                for name, those in books["tokens"].items()
            ),
            ("", "prompt", "answer"),
        )
        if books["differences"]:
            output.section(f"The books differ in {books['n_differences']:,} places")
            for difference in books["differences"]:
                print(f"- {difference}")


_TOKENS = {
    "equal": "of whole answers, the same to the provider, the log and the client",
    "estimated": "in the log, of answers that broke off",
    "unused": "made by the provider for answers that nobody got whole",
}


def _row(row: dict[str, Any], names: list[str]) -> tuple[str, ...]:
    target = "" if row["target"] is None else f"{row['target']:g}"
    cells = (row["values"].get(name) for name in names)
    return (row["quantity"], row["unit"], target, *(_cell(cell) if cell else "" for cell in cells))


def _cell(cell: dict[str, float]) -> str:
    middle, least, most = (_number(cell.get(name, cell["median"])) for name in ("median", "least", "most"))
    return middle if least == most else f"{middle} ({least} to {most})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.2f}"


def _most(row: dict[str, Any]) -> float:
    return max(float(cell.get("most", cell["median"])) for cell in row["values"].values())
