"""Which configuration a command is about."""

import os
from pathlib import Path
from typing import Annotated

import typer

from tiercel._core import Core
from tiercel.errors import ConfigurationError

# What the core calls the configuration of those who have neither a file nor a provider's key.
_NOTHING = "(nothing)"

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        show_default=False,
        help="Else TIERCEL_CONFIG, else ./tiercel.toml, else the providers whose keys are in the environment.",
    ),
]


def find(asked: Path | None) -> Path | None:
    """The file to read; None when nothing names one and the folder has none."""
    if asked is not None:
        return asked
    if named := os.environ.get("TIERCEL_CONFIG"):
        return Path(named)
    here = Path("tiercel.toml")
    return here if here.exists() else None


def has_provider_keys() -> bool:
    """Whether the environment holds the key of a provider that the catalogue knows."""
    try:
        Core(None, {})
    except ConfigurationError as error:
        return error.file != _NOTHING
    return True
