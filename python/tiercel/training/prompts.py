"""Prompts with what they should be taken for."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiercel._core import Fitted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tiercel._core import Classifier

TASKS = (
    "knowledge_qa",
    "chat_command",
    "classification",
    "extraction",
    "context_qa",
    "summarization",
    "rewrite",
    "creative_writing",
    "open_ended",
    "reasoning",
    "math",
    "code",
)

# What a regular expression for request types can hope to tell apart: code, reasoning, writing, a fact, anything else.
COARSE = {
    "code": "code",
    "math": "reasoning",
    "reasoning": "reasoning",
    "creative_writing": "writing",
    "rewrite": "writing",
    "summarization": "writing",
    "knowledge_qa": "fact",
    "context_qa": "fact",
}


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text, its task, where it is from, and how much it counts in training."""

    text: str
    task: str
    source: str = ""
    weight: float = 1.0


def coarse(task: str | None) -> str:
    """The task among five."""
    return COARSE.get(task or "", "general")


@dataclass(frozen=True, slots=True)
class Learning:
    """How weights are learned; chosen on natural prompts that are not reported on."""

    n_epochs: int = 8
    rate: float = 0.05
    decay: float = 2e-4
    dropout: float = 0.4
    seed: int = 1

    def fit(
        self,
        texts: Sequence[str],
        targets: Sequence[Sequence[float]],
        weights: Sequence[float],
        base: Fitted | None = None,
    ) -> Fitted:
        """Weights for texts, of which each column is as likely as its target says."""
        return Fitted.learn(
            texts,
            targets,
            weights,
            n_epochs=self.n_epochs,
            rate=self.rate,
            decay=self.decay,
            dropout=self.dropout,
            seed=self.seed,
            base=base,
        )

    def fit_tasks(self, prompts: Sequence[Prompt], labels: Sequence[str], base: Fitted | None = None) -> Fitted:
        """Weights that tell the labels apart."""
        targets = {label: [float(label == other) for other in labels] for label in labels}
        mean = sum(prompt.weight for prompt in prompts) / len(prompts)
        texts = [prompt.text for prompt in prompts]
        weights = [prompt.weight / mean for prompt in prompts]
        return self.fit(texts, [targets[prompt.task] for prompt in prompts], weights, base)


def balanced(prompts: Iterable[Prompt], mass: float) -> list[Prompt]:
    """The prompts, weighted so that every task counts the same, and within it every source."""
    prompts = list(prompts)
    sizes = Counter((prompt.task, prompt.source) for prompt in prompts)
    n_sources = Counter(task for task, _ in sizes)
    share = mass / max(1, len(n_sources))
    return [
        Prompt(it.text, it.task, it.source, share / n_sources[it.task] / sizes[it.task, it.source]) for it in prompts
    ]


def split(prompts: Iterable[Prompt], share: float, seed: int) -> tuple[list[Prompt], list[Prompt]]:
    """The prompts in two parts, of which the second has `share` of each task. The same text is never in both."""
    by_task: dict[str, dict[str, list[Prompt]]] = {}
    for prompt in prompts:
        by_task.setdefault(prompt.task, {}).setdefault(" ".join(prompt.text.split()).lower(), []).append(prompt)
    rng = random.Random(seed)  # noqa: S311 - a split that anyone can make again
    kept: list[Prompt] = []
    held_out: list[Prompt] = []
    for task in sorted(by_task):
        texts = sorted(by_task[task])
        rng.shuffle(texts)
        n_held_out = round(share * len(texts))
        for number, text in enumerate(texts):
            (held_out if number < n_held_out else kept).extend(by_task[task][text])
    return kept, held_out


def guesses(classifier: Classifier, prompts: Iterable[Prompt]) -> list[tuple[str, float]]:
    """What each prompt is taken for, sure or not, and the confidence."""
    found = (classifier.classify(prompt.text).probabilities for prompt in prompts)
    return [max(probabilities, key=lambda it: it[1]) for probabilities in found]
