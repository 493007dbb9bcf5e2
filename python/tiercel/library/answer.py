"""What came of a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson

from tiercel.errors import BY_CODE, RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiercel._core import Reply

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Response:
    """An answer as it would come over HTTP, in whichever dialect, whether it is a refusal or not.

    >>> import asyncio, tiercel
    >>> async def main():
    ...     async with tiercel.Gateway.from_file("tiercel.toml") as gateway:
    ...         return await gateway.request("GET", "/v1/models")
    >>> response = asyncio.run(main())
    >>> response.status, response.headers["content-type"], response.json()["data"][0]["id"]
    (200, 'application/json', 'auto')

    Attributes:
        status: The HTTP status.
        headers: By their names in lower case.
        body: All of it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> Any:  # noqa: ANN401 - JSON may be anything
        """The body, read as JSON.

        Raises:
            ValueError: It is none.
        """
        return orjson.loads(self.body)

    def raise_for_status(self) -> Response:
        """This, unless it is a refusal.

        Raises:
            RequestError: It is one.
        """
        if self.status >= 400:
            raise refusal(self.status, self.body)
        return self


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole chat completion, and what the gateway says of it.

    >>> import asyncio, tiercel
    >>> async def main():
    ...     async with tiercel.Gateway.from_file("tiercel.toml") as gateway:
    ...         return await gateway.chat(model="auto", messages=[{"role": "user", "content": "Hello!"}])
    >>> answer = asyncio.run(main())
    >>> answer.text
    '...'
    >>> answer.model, answer.tier, answer.usage["completion_tokens"] > 0, answer.cost > 0
    ('simulator/...', ..., True, True)

    Attributes:
        body: As OpenAI's API has it.
        headers: By their names in lower case.
    """

    body: Json = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    @property
    def text(self) -> str:
        """What the model says, empty where it calls tools instead; of several choices the first."""
        return _text(self.body, "message")

    @property
    def usage(self) -> Mapping[str, Any]:
        """Tokens as OpenAI's API names them, such as `prompt_tokens`; empty where nobody counted."""
        return self.body.get("usage") or {}

    @property
    def cost(self) -> Decimal | None:
        """Dollars; None where the model's price is unknown, nothing where the answer was cached."""
        cost = self.headers.get("x-tiercel-cost-usd")
        return Decimal(cost) if cost is not None else None

    @property
    def model(self) -> str:
        """The deployment that answered, as `provider/model`; what the body has where it came from a cache."""
        return self.headers.get("x-tiercel-model") or str(self.body.get("model", ""))

    @property
    def tier(self) -> str | None:
        """The tier that it belongs to, where the request was for a route or a tier."""
        return self.headers.get("x-tiercel-tier")

    @property
    def reason(self) -> str | None:
        """Why it went there: what each stage found, in order."""
        return self.headers.get("x-tiercel-reason")

    @property
    def request_id(self) -> str:
        """What the access log calls the request."""
        return self.headers["x-request-id"]


@dataclass(frozen=True, slots=True)
class Event:
    """A piece of a chat completion.

    >>> import asyncio, tiercel
    >>> async def main():
    ...     async with tiercel.Gateway.from_file("tiercel.toml") as gateway:
    ...         stream = gateway.stream(model="auto", messages=[{"role": "user", "content": "Hello!"}])
    ...         return [event async for event in stream]
    >>> events = asyncio.run(main())
    >>> "".join(event.text for event in events)
    '...'
    >>> events[-1].body["choices"][0]["finish_reason"]
    'stop'

    Attributes:
        body: As OpenAI's API has it.
    """

    body: Json

    @property
    def text(self) -> str:
        """What it adds to what the model says, which may be nothing; of several choices the first."""
        return _text(self.body, "delta")


def headers_of(head: Reply) -> dict[str, str]:
    """The headers of an answer; those that came several times are one, as HTTP allows."""
    headers: dict[str, str] = {}
    for name, value in head.text_headers:
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def refusal(status: int, body: bytes, kind: type[RequestError] = RequestError) -> RequestError:
    """The exception for an answer of OpenAI's dialect that refuses, of `kind` where its code names none."""
    try:
        error = orjson.loads(body)["error"]
        message, code = str(error["message"]), str(error.get("code") or error.get("type") or RequestError.code)
    except (ValueError, KeyError, TypeError, AttributeError):
        message, code = f"the answer is {status} and says no more that can be read", RequestError.code
    return BY_CODE.get(code, kind)(message, code, status)


def _text(body: Json, part: str) -> str:
    choices = body.get("choices") or [{}]
    said = (choices[0].get(part) or {}).get("content")
    return said if isinstance(said, str) else ""
