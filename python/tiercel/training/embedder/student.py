"""Learns a vector of each piece of a word, so that their mean says what the teacher says of a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from tiercel.embedder import DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiercel.arrays import Floats

Integers: TypeAlias = npt.NDArray[np.int64]

# Of Adam, as its paper has them (https://arxiv.org/abs/1412.6980).
_MEAN, _SQUARE, _LEAST = 0.9, 0.999, 1e-8


@dataclass(frozen=True, slots=True)
class Bags:
    """Texts as the pieces of their words.

    Attributes:
        starts: Where each text's begin, and the end: `(n_texts + 1,)`.
        pieces: Their numbers, text by text.
    """

    starts: Integers
    pieces: Integers

    def __len__(self) -> int:
        return len(self.starts) - 1

    def only(self, texts: Integers) -> Bags:
        """Those of some texts, in this order."""
        n_pieces = np.diff(self.starts)[texts]
        starts = np.concatenate([[0], np.cumsum(n_pieces)])
        within = np.arange(starts[-1]) - np.repeat(starts[:-1], n_pieces)
        return Bags(starts, self.pieces[np.repeat(self.starts[:-1][texts], n_pieces) + within])


@dataclass(frozen=True, slots=True)
class Learning:
    """How it is learned.

    Attributes:
        n_epochs: Passes over the texts.
        batch: Texts of a step, which are also compared with one another.
        rate: Length of a step at first; it falls to nothing by a cosine.
        similarity: How much the cosines within a batch count beside those to the teacher.
        seed: Of the order of texts.
    """

    n_epochs: int = 6
    batch: int = 512
    rate: float = 3e-3
    similarity: float = 4.0
    seed: int = 1

    def fit(self, bags: Bags, wanted: Floats, first: Floats) -> Floats:
        """Vectors of the pieces, `(n_pieces, 256)`, from `first` on; of no text of `bags` may there be no piece.

        Args:
            bags: The texts.
            wanted: Their directions as the teacher has them, `(len(bags), 256)`, of length one.
            first: Vectors to begin with, which those of pieces in none of the texts keep.
        """
        table = first.copy()
        mean, square = np.zeros_like(table), np.zeros_like(table)
        n_steps = self.n_epochs * -(-len(bags) // self.batch)
        for step, texts in enumerate(self._batches(len(bags)), 1):
            pieces, gradient = self._gradient(table, bags.only(texts), wanted[texts])
            # A piece that is not in the batch waits: decaying its means would take as long as all else.
            mean[pieces] += (1 - _MEAN) * (gradient - mean[pieces])
            square[pieces] += (1 - _SQUARE) * (gradient**2 - square[pieces])
            rate = self.rate * 0.5 * (1 + np.cos(np.pi * step / n_steps))
            rate *= np.sqrt(1 - _SQUARE**step) / (1 - _MEAN**step)
            table[pieces] -= np.float32(rate) * mean[pieces] / (np.sqrt(square[pieces]) + np.float32(_LEAST))
        return table

    def _batches(self, n_texts: int) -> Iterator[Integers]:
        rng = np.random.default_rng(self.seed)
        for _ in range(self.n_epochs):
            order = rng.permutation(n_texts)
            yield from (order[start : start + self.batch] for start in range(0, n_texts, self.batch))

    def _gradient(self, table: Floats, bags: Bags, wanted: Floats) -> tuple[Integers, Floats]:
        """The pieces of a batch and what their vectors add to the loss: `(n,)` and `(n, 256)`.

        The loss is the mean of `1 - cosine to the teacher`, and of the squares by which the cosine of each two texts is
        not the teacher's.
        """
        n_texts = len(bags)
        pieces, place = np.unique(bags.pieces, return_inverse=True)
        share = np.repeat(1 / np.diff(bags.starts), np.diff(bags.starts)).astype(np.float32)[:, None]
        means = np.add.reduceat(table[bags.pieces] * share, bags.starts[:-1])
        lengths = np.maximum(np.linalg.norm(means, axis=1, keepdims=True), np.float32(1e-6))
        found = means / lengths
        off = found @ found.T - wanted @ wanted.T
        towards = -wanted / n_texts + (self.similarity * 4 / n_texts**2) * (off @ found)
        # Along a text's own direction nothing is to be had: its length does not count.
        across = (towards - found * np.sum(towards * found, axis=1, keepdims=True)) / lengths
        of_pieces = np.repeat(across, np.diff(bags.starts), axis=0) * share
        order = np.argsort(place, kind="stable")
        starts = np.searchsorted(place[order], np.arange(len(pieces)))
        return pieces, np.add.reduceat(of_pieces[order], starts)


def projection(directions: Floats) -> Floats:
    """What takes the teacher's directions to the 256 dimensions in which they differ most: `(384, 256)`.

    It keeps the origin, so cosines stay nearly what they were.
    """
    values, vectors = np.linalg.eigh(directions.T.astype(np.float64) @ directions)
    kept = vectors[:, np.argsort(values)[::-1][:DIMENSIONS]]
    # The sign of a direction is anybody's choice; this one is the same everywhere.
    signs = np.sign(kept[np.argmax(np.abs(kept), axis=0), np.arange(DIMENSIONS)])
    onto: Floats = (kept * signs).astype(np.float32)
    return onto


def unit(vectors: Floats) -> Floats:
    """Of length one."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    directions: Floats = vectors / np.maximum(lengths, np.float32(1e-12))
    return directions
