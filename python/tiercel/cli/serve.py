"""`tiercel serve`: the gateway."""

import shlex
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

import typer

from tiercel.cli.source import ConfigOption


def serve(
    config: ConfigOption = None,
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
    its drain_timeout; a second Ctrl-C stops at once.

    Exit codes: 0 stopped as asked; 1 stopped by force, or its workers failed; 2 wrong input or configuration.
    """
    from tiercel.cli import demo, output, server, source
    from tiercel.settings import Settings

    overrides: dict[str, str | int] = {}
    for name, value in (("host", host), ("port", port or None), ("workers", workers), ("interface", interface)):
        if value is not None:
            overrides[name] = value
    with ExitStack() as stack:
        folder = TemporaryDirectory(prefix="tiercel-", ignore_cleanup_errors=True)
        state = Path(stack.enter_context(folder))
        path = source.find(config)
        is_demo = path is None and not source.has_provider_keys()
        if is_demo:
            path = demo.write(state, stack.enter_context(demo.simulator()))
        core = Settings(path, state, overrides).load()
        address, free_port = server.reserve(core.host, core.port if port != 0 else 0)
        overrides["port"] = free_port
        Settings(path, state, overrides).to_environment()
        if is_demo:
            output.note(_demonstration())
        elif path is None:
            output.note("No configuration: these are the providers whose keys are in the environment.")

        url = f"http://{_in_url(core.host)}:{free_port}/v1"

        def announce() -> None:
            from tiercel import __version__

            count = f"{core.workers} worker{'s' if core.workers > 1 else ''}"
            output.note(f"Tiercel {__version__} serves {url} ({core.interface}, {count})")
            if is_demo:
                output.note(f"Try it:\n  {_command(url)}")

        server.run(core, address, free_port, state, announce)


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _demonstration() -> str:
    return (
        "No configuration and no provider's key in the environment: the simulator serves, behind a full configuration.\n"
        "  cheap    simulator/small\n"
        "  mid      simulator/medium, the default of route auto\n"
        "  premium  simulator/large\n"
        "For a real provider, set its key, such as OPENAI_API_KEY, or write a tiercel.toml."
    )


def _command(url: str) -> str:
    body = '{"model": "auto", "messages": [{"role": "user", "content": "What is the capital of France?"}]}'
    words = ["curl", "-s", f"{url}/chat/completions", "-H", "content-type: application/json", "-d", body]
    return shlex.join(words)
