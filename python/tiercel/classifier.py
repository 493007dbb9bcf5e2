"""What kind of request a prompt is, in-process and in microseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiercel import _core
from tiercel.arrays import numpy
from tiercel.errors import TiercelError

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from tiercel.arrays import Floats

# What a file of weights takes at most; the largest that can be written has half of it.
_MOST_BYTES = 1_000_000


class Classifier:
    """Takes prompts for one of its labels. `docs/models/classifier.md` says how often it is right.

    >>> import tiercel
    >>> classifier = tiercel.Classifier()
    >>> classifier.classify("What is 12 * 7?").task
    'math'
    >>> classifier.classify_many(["hi", "What is 12 * 7?"]).shape
    (2, 12)

    Only the first 1,500 and the last 500 characters of a text are looked at. Instances are immutable and may be shared
    by threads. The methods for many texts need numpy: `pip install 'tiercel[train]'`.
    """

    def __init__(self, core: _core.Classifier | None = None) -> None:
        """Have the weights that ship; `load` reads others."""
        self.core = core or _core.Classifier.shipped()

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Classifier:
        """Weights that `tiercel train classifier` wrote.

        Raises:
            OSError: The file cannot be read.
            TiercelError: It holds no weights, or they are damaged.
        """
        with open(path, "rb") as file:  # noqa: PTH123 - `path` may be anything that names a file
            weights = file.read(_MOST_BYTES + 1)
        try:
            return cls(_core.Classifier.read(weights))
        except ValueError as error:
            raise TiercelError(f"{path}: {error}") from None

    @property
    def name(self) -> str:
        """Which weights these are."""
        return self.core.name

    @property
    def labels(self) -> list[str]:
        """What a prompt may be taken for, in the order of the columns of `classify_many`."""
        return self.core.labels

    def classify(self, text: str) -> _core.Classification:
        """The likeliest label of a text, how likely it is, and all of them."""
        return self.core.classify(text)

    def p_cheap(self, text: str) -> float:
        """The probability that a cheap model's answer is right, from 0 to 1."""
        return self.core.classify(text).p_cheap

    def classify_many(self, texts: Sequence[str]) -> Floats:
        """The probability of each label for each text: float32 of shape `(len(texts), len(labels))`.

        Raises:
            TiercelError: There is no numpy.
        """
        return self._many(texts)[:, :-1]

    def p_cheap_many(self, texts: Sequence[str]) -> Floats:
        """`p_cheap` of each text: float32 of shape `(len(texts),)`; raises as `classify_many` does."""
        return self._many(texts)[:, -1]

    def _many(self, texts: Sequence[str]) -> Floats:
        found: Floats = numpy().frombuffer(self.core.classify_many(texts), "float32")
        return found.reshape(len(texts), len(self.labels) + 1)

    def __repr__(self) -> str:
        return f"Classifier({self.name!r}, {len(self.labels)} labels)"
