"""The command line. One module a command; what is slow to import is imported inside the commands that need it."""

import sys

import typer

from tiercel.cli import (
    bench,
    cache,
    check,
    models,
    output,
    providers,
    report,
    route,
    schema,
    serve,
    simulate,
    status,
    train,
    version,
)
from tiercel.errors import TiercelError

app = typer.Typer(
    name="tiercel",
    help="Tiercel, an LLM gateway: talk to it as you would to OpenAI.",
    epilog="Exit codes: 0 fine; 1 the answer is no; 2 wrong input or configuration.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    serve.serve,
    check.check,
    route.route,
    providers.providers,
    models.models,
    status.status,
    simulate.simulate,
    schema.schema,
    version.version,
):
    app.command()(command)
app.add_typer(report.app, name="report")
app.add_typer(cache.app, name="cache")
app.add_typer(train.app, name="train")
app.add_typer(bench.app, name="bench")


def main() -> None:
    """Run the command that the arguments name. Whatever goes wrong is said in a message, never by a traceback."""
    try:
        app()
    except output.Stop as stop:
        output.error(str(stop))
        sys.exit(stop.exit_code)
    except TiercelError as error:
        output.error(str(error))
        sys.exit(output.WRONG)
    except Exception as error:  # noqa: BLE001 - this is where what nobody foresaw ends
        output.error(f"{type(error).__name__}: {error}\nhint: this is a fault of Tiercel's own; please report it")
        sys.exit(output.FAULT)
