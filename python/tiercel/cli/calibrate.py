"""`tiercel cache calibrate`: which promises could be kept, by checks of a gateway's or pairs of one's own."""

from pathlib import Path
from typing import Annotated

import typer

from tiercel._core import trusted_threshold
from tiercel.cli import output
from tiercel.reports.checks import Checks

_LIMITS = (0.005, 0.01, 0.02, 0.05, 0.1)


def calibrate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Access logs, or pairs of questions.")],
    model: Annotated[
        str | None, typer.Option(show_default=False, help="Of a log, only requests for this model or route.")
    ] = None,
    max_error: Annotated[
        float | None, typer.Option(show_default=False, min=0.001, max=0.5, help="Only this share of wrong answers.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
) -> None:
    """Say which `max_error` answers to other words could keep to, and how many would then be served.

    A line of a file is one of a gateway's access log, of which those count where the cache's answer was compared with
    the model's (`mode = "shadow"` compares all), or a pair of questions as
    {"question": "...", "other": "...", "is_same": true}.

    Exit codes: 0 some promise can be kept; 1 none; 2 a file cannot be read.
    """
    checks = Checks.read(files, model)
    if not checks.found and not checks.n_vetoed:
        raise output.Stop('no line of them is a check\nhint: run the gateway with [cache] mode = "shadow" for a while')
    rows = []
    for limit in _LIMITS if max_error is None else (max_error,):
        trusted = trusted_threshold(checks.found, limit)
        rows.append({"max_error": limit, "threshold": None} if trusted is None else _row(limit, *trusted))
    if as_json:
        n_wrong = sum(wrong for _, wrong in checks.found)
        output.json({
            "n_checks": len(checks.found), "n_wrong": n_wrong, "n_vetoed": checks.n_vetoed, "n_bad": checks.n_bad,
            "promises": rows,
        })  # fmt: skip
    else:
        print(checks.summary())
        output.table(map(_shown, rows), ("wrong at most", "from score", "checks there", "wrong", "bound (95 %)"))
    if all(row["threshold"] is None for row in rows):
        raise typer.Exit(output.NO)


def _row(limit: float, threshold: float, n_checks: int, n_wrong: int, bound: float) -> dict[str, float | None]:
    return {"max_error": limit, "threshold": threshold, "n_checks": n_checks, "n_wrong": n_wrong, "bound": bound}


def _shown(row: dict[str, float | None]) -> tuple[str, ...]:
    if row["threshold"] is None:
        return (f"{row['max_error']:.1%}", "none can be trusted", "", "", "")
    return (
        f"{row['max_error']:.1%}", f"{row['threshold']:.2f}", f"{row['n_checks']:,}", f"{row['n_wrong']:,}",
        f"{row['bound']:.2%}",
    )  # fmt: skip
