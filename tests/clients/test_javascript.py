"""OpenAI's, Anthropic's and Google's SDKs for JavaScript, and Vercel's `ai`, before the gateway."""

import functools
import itertools
import json
import shutil
import subprocess

import pytest

from tests.clients import JAVASCRIPT, javascript
from tests.clients.upstreams import UPSTREAMS, named

SCRIPTS = {
    "openai chat": "openai.mjs",
    "openai responses": "openai.mjs",
    "@anthropic-ai/sdk": "anthropic.mjs",
    "@google/genai": "gemini.mjs",
    "ai chat": "ai.mjs",
    "ai responses": "ai.mjs",
    "ai anthropic": "ai.mjs",
}
FEATURES = ("text", "stream", "tool", "structured", "error")
MODELS = {upstream: named(upstream) for upstream in UPSTREAMS}
RUN_SECONDS = 60


@pytest.fixture(scope="session")
def node():
    """The program, once it has its packages."""
    javascript()
    return shutil.which("node")


@pytest.fixture(scope="session")
def checks(node, clients_gateway):
    """The checks that a script makes; each script runs once."""

    @functools.cache
    def run(script):
        arguments = (clients_gateway.url, clients_gateway.key, json.dumps(MODELS))
        command = [node, script, *arguments]
        done = subprocess.run(command, cwd=JAVASCRIPT, check=True, stdout=subprocess.PIPE, timeout=RUN_SECONDS)
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


@pytest.mark.parametrize("client", SCRIPTS)
def test_client(checks, client):
    made = [check for check in checks(SCRIPTS[client]) if check["client"] == client]

    assert [(check["upstream"], check["feature"], check["detail"]) for check in made if not check["ok"]] == []
    assert [(check["upstream"], check["feature"]) for check in made] == list(itertools.product(MODELS, FEATURES))
