"""Look-ups of the nearest of many embeddings, ours and hnswlib's, at the same links and width."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from tiercel._core import Index
from tiercel.bench.core.timing import Stage
from tiercel.bench.rows import OURS, Quantity, Target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

PEER = "hnswlib"
LINKS, WIDTH = 12, 24
"""Of our index as it ships."""


def stages(n_entries: int, *, with_peer: bool) -> Iterator[Stage]:
    """The same queries among the same embeddings."""
    quantity = Quantity(f"the nearest of {n_entries:,} embeddings", "us", Target(peer=PEER, ratio=0.5))
    embeddings, queries = clustered(n_entries, seed=1)
    index = Index(width=WIDTH)
    for number, embedding in enumerate(embeddings):
        index.insert(number, embedding.tobytes())
    ours = itertools.cycle(query.tobytes() for query in queries)
    yield Stage(f"nearest {n_entries}", quantity, OURS, lambda: index.search(next(ours)))
    if not with_peer:
        return
    import hnswlib  # noqa: PLC0415 - only where it is installed

    peer = hnswlib.Index(space="cosine", dim=embeddings.shape[1])
    peer.init_index(max_elements=n_entries, M=LINKS, ef_construction=64, random_seed=1)
    peer.set_ef(WIDTH)
    peer.set_num_threads(1)
    peer.add_items(embeddings)
    theirs = itertools.cycle(queries)
    yield Stage(
        f"nearest {n_entries}",
        quantity,
        PEER,
        lambda: peer.knn_query(next(theirs), k=1),
        is_right=lambda it: len(it) == 2,
    )


def clustered(n: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Made-up embeddings of 256 numbers in groups of about twenty, and 1,000 rewordings at cosines of .86 to .99."""
    random = np.random.default_rng(seed)
    # Like those of texts, they spread far along a few axes and little along most.
    spread = np.arange(1, 257) ** -0.5

    def directions(n: int) -> NDArray[np.float64]:
        vectors = random.normal(size=(n, 256)) * spread
        found: NDArray[np.float64] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return found

    n_groups = max(n // 20, 1)
    embeddings = 0.7 * directions(n_groups)[random.integers(n_groups, size=n)] + 0.7 * directions(n)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    cosines = random.uniform(0.86, 0.99, size=(1_000, 1))
    queries = cosines * embeddings[random.integers(n, size=1_000)] + np.sqrt(1 - cosines**2) * directions(1_000)
    return embeddings.astype(np.float32), queries.astype(np.float32)
