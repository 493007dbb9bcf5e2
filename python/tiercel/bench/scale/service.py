"""A gateway before the simulator, with what is read of its processes."""

from __future__ import annotations

import asyncio
import hashlib
import resource
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tiercel.bench.gateway import started
from tiercel.bench.scale import processes
from tiercel.bench.scale.client import KEY
from tiercel.errors import TiercelError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

MODEL = "pair"
"""The tier that is asked: two providers, which are the same simulator."""

MODEL_OF_TIER = "small"

STILL = ("medium", "large", "gpt", "claude", "gemini", "nova", "command")
"""Models of the tier `still`, at both providers: from the first moment on, a deployment takes 256 requests at once."""

_POLL_SECONDS = 0.1
_CONFIG = """\
[server]
body_timeout = "2m"
drain_timeout = "10s"

[log]
access = "access.jsonl"

[[keys]]
name = "bench"
sha256 = "{sha256}"

[providers.first]
base_url = "{base_url}"
max_connections = 4096
idle_timeout = "1s"
timeouts = {{ first_token = "{patience}", between_tokens = "{patience}", answer = "{patience}" }}

[providers.second]
base_url = "{base_url}"
max_connections = 4096
idle_timeout = "1s"
timeouts = {{ first_token = "{patience}", between_tokens = "{patience}", answer = "{patience}" }}

[tiers]
pair = ["first/small", "second/small"]
still = [{still}]

[prices]
"first/small" = {{ input = 0.15, output = 0.60 }}
"second/small" = {{ input = 0.15, output = 0.60 }}
"""


@dataclass(frozen=True, slots=True)
class Service:
    """A running gateway.

    Attributes:
        port: Where it serves.
        pid: Its main process.
        folder: Where its access log is.
    """

    port: int
    pid: int
    folder: Path

    def usage(self, *, proportional: bool = True) -> processes.Usage:
        """What its processes have now."""
        return processes.usage(self.pid, proportional=proportional)

    def workers(self) -> list[int]:
        """The processes that serve: the main process uses next to nothing."""
        return [pid for pid in processes.tree(self.pid) if pid != self.pid]

    async def until_closed(self, n_descriptors: int, seconds: float = 30.0) -> int:
        """Waits until it has let go of what it had beyond so many descriptors, and returns how many it has not."""
        left = 0
        for _ in range(round(seconds / _POLL_SECONDS)):
            left = self.usage(proportional=False).n_descriptors - n_descriptors
            if left <= 0:
                break
            await asyncio.sleep(_POLL_SECONDS)
        return max(left, 0)


@asynccontextmanager
async def gateway(
    folder: Path, base_url: str, interface: str, n_workers: int = 1, patience: str = "10m"
) -> AsyncIterator[Service]:
    """A gateway of so many workers before the simulator at `base_url`, which it waits for as long as `patience` says.

    Raises:
        TiercelError: It does not start; with what it says.
    """
    config = _configure(folder, base_url, patience)
    async with started(config, "--interface", interface, "--workers", str(n_workers)) as (process, port):
        yield Service(port, process.pid, folder)


def _configure(folder: Path, base_url: str, patience: str) -> Path:
    folder.mkdir()
    config = folder / "tiercel.toml"
    sha256 = hashlib.sha256(KEY.encode()).hexdigest()
    still = ", ".join(f'"{provider}/{model}"' for provider in ("first", "second") for model in STILL)
    config.write_text(_CONFIG.format(sha256=sha256, base_url=base_url, patience=patience, still=still))
    return config


@asynccontextmanager
async def simulator(*options: str) -> AsyncIterator[str]:
    """A simulator in a process of its own, and its address.

    Raises:
        TiercelError: It does not start.
    """
    command = [sys.executable, "-m", "tiercel.simulator", "--exit-with-parent", *options]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    try:
        said = await process.stdout.readline() if process.stdout else b""
        base_url = said.decode().strip().rpartition(" ")[2]
        if not urlsplit(base_url).port:
            raise TiercelError("the simulator does not start")
        yield base_url
    finally:
        process.terminate()
        await process.wait()


def raise_limit() -> int:
    """Lets this process and all that it starts open as many files as the system allows, and returns how many."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most
