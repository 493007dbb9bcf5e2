"""What is asked of each client, and what has to come back.

A program here is run as `python -m frameworks.NAME URL KEY MODEL...` from the folder above. For each check it writes
one line of JSON: `client`, `upstream`, `feature`, `ok`, and in `detail` what went wrong.
"""

import json
import re
import sys
import traceback
from itertools import product
from typing import Any

from pydantic import BaseModel

QUESTION = "Explain the refund policy"
WEATHER_QUESTION = "What does get_weather say of a city?"
# More than the simulator ever answers.
MAX_TOKENS = 4000
ABSENT = "nobody/no-such-model"


class Trip(BaseModel):
    """What a structured answer is to be."""

    city: str
    days: int


def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"sun over {city}"


class Client:
    """A client before the gateway.

    Attributes:
        name: As the tests call it.
        missing: What it raises when there is no such model.
    """

    name: str
    missing: type[Exception]

    def __init__(self, url: str, key: str, model: str):
        self.url = url
        self.key = key
        self.model = model

    def text(self) -> str:
        """The answer to `QUESTION`."""
        raise NotImplementedError

    def stream(self) -> str:
        """The same, put together from a stream."""
        raise NotImplementedError

    def tool(self) -> str:
        """The answer to `WEATHER_QUESTION` by a model that was told what `get_weather` says."""
        raise NotImplementedError

    def structured(self) -> Any:
        """A `Trip`."""
        raise NotImplementedError


def check_text(client: Client) -> None:
    assert client.text()


def check_stream(client: Client) -> None:
    streamed, whole = client.stream(), client.text()
    assert streamed == whole, f"{streamed!r} is not {whole!r}"


def check_tool(client: Client) -> None:
    answer = client.tool()
    # Some hand back the text, some an object that holds it.
    assert re.fullmatch(r"According to the tool, the result is: .*sun over .*", answer), answer


def check_structured(client: Client) -> None:
    answer = client.structured()
    assert isinstance(answer, Trip), answer


def check_error(client: Client) -> None:
    client = type(client)(client.url, client.key, ABSENT)
    try:
        client.text()
    except client.missing as error:
        assert ABSENT in str(error), error  # noqa: PT017 - pytest is not in these environments
    else:
        raise AssertionError("it answered")


CHECKS = {
    "text": check_text,
    "stream": check_stream,
    "tool": check_tool,
    "structured": check_structured,
    "error": check_error,
}


def run(*clients: type[Client]) -> None:
    """Write what came of every check of `clients`."""
    url, key, *models = sys.argv[1:]
    for client, model, (feature, check) in product(clients, models, CHECKS.items()):
        try:
            check(client(url, key, model))
        except NotImplementedError:
            continue
        except Exception:  # noqa: BLE001 - whatever goes wrong is told
            detail = traceback.format_exc()
        else:
            detail = ""
        line = {"client": client.name, "upstream": model.partition("/")[0], "feature": feature}
        sys.stdout.write(json.dumps({**line, "ok": not detail, "detail": detail}) + "\n")
