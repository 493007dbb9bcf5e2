"""Prompts as people write them, written for this project (`natural.jsonl`), and variations of them.

A handful of these teaches more than any number of templates. `{topic}`, `{code}` and `{passage}` stand for what is put
in, so that the instruction is learned and not what it is about; openings, closings, lower case and slips change nothing
of what is asked.
"""

from __future__ import annotations

import json
import random
import re
from importlib.resources import files
from typing import TYPE_CHECKING

from tiercel.training.prompts import Prompt

if TYPE_CHECKING:
    from collections.abc import Sequence

# Variations of each; 8 were a little worse.
N_VARIATIONS = 16


def natural_prompts() -> list[Prompt]:
    """The prompts as they were written, with what stands for something else."""
    lines = (files("tiercel.training") / "natural.jsonl").read_text().splitlines()
    return [Prompt(**json.loads(line), source="natural") for line in lines]


def varied(prompts: Sequence[Prompt], passages: Sequence[str], seed: int) -> list[Prompt]:
    """Each prompt in several variations, which together count as one."""
    rng = random.Random(seed)  # noqa: S311 - weights that anyone can make again
    variations = json.loads((files("tiercel.training") / "variations.json").read_text())
    made = []
    for prompt in prompts:
        for number in range(N_VARIATIONS):
            text = _filled(prompt.text, variations, passages, rng)
            text = _varied(text, variations, rng) if number else text
            made.append(Prompt(text, prompt.task, prompt.source, 1 / N_VARIATIONS))
    return made


def _filled(text: str, variations: dict[str, list[str]], passages: Sequence[str], rng: random.Random) -> str:
    one, other = rng.sample(variations["topics"], 2)
    text = text.replace("{topic}", one).replace("{topic2}", other).replace("{code}", rng.choice(variations["code"]))
    return re.sub(r"\{passage\}", lambda _: _excerpt(rng.choice(passages), rng), text) if passages else text


def _excerpt(passage: str, rng: random.Random) -> str:
    """One to ten sentences."""
    sentences = re.split(r"(?<=[.!?])\s+", passage)
    n_sentences = rng.randint(1, 10)
    start = rng.randrange(max(1, len(sentences) - n_sentences))
    return " ".join(sentences[start : start + n_sentences])[:2500]


def _varied(text: str, variations: dict[str, list[str]], rng: random.Random) -> str:
    if rng.random() < 0.35:
        opening = rng.choice(variations["openings"])
        goes_on = opening.endswith((", ", "lease "))
        text = opening + (text[:1].lower() + text[1:] if goes_on else text)
    if rng.random() < 0.35:
        text += rng.choice(variations["closings"])
    if rng.random() < 0.25:
        text = text.lower()
    if rng.random() < 0.2:
        text = text.rstrip(".?! ")
    if rng.random() < 0.12 and len(text) > 20:
        at = rng.randrange(1, len(text) - 2)
        text = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text
