"""Measures how soon an upstream is hung up on when its client has gone: until then it makes tokens that nobody reads.

Client and upstream are of this process, so both ends are read off one clock; the gateway between them has a core of its
own. Each client leaves after the second event of its stream. The upstream is silent from then on, so that the gateway
can know of it from the client alone, or goes on talking. `direct` is the same with no gateway: what measuring costs.
The exit code is 1 when an upstream was not hung up on at all.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import uvloop
from rich import box
from rich.console import Console
from rich.table import Table

from outage.measures import percentile
from tiercel.bench.machine import machine, machine_line
from tiercel.bench.rows import DIRECT
from tiercel.bench.whole_path.contenders import CLIENT_KEY, MODEL, Setup
from tiercel.bench.whole_path.ours import tiercel
from tiercel.bench.whole_path.processes import Cores, Program, free_port, on_cores

ROOT = Path(__file__).parent.parent

CONCURRENCY = 32
TARGET_MS = 10.0
"""At the 99th percentile, of a gateway that is not busy."""

GAP_SECONDS = 0.01
"""Between two events of a talking upstream: a hundred tokens a second are what fast models give."""


PATIENCE_SECONDS = 10.0
"""An upstream that is still there after so long is taken to stay."""

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
EVENT = b'data: {"id":"a","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"word "}}]}\n\n'
CHUNK = b"%x\r\n%b\r\n" % (len(EVENT), EVENT)


def main() -> int:
    """Measures, reports, and says with its exit code whether every upstream was hung up on."""
    # However it is stopped, what it has started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few streams, for correctness and not for the figures")
    parser.add_argument("--output", type=Path, default=ROOT / "benches/results/cancellation.json")
    options = parser.parse_args()
    n_streams = 100 if options.quick else 1000

    cores = Cores.share_out()
    with on_cores(cores.driver), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        delays = {
            (name, is_silent): runner.run(measure(name, cores, n_streams, is_silent=is_silent))
            for name in (DIRECT, "asgi", "rsgi")
            for is_silent in (True, False)
        }
    report(delays, n_streams, options.output)
    return 0 if all(len(each) == n_streams for each in delays.values()) else 1


@dataclass
class Ends:
    """When each stream's client left and when its upstream saw that, by the stream's number."""

    left: dict[int, float] = field(default_factory=dict)
    closed: dict[int, asyncio.Future[float]] = field(default_factory=dict)


async def measure(name: str, cores: Cores, n_streams: int, *, is_silent: bool) -> list[float]:
    """Seconds from a client's close to the upstream's connection seen closed, of those that were."""
    loop = asyncio.get_running_loop()
    ends = Ends(closed={number: loop.create_future() for number in range(n_streams)})
    server = await loop.create_server(lambda: Upstream(ends, is_silent=is_silent), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="tiercel-bench-") as folder, ExitStack() as stack:
        model = MODEL
        if name != DIRECT:
            contender = tiercel(name)
            setup = Setup(Path(folder), free_port(), f"http://127.0.0.1:{port}")
            program = Program.start(
                contender.command(setup), Path(folder) / "log", cores.gateway, dict(contender.environment)
            )
            stack.callback(program.stop)
            program.wait_for_port(setup.port)
            port, model = setup.port, contender.model
        turns = asyncio.Semaphore(CONCURRENCY)

        async def stream(number: int) -> float | None:
            async with turns:
                await loop.create_connection(lambda: Client(number, model, ends), "127.0.0.1", port)
                try:
                    closed = await asyncio.wait_for(ends.closed[number], PATIENCE_SECONDS)
                except TimeoutError:
                    return None
                return closed - ends.left[number]

        delays = await asyncio.gather(*map(stream, range(n_streams)))
    server.close()
    return [delay for delay in delays if delay is not None]


class Client(asyncio.Protocol):
    """Asks for one stream, and leaves after its second event."""

    def __init__(self, number: int, model: str, ends: Ends) -> None:
        self._number = number
        self._model = model
        self._ends = ends
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        messages = [{"role": "user", "content": "Count"}]
        body = json.dumps({"model": self._model, "stream": True, "user": str(self._number), "messages": messages})
        self._transport.write(
            f"POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {CLIENT_KEY}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._received.count(b"\n\n") >= 2 and self._number not in self._ends.left:
            self._ends.left[self._number] = time.perf_counter()
            self._transport.abort()


class Upstream(asyncio.Protocol):
    """Answers each request with a stream that never ends."""

    def __init__(self, ends: Ends, *, is_silent: bool) -> None:
        self._ends = ends
        self._is_silent = is_silent
        self._received = bytearray()
        self._number: int | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        _, separator, body = self._received.partition(b"\r\n\r\n")
        # Until the body is whole it does not end like this: it is one object, and `messages` is its only other one.
        if separator and self._number is None and body.endswith(b"}") and body.count(b"{") == body.count(b"}"):
            self._number = int(json.loads(body)["user"])
            self._transport.write(HEAD + CHUNK)
            self._timer = asyncio.get_running_loop().call_later(second_event_seconds(self._number), self._talk)

    def eof_received(self) -> None:
        self._close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - an end is an end
        self._close()

    def _talk(self) -> None:
        self._transport.write(CHUNK)
        if not self._is_silent:
            self._timer = asyncio.get_running_loop().call_later(GAP_SECONDS, self._talk)

    def _close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        # A gateway that hung up before its client left has not been measured but has failed: it stays open here.
        if self._number in self._ends.left and not (closed := self._ends.closed[self._number]).done():
            closed.set_result(time.perf_counter())


def second_event_seconds(number: int) -> float:
    """From a stream's first event to its second: 0.1 to 0.3 s, so that clients leave one by one and not in step.

    That makes 160 streams a second, which takes about a tenth of the gateway's core: what is measured is not a queue.
    """
    return 0.1 + number * 37 % 100 / 500


def report(delays: dict[tuple[str, bool], list[float]], n_streams: int, output: Path) -> None:
    """Prints the table and writes the JSON."""
    title = f"From a client's leaving to its upstream's end, ms; target {TARGET_MS:g} at the 99th percentile"
    table = Table(title=title, caption=machine_line(), box=box.SIMPLE_HEAD)
    for column in ("", "upstream", "streams", "p50", "p99", "most"):
        table.add_column(column, justify="right" if column else "left")
    rows = []
    for (name, is_silent), seconds in delays.items():
        figures = {
            "name": name,
            "upstream": "silent" if is_silent else "talking",
            "n_streams": n_streams,
            "n_closed": len(seconds),
            "p50_ms": (percentile(seconds, 50) or 0.0) * 1e3,
            "p99_ms": (percentile(seconds, 99) or 0.0) * 1e3,
            "max_ms": max(seconds, default=0.0) * 1e3,
        }
        rows.append(figures)
        times = [f"{figures[key]:.2f}" for key in ("p50_ms", "p99_ms", "max_ms")]
        table.add_row(name, str(figures["upstream"]), f"{len(seconds)} of {n_streams}", *times)
    Console(highlight=False).print(table)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps({"machine": machine(), "target_ms": TARGET_MS, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
