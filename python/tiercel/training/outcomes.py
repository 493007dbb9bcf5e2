"""Public results of several models on the same questions, `routing/` of the data folder: when a cheap model will do.

What is learned is the mean score of the cheap models. That they score no worse than dear ones, or how much worse, is
nearer to what is asked, but carries over less from one collection to another: for Mixtral being no worse than GPT-4 on
RouteLLM's MMLU, the areas under the curve are .53 and .55, and .59 by the mean score. RouteLLM's files are for judging
alone; but LLMRouter has two hundred of GSM8K's test questions, by way of MGSM, so judges leave out what was `Learned`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tiercel.training import routellm
from tiercel.training.packed import opened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

# The cheap models of each collection.
_UIUC = ("llama-3.1-8b-instruct", "gemma-2-9b-it", "qwen2.5-7b-instruct", "mistral-7b-instruct-v0.3")
_MMLU_PRO = ("Meta-Llama-3_1-8B-Instruct", "Mixtral-8x7B-Instruct-v0.1", "gemini-1.5-flash-002")
_ZEROEVAL = ("gpt-4o-mini-2024-07-18", "gemini-1.5-flash", "Meta-Llama-3.1-8B-Instruct", "gemma-2-9b-it")
_PARETO = ("meta-llama/llama-3.1-8b-instruct",)

# Words in a run that two texts have in common only where one is of the other.
_RUN = 8


@dataclass(frozen=True, slots=True)
class Outcome:
    """A question, how right the answers of cheap models are, whether a dear one is no better, and where it is from."""

    text: str
    right: float
    source: str
    suffices: float = 0.0


class Learned:
    """Tells which questions were learned from, however they are laid out: by runs of eight words that both have.

    Runs are compared, not whole texts, as collections put choices and instructions around the same question.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._runs = {run for text in texts for run in _runs(text)}

    def has(self, text: str) -> bool:
        """Whether four in five of the question's runs are in what was learned from; its choices may be others."""
        runs = _runs(text.split("\nA. ", maxsplit=1)[0])
        return sum(run in self._runs for run in runs) >= 0.8 * len(runs) > 0


def to_learn(data: Path) -> list[Outcome]:
    """Questions of four collections (MIT, Apache-2.0), without those that are MMLU's by their own word."""
    return [*_uiuc(data), *_mmlu_pro(data), *_zeroeval(data), *_pareto(data)]


def to_judge(data: Path) -> list[Outcome]:
    """RouteLLM's questions with a right answer, without those that were learned from: Mixtral 8x7B beside GPT-4."""
    learned = Learned(it.text for it in to_learn(data))
    found = routellm.read(data)
    return [
        Outcome(it.text, it.weak, f"routellm {name.lower()}", float(it.weak >= it.strong))
        for name in ("MMLU", "GSM8K")
        for it in found[name]
        if not learned.has(it.text)
    ]


def _runs(text: str) -> set[str]:
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[at : at + _RUN]) for at in range(max(1, len(words) - _RUN + 1))}


def _uiuc(data: Path) -> Iterator[Outcome]:
    with opened(data / "routing" / "llmrouter_uiuc" / "train.json.gz") as file:
        for record in json.load(file):
            yield Outcome(record["question"], _mean(record["scores"], _UIUC), "llmrouter_uiuc")


def _mmlu_pro(data: Path) -> Iterator[Outcome]:
    for record in _lines(data / "routing" / "mmlu_pro" / "mmlu_pro.jsonl.gz"):
        if record["src"].startswith("ori_mmlu"):
            continue
        options = "\n".join(
            f"{letter}. {option}" for letter, option in zip("ABCDEFGHIJ", record["options"], strict=False)
        )
        yield Outcome(f"{record['prompt']}\n{options}", _mean(record["correct"], _MMLU_PRO), "mmlu_pro")


def _zeroeval(data: Path) -> Iterator[Outcome]:
    for record in _lines(data / "routing" / "zeroeval" / "pool29.jsonl.gz"):
        if record["dataset"] != "gsm":
            yield Outcome(record["prompt"], _mean(record["correct"], _ZEROEVAL), f"zeroeval {record['dataset']}")


def _pareto(data: Path) -> Iterator[Outcome]:
    for name in ("val", "test"):
        for record in _lines(data / "routing" / "paretobandit" / f"{name}.jsonl.gz"):
            if not re.search("mmlu", record["source"]):
                scores = {model: arm["reward"] for model, arm in record["arms"].items()}
                yield Outcome(record["prompt"], _mean(scores, _PARETO), "paretobandit")


def _mean(scores: Mapping[str, float], models: Sequence[str]) -> float:
    found = [scores[model] for model in models if model in scores]
    return sum(found) / len(found)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with opened(path) as lines:
        for line in lines:
            yield json.loads(line)
