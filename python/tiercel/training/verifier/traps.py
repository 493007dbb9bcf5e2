"""Questions that look the same and are not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tiercel.training.verifier import words

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

_AUXILIARY = r"\b(is|are|was|were|do|does|did|can|could|should|will|would|has|have)\b"

_OPPOSITES = [tuple(pair.split()) for pair in words.listed("opposites")]

_SCOPES = words.listed("restrictions")

_MODIFIERS = words.listed("modifiers")

_STOP = frozenset(words.listed("function words"))


def trap(text: str, rng: random.Random, others: Sequence[str]) -> tuple[str, str] | None:
    """Another question of nearly the same words, and by which way; `others` are words of other questions."""
    name = rng.choice(list(_WAYS))
    made = _WAYS[name](text, rng, others)
    return None if made is None or made.lower() == text.lower() else (made, name)


def content(text: str) -> list[str]:
    """Words that say what a question is about."""
    return [word for word in re.findall(r"[A-Za-z]{4,}", text) if word.lower() not in _STOP]


def _number(text: str, rng: random.Random, _others: Sequence[str]) -> str | None:
    numbers = list(re.finditer(r"\d+", text))
    if not numbers:
        return None
    found = rng.choice(numbers)
    other = str(max(1, int(found[0][:9]) + rng.choice((-3, -1, 1, 2, 10))))
    return text[: found.start()] + other + text[found.end() :]


def _negation(text: str, rng: random.Random, _others: Sequence[str]) -> str | None:
    if rng.random() < 0.5 and (found := re.search(r"\bto (\w+)", text)):
        return text[: found.start()] + rng.choice(("not to ", "to avoid to ")) + text[found.start(1) :]
    return re.sub(rf"^(.*?{_AUXILIARY}\s+\w+)", r"\1 not", text, count=1, flags=re.IGNORECASE)


def _opposite(text: str, rng: random.Random, _others: Sequence[str]) -> str | None:
    found = [
        (a, b) for pair in _OPPOSITES for a, b in (pair, pair[::-1]) if re.search(rf"\b{a}\b", text, re.IGNORECASE)
    ]
    if not found:
        return None
    old, new = rng.choice(found)
    return re.sub(rf"\b{old}\b", new, text, count=1, flags=re.IGNORECASE)


def _replaced(text: str, rng: random.Random, others: Sequence[str]) -> str | None:
    own = content(text)
    return text.replace(rng.choice(own), rng.choice(others), 1) if own else None


def _removed(text: str, rng: random.Random, _others: Sequence[str]) -> str | None:
    own = content(text)
    return re.sub(rf"\b{rng.choice(own)}\b ?", "", text, count=1) if len(own) > 2 else None


def _swapped(text: str, rng: random.Random, _others: Sequence[str]) -> str | None:
    found = re.search(r"\b(\w{3,}) (to|than|from|over|before|after|causes?|beats?|owns?) (\w{3,})\b", text)
    if found is None:
        return None
    first, second = found[1], found[3]
    _ = rng
    return text[: found.start()] + f"{second} {found[2]} {first}" + text[found.end() :]


def _scope(text: str, rng: random.Random, _others: Sequence[str]) -> str:
    return f"{text.rstrip('?. ')} {rng.choice(_SCOPES)}"


def _modified(text: str, rng: random.Random, others: Sequence[str]) -> str | None:
    own = content(text)
    if not own:
        return None
    word = rng.choice(own)
    more = rng.choice(_MODIFIERS) if rng.random() < 0.6 else rng.choice(others)
    return text.replace(word, f"{more} {word}", 1)


_WAYS: dict[str, Callable[[str, random.Random, Sequence[str]], str | None]] = {
    "number": _number,
    "negation": _negation,
    "opposite": _opposite,
    "replaced": _replaced,
    "replaced again": _replaced,
    "removed": _removed,
    "swapped": _swapped,
    "scope": _scope,
    "modified": _modified,
}
