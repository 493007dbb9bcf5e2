# Every command there is. `make serve` and `make test` work on a fresh machine with Python 3.11, cargo and make.
.DEFAULT_GOAL := help
# uv where it is installed, else its own copy beside the project's environment.
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
RUN := $(UV) run --locked
# Benchmarks measure what users install: a release build, in an environment of its own.
BENCH_RUN := UV_PROJECT_ENVIRONMENT=.bench-venv $(UV) run --locked --no-editable
NEXTEST := $(shell cargo nextest --version >/dev/null 2>&1 && echo nextest run || echo test)

.PHONY: help serve test test-rust test-python check fmt lint types docs wheel bench bench-stages bench-once profile drill soak bless clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

.tools/bin/uv:
	python3 -m venv .tools
	.tools/bin/pip install --quiet --disable-pip-version-check uv

serve: $(UV) ## build and start the gateway; with no configuration and no provider key, in front of the simulator
	$(RUN) tiercel serve

test: test-rust test-python ## build and pass every test

test-rust:
	cargo $(NEXTEST) --locked
	cargo test --locked --doc

test-python: $(UV)
	$(RUN) pytest

check: fmt-check lint types ## formatting, lints and types, as CI sees them

fmt: $(UV) ## format everything
	cargo fmt
	$(RUN) ruff format
	$(RUN) ruff check --fix-only --quiet

fmt-check: $(UV)
	cargo fmt --check
	$(RUN) ruff format --check

lint: $(UV)
	cargo clippy --locked --workspace --all-targets -- -D warnings
	$(RUN) ruff check

types: $(UV)
	$(RUN) --group docs mypy
	$(RUN) python -m mypy.stubtest tiercel._core --mypy-config-file pyproject.toml

docs: $(UV) ## make the documentation's site in site/; warnings are errors
	NO_MKDOCS_2_WARNING=1 $(RUN) --group docs mkdocs build

wheel: $(UV) ## build for release what people install, into dist/, and test it; some minutes
	rm -rf dist
	$(UV) build --wheel --out-dir dist
	TIERCEL_WHEEL=$$(ls $(CURDIR)/dist/*.whl) $(RUN) pytest tests/security/test_wheel.py

bench: $(UV) ## measure every target beside its peers, in fifteen minutes once it is built
	mkdir -p benches/results
	$(BENCH_RUN) --group bench tiercel bench all --json benches/results/all.json --plot benches/results/all.svg

bench-stages: $(UV) ## measure each stage of the core in Rust and from Python, and how soon an upstream is hung up on
	cargo bench --locked -p tiercel-benches
	$(BENCH_RUN) --group bench pytest benches/test_core.py --benchmark-only
	$(BENCH_RUN) python benches/cancellation.py

bench-once: $(UV) ## take every benchmark once, for correctness and not for its figures
	cargo test --locked -p tiercel-benches --all-targets
	$(RUN) --group bench pytest benches/test_core.py benches/test_drill.py --benchmark-disable
	$(RUN) --group bench tiercel bench gateway --quick --only "tiercel asgi,tiercel rsgi"
	$(RUN) python benches/cancellation.py --quick
	test -z "$$TIERCEL_DATA" || $(RUN) tiercel bench routing --data "$$TIERCEL_DATA" --quick

.PHONY: figures
figures: $(UV) ## write tables and pictures anew from what was measured, `docs/figures/*.json`
	$(RUN) python -m tiercel.bench.figures

.tools/bin/inferno-flamegraph:
	cargo install --quiet --locked --root .tools --version 0.12.8 --no-default-features --features cli inferno

profile: $(UV) .tools/bin/inferno-flamegraph ## draw where the time of requests and of streams goes; it needs Linux and its perf
	$(BENCH_RUN) python benches/flames.py

drill: $(UV) ## break a provider in five ways under load, and draw what clients see; about four minutes
	$(BENCH_RUN) --group bench python benches/drill.py --plot docs/drill.svg

soak: ## simulate 100,000 gateways with providers that fail in every way; a quarter of an hour
	TIERCEL_SOAK_SEEDS=100000 cargo test --locked --release -p tiercel-gateway --test soak -- --nocapture

bless: $(UV) ## make golden files anew; read them in the diff
	UPDATE_EXPECT=1 cargo test --locked
	$(RUN) pytest --bless

clean: ## remove everything that was built
	cargo clean
	rm -rf .venv .bench-venv .tools .mypy_cache .ruff_cache .pytest_cache dist site python/tiercel/_core.*.so
