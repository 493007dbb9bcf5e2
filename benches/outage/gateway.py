"""The gateway under drill: one worker, one tier of all the providers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from outage.providers import MODEL
from tiercel.bench.whole_path.processes import Program, free_port

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from outage.providers import Provider

CLIENT_KEY = "sk-drill"
TIER = "drill"

TIMEOUT = "2s"
"""Ten times the median to the first token, and twice what a whole answer takes at most: silence is a fault by then.
Tiercel's own 30 s and more are for models that think."""


class Gateway:
    """A running `tiercel serve`."""

    def __init__(self, folder: Path, interface: str, providers: Sequence[Provider], cores: frozenset[int]) -> None:
        self.port = free_port()
        config = folder / "tiercel.toml"
        config.write_text(_config(providers))
        command = [sys.executable, "-m", "tiercel", "serve", "--config", str(config)]
        command += ["--port", str(self.port), "--interface", interface, "--workers", "1"]
        secrets = {"TIERCEL_KEY_DRILL": CLIENT_KEY, "DRILL_PROVIDER_KEY": "sk-provider"}
        self.program = Program.start(command, folder / "gateway.log", cores, secrets)
        self.program.wait_for_port(self.port)

    def stop(self) -> None:
        """Ends it."""
        self.program.stop()


def _config(providers: Sequence[Provider]) -> str:
    tables = "".join(
        f"""
[providers.{provider.name}]
dialect = "openai"
base_url = "http://127.0.0.1:{provider.port}/v1"
keys = [{{ env = "DRILL_PROVIDER_KEY" }}]
max_connections = 1000
timeouts = {{ {", ".join(f'{wait} = "{TIMEOUT}"' for wait in ("head", "first_token", "between_tokens", "answer"))} }}
"""
        for provider in providers
    )
    deployments = ", ".join(f'"{provider.name}/{MODEL}"' for provider in providers)
    return f"""
[[keys]]
name = "drill"
key = {{ env = "TIERCEL_KEY_DRILL" }}
{tables}
[tiers]
{TIER} = [{deployments}]
"""
