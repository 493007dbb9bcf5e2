"""Public prompts with tasks, `tasks/prompts.jsonl.gz` of the data folder, and which of them may be trained on."""

from __future__ import annotations

import gzip
import json
import random
import re
from typing import TYPE_CHECKING, Any

from tiercel.training.prompts import Prompt, balanced

if TYPE_CHECKING:
    from pathlib import Path

# Sets behind the P3 templates whose terms allow weights to be shipped, as far as is known, by how their groups begin.
# The others' texts are under terms of a forum, a shop or a newspaper, for research only, or nobody says: they are left
# out although their records are marked permissive, since the mark is about the templates. Whom to name, and what is
# held of those that are share-alike, is in `docs/models/classifier.md`, "Licences".
P3_SETS = {
    "adversarial": "CC BY-SA 4.0",
    "common": "MIT",
    "commonsense": "MIT",
    "cosmos": "CC BY 4.0",
    "dbpedia": "CC BY-SA 3.0",
    "duorc": "MIT",
    "kilt": "MIT, of HotpotQA CC BY-SA 4.0",
    "paws": "free for any purpose",
    "quarel": "CC BY 4.0",
    "quartz": "CC BY 4.0",
    "quoref": "CC BY 4.0",
    "ropes": "CC BY 4.0",
    "social": "CC BY 4.0",
    "wiki": "CC BY-SA 3.0",
}

# Most prompts of a group that are taken. A template or a question's form is learned from few.
_MOST = {"t0_p3": 30, "llmrouter_uiuc": 150, "bbh": 100, "mmlu": 30, "clinc150": 50}
_MOST_ELSEWHERE = 750

# Sets with passages of several sentences.
_PASSAGES = {"adversarial", "cosmos", "duorc", "quoref", "ropes", "wiki"}
_N_PASSAGES = 3_000

Record = dict[str, Any]


def records(data: Path) -> list[Record]:
    """Every record, whether or not it may be trained on."""
    with gzip.open(data / "tasks" / "prompts.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line in lines]


def may_train(record: Record) -> bool:
    """Whether weights that ship may be trained on the record."""
    return record["permissive"] and (record["source"] != "t0_p3" or _p3_set(record) in P3_SETS)


def prompts(found: list[Record], mass: float, seed: int) -> list[Prompt]:
    """Some prompts of every group that may be trained on; tasks and sources count the same."""
    rng = random.Random(seed)  # noqa: S311 - weights that anyone can make again
    groups: dict[tuple[str, str, str], list[str]] = {}
    for record in filter(may_train, found):
        groups.setdefault((record["source"], record["group"], record["task"]), []).append(record["text"])
    taken = []
    for (source, _, task), texts in groups.items():
        most = min(_MOST.get(source, _MOST_ELSEWHERE), len(texts))
        taken += [Prompt(text, task, source) for text in rng.sample(texts, most)]
    return balanced(taken, mass)


def passages(found: list[Record], seed: int) -> list[str]:
    """Paragraphs to put into prompts about a text."""
    rng = random.Random(seed)  # noqa: S311 - as above
    longest = []
    for record in filter(may_train, found):
        if record["source"] == "t0_p3" and _p3_set(record) in _PASSAGES:
            paragraphs = [part for part in re.split(r"\n+", record["text"]) if len(part) > 200]
            longest += [max(paragraphs, key=len)] if paragraphs else []
    return rng.sample(longest, min(_N_PASSAGES, len(longest)))


def _p3_set(record: Record) -> str:
    return str(record["group"].split(":")[1])
