"""A gateway with keys of every kind, before a provider that keeps the very bytes that it gets."""

import pytest

from tests import gateways
from tests.providers import unary

COMPLETION = unary(
    b'{"id":"1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant",'
    b'"content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}'
)
EMBEDDING = unary(
    b'{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5]}],"model":"m",'
    b'"usage":{"prompt_tokens":1,"total_tokens":1}}'
)

# What a key is called, and the key.
SECOND, EXPIRED, DISABLED = "sk-second-good-key", "sk-expired-key", "sk-disabled-key"
MORE_KEYS = """
[[keys]]
name = "second"
key = { env = "SECOND_KEY" }

[[keys]]
name = "expired"
key = { env = "EXPIRED_KEY" }
expires = "2020-01-01"

[[keys]]
name = "disabled"
key = { env = "DISABLED_KEY" }
disabled = true
"""
ENVIRONMENT = {"SECOND_KEY": SECOND, "EXPIRED_KEY": EXPIRED, "DISABLED_KEY": DISABLED}


async def answer(request, writer):
    writer.write(EMBEDDING if b"/embeddings " in request.head else COMPLETION)


@pytest.fixture(scope="session")
def shared_upstream(start_script):
    return start_script()


@pytest.fixture
def upstream(shared_upstream):
    """The provider of `guarded`, which answers well and has received nothing."""
    shared_upstream.reset(answer)
    return shared_upstream


@pytest.fixture(scope="session")
def shared_guarded(start_gateway, interface, shared_upstream):
    settings = 'models = ["m"]\nmax_answer = "1MB"\ntimeouts = { answer = "5s" }'
    config = gateways.KEYS + MORE_KEYS + gateways.provider("upstream", shared_upstream.base_url, settings)
    with start_gateway(config, interface, environment=ENVIRONMENT) as gateway:
        yield gateway


@pytest.fixture
def guarded(shared_guarded, upstream):
    """The gateway under attack."""
    assert upstream
    return shared_guarded
