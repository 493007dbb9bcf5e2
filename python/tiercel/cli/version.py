"""`tiercel version`."""

from typing import Annotated

import typer

from tiercel import __version__
from tiercel.cli import output


def version(as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False) -> None:
    """Show the version."""
    if as_json:
        output.json({"version": __version__})
    else:
        print(f"tiercel {__version__}")
