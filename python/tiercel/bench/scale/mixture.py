"""Clients that ask for everything: whole answers and streams, short and long, and some that leave before the end."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from tiercel.bench.scale.client import Answer, Client, chat
from tiercel.bench.scale.ledger import Asked
from tiercel.bench.scale.service import MODEL, MODEL_OF_TIER

if TYPE_CHECKING:
    import random

    from tiercel.bench.scale.ledger import Tokens
    from tiercel.bench.scale.service import Service

_STREAM_SHARE = 0.4
_LEAVE_SHARE = 0.03
_LONG_SHARE = 0.02
_LONG_BYTES = 30_000
_N_EVENTS_BEFORE_LEAVING = 4
_MAX_TOKENS = 64
_WORDS = ("where", "is", "my", "parcel", "and", "when", "will", "the", "refund", "for", "a", "broken", "lamp", "come")
_TICK_SECONDS = 0.05


class Load:
    """The clients. What each draw gives follows from the seed, whatever becomes of the requests."""

    def __init__(self, service: Service, chance: random.Random) -> None:
        self._service = service
        self._chance = chance
        self._idle: list[Client] = []
        self._n_begun = 0
        self.asked: list[Asked] = []
        self.waited: list[float] = []
        self.n_lost = 0

    async def run(self, seconds: float, rate: float) -> None:
        """Begins requests at a steady rate, in a second, and returns when all have ended."""
        loop = asyncio.get_running_loop()
        began, n_before = loop.time(), self._n_begun
        async with asyncio.TaskGroup() as tasks:
            while (elapsed := loop.time() - began) < seconds:
                while self._n_begun - n_before < elapsed * rate:
                    self._n_begun += 1
                    tasks.create_task(self._ask(self._draw(self._n_begun)))
                await asyncio.sleep(_TICK_SECONDS)

    def close(self) -> None:
        """Hangs up."""
        for client in self._idle:
            client.leave()
        self._idle.clear()

    def _idle_client(self) -> Client | None:
        """One that waits and that the gateway has not hung up on meanwhile."""
        while self._idle:
            if (client := self._idle.pop()).is_open:
                return client
        return None

    def _draw(self, number: int) -> Question:
        chance = self._chance
        is_stream, leaves = chance.random() < _STREAM_SHARE, chance.random() < _LEAVE_SHARE
        text = f"Question {number}: " + " ".join(chance.choices(_WORDS, k=chance.randint(5, 200)))
        if chance.random() < _LONG_SHARE:
            text += " " * (_LONG_BYTES - len(text))
        return Question(f"soak-{number}", text, chance.randint(1, _MAX_TOKENS), is_stream=is_stream, leaves=leaves)

    async def _ask(self, question: Question) -> None:
        head, body = question.request()
        while True:
            client = self._idle_client() or await Client.connect(self._service.port)
            is_used = client.n_answers > 0
            answer = await client.ask(head + body, question.n_events)
            if answer.status or not is_used:
                break
            # The gateway closed, as the request came, a connection that had served before. Every client asks again.
            self.n_lost += 1
        left = question.n_events is not None and not answer.is_whole and client.is_open
        if left or not answer.is_whole:
            client.leave()
        if client.is_open:
            self._idle.append(client)
        if answer.is_good:
            self.waited.append(answer.seconds)
        ending, tokens = ("client_gone", None) if left else _ending(answer)
        self.asked.append(Asked(question.name, question.digest(body), ending, answer.status, tokens))


@dataclass(frozen=True, slots=True)
class Question:
    """One request; no two have the same body."""

    name: str
    text: str
    max_tokens: int
    is_stream: bool
    leaves: bool

    @property
    def n_events(self) -> int | None:
        """After how many events its client leaves, if it does."""
        return _N_EVENTS_BEFORE_LEAVING if self.is_stream and self.leaves else None

    def request(self) -> tuple[bytes, bytes]:
        """Head and body. A stream asks for its usage, so that the gateway changes nothing in it but the model."""
        options = {"stream": True, "stream_options": {"include_usage": True}} if self.is_stream else {}
        return chat(MODEL, self.text, request_id=self.name, max_tokens=self.max_tokens, **options)

    @staticmethod
    def digest(body: bytes) -> str:
        """Of the body as the provider is to get it."""
        sent = body.replace(b'"model":"%b"' % MODEL.encode(), b'"model":"%b"' % MODEL_OF_TIER.encode(), 1)
        return hashlib.sha256(sent).hexdigest()


def _ending(answer: Answer) -> tuple[str, Tokens | None]:
    """How a request ended for its client, and the tokens that it was told."""
    if answer.status != 200:
        return ("failed" if answer.is_whole else "lost"), None
    if not answer.is_good:
        return ("interrupted" if answer.is_whole else "lost"), None
    return "answered", usage_of(bytes(answer.body))


def usage_of(body: bytes) -> Tokens | None:
    """The usage that an answer states, whole or in its last event but one."""
    if body.startswith(b"data: "):
        events = [event for event in body.split(b"\n\n") if b'"usage":{' in event]
        body = events[-1].partition(b"data: ")[2] if events else b"{}"
    with suppress(orjson.JSONDecodeError, KeyError, TypeError):
        usage = orjson.loads(body)["usage"]
        return usage["prompt_tokens"], usage["completion_tokens"]
    return None
