"""The tables of `docs/models/embedder.md`: on texts of which none was learned from."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiercel.embedder import embed_by
from tiercel.training.embedder import teacher, texts
from tiercel.training.embedder.ships import bags_of
from tiercel.training.embedder.student import unit
from tiercel.training.judge import auc
from tiercel.training.report import markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tiercel._core import Embedder
    from tiercel.arrays import Floats
    from tiercel.training.embedder.ships import Made
    from tiercel.training.embedder.student import Integers

    Embed = Callable[[Sequence[str]], Floats]

# Quora's pairs that the teacher is asked about too, which is slow.
_N_PAIRS = 4_000

# Pairs of questions of held-out intents, half of them of one intent.
_N_DRAWN = 100_000

_WRONG = (0.01, 0.05)

_SEED = 1


@dataclass(frozen=True, slots=True)
class _Pairs:
    left: list[str]
    right: list[str]
    same: list[int]

    def first(self, n: int) -> _Pairs:
        return _Pairs(self.left[:n], self.right[:n], self.same[:n])


def report(made: Made, data: Path, kept: Path) -> Iterator[str]:
    """Every table, as Markdown."""
    embedders: dict[str, Embed] = {
        "what ships": lambda found: embed_by(made.embedder, found),
        "before it was rounded to bytes": lambda found: _by_table(made.embedder, made.vectors, found),
        "before it was trained": lambda found: _by_table(made.embedder, made.first, found),
        "the teacher": lambda found: teacher.vectors(found, kept),
    }
    yield f"Learned from {made.n_texts:,} texts; {len(made.vectors):,} pieces.\n"
    yield from _quora(embedders, _pairs(data))
    yield from _intents(embedders, texts.held_out(data))


def _quora(embedders: dict[str, Embed], pairs: _Pairs) -> Iterator[str]:
    yield "### Pairs of Quora's questions\n"
    yield from markdown(("embedder", "pairs", "AUC", *_found_at()), _quora_rows(embedders, pairs))


def _quora_rows(embedders: dict[str, Embed], pairs: _Pairs) -> Iterator[tuple[object, ...]]:
    sample = pairs.first(_N_PAIRS)
    for name, of, embed in [
        ("what ships", pairs, embedders["what ships"]),
        *((name, sample, embed) for name, embed in embedders.items()),
    ]:
        both = embed([text for pair in zip(of.left, of.right, strict=True) for text in pair])
        cosines = np.sum(both[::2] * both[1::2], axis=1)
        yield (name, len(of.same), *_ordered(cosines, np.array(of.same)))


def _intents(embedders: dict[str, Embed], intents: dict[str, list[str]]) -> Iterator[str]:
    questions = [text for found in intents.values() for text in found]
    intent = np.repeat(np.arange(len(intents)), [len(found) for found in intents.values()])
    left, right = _drawn(intent)
    yield f"### {len(questions):,} questions of {len(intents)} intents of Banking77 and CLINC150\n"
    header = ("embedder", "AUC", *_found_at(), "nearest is right", *(f"hits, {wrong:.0%} wrong" for wrong in _WRONG))
    rows = []
    for name, embed in embedders.items():
        found = embed(questions)
        cosines = np.sum(found[left] * found[right], axis=1)
        nearest, is_right = _stream(found, intent)
        hits = (f"{_hits(nearest, is_right, wrong):.3f}" for wrong in _WRONG)
        rows.append((name, *_ordered(cosines, intent[left] == intent[right]), f"{is_right.mean():.3f}", *hits))
    yield from markdown(header, rows)


def _pairs(data: Path) -> _Pairs:
    with gzip.open(data / "cache" / "qqp_dev.jsonl.gz", "rt") as lines:
        records = [json.loads(line) for line in lines]
    return _Pairs([it["a"] for it in records], [it["b"] for it in records], [it["same"] for it in records])


def _drawn(intent: Integers) -> tuple[Integers, Integers]:
    """Pairs of different questions, half of them of one intent. Questions of an intent are next to one another."""
    rng = np.random.default_rng(_SEED)
    left = rng.integers(len(intent), size=_N_DRAWN)
    first, n = np.searchsorted(intent, intent[left]), np.bincount(intent)[intent[left]]
    like = first + (left - first + rng.integers(1, n)) % n
    unlike = (first + n + rng.integers(0, len(intent) - n)) % len(intent)
    return left, np.where(np.arange(_N_DRAWN) % 2, like, unlike)


def _stream(found: Floats, intent: Integers) -> tuple[Floats, Integers]:
    """Questions come one after the other: how near the nearest earlier one is, and whether it is of the same intent."""
    order = np.random.default_rng(_SEED).permutation(len(intent))
    cosines = found[order] @ found[order].T
    cosines[np.triu_indices(len(order))] = -2.0
    nearest = cosines.argmax(axis=1)[1:]
    return cosines[np.arange(1, len(order)), nearest], (intent[order][1:] == intent[order][nearest]).astype(np.int64)


def _hits(nearest: Floats, is_right: Integers, wrong: float) -> float:
    """The greatest share of questions that a threshold answers with at most this share of them wrong, in hindsight."""
    right = is_right[np.argsort(-nearest, kind="stable")]
    n_hits = np.arange(1, len(right) + 1)
    allowed = np.flatnonzero(np.cumsum(1 - right) <= wrong * n_hits)
    return float((allowed[-1] + 1) / len(right)) if len(allowed) else 0.0


def _ordered(cosines: Floats, same: Integers) -> tuple[str, ...]:
    """AUC, and the share of equal pairs that are above all but a share of the others."""
    bounds = [np.quantile(cosines[same == 0], 1 - wrong) for wrong in _WRONG]
    found = (float((cosines[same == 1] > bound).mean()) for bound in bounds)
    return tuple(f"{number:.3f}" for number in (auc(cosines.tolist(), same.tolist()), *found))


def _found_at() -> tuple[str, ...]:
    return tuple(f"found, {wrong:.0%} of others too" for wrong in _WRONG)


def _by_table(embedder: Embedder, vectors: Floats, found: Sequence[str]) -> Floats:
    """By vectors that were not rounded; zeros for a text without a known piece."""
    bags = bags_of(embedder, found)
    sums = np.zeros((len(bags), vectors.shape[1]), np.float32)
    np.add.at(sums, np.repeat(np.arange(len(bags)), np.diff(bags.starts)), vectors[bags.pieces])
    return unit(sums)
