"""What a model answers to a conversation, as the simulator would, without asking it: its words, cost and time.

So every policy can be priced on every request, and what the gateway wrote into its books can be compared with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from tiercel._core import count_tokens
from tiercel.simulator.choices import choose, seeded
from tiercel.simulator.dialects.openai import request
from tiercel.simulator.prompt_cache import prefixes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tiercel.simulator import Settings

# Texts are asked again and again: each is counted once while it is remembered.
count = lru_cache(maxsize=100_000)(count_tokens)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: its text, nano-dollars, and seconds from the request to its end."""

    text: str
    cost: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Answers:
    """What the simulator of these settings would answer, at its own pace."""

    settings: Settings
    prices: Mapping[str, tuple[int, int]]

    def of(self, messages: Sequence[dict[str, str]], deployment: str) -> Answer:
        """The answer of a deployment to a conversation."""
        name = deployment.partition("/")[2]
        ask, model = request.chat({"model": name, "messages": messages}), self.settings.models[name]
        random = seeded(self.settings.seed, ask.identity)
        # In the simulator's own order, or the answer would be another.
        pace = model.latency.pace(1.0, random)
        (choice,) = choose(ask, model, count, random)
        n_prompt = prefixes(ask, count)[-1].n_tokens
        price_in, price_out = self.prices[deployment]
        cost = n_prompt * price_in + choice.n_tokens * price_out
        return Answer(choice.text, cost, pace.first_token + choice.n_tokens * pace.per_token)
