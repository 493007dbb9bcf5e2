"""The commands, as their own help has them."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from reference.tables import table
from tiercel.cli import app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def page(_: Path) -> str:
    """A section a command, in the order of `tiercel --help`."""
    return "\n".join(_sections(get_command(app), "tiercel"))


def _sections(command: Any, name: str) -> Iterator[str]:  # noqa: ANN401 - of typer's own copy of click
    if isinstance(command, TyperGroup):
        for word, member in command.commands.items():
            yield from _sections(member, f"{name} {word}")
        return
    context = typer.Context(command, info_name=name)
    records = [parameter.get_help_record(context) for parameter in command.get_params(context)]
    rows = [(f"`{names}`", meaning) for names, meaning in filter(None, records) if "--help" not in names]
    yield f"## {name}\n\n{inspect.cleandoc(command.help)}\n"
    yield f"```text\n{name} {' '.join(command.collect_usage_pieces(context))}\n```\n"
    if rows:
        yield table(("option", "meaning"), rows)
