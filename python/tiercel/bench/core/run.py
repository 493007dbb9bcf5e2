"""A run of the core's figures, beside the libraries that do a part of it."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from tiercel.bench.core import stages
from tiercel.bench.core.inputs import prompt
from tiercel.bench.core.timing import Stage, summary
from tiercel.bench.machine import load
from tiercel.bench.rows import OURS, Missing, Row, document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VOCABULARY = "TIKTOKEN_CACHE_DIR"
"""Where tiktoken looks for its vocabularies; without it, it would download them."""

NOTES = {
    OURS: "the core of this package, asked from Python",
    "tiktoken": "OpenAI's tokenizer, the vocabulary o200k_base",
    "hnswlib": "the library of HNSW's authors, one thread, the same links and width",
}

INSTALL = {
    "numpy": "pip install numpy",
    "hnswlib": "pip install hnswlib",
    "tiktoken": f"pip install tiktoken, and set {VOCABULARY} to a folder with its vocabulary (LiteLLM has one)",
}


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
    busy = load()
    rows: dict[str, Row] = {}
    made = []
    for stage in all_stages(scale):
        tell(f"filling caches and indexes: {stage.id}", 0)
        stage.check()
        made.append(stage)
        rows.setdefault(stage.id, Row(stage.id, stage.quantity))
        if stage.p99:
            rows[f"{stage.id} p99"] = Row(f"{stage.id} p99", stage.p99)
    n_turns = scale.n_rounds * len(made)
    for number in range(scale.n_rounds):
        first = number % len(made)
        for turn, stage in enumerate(made[first:] + made[:first], number * len(made)):
            tell(f"round {number + 1} of {scale.n_rounds}: {stage.id}, {stage.name}", turn / n_turns)
            middle, p99 = summary(stage.samples(scale.n_samples))
            rows[stage.id].samples.setdefault(stage.name, []).append(middle)
            if stage.p99:
                rows[f"{stage.id} p99"].samples.setdefault(stage.name, []).append(p99)
    absent = _absent()
    return document(
        list(rows.values()),
        n_rounds=scale.n_rounds,
        notes={name: note for name, note in NOTES.items() if name not in absent},
        missing=[Missing(name, INSTALL[name]) for name in absent],
        load=busy,
    )


def all_stages(scale: Scale) -> Iterator[Stage]:
    """Ours, and those of the libraries that are here."""
    absent = _absent()
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
        run = partial(encoding.encode_ordinary, prompt(n_bytes))
        yield Stage(f"tokens {n_bytes}", stages.tokens(n_bytes), "tiktoken", run)


def _absent() -> list[str]:
    """The libraries that are not here."""
    return [
        name
        for name in INSTALL
        if importlib.util.find_spec(name) is None or (name == "tiktoken" and VOCABULARY not in os.environ)
    ]
