"""How `tiercel serve` tells its workers what to serve: through the environment, as they are processes of their own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from tiercel._core import Core

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "TIERCEL_WORKER"


@dataclass(frozen=True)
class Settings:
    """What to serve.

    Attributes:
        config: The configuration file; None: the providers whose keys are in the environment.
        state: A folder that the processes of this gateway share while it runs, see `tiercel.state`.
        overrides: What the command line says instead of the file's `[server]`: host, port, workers, interface.
    """

    config: Path | None
    state: Path | None = None
    overrides: Mapping[str, str | int] | None = None

    def load(self, text: str | None = None) -> Core:
        """Build the core, of `text` where the file may have changed since.

        Raises:
            ConfigurationError: The configuration cannot be used.
        """
        config = str(self.config) if self.config else None
        return Core(config, dict(self.overrides or {}), text, self.state)

    def to_environment(self) -> None:
        """Leave this to the processes that this one starts."""
        told = {
            "config": str(self.config) if self.config else None,
            "state": str(self.state) if self.state else None,
            "overrides": dict(self.overrides or {}),
        }
        os.environ[VARIABLE] = orjson.dumps(told).decode()


def from_environment() -> Settings:
    """What `to_environment` left; alone under a server of the user's, `TIERCEL_CONFIG` names the configuration."""
    told = os.environ.get(VARIABLE)
    if told is None:
        config = os.environ.get("TIERCEL_CONFIG")
        return Settings(Path(config) if config else None)
    asked = orjson.loads(told)
    return Settings(
        Path(asked["config"]) if asked["config"] else None,
        Path(asked["state"]) if asked["state"] else None,
        asked["overrides"],
    )
