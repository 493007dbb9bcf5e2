"""Questions to make pairs of, all of licences that let weights ship, and pairs that come as such."""

from __future__ import annotations

import csv
import gzip
import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tiercel.training import public
from tiercel.training.verifier import words

if TYPE_CHECKING:
    import random

# Sources of `tasks/prompts.jsonl.gz` that are learned from. Natural Questions is not: the verifier is judged by it.
_SOURCES = {"llmrouter_uiuc": 2_000, "mmlu": 800, "t0_p3": 1_500, "ifeval": 200}
_N_INTENTS = 3_000

# Length of a question that people repeat, in characters.
_LENGTHS = range(12, 140)

# Intents without anything to fill in, so that one answer serves all its questions. Most intents are broader than that.
SAME_ANSWER = frozenset(words.listed("intents of one answer"))


@dataclass(frozen=True)
class Question:
    """A question, where it is from, and its intent if it has one."""

    text: str
    source: str
    intent: str = ""


@dataclass(frozen=True)
class Pair:
    """Two questions, whether one answer serves both, what made the pair, and how much it counts."""

    asked: str
    stored: str
    same: bool
    origin: str
    weight: float = 1.0


def questions(data: Path, rng: random.Random) -> list[Question]:
    """Some of every source, in an order that depends on the seed alone."""
    found: list[Question] = []
    records = [record for record in public.records(data) if public.may_train(record)]
    for source, most in _SOURCES.items():
        of_source = (it["text"].strip() for it in records if it["source"] == source)
        texts = sorted({text for text in of_source if len(text) in _LENGTHS and "\n" not in text})
        found += [Question(text, source) for text in rng.sample(texts, min(most, len(texts)))]
    for of_intents in intents(data):
        found += rng.sample(of_intents, min(_N_INTENTS, len(of_intents)))
    return found


def intents(data: Path) -> tuple[list[Question], list[Question]]:
    """Banking77 (CC BY 4.0) and CLINC150 (CC BY 3.0)."""
    with (data / "cache" / "banking77_train.csv").open() as lines:
        banking = [Question(it["text"].strip(), "banking77", it["category"]) for it in csv.DictReader(lines)]
    with gzip.open(data / "cache" / "clinc150_train.jsonl.gz", "rt") as lines:
        records = [json.loads(line) for line in lines]
    return banking, [Question(it["text"], "clinc150", it["intent"]) for it in records if it["intent"] != "oos"]


def written(weight: float = 10.0) -> list[Pair]:
    """Pairs written for this project."""
    pairs = []
    for line in (Path(__file__).parent / "pairs.jsonl").read_text().splitlines():
        group = json.loads(line)
        same = itertools.combinations(group["same"], 2)
        pairs += [Pair(asked, stored, same=True, origin="written", weight=weight) for asked, stored in same]
        other = itertools.product(group["same"], group["other"])
        pairs += [Pair(asked, stored, same=False, origin="written other", weight=weight / 2) for asked, stored in other]
    return pairs
