"""The weights that ship, from the data folder. The same data give the same weights."""

from __future__ import annotations

import random
from dataclasses import dataclass
from statistics import mean
from typing import TYPE_CHECKING

from tiercel.training import natural, outcomes, public
from tiercel.training.judge import platt, rows, sharpness
from tiercel.training.prompts import TASKS, Learning, Prompt

if TYPE_CHECKING:
    from pathlib import Path

    from tiercel._core import Classifier, Fitted
    from tiercel.training.outcomes import Outcome

NAME = "tiercel-2026.11"

# Public prompts count this much beside the natural ones, of which each counts 1: they are many, but few in kind.
_PUBLIC_MASS = 50.0

# Below it more guesses on natural prompts are wrong than right.
_MIN_CONFIDENCE = 0.3

# Of questions, more passes learn the questions themselves.
_OUTCOMES = Learning(n_epochs=3, rate=0.02, decay=1e-3, dropout=0.3)

_N_FOLDS = 4

# Questions of a collection that calibration takes.
_MOST_JUDGED = 1_500

_SEED = 1


@dataclass(frozen=True, slots=True)
class Material:
    """What is learned from."""

    written: list[Prompt]
    passages: list[str]
    public: list[Prompt]
    outcomes: list[Outcome]

    @classmethod
    def read(cls, data: Path) -> Material:
        """Everything that may be trained on."""
        records = public.records(data)
        return cls(
            natural.natural_prompts(),
            public.passages(records, _SEED),
            public.prompts(records, _PUBLIC_MASS, _SEED),
            outcomes.to_learn(data),
        )

    def fit(self, without: str = "") -> Fitted:
        """Weights of the tasks, learned from all sources but one."""
        return self._fit(self.written if without != "natural" else [], without)

    def _fit(self, written: list[Prompt], without: str = "") -> Fitted:
        varied = natural.varied(written, self.passages, _SEED)
        return Learning().fit_tasks([*varied, *(it for it in self.public if it.source != without)], TASKS)

    def sharpness(self) -> float:
        """What makes confidences true, on natural prompts none of whose variations was learned from."""
        order = self.written.copy()
        random.Random(_SEED).shuffle(order)  # noqa: S311 - weights that anyone can make again
        scores: list[tuple[float, ...]] = []
        truth: list[int] = []
        for fold in range(_N_FOLDS):
            fitted = self._fit([it for number, it in enumerate(order) if number % _N_FOLDS != fold])
            held_out = natural.varied(order[fold::_N_FOLDS], self.passages, _SEED)
            scores += rows(fitted.scores([it.text for it in held_out]), len(TASKS))
            truth += [TASKS.index(it.task) for it in held_out]
        return sharpness(scores, truth)

    def fit_outcomes(self, without: str = "") -> Fitted:
        """Two columns: a cheap model's answer will not do, it will."""
        found = [it for it in self.outcomes if it.source != without]
        targets = [(1 - it.right, it.right) for it in found]
        sizes = {source: sum(it.source == source for it in found) for source in {it.source for it in found}}
        weights = [len(found) / len(sizes) / sizes[it.source] for it in found]
        return _OUTCOMES.fit([it.text for it in found], targets, weights)

    def platt(self) -> tuple[float, float]:
        """Slope and offset of `p_cheap`, from the scores of every collection by weights that never saw it.

        Scores are counted from their collection's mean: how hard one is beside another, its questions do not say.
        """
        scores: list[float] = []
        truth: list[float] = []
        for source in sorted({it.source for it in self.outcomes}):
            held_out = [it for it in self.outcomes if it.source == source][:_MOST_JUDGED]
            found = cheap_scores(self.fit_outcomes(without=source), held_out)
            scores += [score - mean(found) for score in found]
            truth += [it.right for it in held_out]
        return platt(scores, truth)


def cheap_scores(fitted: Fitted, questions: list[Outcome]) -> list[float]:
    """How much speaks for a cheap model."""
    return [does - does_not for does_not, does in rows(fitted.scores([it.text for it in questions]), 2)]


def make(material: Material) -> Classifier:
    """The classifier that ships."""
    slope, offset = material.platt()
    cheap = material.fit_outcomes()
    middle = mean(cheap_scores(cheap, material.outcomes))
    return material.fit().build(
        NAME,
        TASKS,
        sharpness=material.sharpness(),
        min_confidence=_MIN_CONFIDENCE,
        cheap=cheap,
        slope=slope,
        offset=offset - slope * middle,
    )
