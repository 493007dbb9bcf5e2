"""The core as Python users meet it: each figure has the crossing between Python and Rust in it.

`pytest benches/test_core.py --benchmark-only`. What Rust takes for the same without Python is in `core.rs`.
"""

from __future__ import annotations

import itertools
import json
import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

import tiercel
from tiercel._core import Call, Connection, Core, Index

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray
    from pytest_benchmark.fixture import BenchmarkFixture

PROMPTS = [130, 2_000]
"""Bytes of the prompt: what other gateways' figures are about, and a page of text."""

N_ENTRIES = [10_000, 100_000]
"""Of an index."""

N_ROUNDS = 20_000
"""Of one iteration each, so that what is measured starts from a state made anew."""

WORDS = "My order of two pairs of shoes has not arrived yet, and the tracking page is empty. "

CONFIG = """
[[keys]]
name = "shop"
key = { env = "TIERCEL_BENCH_KEY" }

[providers.openai]
base_url = "http://127.0.0.1:9/v1"
keys = [{ env = "TIERCEL_BENCH_PROVIDER_KEY" }]

[tiers]
cheap = ["openai/gpt-4o-mini"]

[routes.auto]
tiers = ["cheap"]
default = "cheap"
"""

HEADERS = [
    (b"host", b"127.0.0.1:8080"),
    (b"accept", b"application/json"),
    (b"content-type", b"application/json"),
    (b"user-agent", b"OpenAI/Python 3.0.0"),
    (b"x-stainless-lang", b"python"),
    (b"x-stainless-retry-count", b"0"),
    (b"authorization", b"Bearer sk-bench"),
]

COMPLETION = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "gpt-4o-mini",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": WORDS}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 42, "completion_tokens": 22, "total_tokens": 64},
    }
).encode()
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
ANSWER = HEAD % len(COMPLETION) + COMPLETION


def prompt(n_bytes: int) -> str:
    """Words rather than one letter over and over, which would be few tokens."""
    return (WORDS * (n_bytes // len(WORDS) + 1))[:n_bytes]


def body(n_bytes: int) -> bytes:
    return json.dumps({"model": "auto", "messages": [{"role": "user", "content": prompt(n_bytes)}]}).encode()


@pytest.fixture
def core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Core:
    monkeypatch.setenv("TIERCEL_BENCH_KEY", "sk-bench")
    monkeypatch.setenv("TIERCEL_BENCH_PROVIDER_KEY", "sk-provider")
    path = tmp_path / "tiercel.toml"
    path.write_text(CONFIG)
    return Core(str(path), {})


def open_call(core: Core, request: bytes) -> Call:
    return core.open("POST", "/v1/chat/completions", b"", HEADERS, request)


def begin(core: Core, connection: Connection, request: bytes) -> Call:
    call = open_call(core, request)
    if call.next_attempt() is None or connection.begin(call) is None:
        pytest.fail("the call was refused")
    return call


def measure(benchmark: BenchmarkFixture, run: Callable[[], object], setup: Callable[[], None]) -> None:
    benchmark.pedantic(run, setup=setup, rounds=N_ROUNDS, warmup_rounds=100)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("n_bytes", PROMPTS)
@pytest.mark.benchmark(group="tokens")
def test_count_tokens(benchmark: BenchmarkFixture, n_bytes: int) -> None:
    tiercel.count_tokens("")  # makes the vocabulary's tables
    benchmark(tiercel.count_tokens, prompt(n_bytes))


@pytest.mark.parametrize("n_bytes", PROMPTS)
@pytest.mark.benchmark(group="tokens")
@pytest.mark.skipif("TIKTOKEN_CACHE_DIR" not in os.environ, reason="tiktoken would download its vocabulary")
def test_count_tokens_of_tiktoken(benchmark: BenchmarkFixture, n_bytes: int) -> None:
    encoding = pytest.importorskip("tiktoken").get_encoding("o200k_base")
    benchmark(lambda text: len(encoding.encode_ordinary(text)), prompt(n_bytes))


def clustered(n: int, seed: int) -> tuple[NDArray[np.float32], list[bytes]]:
    """Made-up embeddings of 256 numbers in groups of about twenty, and 1,000 rewordings at cosines of .86 to .99."""
    random = np.random.default_rng(seed)
    # Like those of texts, they spread far along a few axes and little along most.
    spread = np.arange(1, 257) ** -0.5

    def directions(n: int) -> NDArray[np.float64]:
        vectors = random.normal(size=(n, 256)) * spread
        found: NDArray[np.float64] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return found

    embeddings = 0.7 * directions(n // 20)[random.integers(n // 20, size=n)] + 0.7 * directions(n)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    cosines = random.uniform(0.86, 0.99, size=(1_000, 1))
    queries = cosines * embeddings[random.integers(n, size=1_000)] + np.sqrt(1 - cosines**2) * directions(1_000)
    return embeddings.astype(np.float32), [query.tobytes() for query in queries.astype(np.float32)]


@pytest.mark.parametrize("n_entries", N_ENTRIES)
@pytest.mark.benchmark(group="nearest")
def test_nearest(benchmark: BenchmarkFixture, n_entries: int) -> None:
    embeddings, queries = clustered(n_entries, seed=1)
    index = Index()
    for number, embedding in enumerate(embeddings):
        index.insert(number, embedding.tobytes())
    query = itertools.cycle(queries)
    benchmark(lambda: index.search(next(query)))


@pytest.mark.parametrize("n_entries", N_ENTRIES)
@pytest.mark.benchmark(group="nearest")
def test_nearest_of_hnswlib(benchmark: BenchmarkFixture, n_entries: int) -> None:
    """With as many links, and a width that finds as many of the true neighbours (`tests/test_index.py`)."""
    hnswlib = pytest.importorskip("hnswlib")
    embeddings, queries = clustered(n_entries, seed=1)
    index = hnswlib.Index(space="cosine", dim=256)
    index.init_index(max_elements=n_entries, M=12, ef_construction=64, random_seed=1)
    index.set_ef(24)
    index.set_num_threads(1)
    index.add_items(embeddings)
    query = itertools.cycle([np.frombuffer(query, np.float32) for query in queries])
    benchmark(lambda: index.knn_query(next(query), k=1))


@pytest.mark.parametrize("n_bytes", PROMPTS)
@pytest.mark.benchmark(group="open")
def test_open(benchmark: BenchmarkFixture, core: Core, n_bytes: int) -> None:
    """From the request to its plan. The call is dropped outside the measured time, since that settles it."""
    request = body(n_bytes)
    calls: list[Call] = []
    measure(benchmark, lambda: calls.append(open_call(core, request)), calls.clear)
    if calls[0].is_answered:
        pytest.fail("the call was refused")


@pytest.mark.benchmark(group="call")
def test_feed(benchmark: BenchmarkFixture, core: Core) -> None:
    """One read that holds a whole answer."""
    connection = core.connect(0)
    request = body(PROMPTS[0])
    calls: list[Call] = []

    def sent() -> None:
        connection.end()
        calls[:] = [begin(core, connection, request)]

    measure(benchmark, lambda: connection.feed(ANSWER), sent)
    if not calls[0].is_answered:
        pytest.fail("the answer was not taken")


@pytest.mark.parametrize("n_bytes", PROMPTS)
@pytest.mark.benchmark(group="call")
def test_whole_call(benchmark: BenchmarkFixture, core: Core, n_bytes: int) -> None:
    """Everything that the server does with the core for one answer that is no stream, on a connection that is kept."""
    connection = core.connect(0)
    request = body(n_bytes)

    def run() -> None:
        call = begin(core, connection, request)
        connection.feed(ANSWER)
        connection.end()
        if call.take_reply() is None:
            pytest.fail("the answer was not taken")
        call.settle()

    def empty_log() -> None:
        """Lines that find no room cost less."""
        core.take_access_log()

    measure(benchmark, run, empty_log)
