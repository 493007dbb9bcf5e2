"""A run of the core's figures, beside the libraries that do a part of it."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from tiercel.bench.core import stages
from tiercel.bench.core.inputs import prompt
from tiercel.bench.core.timing import Stage, summary
from tiercel.bench.rows import OURS, Missing, Row, document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VOCABULARY = "TIKTOKEN_CACHE_DIR"
"""Where tiktoken looks for its vocabularies; without it, it would download them."""


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    n_rounds: int
    n_samples: int
    """Of a stage in a round."""
    n_short: int
    """Questions in the cache of the short prompt, and embeddings in the smaller index."""
    n_long: int


FULL = Scale(n_rounds=5, n_samples=2_000, n_short=10_000, n_long=100_000)
QUICK = Scale(n_rounds=1, n_samples=100, n_short=100, n_long=200)


def run(scale: Scale, tell: Callable[[str, float], None]) -> dict[str, Any]:
    """Measures; `tell` is told what is done next, and which part of all is done.

    Returns:
        What `rows.document` gives.

    Raises:
        TiercelError: A stage does not do what is to be measured.
    """
    missing = _missing()
    absent = {each.name for each in missing}
    measured = []
    for stage in _stages(scale, absent):
        tell(f"making {stage.id}", 0)
        stage.check()
        measured.append(stage)
    rows: dict[str, Row] = {}
    n_turns = scale.n_rounds * len(measured)
    for number in range(scale.n_rounds):
        first = number % len(measured)
        for turn, stage in enumerate(measured[first:] + measured[:first], number * len(measured)):
            tell(f"round {number + 1} of {scale.n_rounds}: {stage.id}, {stage.name}", turn / n_turns)
            middle, p99 = summary(stage.samples(scale.n_samples))
            _row(rows, stage).samples.setdefault(stage.name, []).append(middle)
            if stage.with_p99:
                beside = replace(stage, id=f"{stage.id} p99", quantity=stage.with_p99)
                _row(rows, beside).samples.setdefault(stage.name, []).append(p99)
    # In the order in which they were made, whichever round began with which.
    order = [key for stage in measured for key in (stage.id, f"{stage.id} p99") if key in rows]
    notes = {OURS: "the core of this package, asked from Python"} | {
        name: note for name, note in NOTES.items() if name not in absent
    }
    return document([rows[key] for key in dict.fromkeys(order)], n_rounds=scale.n_rounds, notes=notes, missing=missing)


NOTES = {
    "tiktoken": "OpenAI's tokenizer, the vocabulary o200k_base",
    "hnswlib": "the library of HNSW's authors, one thread, the same links and width",
}


def _row(rows: dict[str, Row], stage: Stage) -> Row:
    return rows.setdefault(stage.id, Row(stage.id, stage.quantity))


def _stages(scale: Scale, absent: set[str]) -> Iterator[Stage]:
    yield from stages.opening(scale.n_short, scale.n_long)
    yield from stages.calls()
    yield from stages.models()
    if "tiktoken" not in absent:
        yield from _tiktoken()
    if "numpy" not in absent:
        from tiercel.bench.core import nearest  # noqa: PLC0415 - only it needs numpy

        for n_entries in (scale.n_short, scale.n_long):
            yield from nearest.stages(n_entries, with_peer="hnswlib" not in absent)


def _tiktoken() -> Iterator[Stage]:
    import tiktoken  # noqa: PLC0415 - only where it is installed

    encoding = tiktoken.get_encoding("o200k_base")
    for n_bytes in (stages.SHORT, stages.LONG):
        text = prompt(n_bytes)
        yield Stage(
            f"tokens {n_bytes}",
            stages.tokens(n_bytes),
            "tiktoken",
            partial(encoding.encode_ordinary, text),
        )


def _missing() -> list[Missing]:
    install = {
        "numpy": "pip install numpy",
        "hnswlib": "pip install hnswlib",
        "tiktoken": f"pip install tiktoken, and set {VOCABULARY} to a folder with its vocabulary (LiteLLM has one)",
    }
    absent = {name for name in install if importlib.util.find_spec(name) is None}
    if VOCABULARY not in os.environ:
        absent.add("tiktoken")
    return [Missing(name, install[name]) for name in install if name in absent]
