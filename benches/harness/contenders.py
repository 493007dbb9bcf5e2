"""Who is measured: how each is configured, started and asked.

All get the same: one worker on one core, the upstream as their only provider, their logs as shipped, client keys where
they have them without a database. Where that is not so, the note says it, and it is never to Tiercel's advantage.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

CLIENT_KEY = "sk-bench"
"""What the driver shows to every contender; LiteLLM wants `sk-` in front."""

MODEL = "gpt-4o-mini"

SECRETS = {"TIERCEL_KEY_BENCH": CLIENT_KEY, "BENCH_UPSTREAM_KEY": "sk-upstream"}


@dataclass(frozen=True)
class Setup:
    """What a contender is to be started with."""

    folder: Path
    port: int
    upstream: str
    """The upstream's origin, such as `http://127.0.0.1:9000`."""
    certificate: Path | None
    """The upstream's certificate, where that speaks TLS; `SSL_CERT_FILE` names it too."""
    n_workers: int


@dataclass(frozen=True)
class Contender:
    """A gateway that can be started."""

    name: str
    note: str
    command: Callable[[Setup], list[str]]
    """Writes the configuration and returns what to run."""
    path: str = "/v1/chat/completions"
    model: str = MODEL
    environment: Mapping[str, str] = field(default_factory=dict)
    announces_port: bool = False
    """It chooses its own port and prints `listening PORT`."""
    must_be_right: bool = False
    """A wrong answer fails the run, rather than being noted."""
    tls: bool = False
    """Its TLS to the upstream is measured."""
    scales: bool = False
    """Its second worker is measured."""


@dataclass(frozen=True)
class Missing:
    """A contender that is not on this machine."""

    name: str
    install: str


def tiercel(interface: str) -> Contender | Missing:
    """Tiercel, over one of its two interfaces."""
    name = f"tiercel {interface}"
    if importlib.util.find_spec("tiercel") is None:
        return Missing(name, "run this by `make bench`, which builds it")

    def command(setup: Setup) -> list[str]:
        ca_file = f"ca_file = {json.dumps(str(setup.certificate))}" if setup.certificate else ""
        config = setup.folder / "tiercel.toml"
        config.write_text(f"""\
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
""")
        flags = {"config": config, "port": setup.port, "workers": setup.n_workers, "interface": interface}
        words = [word for flag, value in flags.items() for word in (f"--{flag}", str(value))]
        return [sys.executable, "-m", "tiercel", "serve", *words]

    return Contender(
        name,
        "client key, access log, metrics, accounting",
        command,
        model=f"local/{MODEL}",
        environment=SECRETS,
        must_be_right=True,
        tls=True,
        scales=True,
    )


def nginx() -> Contender | Missing:
    """nginx as a bare proxy: what moving the bytes costs, with nothing read or decided."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        return Missing("nginx", "apt-get install nginx-light")

    def command(setup: Setup) -> list[str]:
        scheme, address = setup.upstream.split("://")
        trust = f"proxy_ssl_verify on; proxy_ssl_name localhost; proxy_ssl_trusted_certificate {setup.certificate};"
        temporary = "".join(
            f"{kind}_temp_path {setup.folder}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        config = setup.folder / "nginx.conf"
        config.write_text(f"""\
daemon off; worker_processes {setup.n_workers}; pid {setup.folder}/pid; error_log stderr;
events {{ worker_connections 8192; }}
http {{
  access_log /dev/stdout; {temporary}
  keepalive_requests 1000000000;
  upstream provider {{ server {address}; keepalive 1024; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{setup.port};
    location / {{
      proxy_pass {scheme}://provider; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
      {trust if setup.certificate else ""}
    }}
  }}
}}
""")
        return [program, "-c", str(config), "-p", str(setup.folder), "-e", "stderr"]

    return Contender("nginx", "bare proxy: no keys, nothing parsed; access log", command, tls=True, scales=True)
