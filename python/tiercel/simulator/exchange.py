"""A request on its way to its answer: what every handler works with."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from itertools import count
from random import Random
from urllib.parse import parse_qs

from tiercel.simulator.choices import seeded
from tiercel.simulator.connection import Request
from tiercel.simulator.errors import ApiError, unknown_model
from tiercel.simulator.faults import Faults, FaultSyntaxError
from tiercel.simulator.files import Files
from tiercel.simulator.journal import Journal, bounded
from tiercel.simulator.latency import Pace
from tiercel.simulator.prompt_cache import PromptCache
from tiercel.simulator.reading import Json, load
from tiercel.simulator.replies import Reply
from tiercel.simulator.settings import Settings


class State:
    """What a simulator remembers from one request to the next; each part has its bound."""

    def __init__(self, settings: Settings) -> None:
        self.journal = Journal()
        self.faults = Faults(settings.faults, settings.seed)
        self.prompts = PromptCache(settings.cache_from)
        self.files = Files()
        self.access_tokens: dict[str, float] = {}
        self.numbers = count(1)


@dataclass(slots=True)
class Exchange:
    """One request.

    Attributes:
        parts: What the path names, such as a model.
    """

    request: Request
    reply: Reply
    settings: Settings
    state: State
    parts: Mapping[str, str] = field(default_factory=dict)

    def option(self, name: str) -> str:
        """A parameter of the query, or nothing."""
        return parse_qs(self.request.query).get(name, [""])[0]

    def bearer(self) -> str:
        """The bearer token, or nothing."""
        scheme, _, token = self.request.header("authorization").partition(" ")
        return token if scheme.lower() == "bearer" else ""

    def carries_key(self, *carried: str) -> bool:
        """Whether one of the credentials is the key, where one is required."""
        key = self.settings.key
        return key is None or any(compare_digest(each.encode(), key.encode()) for each in carried)

    async def admit(self, **given: object) -> Json:
        """The body's fields, those of the path and those `given`, unless a fault answers in their stead.

        Raises:
            ApiError: Where the body is no object, the model unknown, or a fault says so.
        """
        fields = load(self.request.body)
        entry = self.reply.entry
        entry.fields = bounded(fields)
        fields |= {name: part for name, part in self.parts.items() if name == "model"} | given
        entry.model, entry.stream = self.known(fields.get("model")), fields.get("stream") is True
        await self.suffer(entry.model, fields)
        return fields

    async def suffer(self, model: str | None, fields: Json) -> None:
        """Finds the fault that was asked for or attached, and lets it act as far as it acts before the answer.

        Raises:
            ApiError: Where the fault is an error, or cannot be read.
        """
        asked = [self.request.header("x-simulate-fault"), *_asked(fields)]
        try:
            fault = self.state.faults.choose(model, [text for text in asked if isinstance(text, str) and text])
        except FaultSyntaxError as error:
            raise ApiError(400, str(error), code="invalid_fault") from None
        self.reply.fault = fault
        self.reply.entry.fault = fault.text
        await pause(fault.delay)
        if fault.status is not None:
            headers = () if fault.retry_after is None else (("retry-after", fault.retry_after),)
            raise ApiError(fault.status, f"Simulated fault: {fault.text}", headers=headers)

    def random(self, identity: bytes) -> Random:
        """Randomness that is the same for the same question."""
        return seeded(self.settings.seed, identity)

    def pace(self, model: str, random: Random) -> Pace:
        """How long the answer takes."""
        return self.settings.models[model].latency.pace(self.settings.speed, random)

    def known(self, model: object) -> str:
        """A model that there is.

        Raises:
            ApiError: 400 where it is no name, 404 where there is no such model.
        """
        if not isinstance(model, str):
            raise ApiError(400, "you must provide a model parameter", param="model")
        if model not in self.settings.models:
            raise unknown_model(model)
        return model


def _asked(fields: Json) -> list[object]:
    """What the body says in the places in which dialects let clients say what they like."""
    asked: list[object] = []
    users = [fields.get("user")]
    for name in ("metadata", "requestMetadata", "labels"):
        said = fields.get(name)
        if isinstance(said, dict):
            asked.append(said.get("simulate"))
            users.append(said.get("user_id"))
    asked += [
        user.removeprefix("simulate:") for user in users if isinstance(user, str) and user.startswith("simulate:")
    ]
    return asked


async def pause(seconds: float) -> None:
    """Waits, but not for no time at all."""
    if seconds > 0.0:
        await asyncio.sleep(seconds)
