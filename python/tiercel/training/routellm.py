"""RouteLLM's questions, `routing/routellm` of the data folder (Apache-2.0), and how a weak and a strong model did.

They are for judging alone. RouteLLM leaves out the questions that its own routers learned from; they are marked.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from dataclasses import dataclass
from statistics import mean
from typing import TYPE_CHECKING, Any, TypeVar

from tiercel.errors import TiercelError
from tiercel.training.packed import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

WEAK = "mistralai/Mixtral-8x7B-Instruct-v0.1"
STRONG = "gpt-4-1106-preview"

Taken = TypeVar("Taken")

# Characters of a line of JSON; the longest, a judgement, has 20,000. Fields of CSV are bounded by its module.
_MAX_LINE = 1_000_000


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and what the weak and the strong model's answers are worth.

    Attributes:
        weak, strong: 1 or 0 for right or wrong; on MT-Bench the mean of the judge's marks for two turns, 1 to 10.
        is_contaminated: RouteLLM's routers learned from it, so its own figures are without it.
    """

    text: str
    weak: float
    strong: float
    is_contaminated: bool


def read(data: Path) -> dict[str, list[Question]]:
    """MT-Bench, MMLU and GSM8K. Of a conversation of MT-Bench, the first turn is what a router sees.

    Raises:
        TiercelError: A file is missing or wrong; with its line.
    """
    folder = data / "routing" / "routellm"
    mmlu = sorted((folder / "mmlu" / "responses").glob("*.csv.gz"))
    if not mmlu:
        raise TiercelError(f"there are no files {folder}/mmlu/responses/*.csv.gz")
    return {
        "MT-Bench": _mt_bench(folder / "mt_bench"),
        "MMLU": _marked(mmlu, folder / "mmlu"),
        "GSM8K": _marked([folder / "gsm8k" / "gsm8k_responses.csv.gz"], folder / "gsm8k"),
    }


def _mt_bench(folder: Path) -> list[Question]:
    contaminated = _contaminated(folder)
    marks: dict[tuple[int, str], list[float]] = defaultdict(list)
    for question, model, mark in _json(
        folder / "judgements.jsonl.gz", lambda it: (int(it["question_id"]), str(it["model"]), float(it["score"]))
    ):
        marks[question, model].append(mark)
    asked = _json(
        folder / "question.jsonl.gz", lambda it: (int(it["question_id"]), [str(turn) for turn in it["turns"]])
    )
    found = []
    for question, turns in asked:
        if not all(marks[question, model] for model in (WEAK, STRONG)):
            raise TiercelError(f"{folder}/judgements.jsonl.gz: question {question} is not judged for both models")
        weak, strong = (mean(marks[question, model]) for model in (WEAK, STRONG))
        found.append(Question(turns[0], weak, strong, not contaminated.isdisjoint(turns)))
    return found


def _marked(paths: Iterable[Path], folder: Path) -> list[Question]:
    """Of files with a line a question that say of each model whether it was right."""
    contaminated = _contaminated(folder)
    worth = {"True": 1.0, "False": 0.0}
    found = []
    for path in paths:
        with opened(path) as file:
            for number, row in enumerate(csv.DictReader(file), 1):
                try:
                    text, weak, strong = row["prompt"], worth[row[WEAK]], worth[row[STRONG]]
                except KeyError as error:
                    raise TiercelError(f"{path}: record {number}: {error} is no column, or no True or False") from None
                found.append(Question(text, weak, strong, text in contaminated))
    return found


def _contaminated(folder: Path) -> set[str]:
    return set(_json(folder / "contaminated_prompts.jsonl.gz", lambda it: str(it["eval_prompt"])))


def _json(path: Path, of: Callable[[Any], Taken]) -> list[Taken]:
    """What is taken of each line."""
    found = []
    with opened(path) as file:
        for number, line in enumerate(iter(lambda: file.readline(_MAX_LINE + 1), ""), 1):
            try:
                found.append(of(json.loads(line)))
            except (ValueError, TypeError, KeyError, IndexError) as error:
                raise TiercelError(f"{path}:{number}: this is no such record: {error!r}") from None
    return found
