"""The report: for each set, the classifier's order beside chance, hindsight and what RouteLLM published."""

from __future__ import annotations

import platform
import tomllib
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from tiercel import __version__
from tiercel.bench.machine import machine
from tiercel.bench.routellm.curve import at_random, compare
from tiercel.classifier import Classifier
from tiercel.errors import TiercelError
from tiercel.training import outcomes, routellm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from tiercel.bench.routellm.curve import Measured
    from tiercel.training.routellm import Question

ASSUMPTIONS = (
    "The weak model is Mixtral 8x7B, the strong one GPT-4 (1106); what their answers are worth is RouteLLM's record.",
    "Questions that RouteLLM's own routers learned from are left out, as RouteLLM leaves them out.",
    "Tiercel asks the strong model where `p_cheap` of the shipped weights is lowest, whichever two models these are.",
    "Cost is the share of questions that the strong model gets, whatever an answer costs.",
    "Intervals hold 95 % of 1,000 resamplings of the questions; those of chance, of 1,000 orders of these questions.",
    "A gain is by how much APGR exceeds that of the longest question first, on the same questions and resamples.",
    "RouteLLM's rows are as published, without intervals; its routers learned from preferences between such models.",
)

LICENCES = {
    "RouteLLM's results": "Apache-2.0, github.com/lm-sys/RouteLLM",
    "MT-Bench": "Apache-2.0",
    "MMLU": "MIT",
    "GSM8K": "MIT",
}

# What was decided by looking at a set, beside what was learned from it, which is found by comparing the questions.
_CHOSEN_BY = {
    "MMLU": "what `p_cheap` learns was chosen among three things by results on these questions",
    "GSM8K": "what `p_cheap` learns was chosen among three things, with results on these questions at hand",
}
# So few questions that intervals are wider than what routers differ by.
_FEW = 300


@dataclass(frozen=True, slots=True)
class _Order:
    """A way to order questions, and why it is or is not evidence."""

    name: str
    standing: str
    measured: Measured


def run(data: Path, seed: int, track: Callable[[Sequence[str], str], Iterable[str]]) -> dict[str, Any]:
    """The whole report, as JSON can hold it. Equal seeds give equal reports. `track` shows how many sets are through.

    Raises:
        TiercelError: A file of the data is missing or wrong.
    """
    classifier = Classifier()
    learned = outcomes.Learned(it.text for it in outcomes.to_learn(data))
    published = tomllib.loads((files("tiercel.bench.routellm") / "published.toml").read_text("utf-8"))
    sets = {}
    read = routellm.read(data)
    for name in track(list(read), "resampling"):
        asked = [it for it in read[name] if not it.is_contaminated]
        weak, strong = (
            sum(worth) / max(1, len(asked)) for worth in ((it.weak for it in asked), (it.strong for it in asked))
        )
        if strong <= weak:
            raise TiercelError(f"{name}: the strong model is no better than the weak one, so there is nothing to route")
        sets[name] = {
            "n_questions": len(asked),
            "n_left_out": len(read[name]) - len(asked),
            "n_learned": sum(learned.has(it.text) for it in asked),
            "weak": weak,
            "strong": strong,
            "orders": [asdict(it) for it in _orders(name, asked, classifier, learned, seed)],
            "published": [
                {"router": router, "learned_from": source, "cpt_50": half / 100, "cpt_80": most / 100, "apgr": apgr}
                for source, routers in published[name].items()
                for router, (half, most, apgr) in routers.items()
            ],
        }
    return {
        "seed": seed,
        "versions": {"tiercel": __version__, "classifier": classifier.name, "python": platform.python_version()},
        "machine": machine(),
        "models": {"weak": routellm.WEAK, "strong": routellm.STRONG},
        "source": published["source"],
        "licences": LICENCES,
        "assumptions": ASSUMPTIONS,
        "sets": sets,
    }


def _orders(
    name: str, asked: Sequence[Question], classifier: Classifier, learned: outcomes.Learned, seed: int
) -> Iterator[_Order]:
    scores = {it.text: -classifier.p_cheap(it.text) for it in asked}
    unseen = [it for it in asked if not learned.has(it.text)]
    n_learned = len(asked) - len(unseen)

    def measured(those: Sequence[Question]) -> dict[str, Measured]:
        orders: dict[str, list[float]] = {
            "tiercel": [scores[it.text] for it in those],
            "hindsight": [it.strong - it.weak for it in those],
            "longest first": [len(it.text) for it in those],
        }
        return compare(those, orders, seed)

    found = measured(asked)
    yield _Order("tiercel", _standing(name, len(asked), n_learned), found["tiercel"])
    part = measured(unseen) if n_learned else {}
    if part:
        yield _Order("tiercel, questions not learned from", _standing(name, len(unseen), 0), part["tiercel"])
    yield _Order("longest first", "nothing was learned", found["longest first"])
    yield _Order("chance", "nothing was learned", at_random(asked, seed))
    yield _Order("hindsight", "knows the answers", found["hindsight"])


def _standing(name: str, n: int, n_learned: int) -> str:
    """Whether a row is evidence, and why not."""
    if n_learned:
        return f"no evidence: {n_learned:,} of {n:,} were learned from"
    doubts = [_CHOSEN_BY[name]] if name in _CHOSEN_BY else []
    doubts += [f"{n} questions tell little"] if n < _FEW else []
    return "; ".join(["none was learned from", *doubts])
