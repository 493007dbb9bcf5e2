"""Learning from an operator's own log: JSON lines of a prompt and its label."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiercel._core import Fitted
from tiercel.errors import TiercelError
from tiercel.training.judge import accuracy, rows, sharpness
from tiercel.training.prompts import Learning, Prompt, guesses, split

if TYPE_CHECKING:
    from pathlib import Path

    from tiercel._core import Classifier

# Longest line, most prompts and most labels. The core has a column more than labels, for `p_cheap`.
_MAX_LINE = 4_000_000
_MAX_PROMPTS = 200_000
_MAX_LABELS = 15

# Characters that are kept of a prompt: more than the classifier looks at, and the end of a longer one.
_KEPT = 6_000

# Least prompts to judge by: of fewer, one more or less that is right decides.
_LEAST_HELD_OUT = 10

_HELD_OUT = 0.2
_TUNED = 0.15
_SEED = 1


@dataclass(frozen=True, slots=True)
class Retrained:
    """What was learned, and how it compares on prompts that were held out.

    Attributes:
        old: The share of these that the classifier before took rightly.
        new: The share that this one does.
        by_label: Of each label how many were held out, and of these how many the old and the new one took rightly.
    """

    classifier: Classifier
    n_learned: int
    n_held_out: int
    old: float
    new: float
    by_label: dict[str, tuple[int, int, int]]


def read(path: Path) -> list[Prompt]:
    """The prompts of a log.

    Raises:
        OSError: It cannot be read.
        TiercelError: A line is wrong, with its number; or there are too many prompts or labels, or too few labels.
    """
    prompts: list[Prompt] = []
    labels: set[str] = set()
    with path.open("rb") as lines:
        for number, line in enumerate(iter(lambda: lines.readline(_MAX_LINE + 1), b""), 1):
            if not line.strip():
                continue
            try:
                prompts.append(_prompt(line))
            except ValueError as error:
                raise TiercelError(f"{path}:{number}: {error}") from None
            labels.add(prompts[-1].task)
            if len(labels) > _MAX_LABELS:
                raise TiercelError(f"{path}:{number}: {prompts[-1].task!r} is one label more than {_MAX_LABELS}")
            if len(prompts) > _MAX_PROMPTS:
                raise TiercelError(f"{path}:{number}: there are more than {_MAX_PROMPTS:,} prompts; take a sample")
    if len(labels) < 2:
        raise TiercelError(f"{path}: there are prompts of {len(labels)} labels; it takes two to tell apart")
    return prompts


def retrain(prompts: list[Prompt], base: Classifier) -> Retrained:
    """Go on learning from what `base` knows, and judge both by prompts that were held out.

    Raises:
        TiercelError: There are too few prompts to judge by.
    """
    kept, held_out = split(prompts, _HELD_OUT, _SEED)
    if len(held_out) < _LEAST_HELD_OUT:
        raise TiercelError(
            f"of {len(prompts)} prompts {len(held_out)} would be held out; to judge by, it takes {_LEAST_HELD_OUT}"
            "\nhint: about 60 labelled prompts will do, a few of each label"
        )
    learned, tuned = split(kept, _TUNED, _SEED)
    labels = sorted({prompt.task for prompt in prompts})
    fitted = Learning().fit_tasks(learned, labels, base=Fitted.of(base, labels))
    scores = rows(fitted.scores([prompt.text for prompt in tuned]), len(labels))
    factor = sharpness(scores, [labels.index(prompt.task) for prompt in tuned]) if tuned else 1.0
    classifier = fitted.build(
        f"{len(learned)} prompts on {base.name}"[:64],
        labels,
        sharpness=factor,
        min_confidence=base.min_confidence,
        cheap=base,
    )
    truth = [prompt.task for prompt in held_out]
    old = [label for label, _ in guesses(base, held_out)]
    new = [label for label, _ in guesses(classifier, held_out)]
    right_old, right_new = (
        Counter(true for guess, true in zip(found, truth, strict=True) if guess == true) for found in (old, new)
    )
    sizes = Counter(truth)
    by_label = {label: (sizes[label], right_old[label], right_new[label]) for label in labels}
    return Retrained(classifier, len(learned), len(held_out), accuracy(old, truth), accuracy(new, truth), by_label)


def _prompt(line: bytes) -> Prompt:
    if len(line) > _MAX_LINE:
        raise ValueError(f"the line is longer than {_MAX_LINE:,} bytes")
    try:
        record = json.loads(line)
    except ValueError as error:
        raise ValueError(f"this is no JSON: {error}") from None
    if not isinstance(record, dict):
        raise ValueError('this is no object such as {"prompt": "...", "label": "..."}')  # noqa: TRY004 - as the others
    text = _field(record, "prompt", "text")
    label = _field(record, "label", "task")
    if len(label.encode()) > 64:
        raise ValueError("the label is longer than 64 bytes")
    return Prompt(text if len(text) <= _KEPT else text[: _KEPT // 2] + text[-_KEPT // 2 :], label)


def _field(record: dict[str, object], name: str, other: str) -> str:
    """The text of a field that has one of two names."""
    value = record.get(name, record.get(other))
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"`{name}` (or `{other}`) must be a text that is not empty")
    return value
