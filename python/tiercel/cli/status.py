"""`tiercel status`: how the deployments of a running gateway do."""

import http.client
import os
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import orjson
import typer

from tiercel._core import Core
from tiercel.cli import address, output, source

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS = 5.0


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
    url = url or _url(config)
    headers = {"authorization": f"Bearer {os.environ[key_env]}"} if os.environ.get(key_env) else {}
    if forget:
        _ask("POST", url, "/tiercel/health/forget", headers)
    page = _ask("GET", url, "/tiercel/health", headers)
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


def _url(config: "Path | None") -> str:
    path = source.find(config)
    core = Core(str(path) if path else None, {})
    return address.url(address.reachable(core.host), core.port)


def _ask(method: str, url: str, path: str, headers: dict[str, str]) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or parts.hostname is None:
        raise output.Stop(f"{url} is no URL of a gateway\nhint: such as --url http://127.0.0.1:8080")
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = connect(parts.hostname, parts.port, timeout=_SECONDS)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status == http.client.OK:
            page: dict[str, Any] = orjson.loads(body)
            return page
        message = orjson.loads(body)["error"]["message"]
    except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
        reason = str(error) or type(error).__name__
        raise output.Stop(f"no gateway answers at {url}: {reason}\nhint: is `tiercel serve` running there?") from None
    finally:
        connection.close()
    hint = "\nhint: --key-env names the variable that holds your key" if answer.status in {401, 403} else ""
    raise output.Stop(f"the gateway refuses: {message}{hint}")
