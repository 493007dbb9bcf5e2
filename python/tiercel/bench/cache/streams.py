"""Streams of requests: public questions, each with what it asks for, some of which come again.

A request is either a question that the stream had before, word by word, or one that is new to it. New ones come in a
random order, each once, so intents are as frequent as in their sets, which is nearly even: a stream of real users leans
on few intents, repeats them more, and is easier. Which of the old ones comes again follows Zipf's law over the
questions, in a random order of their own. A stream ends when it has no new question left.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from tiercel.errors import TiercelError
from tiercel.training.embedder import texts
from tiercel.training.verifier import sources

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# In the middle of the 20 to 40 % of requests that production caches are said to find word by word.
REPEATS = 0.3

LICENCES = {"banking77": "CC BY 4.0 (Casanueva and others, 2020)", "clinc150": "CC BY 3.0 (Larson and others, 2019)"}
SETS = {"support": ("banking77",), "assistant": ("clinc150",), "mixture": tuple(LICENCES)}
# Of both sets what neither the embedder nor the verifier learned from.
UNSEEN = "unseen"

# What `tiercel train verifier` takes unless told otherwise, and the shipped one was made with.
_VERIFIER_SEED = 1
# CLINC150's questions that are of none of its intents; no two of them ask the same.
_NO_INTENT = "clinc150/oos"


@dataclass(frozen=True, slots=True)
class Question:
    """A question.

    Attributes:
        intent: What it asks for, as `set/intent`. Answers to another intent are wrong.
        is_unseen: Whether nothing that looks for near questions learned from it, nor from a label of its intent.
        has_one_answer: Whether one answer serves all questions of the intent. Most intents are broader.
    """

    text: str
    intent: str
    is_unseen: bool
    has_one_answer: bool


@dataclass(frozen=True, slots=True)
class Stream:
    """Requests in their order, as positions in the questions."""

    name: str
    questions: Sequence[Question]
    requests: Sequence[int]


def read(data: Path) -> list[Question]:
    """All questions of the data folder, each text once.

    Raises:
        TiercelError: A file is missing or is not what it should be.
    """
    try:
        intents, held_out = texts.intents(data), texts.held_out(data)
        paired = {it.text for it in sources.questions(data, random.Random(_VERIFIER_SEED))}  # noqa: S311 - the same ones
    except OSError as error:
        raise TiercelError(f"cannot read {error.filename}: {(error.strerror or str(error)).lower()}") from None
    except (EOFError, KeyError, TypeError, ValueError) as error:
        raise TiercelError(f"{data / 'cache'}: these are not Banking77 and CLINC150: {error!r}") from None
    found: dict[str, Question] = {}
    for name, those in intents.items():
        has_one_answer = name.partition("/")[2] in sources.SAME_ANSWER
        for number, text in enumerate(those):
            intent = f"{name}/{number}" if name == _NO_INTENT else name
            is_unseen = name in held_out and text not in paired and not has_one_answer
            found.setdefault(text, Question(text, intent, is_unseen, has_one_answer))
    return list(found.values())


def streams(questions: Sequence[Question], n_requests: int, seed: int) -> list[Stream]:
    """Every stream that there are questions for, of at most so many requests."""
    chosen = {name: [it for it in questions if it.intent.startswith(of)] for name, of in SETS.items()}
    chosen[UNSEEN] = [it for it in questions if it.is_unseen]
    return [
        Stream(name, those, _drawn(len(those), n_requests, f"{seed}/{name}")) for name, those in chosen.items() if those
    ]


def _drawn(n_questions: int, n_requests: int, seed: str) -> list[int]:
    rng = random.Random(seed)  # noqa: S311 - streams that anyone can have again
    new = rng.sample(range(n_questions), n_questions)
    popularity = [1 / rank for rank in rng.sample(range(1, n_questions + 1), n_questions)]
    found: list[int] = []
    weights = list(accumulate(popularity))
    n_asked = 0
    while len(found) < n_requests:
        if n_asked and rng.random() < REPEATS:
            found += rng.choices(new[:n_asked], cum_weights=weights[:n_asked])
        elif n_asked < n_questions:
            found.append(new[n_asked])
            n_asked += 1
        else:
            break
    return found
