"""Each failure raises the SDK's own exception for it, and one call of the user is three upstream attempts at most."""

import asyncio

import openai
import pytest

from tests import gateways
from tests.gateways import KEYS

HELLO = [{"role": "user", "content": "Explain the refund policy"}]
STRICT = """
[server]
max_body = "100KB"
body_timeout = "500ms"

[tiers]
pair = ["first/small"]
"""


@pytest.fixture(scope="module")
def strict_gateway(start_gateway, interface, shared_providers):
    """One that takes small and quick bodies only."""
    config = KEYS + gateways.provider("first", shared_providers[0].base_url) + STRICT
    with start_gateway(config, interface) as gateway:
        yield gateway


def fail(sdk, gateway, exception, key=gateways.KEY, **fields):
    """The exception of a chat completion."""
    body = {"model": "pair", "messages": HELLO, **fields}
    with pytest.raises(exception) as raised:
        sdk(gateway, lambda client: client.chat.completions.create(**body), api_key=key)
    return raised.value


def check(error, status, code, *, may_retry=False):
    """What every error of Tiercel's own has."""
    assert type(error) is not openai.APIError
    assert (error.status_code, error.code) == (status, code)
    assert error.body.keys() == {"message", "type", "param", "code"}
    assert error.response.headers.get("x-should-retry") == (None if may_retry else "false")
    assert error.request_id == error.response.headers["request-id"]


def test_a_field_that_the_provider_refuses_is_a_bad_request_in_its_own_words(sdk, gateway, providers):
    error = fail(sdk, gateway, openai.BadRequestError, temperature=9)

    assert error.param == "temperature"
    assert error.response.headers["x-should-retry"] == "false"
    assert [len(provider.journal) for provider in providers] == [1, 0]


def test_a_body_that_tiercel_refuses_is_a_bad_request(sdk, gateway, providers):
    error = fail(sdk, gateway, openai.BadRequestError, n="many")

    check(error, 400, "malformed_body")
    assert error.param == "n"
    assert providers[0].journal == []


def test_a_key_that_nobody_knows_is_an_authentication_error(sdk, gateway):
    error = fail(sdk, gateway, openai.AuthenticationError, key="sk-of-somebody-else")

    check(error, 401, "invalid_api_key")
    assert error.response.headers["www-authenticate"] == "Bearer"
    assert "somebody" not in str(error)


def test_a_model_that_the_key_may_not_use_is_a_denied_permission(sdk, gateway):
    error = fail(sdk, gateway, openai.PermissionDeniedError, key=gateway.narrow_key, model="four")

    check(error, 403, "forbidden")


def test_a_model_that_does_not_exist_is_not_found_and_those_that_do_are_listed(sdk, gateway):
    error = fail(sdk, gateway, openai.NotFoundError, model="fours")

    check(error, 404, "model_not_found")
    assert error.param == "model"
    assert "did you mean `four`?" in str(error)
    assert "there are: auto, pair, four" in str(error)


def test_providers_that_all_throttle_are_a_rate_limit(sdk, gateway, providers):
    for provider in providers:
        provider.attach("status=429;retry-after=20")
    error = fail(sdk, gateway, openai.RateLimitError)

    check(error, 429, "upstream_throttled")
    assert 0 < int(error.response.headers["retry-after"]) <= 20


def test_providers_that_refuse_the_gateways_key_are_a_server_error(sdk, gateway, providers):
    for provider in providers:
        provider.attach("status=401")
    error = fail(sdk, gateway, openai.InternalServerError)

    check(error, 503, "upstream_credentials_unavailable")
    assert gateway.provider_key not in str(error)


def test_providers_that_all_fail_are_a_server_error(sdk, gateway, providers):
    for provider in providers:
        provider.attach("status=500")
    error = fail(sdk, gateway, openai.InternalServerError)

    check(error, 502, "upstream_failed")
    assert "first/small: status_500, second/small: status_500" in str(error)


@pytest.mark.parametrize("fields", [{}, {"stream": True}], ids=["unary", "stream"])
@pytest.mark.parametrize("fault", ["status=500", "status=429", "truncate=0", "error-event=1"])
def test_the_sdk_with_its_own_retries_makes_three_attempts_at_most(sdk, gateway, providers, fault, fields):
    for provider in providers:
        provider.attach(fault)
    error = fail(sdk, gateway, openai.APIStatusError, model="four", **fields)

    assert error.response.headers["x-should-retry"] == "false"
    assert sum(len(provider.journal) for provider in providers) == 3


def test_a_body_that_is_too_large_is_refused(sdk, strict_gateway, providers):
    messages = [{"role": "user", "content": "long " * 30_000}]
    error = fail(sdk, strict_gateway, openai.APIStatusError, messages=messages)

    check(error, 413, "body_too_large")
    assert providers[0].journal == []


def test_a_body_that_is_too_slow_is_timed_out(sdk, strict_gateway, providers, eventually):
    request_id = f"slow-{sdk.__name__}"
    whole = b'{"model": "pair", "messages": [{"role": "user", "content": "Hello"}]}'
    headers = {"content-length": str(len(whole)), "content-type": "application/json", "x-request-id": request_id}

    def wait():
        eventually(lambda: any(line["request_id"] == request_id for line in strict_gateway.access_log()))

    def slow():
        yield whole[:20]
        wait()
        yield whole[20:]

    async def slow_async():
        yield whole[:20]
        await asyncio.to_thread(wait)
        yield whole[20:]

    def ask(client):
        content = slow() if isinstance(client, openai.OpenAI) else slow_async()
        return client.post("/chat/completions", cast_to=object, content=content, options={"headers": headers})

    with pytest.raises(openai.APIStatusError) as raised:
        sdk(strict_gateway, ask, max_retries=0)

    check(raised.value, 408, "body_timeout", may_retry=True)
    assert providers[0].journal == []
