"""The stages of `tiercel bench core` under pytest-benchmark, which keeps runs and compares them.

`pytest benches/test_core.py --benchmark-only --benchmark-autosave`. What Rust takes for the same is in `core.rs`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiercel.bench.core.run import FULL, QUICK, all_stages

if TYPE_CHECKING:
    import pytest
    from pytest_benchmark.fixture import BenchmarkFixture

    from tiercel.bench.core.timing import Stage

N_ROUNDS = 10_000
"""Of one iteration each, so that what is measured starts from a state made anew."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test a stage; where nothing is timed, the caches are small."""
    scale = QUICK if metafunc.config.getoption("benchmark_disable") else FULL
    found = list(all_stages(scale))
    metafunc.parametrize("stage", found, ids=[f"{stage.id}, {stage.name}" for stage in found])


def test_stage(benchmark: BenchmarkFixture, stage: Stage) -> None:
    """Beside its peer, if there is one."""
    stage.check()
    benchmark.group = stage.id
    benchmark.pedantic(stage.run, setup=stage.before, rounds=N_ROUNDS, warmup_rounds=100)  # type: ignore[no-untyped-call]
