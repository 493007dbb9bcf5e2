"""`python -m tiercel.simulator`: the simulator as a process of its own, for tests and scripts.

Prints one line, `listening on http://127.0.0.1:PORT/v1`, and serves until it is interrupted.
"""

import asyncio
import os
import signal
import stat
from argparse import ArgumentParser
from collections.abc import Callable

from tiercel.simulator.server import run
from tiercel.simulator.settings import Settings

new_event_loop: Callable[[], asyncio.AbstractEventLoop]
try:
    from uvloop import new_event_loop
except ImportError:  # Windows has none.
    from asyncio import new_event_loop

_POLL_SECONDS = 0.2
_STDIN = 0


def main() -> None:
    """Parses the command line and serves."""
    parser = ArgumentParser(prog="python -m tiercel.simulator", description="A simulated upstream in every dialect.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--seed", type=int, default=0, help="answers and delays follow from it")
    parser.add_argument("--speed", type=float, default=1.0, help="divides delays; 0 means none")
    parser.add_argument("--fault", action="append", default=[], metavar="[MODEL:]FAULT", help="attach a fault")
    parser.add_argument("--exit-with-parent", action="store_true", help="exit when stdin or the parent goes away")
    chosen = parser.parse_args()
    try:
        settings = Settings(chosen.host, chosen.port, chosen.seed, chosen.speed, faults=_faults(chosen.fault))
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(_serve(settings, exit_with_parent=chosen.exit_with_parent))
    except (ValueError, OSError) as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        pass


def _faults(texts: list[str]) -> dict[str | None, str]:
    faults: dict[str | None, str] = {}
    for text in texts:
        model, separator, fault = text.partition(":")
        faults[model if separator else None] = fault if separator else text
    return faults


async def _serve(settings: Settings, *, exit_with_parent: bool) -> None:
    loop = asyncio.get_running_loop()
    serving = asyncio.ensure_future(run(settings))
    loop.add_signal_handler(signal.SIGTERM, serving.cancel)
    if exit_with_parent:
        # Standard input tells of the parent only where it is a pipe that the parent holds.
        mode = os.fstat(_STDIN).st_mode
        if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
            loop.add_reader(_STDIN, lambda: os.read(_STDIN, 4096) or serving.cancel())
        loop.call_later(_POLL_SECONDS, _watch, os.getppid(), serving)
    await asyncio.wait([serving])
    if not serving.cancelled():
        serving.result()


def _watch(parent: int, serving: "asyncio.Future[None]") -> None:
    """Cancels once the parent is another: an orphan is adopted."""
    if os.getppid() != parent:
        serving.cancel()
    else:
        asyncio.get_running_loop().call_later(_POLL_SECONDS, _watch, parent, serving)


if __name__ == "__main__":
    main()
