"""Every request of a stream through a served gateway, one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

from tiercel.bench import gateway
from tiercel.bench.answers import Answers, count
from tiercel.bench.asking import NEVER_CACHED
from tiercel.bench.cache.measures import Found, Outcome, Promise
from tiercel.bench.plan import prices
from tiercel.errors import TiercelError
from tiercel.simulator import MODELS, Settings, Simulator

if TYPE_CHECKING:
    from pathlib import Path

    from tiercel.bench.cache.handbook import Handbook
    from tiercel.bench.cache.streams import Stream

# Who answers what the cache does not; the catalogue has its price.
MODEL = "openai/gpt-5.4-mini"
_NAME = MODEL.partition("/")[2]

# What to iterate over, and what to say of it.
Track = Callable[[Sequence[int], str], Iterable[int]]


@dataclass(frozen=True, slots=True)
class Mode:
    """What `[cache]` says, and what it promises."""

    settings: dict[str, Any]
    promise: Promise | None = None


def semantic(max_error: float) -> Mode:
    """Answers by meaning, of which so many may be wrong."""
    return Mode({"mode": "semantic", "max_error": max_error}, Promise(max_error, "hits"))


MODES = {
    "off": Mode({"mode": "off"}),
    "exact": Mode({"mode": "exact"}),
    "semantic 1 %": semantic(0.01),
    "semantic 5 %": semantic(0.05),
}


@dataclass(frozen=True, slots=True)
class Upstream:
    """The simulator as the provider of a model that says what the handbook does."""

    handbook: Handbook
    settings: Settings

    @classmethod
    def of(cls, handbook: Handbook, seed: int) -> Upstream:
        """One that answers without delay."""
        models = {_NAME: replace(MODELS["medium"], knows=handbook.answer)}
        return cls(handbook, Settings(seed=seed, speed=0, models=models, count_tokens=count, cache_from=NEVER_CACHED))

    def price(self, folder: Path) -> Callable[[str], int]:
        """What an answer to a question costs, in nano-dollars."""
        answers = Answers(self.settings, prices(_written(MODES["off"], folder, "http://127.0.0.1:9")))
        found: dict[str, int] = {}

        def price(question: str) -> int:
            if question not in found:
                found[question] = answers.of([{"role": "user", "content": question}], MODEL).cost
            return found[question]

        return price

    async def ask_all(
        self, stream: Stream, requests: Iterable[int], mode: Mode, price: Callable[[str], int], folder: Path
    ) -> list[Outcome]:
        """Ask a gateway everything, and read its log.

        Raises:
            TiercelError: The gateway does not start, answers with an error, or its books are wrong.
        """
        async with Simulator(self.settings) as simulator:
            config = _written(mode, folder, simulator.base_url)
            async with gateway.serving(config, MODEL) as served:
                found = [(it, await served.look_up(stream.questions[it].text)) for it in requests]
        lines = gateway.access_log(folder)
        if len(lines) != len(found):
            raise TiercelError(f"the gateway's log has {len(lines)} lines for {len(found)} requests")
        return [
            self._outcome(stream, position, answer, line, price)
            for (position, answer), line in zip(found, lines, strict=True)
        ]

    def _outcome(
        self,
        stream: Stream,
        position: int,
        answer: gateway.Found,
        line: dict[str, Any],
        price: Callable[[str], int],
    ) -> Outcome:
        question = stream.questions[position]
        where: Found = "exact" if answer.where == "exact" else "semantic" if answer.where == "semantic" else "model"
        full, cost = price(question.text), line.get("cost_nano_dollars") or 0
        if cost != (full if where == "model" else 0):
            raise TiercelError(
                f"{question.text!r}: the gateway's log says {cost} nano-dollars, not {full}, for {where}"
            )
        is_wrong = self.handbook.intent(answer.text) != question.intent
        return Outcome(position, where, is_wrong, "is_cache_wrong" in line, cost, full)


def _written(mode: Mode, folder: Path, base_url: str) -> Path:
    """A configuration of one provider, whose log is empty."""
    key, log, path = folder / "key", folder / "access.jsonl", folder / "cache.toml"
    key.touch(0o600)
    key.write_text("simulated")
    log.unlink(missing_ok=True)
    # Nothing ends, and nothing has to make room.
    cache = {"scope": "tenant", "ttl": "24h", **mode.settings}
    lines = [
        f"[providers.openai]\nbase_url = {_toml(base_url)}\nkeys = [{{ file = {_toml(str(key))} }}]",
        f"[tiers]\nmid = [{_toml(MODEL)}]",
        f"[log]\naccess = {_toml(str(log))}",
        "[cache]",
        *(f"{name} = {_toml(value)}" for name, value in cache.items()),
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def _toml(value: str | float) -> str:
    return orjson.dumps(value).decode()
