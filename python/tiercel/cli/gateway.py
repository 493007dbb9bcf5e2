"""Asks a running gateway for a page of its own."""

import http.client
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from tiercel._core import Core
from tiercel.cli import address, output, source

_SECONDS = 5.0


def ask(
    method: str,
    url: str | None,
    path: str,
    key_env: str,
    config: Path | None,
    body: dict[str, object] | None = None,
) -> dict[str, Any]:
    """The page at `path`, as JSON; without a URL, of the gateway that the configuration describes.

    Raises `output.Stop` where none answers, or the one that does refuses.
    """
    url = url or _url(config)
    headers = {"authorization": f"Bearer {os.environ[key_env]}"} if os.environ.get(key_env) else {}
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or parts.hostname is None:
        raise output.Stop(f"{url} is no URL of a gateway\nhint: such as --url http://127.0.0.1:8080")
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = connect(parts.hostname, parts.port, timeout=_SECONDS)
    try:
        connection.request(method, path, None if body is None else orjson.dumps(body), headers)
        answer = connection.getresponse()
        told = answer.read()
        if answer.status == http.client.OK:
            page: dict[str, Any] = orjson.loads(told)
            return page
        message = orjson.loads(told)["error"]["message"]
    except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
        reason = str(error) or type(error).__name__
        raise output.Stop(f"no gateway answers at {url}: {reason}\nhint: is `tiercel serve` running there?") from None
    finally:
        connection.close()
    hint = "\nhint: --key-env names the variable that holds your key" if answer.status in {401, 403} else ""
    raise output.Stop(f"the gateway refuses: {message}{hint}")


def _url(config: Path | None) -> str:
    path = source.find(config)
    core = Core(str(path) if path else None, {})
    return address.url(address.reachable(core.host), core.port)
