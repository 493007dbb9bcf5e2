"""`tiercel simulate`: the simulator alone."""

import asyncio
import signal
from typing import TYPE_CHECKING, Annotated

import typer

from tiercel.cli import output

if TYPE_CHECKING:
    from collections.abc import Coroutine


def simulate(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8081,
    seed: Annotated[int, typer.Option(help="Answers and delays follow from it and the request.")] = 0,
    speed: Annotated[float, typer.Option(min=0, help="Divides every delay; 0 means none.")] = 1.0,
) -> None:
    """Run the simulated provider alone, to develop against without a provider or a bill.

    Says where it listens on standard output, and serves until it is interrupted.
    """
    import uvloop  # noqa: PLC0415 - other commands do not need it

    from tiercel import simulator  # noqa: PLC0415 - as above

    models = ", ".join(f"{name} (${price.input:g}/${price.output:g})" for name, price in simulator.PRICES.items())
    output.note(f"models, with dollars per million tokens in and out: {models}")
    settings = simulator.Settings(port=port, seed=seed, speed=speed)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_until_told(simulator.run(settings)))
    except OSError as error:
        raise output.cannot_listen(settings.host, port, error) from None


async def _until_told(serving: "Coroutine[None, None, None]") -> None:
    """Serve until SIGINT or SIGTERM."""
    loop = asyncio.get_running_loop()
    task = loop.create_task(serving)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()
