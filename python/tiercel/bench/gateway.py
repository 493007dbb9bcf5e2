"""A gateway before the simulator, and what it decides."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from tiercel.errors import TiercelError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

# An answer of the simulator is a paragraph.
_MOST_BYTES = 1_000_000
_STOP_SECONDS = 30
_HEADER = re.compile(rb"(?im)^(content-length|x-tiercel-(?:tier|model|reason|cache)): ([^\r\n]*)\r?$")


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a request went: the tier, the deployment, and what each stage found."""

    tier: str
    deployment: str
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """Where the cache found an answer, such as `exact`, and its text; empty where there is no cache."""

    where: str
    text: str


class Gateway:
    """One connection to a gateway. Requests go one by one, so that equal seeds give equal decisions."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, route: str) -> None:
        self._reader = reader
        self._writer = writer
        self._route = route

    async def ask(self, messages: Sequence[dict[str, str]], conversation: int) -> Decision:
        """Sends a chat completion and waits for its answer.

        Raises:
            TiercelError: It is answered with an error, or not at all.
        """
        headers, _ = await self._post({"messages": messages}, f"x-tiercel-session: {conversation}\r\n")
        tier = headers.get(b"x-tiercel-tier", "")
        return Decision(tier, headers[b"x-tiercel-model"], headers[b"x-tiercel-reason"])

    async def look_up(self, question: str) -> Found:
        """Sends a question that stands alone, to be answered the same each time, and waits for its answer.

        Raises:
            TiercelError: It is answered with an error, or not at all.
        """
        headers, body = await self._post({"messages": [{"role": "user", "content": question}], "temperature": 0})
        where = headers.get(b"x-tiercel-cache", "").partition(";")[0]
        return Found(where, orjson.loads(body)["choices"][0]["message"]["content"])

    async def _post(self, fields: dict[str, Any], headers: str = "") -> tuple[dict[bytes, str], bytes]:
        """Headers that matter, and the body."""
        body = orjson.dumps({"model": self._route, **fields})
        head = (
            "POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
            f"{headers}content-length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        try:
            answered = await self._reader.readuntil(b"\r\n\r\n")
            found = {name.lower(): value.decode() for name, value in _HEADER.findall(answered)}
            content = await self._reader.readexactly(int(found[b"content-length"]))
        except (EOFError, ConnectionError) as error:
            raise TiercelError(f"the gateway does not answer: {error}") from None
        if not answered.startswith(b"HTTP/1.1 200 "):
            raise TiercelError(f"the gateway answers {answered[9:12].decode()}: {content.decode(errors='replace')}")
        return found, content


@asynccontextmanager
async def serving(config: Path, route: str) -> AsyncIterator[Gateway]:
    """A connection to `tiercel serve`, which ends with the block and has written its access log by then.

    Raises:
        TiercelError: It does not start; with what it says.
    """
    async with started(config) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=_MOST_BYTES)
        yield Gateway(reader, writer, route)
        writer.close()


@asynccontextmanager
async def started(config: Path, *options: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """The main process and the port of `tiercel serve`, which ends with the block and has written its log by then.

    Raises:
        TiercelError: It does not start; with what it says.
    """
    command = [sys.executable, "-m", "tiercel", "serve", "--config", str(config), "--port", "0", *options]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TIERCEL_")}
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE, env=environment)
    assert process.stderr is not None  # noqa: S101 - it was asked for
    try:
        port = await _announced(process.stderr)
        noise = asyncio.create_task(process.stderr.read())
        yield process, port
    finally:
        # Killed at once, it would leave its workers behind.
        with contextlib.suppress(ProcessLookupError, TimeoutError):
            process.terminate()
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    await noise


async def _announced(said: asyncio.StreamReader) -> int:
    """The port that a gateway says to serve."""
    lines = []
    while line := (await said.readline()).decode():
        if found := re.search(r" serves http://127\.0\.0\.1:(\d+)/v1", line):
            return int(found[1])
        lines.append(line)
    raise TiercelError(f"the gateway does not start: {''.join(lines).strip()}")


def access_log(folder: Path) -> list[dict[str, Any]]:
    """The lines of a gateway's log that has ended."""
    return [orjson.loads(line) for line in (folder / "access.jsonl").read_bytes().splitlines()]
