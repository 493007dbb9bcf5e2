"""The questions of the simulated month: none that the classifier learned from, or was chosen by.

Half of the month is people's own prompts, as they come. There are only a thousand of these that nothing was chosen by,
of which few are short commands or puzzles; so the other half is of public sets that were left out of training for their
terms, each task as often as any other. Records of sets that training did see are left out, even those it did not take:
what is like them is known too well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiercel.errors import TiercelError
from tiercel.training import public

if TYPE_CHECKING:
    from pathlib import Path

NATURAL = "natural"
TEMPLATE = "template"


@dataclass(frozen=True, slots=True)
class Question:
    """A text, its task, and whether it is a person's own or made by a template."""

    text: str
    task: str
    kind: str


def read(data: Path) -> list[Question]:
    """The questions of the data folder that may be judged by.

    Raises:
        TiercelError: There are none, or the file is wrong; with its line.
    """
    records = public.records(data)
    natural = public.unseen_natural(records)
    templates = [it for it in records if it["source"] == public.TEMPLATES and not public.may_train(it)]
    chosen = set(map(id, natural + templates))
    seen = {it["text"] for it in records if id(it) not in chosen}
    found = [
        Question(it["text"], it["task"], kind)
        for kind, those in ((NATURAL, natural), (TEMPLATE, templates))
        for it in those
        if it["text"] not in seen
    ]
    if not found:
        raise TiercelError(
            f"{public.path(data)}: the classifier was trained on all of its sources, so nothing can be judged by it"
            f"\nhint: it takes records of the source {public.NATURAL!r}, or of sets of {public.TEMPLATES!r} left out"
        )
    return found
