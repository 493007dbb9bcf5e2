"""Every provider of the catalogue answers, as the simulator's matching dialect plays it under the catalogue's path."""

import json
import re
from urllib.parse import urlsplit

import httpx
import pytest

from tests.gateways import HTTP, KEYS
from tiercel import _core

KNOWN = {provider.id: provider for provider in _core.known_providers()}
QUESTION = [{"role": "developer", "content": "Be brief"}, {"role": "user", "content": "Explain the refund policy"}]


def table(provider, origin):
    """The provider at `origin`, its catalogue's quirks as they are and its path as well."""
    path = re.sub(r"\{\w+\}", "x", urlsplit(provider.base_url).path)
    lines = [f"[providers.{provider.id}]", f'base_url = "{origin}{path}"']
    if provider.authentication == "service-account":
        lines.append('authentication = "bearer"')
    if provider.authentication != "none":
        lines.append('keys = [{ env = "TIERCEL_TESTS_PROVIDER_KEY" }]')
    if provider.parameters:
        values = ", ".join(f'{name} = "x"' for name, _, _ in provider.parameters)
        lines.append(f"parameters = {{ {values} }}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def catalogue_provider(start_provider):
    return start_provider()


@pytest.fixture(scope="module")
def catalogue_gateway(start_gateway, catalogue_provider):
    origin = catalogue_provider.base_url.removesuffix("/v1")
    config = KEYS + "".join(table(provider, origin) for provider in KNOWN.values())
    with start_gateway(config, "asgi") as gateway:
        yield gateway


@pytest.fixture(scope="module")
def client(catalogue_gateway):
    headers = {"authorization": f"Bearer {catalogue_gateway.key}"}
    with httpx.Client(base_url=catalogue_gateway.base_url, headers=headers, **HTTP) as client:
        yield client


@pytest.mark.parametrize("name", KNOWN)
def test_a_provider_answers_whole_and_streamed(client, catalogue_provider, name):
    catalogue_provider.reset()
    body = {"model": f"{name}/gpt", "messages": QUESTION, "max_tokens": 100}
    whole = client.post("/chat/completions", json=body)
    stream = client.post("/chat/completions", json=body | {"stream": True})

    assert whole.status_code == 200, whole.text
    assert stream.text.endswith("data: [DONE]\n\n"), stream.text
    text = whole.json()["choices"][0]["message"]["content"]
    assert "refund" in text.lower()
    chunks = [json.loads(line) for line in stream.text.removesuffix("data: [DONE]\n\n").split("data: ")[1:]]
    assert "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"]) == text
    # Azure's newer paths are OpenAI's own under a prefix.
    spoken = KNOWN[name].dialect.replace("azure", "openai")
    assert {entry.dialect for entry in catalogue_provider.journal} == {spoken}
