"""The tables of `docs/models/classifier.md`, and its picture."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from tiercel.training import outcomes, public
from tiercel.training.judge import accuracy, auc, bins, calibration_error, interval, rows
from tiercel.training.picture import Panel, draw
from tiercel.training.prompts import TASKS, Prompt, coarse, guesses
from tiercel.training.shipped import cheap_scores

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from tiercel._core import Classifier
    from tiercel.training.shipped import Material

_SEED = 5

# Most prompts of a source that a left-out source is judged by.
_MOST = 1_000

# Of confidences: what is below the first edge is rare.
_EDGES = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01)


def report(material: Material, classifier: Classifier, data: Path) -> Iterator[str]:
    """Every table, as Markdown."""
    records = public.records(data)
    natural = _natural(records)
    yield from _headline(classifier, natural)
    yield from _by_confidence(classifier, natural)
    yield from _confusion(classifier, natural)
    yield from _left_out(material, records)
    yield from _cheap(classifier, outcomes.to_judge(data))
    yield from _cheap_left_out(material)
    yield from _sources(material)


def picture(classifier: Classifier, data: Path) -> str:
    """The reliability of confidence and of `p_cheap`, by the bins of the tables, as SVG."""
    natural = _natural(public.records(data))
    found = guesses(classifier, natural)
    confident = []
    for low, high in pairwise(_EDGES):
        those = [(sure, task == it.task) for (task, sure), it in zip(found, natural, strict=True) if low <= sure < high]
        if those:
            confident.append((*(sum(column) / len(those) for column in zip(*those, strict=True)), len(those)))
    judged = outcomes.to_judge(data)
    cheap = _reliability(classifier, judged)
    return draw(
        [
            Panel(
                f"Which of 12 tasks, {len(natural):,} natural prompts", "confidence", "share that was right", confident
            ),
            Panel(
                f"Will a cheap answer do, {len(judged):,} questions",
                "p_cheap",
                "share that a cheap model got right",
                cheap,
            ),
        ]
    )


def _natural(records: list[public.Record]) -> list[Prompt]:
    return [Prompt(it["text"], it["task"], it["source"]) for it in public.unseen_natural(records)]


def _headline(classifier: Classifier, natural: Sequence[Prompt]) -> Iterator[str]:
    yield "### Natural prompts that nothing was learned from or chosen by\n"
    found = [task for task, _ in guesses(classifier, natural)]
    truth = [it.task for it in natural]
    table = []
    for name, guessed, true in (
        ("5 classes", [coarse(it) for it in found], [coarse(it) for it in truth]),
        ("12 classes", found, truth),
    ):
        share = accuracy(guessed, true)
        low, high = interval(share, len(true))
        most = Counter(true).most_common(1)[0][1] / len(true)
        table.append((name, len(true), f"{share:.3f}", f"{low:.3f} - {high:.3f}", f"{most:.3f}"))
    yield from markdown(("", "prompts", "right", "95 % interval", "always the commonest"), table)


def _by_confidence(classifier: Classifier, natural: Sequence[Prompt]) -> Iterator[str]:
    yield "### By confidence\n"
    found = guesses(classifier, natural)
    table = []
    for low, high in pairwise(_EDGES):
        those = [
            (task, it.task) for (task, confidence), it in zip(found, natural, strict=True) if low <= confidence < high
        ]
        right = accuracy([it for it, _ in those], [it for _, it in those])
        in_five = accuracy([coarse(it) for it, _ in those], [coarse(it) for _, it in those])
        table.append((f"{low:.1f} - {min(high, 1.0):.1f}", len(those), f"{right:.2f}", f"{in_five:.2f}"))
    yield from markdown(("confidence", "prompts", "right of 12", "right of 5"), table)
    is_right = [float(task == it.task) for (task, _), it in zip(found, natural, strict=True)]
    error = calibration_error([confidence for _, confidence in found], is_right)
    yield f"Mean distance between confidence and accuracy: {error:.3f}.\n"


def _confusion(classifier: Classifier, natural: Sequence[Prompt]) -> Iterator[str]:
    yield "### What is taken for what\n"
    counts = Counter((it.task, task) for it, (task, _) in zip(natural, guesses(classifier, natural), strict=True))
    table = []
    for true in TASKS:
        row = [counts[true, task] for task in TASKS]
        table.append((true, *row, f"{counts[true, true] / max(1, sum(row)):.2f}"))
    yield from markdown(("is \\ taken for", *TASKS, "found"), table)


def _left_out(material: Material, records: list[public.Record]) -> Iterator[str]:
    yield "### Each source by weights that never saw it\n"
    table = []
    rng = random.Random(_SEED)  # noqa: S311 - a choice that anyone can make again
    for source in sorted({it.source for it in material.public}):
        found = [
            Prompt(it["text"], it["task"], source) for it in records if it["source"] == source and public.may_train(it)
        ]
        held_out = rng.sample(found, min(_MOST, len(found)))
        fitted = material.fit(without=source)
        scores = rows(fitted.scores([it.text for it in held_out]), len(TASKS))
        guessed = [TASKS[max(range(len(TASKS)), key=row.__getitem__)] for row in scores]
        truth = [it.task for it in held_out]
        in_five = accuracy([coarse(it) for it in guessed], [coarse(it) for it in truth])
        wrong = Counter(it for it, true in zip(guessed, truth, strict=True) if it != true).most_common(2)
        most = ", ".join(f"{task} {n}" for task, n in wrong)
        table.append((source, len(truth), f"{accuracy(guessed, truth):.3f}", f"{in_five:.3f}", most))
    yield from markdown(("source left out", "prompts", "right of 12", "right of 5", "mostly taken wrongly for"), table)


def _cheap(classifier: Classifier, judged: Sequence[outcomes.Outcome]) -> Iterator[str]:
    yield "### `p_cheap` on RouteLLM's questions, none of which was learned from\n"
    table = []
    for source in sorted({it.source for it in judged}):
        those = [it for it in judged if it.source == source]
        said = [classifier.classify(it.text).p_cheap for it in those]
        right, suffices = [it.right for it in those], [it.suffices for it in those]
        table.append((
            source, len(those), f"{auc(said, right):.3f}", f"{auc(said, suffices):.3f}",
            f"{sum(said) / len(said):.3f}", f"{sum(right) / len(right):.3f}", f"{calibration_error(said, right):.3f}",
        ))  # fmt: skip
    header = ("questions", "number", "AUC right", "AUC no worse than GPT-4", "said", "was", "mean distance")
    yield from markdown(header, table)
    reliability = _reliability(classifier, judged)
    yield from markdown(("said", "was right", "questions"), [(f"{p:.2f}", f"{t:.2f}", n) for p, t, n in reliability])


def _reliability(classifier: Classifier, judged: Sequence[outcomes.Outcome]) -> list[tuple[float, float, int]]:
    return bins([classifier.classify(it.text).p_cheap for it in judged], [it.right for it in judged], 10)


def _cheap_left_out(material: Material) -> Iterator[str]:
    yield "### `p_cheap`, each collection by weights that never saw it\n"
    table = []
    for source in sorted({it.source for it in material.outcomes}):
        held_out = [it for it in material.outcomes if it.source == source]
        scores = cheap_scores(material.fit_outcomes(without=source), held_out)
        middle = sorted(it.right for it in held_out)[len(held_out) // 2]
        truth = [float(it.right >= middle) for it in held_out]
        mean = sum(it.right for it in held_out) / len(held_out)
        table.append((source, len(held_out), f"{mean:.3f}", f"{auc(scores, truth):.3f}"))
    yield from markdown(
        ("collection left out", "questions", "mean score of cheap models", "AUC above their median"), table
    )


def _sources(material: Material) -> Iterator[str]:
    yield "### What was learned from\n"
    counts = Counter((it.source, it.task) for it in [*material.written, *material.public])
    table = []
    for source in sorted({source for source, _ in counts}):
        tasks = {task: n for (it, task), n in counts.items() if it == source}
        table.append((source, sum(tasks.values()), ", ".join(f"{task} {tasks[task]}" for task in sorted(tasks))))
    yield from markdown(("source", "prompts", "tasks"), table)


def markdown(header: Sequence[object], table: Iterable[Sequence[object]]) -> Iterator[str]:
    """A table as Markdown has them."""
    yield "| " + " | ".join(map(str, header)) + " |"
    yield "|" + "---|" * len(header)
    for row in table:
        yield "| " + " | ".join(map(str, row)) + " |"
    yield ""
