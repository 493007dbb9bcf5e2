"""The pairs that are learned from."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING

import numpy as np

from tiercel import _core
from tiercel.training.verifier import rewrites, sources, traps
from tiercel.training.verifier.cosine import vectors_of
from tiercel.training.verifier.sources import Pair, Question

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tiercel.training.verifier.cosine import Floats

# Rewrites and traps of each question; fewer come out, since not every way applies to every question.
_N_REWRITES = 4
_N_TRAPS = 5

_N_SAME_INTENT = 6_000
_NEAREST = 3

# Questions of one intent that are far apart are too seldom the same.
_MIN_COSINE_OF_INTENT = 0.6


def pairs(data: Path, embed: Callable[[Sequence[str]], Floats], seed: int) -> tuple[list[Question], list[Pair]]:
    """Questions, and the pairs made of them; the same for the same seed."""
    rng = random.Random(seed)  # noqa: S311 - weights that anyone can make again
    questions = sources.questions(data, rng)
    words = sorted({word for question in questions for word in traps.content(question.text)})
    made = sources.written()
    for question in questions:
        made += _made(question.text, rng, words)
    made += _near(questions, embed)
    made += _of_intents(data, embed, rng)
    return questions, [pair for pair in made if _core.normalise(pair.asked) != _core.normalise(pair.stored)]


def _made(text: str, rng: random.Random, words: Sequence[str]) -> list[Pair]:
    found = []
    same = [it for it in (rewrites.rewrite(text, rng) for _ in range(_N_REWRITES)) if it]
    found += [Pair(made, text, same=True, origin=name) for made, name in same]
    for _ in range(_N_TRAPS):
        # Some traps are laid for a rewrite, so that what is the same in other words is no sign of what is not.
        start = rng.choice(same)[0] if same and rng.random() < 0.4 else text
        if trap := traps.trap(start, rng, words):
            found.append(Pair(trap[0], text, same=False, origin=trap[1]))
    return found


def _near(questions: Sequence[Question], embed: Callable[[Sequence[str]], Floats]) -> list[Pair]:
    """Each question beside those that are nearest to it and not of its intent: the candidates of a search."""
    vectors = vectors_of(embed, [_core.normalise(it.text) for it in questions])
    found = []
    for start in range(0, len(questions), 1_000):
        nearness = vectors[start : start + 1_000] @ vectors.T
        nearest = np.argsort(-nearness, axis=1, kind="stable")[:, : 4 * _NEAREST]
        for question, places in zip(questions[start : start + 1_000], nearest, strict=True):
            others = (questions[place] for place in places)
            different = [it for it in others if it != question and (not it.intent or it.intent != question.intent)]
            found += [Pair(question.text, it.text, same=False, origin="near") for it in different[:_NEAREST]]
    return found


def _of_intents(data: Path, embed: Callable[[Sequence[str]], Floats], rng: random.Random) -> list[Pair]:
    """Questions of one intent whose answer is one."""
    by_intent: dict[str, list[str]] = {}
    for question in itertools.chain(*sources.intents(data)):
        if question.intent in sources.SAME_ANSWER:
            by_intent.setdefault(question.intent, []).append(question.text)
    found = []
    for texts in by_intent.values():
        vectors = vectors_of(embed, [_core.normalise(text) for text in texts])
        nearness = vectors @ vectors.T
        near = [it for it in itertools.combinations(range(len(texts)), 2) if nearness[it] >= _MIN_COSINE_OF_INTENT]
        chosen = rng.sample(near, min(len(near), _N_SAME_INTENT // len(by_intent)))
        found += [Pair(texts[left], texts[right], same=True, origin="intent", weight=0.7) for left, right in chosen]
    return found
