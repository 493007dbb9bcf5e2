"""`tiercel serve`: the gateway."""

import shlex
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tiercel import __version__
from tiercel.cli import address, demo, output, source
from tiercel.settings import Settings

if TYPE_CHECKING:
    from tiercel._core import Core


def serve(
    config: source.ConfigOption = None,
    host: Annotated[str | None, typer.Option(show_default=False, help="The address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, show_default=False, help="The port; 0 takes a free one.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=65535, show_default=False, help="How many processes serve.")
    ] = None,
    interface: Annotated[
        Literal["asgi", "rsgi"] | None,
        typer.Option(show_default=False, help="How the server hands requests over; rsgi costs less."),
    ] = None,
) -> None:
    """Start the gateway.

    With neither a configuration nor a provider's key in the environment, it serves the simulated provider.
    What is given here goes before the configuration's [server]. SIGTERM and Ctrl-C let running requests end within
    its drain_timeout; a second Ctrl-C stops at once. SIGHUP has the configuration read again: running requests end as
    they began, and one that cannot be used is refused.

    Exit codes: 0 stopped as asked; 1 stopped by force, or its workers failed; 2 wrong input or configuration.
    """
    from tiercel.cli import server  # noqa: PLC0415 - Granian takes 300 ms, and no other command needs it

    asked = {"host": host, "port": port or None, "workers": workers, "interface": interface}
    overrides = {name: value for name, value in asked.items() if value is not None}
    with ExitStack() as stack:
        state = Path(stack.enter_context(TemporaryDirectory(prefix="tiercel-", ignore_cleanup_errors=True)))
        path = source.find(config)
        is_demo = path is None and not source.has_provider_keys()
        if is_demo:
            path = demo.write(state, stack.enter_context(demo.simulator()))
        core = Settings(path, state, overrides).load()
        listened, free_port = server.reserve(core.host, 0 if port == 0 else core.port)
        overrides["port"] = free_port
        Settings(path, state, overrides).to_environment()

        ready = _ready(core, free_port)
        if is_demo:
            output.note(_DEMONSTRATION)
            ready += f"\nTry it:\n  {_try_it(core.host, free_port)}"
        elif path is None:
            output.note("No configuration: these are the providers whose keys are in the environment.")
        server.run(core, listened, free_port, state, ready)


_DEMONSTRATION = """\
No configuration and no provider's key in the environment: the simulator serves, behind a full configuration.
  cheap    simulator/small
  mid      simulator/medium, the default of route auto
  premium  simulator/large
For a real provider, set its key, such as OPENAI_API_KEY, or write a tiercel.toml."""


def _ready(core: "Core", port: int) -> str:
    count = f"{core.workers} worker{'s' if core.workers > 1 else ''}"
    return f"Tiercel {__version__} serves {address.url(core.host, port)}/v1 ({core.interface}, {count})"


def _try_it(host: str, port: int) -> str:
    body = '{"model": "auto", "messages": [{"role": "user", "content": "What is the capital of France?"}]}'
    url = f"{address.url(host, port)}/v1/chat/completions"
    return shlex.join(["curl", "-s", url, "-H", "content-type: application/json", "-d", body])
