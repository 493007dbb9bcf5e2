"""`tiercel status`: how the deployments of a running gateway do."""

from typing import Annotated, Any

import typer

from tiercel.cli import gateway, output, source


def status(
    url: Annotated[
        str | None, typer.Option(show_default=False, help="Of the gateway; else where the configuration has it listen.")
    ] = None,
    key_env: Annotated[str, typer.Option(help="The variable with a key that may read the metrics.")] = "TIERCEL_KEY",
    forget: Annotated[
        bool, typer.Option("--forget", help="First forget all that speaks against any; the key has to be an admin's.")
    ] = False,
    config: source.ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
) -> None:
    """Show how each deployment does that a running gateway knows: whether it is asked, why not, and when again.

    Exit codes: 0 all are asked; 1 some are not; 2 the gateway cannot be asked, or refuses.
    """
    running = gateway.Running(url, key_env, config)
    if forget:
        running.ask("POST", "/tiercel/health/forget")
    page = running.ask("GET", "/tiercel/health")
    if as_json:
        output.json(page)
    else:
        output.table([_row(row) for row in page["deployments"]], _HEADER)
    if page["n_away"]:
        raise typer.Exit(output.NO)


_HEADER = ("deployment", "key", "state", "since", "again in", "in flight", "success", "first token", "why")


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    key = f"{row['key']} of {row['n_keys']}" if row["n_keys"] > 1 else ""
    share = f"{row['n_successes']}/{row['n_samples']}" if row["n_samples"] else ""
    why = "" if row["state"] == "closed" else row["why"]
    return (
        row["deployment"],
        key,
        row["state"],
        _time(row["since_ms"]) if row["why"] else "",
        _time(row["retry_in_ms"]),
        f"{row['in_flight']} of {row['limit']}",
        share,
        _time(row["time_to_first_token_ms"]),
        why,
    )


def _time(milliseconds: int | None) -> str:
    if milliseconds is None:
        return ""
    if milliseconds < 10_000:
        return f"{milliseconds} ms" if milliseconds < 1_000 else f"{milliseconds / 1_000:.1f} s"
    seconds = milliseconds // 1_000
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"
