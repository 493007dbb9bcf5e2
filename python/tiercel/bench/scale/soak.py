"""Many minutes of mixed requests to a provider that fails one time in twenty, and the books of them."""

from __future__ import annotations

import asyncio
import hashlib
import random
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from tiercel.bench.gateway import access_log
from tiercel.bench.scale import ledger
from tiercel.bench.scale.client import Answer, Client, chat, quantile
from tiercel.bench.scale.ledger import Asked
from tiercel.bench.scale.service import MODEL, MODEL_OF_TIER, gateway
from tiercel.bench.scale.trend import trend
from tiercel.simulator import Settings, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tiercel.bench.scale.processes import Usage
    from tiercel.bench.scale.service import Service
    from tiercel.simulator.journal import Entry

N_WORKERS = 2
FAULT_SHARE = 0.05
# Every way in which an answer fails or is odd; each in turn is what befalls that share of the attempts.
FAULTS = (
    "status=500",
    "reset=0",
    "cut=3",
    "status=429;retry-after=1",
    "truncate=2",
    "gzip",
    "stall=2",
    "error-event=3",
    "keep-alive=drop",
    "status=503",
    "garble=3",
    "no-done",
    "slow-first-token=300ms",
    "reset=3",
    "keep-alive=close",
    "delay=300ms",
)
_FAULT_SECONDS = 5.0
# A stalled stream is waited for so long.
_PATIENCE = "2s"
_SPEED = 20.0

_STREAM_SHARE = 0.4
_LEAVE_SHARE = 0.03
_LONG_SHARE = 0.02
_LONG_BYTES = 30_000
_N_EVENTS_BEFORE_LEAVING = 4
_MAX_TOKENS = 64
_WORDS = ("where", "is", "my", "parcel", "and", "when", "will", "the", "refund", "for", "a", "broken", "lamp", "come")

# What workers fill once, such as tables and pools, is not growth.
_WARM_UP = 0.2
_TICK_SECONDS = 0.05
_OPENING_SECONDS = 5.0
# Until connections that nobody uses are let go of, to clients and to the provider.
_SETTLE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Scale:
    """How long, at how many requests a second, and how often memory is read."""

    seconds: float
    rate: float = 40.0
    read_seconds: float = 5.0
    seed: int = 1


@dataclass(slots=True)
class Readings:
    """What the gateway's processes had, by seconds since the beginning."""

    usages: list[tuple[float, Usage]] = field(default_factory=list)

    def of(self, value: Callable[[Usage], float]) -> list[tuple[float, float]]:
        """One of its numbers, after the workers have warmed up."""
        last = self.usages[-1][0] if self.usages else 0.0
        return [(seconds, value(usage)) for seconds, usage in self.usages if seconds >= _WARM_UP * last]


async def run(folder: Path, interface: str, scale: Scale) -> dict[str, Any]:
    """The whole soak, as JSON can hold it."""
    entries: list[Entry] = []
    readings = Readings()
    async with Simulator(Settings(speed=_SPEED, seed=scale.seed)) as simulator:
        async with gateway(folder, simulator.base_url, interface, N_WORKERS, _PATIENCE) as service:
            load = Load(service, random.Random(scale.seed))  # noqa: S311 - drawn anew from the same seed
            # What is opened once, such as the log, is not growth.
            await load.run(min(scale.seconds, _OPENING_SECONDS), scale.rate)
            load.close()
            await asyncio.sleep(_SETTLE_SECONDS)
            before = service.usage()
            watching = [
                asyncio.create_task(_collect(simulator, entries)),
                asyncio.create_task(_break(simulator)),
                asyncio.create_task(_read(service, readings, scale.read_seconds)),
            ]
            await load.run(scale.seconds, scale.rate)
            for task in watching:
                task.cancel()
            _, *_ = await asyncio.gather(*watching, return_exceptions=True)
            load.close()
            n_left = await service.until_closed(before.n_descriptors)
        _take(simulator, entries)
    books = ledger.compare(load.asked, access_log(folder), entries)
    memory = trend(readings.of(lambda usage: usage.resident / 1e6))
    return {
        "seconds": scale.seconds,
        "rate": scale.rate,
        "n_workers": N_WORKERS,
        "interface": interface,
        "seed": scale.seed,
        "fault_share": FAULT_SHARE,
        "memory_mb_an_hour": memory and [memory.slope, memory.low, memory.high],
        "memory_mb": [usage.resident / 1e6 for _, usage in readings.usages],
        "files": [usage.n_descriptors for _, usage in readings.usages],
        "n_files_left": n_left,
        "n_connections_lost": load.n_lost,
        "waited_ms": {"p50": quantile(load.waited, 0.5) * 1e3, "p99": quantile(load.waited, 0.99) * 1e3},
        "books": books.as_json(),
    }


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
            client = self._idle.pop() if self._idle else await Client.connect(self._service.port)
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


def _ending(answer: Answer) -> tuple[str, ledger.Tokens | None]:
    """How a request ended for its client, and the tokens that it was told."""
    if answer.status != 200:
        return ("failed" if answer.is_whole else "lost"), None
    if not answer.is_good:
        return ("interrupted" if answer.is_whole else "lost"), None
    return "answered", _tokens(bytes(answer.body))


def _tokens(body: bytes) -> ledger.Tokens | None:
    """The usage that an answer states, whole or in its last event but one."""
    if body.startswith(b"data: "):
        events = [event for event in body.split(b"\n\n") if b'"usage":{' in event]
        body = events[-1].partition(b"data: ")[2] if events else b"{}"
    with suppress(orjson.JSONDecodeError, KeyError, TypeError):
        usage = orjson.loads(body)["usage"]
        return usage["prompt_tokens"], usage["completion_tokens"]
    return None


async def _break(simulator: Simulator) -> None:
    """Lets one fault after the other befall a share of the attempts."""
    while True:
        for fault in FAULTS:
            simulator.faults.attach(None, f"{fault};share={FAULT_SHARE}")
            await asyncio.sleep(_FAULT_SECONDS)


async def _collect(simulator: Simulator, entries: list[Entry]) -> None:
    """Takes what is new in the journal, which forgets."""
    while True:
        _take(simulator, entries)
        await asyncio.sleep(1.0)


def _take(simulator: Simulator, entries: list[Entry]) -> None:
    last = entries[-1].number if entries else 0
    fresh = []
    for entry in reversed(simulator.journal.entries):
        if entry.number <= last:
            break
        fresh.append(entry)
    entries += reversed(fresh)


async def _read(service: Service, readings: Readings, every: float) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        readings.usages.append((loop.time() - began, service.usage(proportional=False)))
        await asyncio.sleep(every)
