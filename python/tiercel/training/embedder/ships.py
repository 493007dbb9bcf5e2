"""The weights that ship, from the data folder. The same data and processor give the same weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiercel._core import Embedder
from tiercel.embedder import DIMENSIONS
from tiercel.training.embedder import teacher, texts
from tiercel.training.embedder.student import Bags, Learning, projection, unit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tiercel.arrays import Floats

NAME = "tiercel-2026.11"

# The number of an unknown word.
_UNKNOWN = np.iinfo(np.uint32).max

# A piece that is this share of all pieces counts half at first, as in https://openreview.net/forum?id=SyK00v5xx.
_FREQUENT = 1e-3

_SEED = 1


@dataclass(frozen=True, slots=True)
class Made:
    """What was learned.

    Attributes:
        embedder: What ships.
        vectors: The same before it was rounded, `(n_pieces, 256)`.
        first: What was begun with.
        n_texts: How many texts it was learned from.
    """

    embedder: Embedder
    vectors: Floats
    first: Floats
    n_texts: int


def make(data: Path, kept: Path, learning: Learning | None = None) -> Made:
    """Learn from the texts of `data`; what they mean to the teacher is kept in `kept`."""
    pieces = teacher.pieces()
    untrained = Embedder.build(NAME, pieces, bytes(4 * DIMENSIONS * len(pieces)))
    learned_from = texts.texts(data, _SEED)
    bags = bags_of(untrained, learned_from)
    known = np.flatnonzero(np.diff(bags.starts))
    directions = teacher.vectors(learned_from, kept)
    onto = projection(directions)
    meant = teacher.vectors([piece.removeprefix("##") for piece in pieces], kept) @ onto
    # What all texts of one word have in common says that they have one word.
    meant = unit(meant - meant.mean(axis=0))
    counts = np.bincount(bags.pieces, minlength=len(pieces))
    first = meant * (_FREQUENT / (_FREQUENT + counts / counts.sum())).astype(np.float32)[:, None]
    vectors = (learning or Learning()).fit(bags.only(known), unit(directions @ onto)[known], first)
    return Made(Embedder.build(NAME, pieces, vectors.tobytes()), vectors, first, len(known))


def bags_of(embedder: Embedder, found: Sequence[str]) -> Bags:
    """The known pieces of texts."""
    starts, pieces = (np.frombuffer(it, kind) for it, kind in zip(embedder.pieces_of(found), "QI", strict=True))
    is_known = pieces != _UNKNOWN
    n_before = np.concatenate([[0], np.cumsum(is_known)])
    return Bags(n_before[starts.astype(np.int64)], pieces[is_known].astype(np.int64))
