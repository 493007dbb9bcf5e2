"""What texts mean, as directions: alike where they ask for the same."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tiercel import _core
from tiercel.arrays import numpy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiercel.arrays import Floats

DIMENSIONS = 256


def embed(texts: Sequence[str]) -> Floats:
    """The direction of each text: float32 of shape `(len(texts), 256)`, so that `a @ b` is the cosine of two.

    >>> import tiercel
    >>> a, b, c = tiercel.embed(["How do I reset my password?", "i forgot my password", "Flights to Berlin"])
    >>> a.shape, bool(a @ b > a @ c)
    ((256,), True)

    In-process and in microseconds; other threads run meanwhile. A text of which no word is known gets zeros, and of a
    long one the first 512 pieces of words count. The order of words does not. `docs/models/embedder.md` says how good
    it is.

    Raises:
        TiercelError: There is no numpy: `pip install 'tiercel[train]'`.
    """
    return embed_by(_shipped(), texts)


def embed_by(embedder: _core.Embedder, texts: Sequence[str]) -> Floats:
    """As `embed`, by other weights."""
    found: Floats = numpy().frombuffer(embedder.embed_many(texts), "float32")
    return found.reshape(len(texts), DIMENSIONS)


@cache
def _shipped() -> _core.Embedder:
    return _core.Embedder.shipped()
