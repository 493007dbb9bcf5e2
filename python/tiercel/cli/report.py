"""`tiercel report routing`: what routing came to, from the access log."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tiercel._core import Prices
from tiercel.cli import output, report_routing, source
from tiercel.reports.lines import Lines
from tiercel.reports.routing import Comparison, Report, own_tiers

app = typer.Typer(help="Say what the access log tells of many requests together.", no_args_is_help=True)


@app.command()
def routing(  # noqa: PLR0913, PLR0917 - they are its options
    log: Annotated[
        list[Path], typer.Option(help="A file of the access log; `-` is standard input, `.gz` is unpacked.")
    ],
    more: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", show_default=False, help="Further files.")
    ] = None,
    route: Annotated[str | None, typer.Option(show_default=False, help="Only the requests to this route.")] = None,
    since: Annotated[
        str | None, typer.Option(show_default=False, help="Only requests from then on: 2026-01-31, or with a time.")
    ] = None,
    until: Annotated[str | None, typer.Option(show_default=False, help="Only requests before.")] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="PROVIDER/MODEL",
            show_default=False,
            help="What to compare with, else the first model of the dearest tier of the configuration.",
        ),
    ] = None,
    config: source.ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
) -> None:
    """Show the share of traffic, cost and latency by task and tier, and what routing saved.

    It is compared with sending everything to the dearest tier: the same tokens, in and out, at that tier's prices. That
    another model would have answered at another length is not considered.

    Exit codes: 0 fine; 1 there is no request to a route; 2 a file cannot be read, or wrong configuration.
    """
    path = source.find(config)
    prices = Prices(str(path) if path else None)
    tiers = own_tiers(prices, route)
    if against is None and tiers:
        against = dict(prices.tiers)[tiers[-1]][0]
    found = Report(route, Comparison(prices, against) if against else None)
    lines = Lines([*log, *(more or [])], _time(since), _time(until))
    for line in lines:
        found.add(line)
    for archive in lines.broken:
        output.warning(f"{archive}; what came before is counted")
    if lines.n_bad:
        output.warning(f"{lines.n_bad:,} lines are none of an access log, and are left out; {lines.first_bad}")
    if as_json:
        output.json(report_routing.record(found, lines, tiers))
    elif found.total.n_requests:
        report_routing.show(found, prices, tiers)
    if not found.total.n_requests:
        raise output.Stop(f"there is no request to {f'the route `{route}`' if route else 'a route'}", output.NO)


def _time(text: str | None) -> int | None:
    """In microseconds since 1970; without an offset, the time is UTC."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise output.Stop(f"{text!r} is no time\nhint: such as 2026-01-31 or 2026-01-31T18:00+01:00") from None
    time = time.replace(tzinfo=time.tzinfo or UTC)
    return round(time.timestamp() * 1_000_000)
