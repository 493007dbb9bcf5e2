"""How the figures of `tiercel bench gateway`, `core` and `all` are shown: `tiercel.bench.rows` has them."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tiercel.bench.figures.document import number, where
from tiercel.bench.rows import DIRECT
from tiercel.cli import output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

QuickOption = Annotated[bool, typer.Option("--quick", help="Everything once and short, to see that it works.")]
RoundsOption = Annotated[
    int | None, typer.Option(min=1, max=1_000, show_default=False, help="How often each is measured; 5, or 1 if quick.")
]
JsonOption = Annotated[Path | None, typer.Option("--json", show_default=False, help="A file for all figures.")]

_VERDICTS = {True: "met", False: "missed", None: "not known"}


@contextmanager
def progress() -> Iterator[Callable[[str, float], None]]:
    """`tell(what, part)` while something is measured: a bar on a terminal, lines elsewhere, on standard error.

    A line has what stands before the colon, once.
    """
    from rich.progress import Progress  # noqa: PLC0415 - other commands do not need it

    console = output.console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=1)
        said = ""

        def tell(what: str, part: float) -> None:
            nonlocal said
            step = what.partition(":")[0]
            if not console.is_terminal and step != said:
                output.note(step)
            said = step
            bar.update(task, description=what, completed=part)

        yield tell


def show(found: dict[str, Any]) -> None:
    """The document of a run, as people read it."""
    print(f"{where(found, 'the run')}, {found['date']}; medians of {found['rounds']} rounds")
    targets = [row for row in found["rows"] if row["reach"]]
    if targets:
        output.section("Against the targets: medians (least to most)")
        output.table(map(_target, targets), ("", "quantity", "", "target", "Tiercel", "", "peers"))
    output.section("All figures")
    output.table(
        (line for row in found["rows"] if row["values"] for line in _lines(row)),
        ("", "median", "least", "most", "to the first"),
    )
    output.section("Who is who")
    output.table(found["contenders"].items())
    for each in found["not_found"]:
        output.note(f"{each['peer']} is not here; to have it: {each['install']}")
    for each in found["problems"]:
        output.warning(f"{each['contender']}: {each['problem']}")


def _target(row: dict[str, Any]) -> tuple[str, ...]:
    ours = {name: it for name, it in row["values"].items() if name in row["met"]}
    peers = {name: it for name, it in row["values"].items() if name not in row["met"] and not _is_whole(row, name)}
    verdict = " and ".join(sorted({_VERDICTS[row["met"][name]] for name in ours})) or "not measured"
    alone = f", but {row['peer']} is not here" if row["peer"] and row["peer"] not in peers else ""
    return (
        row["id"],
        row["quantity"],
        row["unit"],
        row["reach"],
        "; ".join(f"{name.removeprefix('tiercel ')} {_spread(it)}" for name, it in ours.items()),
        verdict + alone,
        "; ".join(f"{name} {number(it['median'])}" for name, it in peers.items()),
    )


def _lines(row: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    yield (f"{row['id']}: {row['quantity']}, {row['unit']}", "", "", "", "")
    first = next((it["median"] for name, it in row["values"].items() if not _is_whole(row, name)), 0.0)
    for name, it in row["values"].items():
        # Neither is a ratio to a difference that may be nothing, nor one of a whole to a part.
        ratio = "" if first <= 0 or row["id"] == "P7" or _is_whole(row, name) else f"{it['median'] / first:.2f} x"
        label = f"  {name}, in all" if _is_whole(row, name) else f"  {name}"
        yield (label, *(number(it[key]) for key in ("median", "least", "most")), ratio)


def _is_whole(row: dict[str, Any], name: str) -> bool:
    return bool(row["is_added"]) and name == DIRECT


def _spread(it: dict[str, Any]) -> str:
    return f"{number(it['median'])} ({number(it['least'])} to {number(it['most'])})"
