"""What the model says: a page for each intent, in a few wordings.

The pages have numbers, so that whoever compares two answers always tells intents apart and hardly ever takes two
wordings for two answers. Models do neither so well: how often a comparison errs is not simulated.
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from tiercel.simulator import prose
from tiercel.simulator.choices import seeded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiercel.bench.cache.streams import Question

_WORDINGS = tuple(product(("", "Of course. ", "Certainly. "), ("", " I hope that this helps.")))
_PARAGRAPH = 2
_PAGE = re.compile(r"See page (\d+) of the handbook")


class Handbook:
    """Answers to questions, and the intents of answers."""

    def __init__(self, questions: Sequence[Question]) -> None:
        self._intents = sorted({it.intent for it in questions})
        self._pages = {intent: page for page, intent in enumerate(self._intents)}
        self._asked = {it.text: it.intent for it in questions}

    def answer(self, question: str) -> str:
        """The page on what is asked for."""
        intent = self._asked[question]
        topic = intent.split("/")[1].replace("_", " ")
        page = prose.write(topic, _PARAGRAPH, seeded(0, intent.encode()))
        hello, goodbye = seeded(0, question.encode()).choice(_WORDINGS)
        return f"{hello}{page} See page {self._pages[intent]} of the handbook, {topic}.{goodbye}"

    def intent(self, answer: str) -> str | None:
        """What an answer is about; `None` where it is no page."""
        found = _PAGE.search(answer)
        return self._intents[int(found[1])] if found else None
