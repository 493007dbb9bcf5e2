"""The index of embeddings beside hnswlib and beside looking at everything. Embeddings are made up by a fixed seed."""

import numpy as np
import pytest

from tiercel._core import Index

N_ENTRIES = 10_000


@pytest.fixture(scope="module")
def made_up():
    """Groups of about twenty that are alike; rewordings of some, at cosines of .86 to .99; and the nearest of each."""
    random = np.random.default_rng(1)

    def directions(n):
        vectors = random.normal(size=(n, 256)) * np.arange(1, 257) ** -0.5
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    embeddings = directions(N_ENTRIES // 20)[random.integers(N_ENTRIES // 20, size=N_ENTRIES)] + directions(N_ENTRIES)
    embeddings = (embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)).astype(np.float32)
    cosines = random.uniform(0.86, 0.99, size=(1_000, 1))
    originals = embeddings[random.integers(N_ENTRIES, size=1_000)]
    queries = (cosines * originals + np.sqrt(1 - cosines**2) * directions(1_000)).astype(np.float32)
    alike = queries @ embeddings.T
    return embeddings, queries, alike.argmax(axis=1)


@pytest.fixture(scope="module")
def graph(made_up):
    index = Index()
    for number, embedding in enumerate(made_up[0]):
        index.insert(number, embedding.tobytes())
    return index


def recall(found, made_up):
    return float(np.mean(np.array(found) == made_up[2]))


def test_nearly_all_true_neighbours_are_found(graph, made_up):
    found = [graph.search(query.tobytes())[0][0] for query in made_up[1]]

    assert len(graph) == N_ENTRIES
    assert recall(found, made_up) >= 0.96


def test_as_many_are_found_as_hnswlib_finds(graph, made_up):
    hnswlib = pytest.importorskip("hnswlib", reason="it is in the group `bench`")
    embeddings, queries, _ = made_up
    index = hnswlib.Index(space="cosine", dim=256)
    index.init_index(max_elements=N_ENTRIES, M=12, ef_construction=64, random_seed=1)
    index.set_ef(24)
    index.add_items(embeddings)
    theirs = recall(index.knn_query(queries, k=1)[0][:, 0], made_up)
    ours = recall([graph.search(query.tobytes())[0][0] for query in queries], made_up)

    assert ours >= theirs - 0.01


def test_few_are_found_exactly(made_up):
    embeddings, queries, _ = made_up
    index = Index(max_flat=2_000)
    for number in range(2_000):
        index.insert(number, embeddings[number].tobytes())
    alike = queries @ embeddings[:2_000].T / np.linalg.norm(queries, axis=1, keepdims=True)
    found = [index.search(query.tobytes(), min_cosine=0.85) for query in queries]

    assert all(
        hit[0][0] == row.argmax() and hit[0][1] == pytest.approx(row.max(), abs=0.002)
        for hit, row in zip(found, alike, strict=True)
        if row.max() >= 0.86
    )
    assert not any(hit for hit, row in zip(found, alike, strict=True) if row.max() < 0.84)


def test_what_was_written_is_read(graph, made_up):
    read = Index.read(graph.write())

    assert len(read) == N_ENTRIES
    assert all(read.search(query.tobytes(), 3) == graph.search(query.tobytes(), 3) for query in made_up[1][:50])
    with pytest.raises(ValueError, match="damaged or cut off"):
        Index.read(graph.write()[:-1])
    with pytest.raises(ValueError, match="no snapshot of an index"):
        Index.read(b"")


def test_what_was_removed_is_not_found(made_up):
    index = Index()
    index.insert(1, made_up[0][0].tobytes())

    assert index.remove(1)
    assert not index.remove(1)
    assert index.search(made_up[0][0].tobytes()) == []


@pytest.mark.parametrize(
    ("embedding", "why"), [(b"", "256 float32, not 0 bytes"), (bytes(1_025), "not 1025"), (bytes(1_024), "all zeros")]
)
def test_what_is_no_embedding_is_refused(embedding, why):
    with pytest.raises(ValueError, match=why):
        Index().insert(1, embedding)


def test_a_full_index_refuses_and_replaces(made_up):
    index = Index(max_entries=1)
    index.insert(1, made_up[0][0].tobytes())
    index.insert(1, made_up[0][1].tobytes())

    with pytest.raises(ValueError, match="remove an entry first"):
        index.insert(2, made_up[0][0].tobytes())
