"""Questions changed so that the answer changes too, and so that it does not.

The questions are Natural Questions' and Quora's, of which the verifier has learned nothing, and the ways and words are
other than those that its training pairs were made by.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence


@dataclass(frozen=True)
class Case:
    """A question, what became of it, by which row, and whether one answer serves both."""

    row: str
    asked: str
    stored: str
    same: bool


MUST_REFUSE = ("number", "negation", "antonym", "entity", "entity, lower case", "swap", "scope")
MUST_ACCEPT = ("case", "punctuation", "polite prefix", "question form", "article")

_WORDS: dict[str, list[str]] = json.loads((Path(__file__).parent / "words.json").read_text())

_OPPOSITES, _SCOPES, _PREFIXES = (_WORDS[name] for name in ("opposites", "restrictions", "prefixes"))


_FORMS = (
    (
        r"^How (?:do|can|should) (?:I|you|we) (.*)",
        ("How to {}", "What is the best way to {}", "How does one {}", "How would I {}"),
    ),
    (r"^How to (.*)", ("How do I {}", "How can I {}", "What is the best way to {}")),
    (r"^What(?: is|'s) (.*)", ("What's {}", "Can you tell me what is {}", "Tell me, what is {}")),
    (r"^What are (.*)", ("Can you tell me what are {}", "Which are {}")),
    (r"^Why (?:is|are|do|does|did) (.*)", ("How come {}", "What is the reason {}")),
    (r"^Who (?:is|was) (.*)", ("Can you tell me who {} is", "Tell me who is {}")),
    (r"^Where (?:is|are) (.*)", ("Can you tell me where is {}", "Do you know where {} is")),
    (r"^Which (.*)", ("What {}",)),
    (r"^When (.*)", ("Do you know when {}", "What time {}")),
)

_AUXILIARIES = r"\b(is|are|was|were|does|do|did|should|would|could|has|have)\b"
_NAME = r"(?<=[a-z,] )[A-Z][a-z]{3,}\b"


def cases(questions: Sequence[str], rng: random.Random, most: int) -> list[Case]:
    """At most `most` of each row."""
    names = sorted({name for text in questions for name in re.findall(_NAME, text)})
    found = []
    for row, change in _ROWS.items():
        of_row: list[Case] = []
        for text in rng.sample(list(questions), len(questions)):
            made = change(text, rng, names)
            if made is not None and made != text:
                of_row.append(Case(row, made, text, row in MUST_ACCEPT))
            if len(of_row) == most:
                break
        found += of_row
    return found


def _number(text: str, rng: random.Random, _names: Sequence[str]) -> str | None:
    numbers = list(re.finditer(r"(?<![\d.])\d{1,6}(?![\d.])", text))
    if not numbers:
        return None
    found = rng.choice(numbers)
    return text[: found.start()] + str(int(found[0]) + rng.choice((3, 4, 7, 20))) + text[found.end() :]


def _negation(text: str, rng: random.Random, _names: Sequence[str]) -> str | None:
    found = re.search(_AUXILIARIES, text, re.IGNORECASE)
    if found is None or re.search(r"\bnot\b|n't|\bno\b|never", text):
        return None
    to = re.search(r"\bto (?=[a-z]+ )", text)
    if to and rng.random() < 0.3:
        return text[: to.start()] + "to never " + text[to.end() :]
    return text[: found.end()] + "n't" + text[found.end() :]


def _antonym(text: str, rng: random.Random, _names: Sequence[str]) -> str | None:
    pairs = [(a, b) for pair in _OPPOSITES for a, b in (pair.split(), pair.split()[::-1])]
    pairs = [(a, b) for a, b in pairs if re.search(rf"\b{a}\b", text)]
    if not pairs:
        return None
    old, new = rng.choice(pairs)
    return re.sub(rf"\b{old}\b", new, text, count=1)


def _entity(text: str, rng: random.Random, names: Sequence[str]) -> str | None:
    own = re.findall(_NAME, text)
    other = rng.choice(names)
    return text.replace(rng.choice(own), other) if own and other not in own else None


def _lower_entity(text: str, rng: random.Random, names: Sequence[str]) -> str | None:
    made = _entity(text, rng, names)
    return made.lower() if made else None


def _swap(text: str, _rng: random.Random, _names: Sequence[str]) -> str | None:
    found = list(re.finditer(_NAME, text))
    if len(found) != 2 or found[0][0] == found[1][0]:
        return None
    first, second = found
    between = text[first.end() : second.start()]
    if re.search(r"\b(and|or|vs|versus|with)\b|^\W*$|[,&/]", between):
        return None
    return text[: first.start()] + second[0] + between + first[0] + text[second.end() :]


def _scope(text: str, rng: random.Random, _names: Sequence[str]) -> str:
    return f"{text.rstrip('? .')} {rng.choice(_SCOPES)}{'?' if text.endswith('?') else ''}"


def _case(text: str, rng: random.Random, _names: Sequence[str]) -> str:
    return rng.choice((text.lower(), text.upper(), text.swapcase()))


def _punctuation(text: str, rng: random.Random, _names: Sequence[str]) -> str:
    return rng.choice(
        (text.rstrip("?. "), text.rstrip("?. ") + "??", text.rstrip("?. ") + "...", text.replace(",", "") + " ?!")
    )


def _prefix(text: str, rng: random.Random, _names: Sequence[str]) -> str:
    return rng.choice(_PREFIXES).format(text)


def _form(text: str, rng: random.Random, _names: Sequence[str]) -> str | None:
    for pattern, forms in _FORMS:
        if found := re.match(pattern, text.rstrip("? "), re.IGNORECASE):
            return rng.choice(forms).format(found[1]) + "?"
    return None


def _article(text: str, rng: random.Random, _names: Sequence[str]) -> str | None:
    found = list(re.finditer(r"\b(the|a|an) ", text))
    if found and rng.random() < 0.7:
        one = rng.choice(found)
        return text[: one.start()] + text[one.end() :]
    return re.sub(r"\b(of|in|for|with) (?=[a-z]+s\b)", r"\1 the ", text, count=1)


_ROWS: dict[str, Callable[[str, random.Random, Sequence[str]], str | None]] = {
    "number": _number,
    "negation": _negation,
    "antonym": _antonym,
    "entity": _entity,
    "entity, lower case": _lower_entity,
    "swap": _swap,
    "scope": _scope,
    "case": _case,
    "punctuation": _punctuation,
    "polite prefix": _prefix,
    "question form": _form,
    "article": _article,
}
