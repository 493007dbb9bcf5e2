"""Tiercel, as whoever installs it has it: with a client key, its access log, metrics and accounting."""

from __future__ import annotations

import json
import sys

from tiercel.bench.whole_path.contenders import MODEL, SECRETS, Contender, Setup

CACHE = """
[cache]
mode = "semantic"
max_error = 0.5
check_rate = 0.001
"""
"""The shortest to learn, and the least compared: what an answer costs is measured, not whether it is right."""


def tiercel(interface: str) -> Contender:
    """Tiercel, over one of its two interfaces."""

    def command(setup: Setup) -> list[str]:
        config = setup.folder / "tiercel.toml"
        config.write_text(configuration(setup))
        flags = {"config": config, "port": setup.port, "workers": setup.n_workers, "interface": interface}
        words = [word for flag, value in flags.items() for word in (f"--{flag}", str(value))]
        return [sys.executable, "-m", "tiercel", "serve", *words]

    return Contender(
        f"tiercel {interface}",
        "client key, access log, metrics, accounting",
        command,
        model=f"local/{MODEL}",
        environment=SECRETS,
        must_be_right=True,
        tls=True,
        scales=True,
        caches=True,
    )


def configuration(setup: Setup) -> str:
    """The upstream as the only provider, and one client key."""
    ca_file = f"ca_file = {json.dumps(str(setup.certificate))}" if setup.certificate else ""
    return f"""\
[[keys]]
name = "bench"
key = {{ env = "TIERCEL_KEY_BENCH" }}

[providers.local]
dialect = "openai"
base_url = "{setup.upstream}/v1"
keys = [{{ env = "BENCH_UPSTREAM_KEY" }}]
max_connections = 2048
{ca_file}

[tiers]
only = ["local/{MODEL}"]
{CACHE if setup.has_cache else ""}"""
