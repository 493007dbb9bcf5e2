"""Who is measured: how each is configured, started and asked.

All get the same: one worker on one core, the upstream as their only provider, their logs as shipped, client keys where
they have them without a database. Where that is not so, the note says it, and it is never to Tiercel's advantage.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

CLIENT_KEY = "sk-bench"
"""What the driver shows to every contender; LiteLLM wants `sk-` in front."""

MODEL = "gpt-4o-mini"

SECRETS = {"TIERCEL_KEY_BENCH": CLIENT_KEY, "BENCH_UPSTREAM_KEY": "sk-upstream"}


@dataclass(frozen=True)
class Setup:
    """What a contender is to be started with."""

    folder: Path
    port: int
    upstream: str
    """The upstream's origin, such as `http://127.0.0.1:9000`."""
    certificate: Path | None = None
    """The upstream's certificate, where that speaks TLS; `SSL_CERT_FILE` names it too."""
    n_workers: int = 1
    has_cache: bool = False
    """Whether it answers by itself what it was asked before."""


def no_headers(_: Setup) -> Mapping[str, str]:
    """Nothing beside what every contender is told."""
    return {}


@dataclass(frozen=True)
class Contender:
    """A gateway that can be started."""

    name: str
    note: str
    command: Callable[[Setup], list[str]]
    """Writes the configuration and returns what to run."""
    path: str = "/v1/chat/completions"
    model: str = MODEL
    headers: Callable[[Setup], Mapping[str, str]] = no_headers
    """What it has to be told with each request, beside the client's key."""
    environment: Mapping[str, str] = field(default_factory=dict)
    announces_port: bool = False
    """It chooses its own port and prints `listening PORT`."""
    must_be_right: bool = False
    """A wrong answer fails the run, rather than being noted."""
    tls: bool = False
    """Its TLS to the upstream is measured."""
    scales: bool = False
    """Its second worker is measured."""
    caches: bool = False
    """Its cache is measured."""


def found(name: str, given: str | None, usual: str | None) -> str | None:
    """The program that is given, else that `BENCH_NAME` names, else the one on the path."""
    named = given or os.environ.get(f"BENCH_{name.upper()}")
    return shutil.which(named) if named else usual and shutil.which(usual)
