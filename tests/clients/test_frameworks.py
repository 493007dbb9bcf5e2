"""Frameworks and older SDKs just work, also before a provider of another dialect than they speak.

Each wants its own versions of the SDKs. So they run as the programs of `frameworks/` in the environments of
`environments/`, and say themselves what came of each check.
"""

import json
import os
import shutil
import subprocess
from collections import ChainMap
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import pytest
import trustme

from tests.clients.upstreams import named

HERE = Path(__file__).parent
SECONDS = 300
MODELS = {provider: named(provider) for provider in ("openai", "anthropic", "gemini")}
FEATURES = ("text", "stream", "tool", "structured", "error")
# Instructor has tools only to get structured answers by.
STRUCTURED = ("text", "stream", "structured", "error")

# By environment and program, what each client is to be able to do.
PROGRAMS: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {
    ("older", "older"): {
        "openai 2 chat": FEATURES,
        "openai 2 responses": FEATURES,
        "anthropic 1": FEATURES,
        "google-genai 2": FEATURES,
    },
    ("older", "llama_index"): {"llama-index": FEATURES},
    ("frameworks", "langchain"): {
        "langchain-openai chat": FEATURES,
        "langchain-openai responses": FEATURES,
        "langchain-anthropic": FEATURES,
        "langchain-google-genai": FEATURES,
    },
    ("frameworks", "instructor"): {
        "instructor openai chat": STRUCTURED,
        "instructor openai responses": STRUCTURED,
        "instructor openai JSON schema": STRUCTURED,
        "instructor anthropic": STRUCTURED,
        "instructor google": STRUCTURED,
    },
    ("frameworks", "pydantic_ai"): {
        "pydantic-ai openai chat": FEATURES,
        "pydantic-ai openai responses": FEATURES,
        "pydantic-ai anthropic": FEATURES,
        "pydantic-ai google": FEATURES,
    },
    ("frameworks", "openai_agents"): {"openai-agents responses": FEATURES, "openai-agents chat": FEATURES},
}
CLIENTS = {client: features for clients in PROGRAMS.values() for client, features in clients.items()}

# `uv run` says which uv it is; that may be on no path.
UV = os.environ.get("UV") or shutil.which("uv")
pytestmark = pytest.mark.skipif(UV is None, reason="uv is not installed")


def uv(command, environment, *arguments, variables=None):
    """What came of uv in one of the environments."""
    return subprocess.run(
        [str(UV), command, "--quiet", "--project", HERE / "environments" / environment, *arguments],
        cwd=HERE,
        env=variables,
        check=False,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


@pytest.fixture(scope="session")
def outcomes(clients_gateway, tmp_path_factory):
    """What went wrong, if anything, by client, provider and feature."""
    for environment in sorted({environment for environment, _ in PROGRAMS}):
        installed = uv("sync", environment, "--locked")
        assert installed.returncode == 0, installed.stderr
    # There is no TLS here, and to load all authorities for each client would take a quarter of the time.
    authority = tmp_path_factory.mktemp("authority") / "authority.pem"
    trustme.CA().cert_pem.write_to_path(str(authority))
    variables = os.environ | {"SSL_CERT_FILE": str(authority), "NO_PROXY": "127.0.0.1"}

    def run(program):
        environment, name = program
        command = ["--no-sync", "python", "-m", f"frameworks.{name}", clients_gateway.url, clients_gateway.key]
        done = uv("run", environment, *command, *MODELS.values(), variables=variables)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        unchecked = dict.fromkeys(rows(PROGRAMS[program]), f"it was not checked: {done.stderr[-2000:]}")
        return unchecked | {(line["client"], line["upstream"], line["feature"]): line["detail"] for line in lines}

    with ThreadPoolExecutor(len(PROGRAMS)) as pool:
        return dict(ChainMap(*pool.map(run, PROGRAMS)))


def rows(clients):
    """Client, provider and feature of every check of `clients`."""
    return [(client, *row) for client, features in clients.items() for row in product(MODELS, features)]


@pytest.mark.parametrize("client", CLIENTS)
def test_framework(client, outcomes):
    wrong = {row: outcomes[row] for row in rows({client: CLIENTS[client]}) if outcomes[row]}

    assert not wrong, "\n".join(f"{row}: {detail}" for row, detail in wrong.items())
