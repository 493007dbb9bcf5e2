"""The tables of a run, as Markdown. Every one ends with the machine that it was measured on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiercel.bench.figures.document import number, ours, spelt
from tiercel.bench.rows import DIRECT, OURS
from tiercel.training.report import markdown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tiercel.bench.figures.document import Document, Row

# What the README shows of a whole path: what it costs, what one waits for it, what it holds.
_SHORT = ("P3", "P4", "P5", "P8 worker")


def short(document: Document) -> Iterator[str]:
    """The medians of few rows, by contender."""
    rows = [row for row in document.rows if row.id in _SHORT]
    names = _names(document, rows)
    table = [
        (
            f"{row.quantity}, {row.unit}",
            *(number(row.values[name].median) if name in row.values else "" for name in names),
        )
        for row in rows
    ]
    yield from markdown(("", *map(spelt, names)), table)
    yield f"Medians of {document.n_rounds} rounds. {document.where}."


def full(document: Document) -> Iterator[str]:
    """Every row, by contender, who they are, and who was not there."""
    for rows in _groups(document):
        names = _names(document, rows)
        table = [(_title(row), *(_whole(row, name) for name in names)) for row in rows]
        yield from markdown(("", *map(spelt, names)), table)
    yield f"{_caption(document)}\n"
    for name in _names(document, document.rows):
        if document.contenders[name]:
            yield f"- {spelt(name)}: {document.contenders[name]}."
    for row in document.rows:
        if row.is_added and DIRECT in row.values:
            yield f"- {row.quantity}: without a gateway it is {_whole(row, DIRECT)} {row.unit} in all."
    for name, install in document.not_found.items():
        yield f"- {spelt(name)} was not found; to have it: {install}."


def targets(document: Document) -> Iterator[str]:
    """What was to be reached, and whether it was."""
    table = []
    for row in document.rows:
        if row.reach:
            measured = (f"{_whole(row, name)} {_interface(name)}".strip() for name in ours(row))
            absent = [f"{spelt(peer)} was not measured" for peer in document.not_found if peer in row.reach]
            table.append((_title(row), spelt(row.reach), ", ".join(measured), "; ".join([*_verdict(row), *absent])))
    yield from markdown(("", "target", "measured", ""), table)
    yield f"{_caption(document)}\n"


def _verdict(row: Row) -> Iterator[str]:
    """Whether the target is met; nothing where only a peer could tell that was not measured."""
    names = ours(row)
    missed = [_interface(name) for name in names if row.met.get(name) is False]
    if not names:
        yield "not measured"
    elif missed:
        yield "**missed**" if len(missed) == len(names) else f"**missed** by {', '.join(missed)}"
    elif all(row.met.get(name) for name in names):
        yield "met"


def _interface(name: str) -> str:
    """What tells our contenders apart."""
    return spelt(name.removeprefix(OURS).strip())


def _groups(document: Document) -> list[list[Row]]:
    """Rows with contenders in common, as the core's and a whole path's have none."""
    groups: list[list[Row]] = []
    for row in document.rows:
        if row.values.keys() - {DIRECT}:
            near = [rows for rows in groups if any(row.values.keys() & it.values.keys() for it in rows)]
            groups = [rows for rows in groups if rows not in near] + [[*(it for rows in near for it in rows), row]]
    return groups


def _names(document: Document, rows: Iterable[Row]) -> list[str]:
    """Those who have a column."""
    found = {name for row in rows for name in row.values}
    return [name for name in document.contenders if name in found and name != DIRECT]


def _title(row: Row) -> str:
    # Only the numbers of the project's targets say something to people.
    name = f"{row.id.split()[0]}: " if row.reach and row.id.startswith("P") else ""
    return f"{name}{row.quantity}{', ' if row.unit else ''}{row.unit}"


def _whole(row: Row, name: str) -> str:
    value = row.values.get(name)
    if value is None:
        return ""
    if value.least is None or value.most is None or value.least == value.most:
        return number(value.median)
    return f"{number(value.median)} ({number(value.least)} to {number(value.most)})"


def _caption(document: Document) -> str:
    return f"Medians of {document.n_rounds} rounds (least to most, where it was kept). {document.where}."
