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


class Running:
    """A running gateway."""

    def __init__(self, url: str | None, key_env: str, config: Path | None) -> None:
        """Be the one at `url`, or without that the one which the configuration describes.

        `key_env` names the variable with the key to show.
        """
        self._url = url or _url(config)
        self._headers = {"authorization": f"Bearer {os.environ[key_env]}"} if os.environ.get(key_env) else {}

    def ask(self, method: str, path: str, body: dict[str, object] | None = None) -> dict[str, Any]:
        """Get the page at `path`, as JSON.

        Raises `output.Stop` where none answers, or the one that does refuses.
        """
        parts = urlsplit(self._url)
        if parts.scheme not in {"http", "https"} or parts.hostname is None:
            raise output.Stop(f"{self._url} is no URL of a gateway\nhint: such as --url http://127.0.0.1:8080")
        connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = connect(parts.hostname, parts.port, timeout=_SECONDS)
        try:
            connection.request(method, path, None if body is None else orjson.dumps(body), self._headers)
            answer = connection.getresponse()
            told = answer.read()
            if answer.status == http.client.OK:
                page: dict[str, Any] = orjson.loads(told)
                return page
            message = orjson.loads(told)["error"]["message"]
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            reason = str(error) or type(error).__name__
            raise output.Stop(
                f"no gateway answers at {self._url}: {reason}\nhint: is `tiercel serve` running there?"
            ) from None
        finally:
            connection.close()
        hint = "\nhint: --key-env names the variable that holds your key" if answer.status in {401, 403} else ""
        raise output.Stop(f"the gateway refuses: {message}{hint}")


def _url(config: Path | None) -> str:
    path = source.find(config)
    core = Core(str(path) if path else None, {})
    return address.url(address.reachable(core.host), core.port)
