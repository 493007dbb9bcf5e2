"""`tiercel simulate`: the simulator alone."""

import asyncio
import signal
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tiercel.simulator import Settings


def simulate(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8081,
    seed: Annotated[int, typer.Option(help="Answers and delays follow from it and the request.")] = 0,
    speed: Annotated[float, typer.Option(min=0, help="Divides every delay; 0 means none.")] = 1.0,
) -> None:
    """Run the simulated provider alone, to develop against without a provider or a bill.

    Says where it listens on standard output, and serves until it is interrupted.
    """
    import uvloop

    from tiercel.cli import output
    from tiercel.simulator import PRICES, Settings

    models = ", ".join(f"{name} (${price.input:g}/${price.output:g})" for name, price in PRICES.items())
    output.note(f"models, with dollars per million tokens in and out: {models}")
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(Settings(port=port, seed=seed, speed=speed)))
    except OSError as error:
        raise output.cannot_listen("127.0.0.1", port, error) from None


async def _serve(settings: "Settings") -> None:
    """Serve until SIGINT or SIGTERM."""
    from tiercel.simulator import run

    loop = asyncio.get_running_loop()
    serving = asyncio.ensure_future(run(settings))
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, serving.cancel)
    await asyncio.wait([serving])
    if not serving.cancelled():
        serving.result()
