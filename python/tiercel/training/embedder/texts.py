"""What the embedder is trained on: sentences and questions whose licences allow weights to ship."""

from __future__ import annotations

import csv
import gzip
import json
import random
import re
from typing import TYPE_CHECKING

from tiercel.training import public

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Shorter ones say nothing; longer ones are no questions that somebody repeats.
SHORTEST, LONGEST = 6, 200

# All questions, and of 162,000 other sentences some: the teacher is slow.
MOST = 69_632

# One intent in so many is never trained on: reports are made on these.
_HELD_OUT = 5

_END = re.compile(r"(?<=[.?!])\s+|\n+")


def intents(data: Path) -> dict[str, list[str]]:
    """The questions of each intent of Banking77 and CLINC150, as `set/intent`."""
    found: dict[str, list[str]] = {}
    with (data / "cache" / "banking77_train.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            found.setdefault(f"banking77/{row['category']}", []).append(row["text"].strip())
    with gzip.open(data / "cache" / "clinc150_train.jsonl.gz", "rt") as lines:
        for record in map(json.loads, lines):
            found.setdefault(f"clinc150/{record['intent']}", []).append(record["text"])
    return found


def held_out(data: Path) -> dict[str, list[str]]:
    """The intents none of whose questions is trained on."""
    found = intents(data)
    return {name: found[name] for name in sorted(found)[::_HELD_OUT]}


def texts(data: Path, seed: int) -> list[str]:
    """At most `MOST` different texts: all questions, and as many other sentences as there is room for."""
    never = {_key(text) for questions in held_out(data).values() for text in questions}
    asked: dict[str, str] = {}
    told: dict[str, str] = {}
    for sentence in _sentences(data):
        if SHORTEST <= len(sentence) <= LONGEST and (key := _key(sentence)) and key not in never:
            (asked if sentence.endswith("?") else told).setdefault(key, sentence)
    for questions in intents(data).values():
        asked.update((key, text) for text in questions if (key := _key(text)) not in never)
    rng = random.Random(seed)  # noqa: S311 - weights that anyone can make again
    others = [text for key, text in told.items() if key not in asked]
    rng.shuffle(others)
    return [*asked.values(), *others][:MOST]


def _sentences(data: Path) -> Iterator[str]:
    for record in public.records(data):
        # CLINC150 is read with its intents instead, of which some are held out.
        if public.may_train(record) and record["source"] != "clinc150":
            yield from map(str.strip, _END.split(record["text"]))


def _key(text: str) -> str:
    """Texts with the same words are the same."""
    return " ".join(re.findall(r"\w+", text.lower()))
