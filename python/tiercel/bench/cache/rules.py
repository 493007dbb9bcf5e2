"""Ways to decide without a gateway, on the same streams: cosine alone, vetoes and verifier, and vCache's rule.

All have the same embedder, index and truth, begin with nothing, and are asked one request after the other. Before each
is an exact cache of all answers of the model, as there is in the gateway.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from tiercel.bench.cache.measures import Outcome, Promise
from tiercel.bench.cache.vcache import Entry
from tiercel.semantic_cache import SemanticCache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tiercel.bench.cache.streams import Question, Stream
    from tiercel.semantic_cache import Hit


class Rule(Protocol):
    """Decides from the nearest stored questions, the nearest first.

    Attributes:
        n_candidates: How many of them it looks at.
    """

    n_candidates: ClassVar[int]

    def choose(self, near: Sequence[Hit[Question]], draw: float) -> Hit[Question] | None:
        """The one whose answer is served; `draw` is even from 0 to 1."""

    def learn(self, near: Sequence[Hit[Question]], asked: Question) -> bool | None:
        """After the model answered: whether its answer was the same as the nearest; `None` where nobody compares."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """The nearest from a cosine on, as GPTCache and its like do."""

    n_candidates: ClassVar[int] = 1
    min_cosine: float

    def choose(self, near: Sequence[Hit[Question]], draw: float) -> Hit[Question] | None:  # noqa: ARG002 - nothing is drawn
        """The nearest, if it is near enough."""
        return near[0] if near and near[0].cosine >= self.min_cosine else None

    def learn(self, near: Sequence[Hit[Question]], asked: Question) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class Verified:
    """Vetoes, and a probability by the verifier, as `SemanticCache.get` decides."""

    n_candidates: ClassVar[int] = 4
    min_probability: float

    def choose(self, near: Sequence[Hit[Question]], draw: float) -> Hit[Question] | None:  # noqa: ARG002 - nothing is drawn
        """The nearest that passes."""
        return next((it for it in near if it.veto is None and it.probability >= self.min_probability), None)

    def learn(self, near: Sequence[Hit[Question]], asked: Question) -> None:
        """Nothing."""


class VCache:
    """vCache's rule; whether an answer was right is told by the truth, as in its authors' experiments."""

    n_candidates: ClassVar[int] = 1

    def __init__(self, max_error: float) -> None:
        self._max_error = max_error
        self._entries: defaultdict[str, Entry] = defaultdict(Entry)

    def choose(self, near: Sequence[Hit[Question]], draw: float) -> Hit[Question] | None:
        """The nearest, unless it is to be checked."""
        if not near:
            return None
        entry = self._entries[near[0].question]
        return None if entry.is_to_be_checked(near[0].cosine, self._max_error, draw) else near[0]

    def learn(self, near: Sequence[Hit[Question]], asked: Question) -> bool | None:
        """What the check of the nearest found."""
        if not near:
            return None
        is_right = near[0].answer.intent == asked.intent
        self._entries[near[0].question].checks.append((near[0].cosine, float(is_right)))
        return is_right


RULES: dict[str, tuple[Callable[[], Rule], Promise | None]] = {
    "cosine 0.80": (lambda: Threshold(0.80), None),
    "cosine 0.90": (lambda: Threshold(0.90), None),
    "cosine 0.95": (lambda: Threshold(0.95), None),
    "vetoes, verifier 0.60": (lambda: Verified(0.60), None),
    "vetoes, verifier 0.85": (lambda: Verified(0.85), None),
    "vCache 1 %": (lambda: VCache(0.01), Promise(0.01, "requests")),
    "vCache 5 %": (lambda: VCache(0.05), Promise(0.05, "requests")),
}


@dataclass(frozen=True, slots=True)
class Served:
    """An answer that was given to other words."""

    asked: str
    stored: str
    is_wrong: bool


def follow(
    rule: Rule, stream: Stream, requests: Iterable[int], price: Callable[[str], int], seed: int
) -> tuple[list[Outcome], list[Served]]:
    """What comes of each request, and every answer that was given to other words; `price` is of a question."""
    rng = random.Random(seed)  # noqa: S311 - figures that anyone can have again
    cache: SemanticCache[Question] = SemanticCache(max_entries=len(stream.questions))
    answered: set[str] = set()
    outcomes, served = [], []
    for position in requests:
        asked = stream.questions[position]
        cost = price(asked.text)
        if asked.text in answered:
            outcomes.append(Outcome(position, "exact", is_wrong=False, is_checked=False, cost=0, price=cost))
            continue
        near = cache.search(asked.text, rule.n_candidates)
        hit = rule.choose(near, rng.random())
        if hit:
            is_wrong = hit.answer.intent != asked.intent
            outcomes.append(Outcome(position, "semantic", is_wrong, is_checked=False, cost=0, price=cost))
            served.append(Served(asked.text, hit.question, is_wrong))
            continue
        was_right = rule.learn(near, asked)
        outcomes.append(
            Outcome(position, "model", is_wrong=False, is_checked=was_right is not None, cost=cost, price=cost)
        )
        answered.add(asked.text)
        # What a check found to be right is not looked for again: so does vCache's own program.
        if not was_right:
            cache.put(asked.text, asked)
    return outcomes, served
