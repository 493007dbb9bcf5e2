"""When something goes wrong, the SDK raises what its user catches, and no provider is asked more often than it should.

All SDKs are used as they come, with their own retries.
"""

import contextlib

import pytest

from tests import failover
from tests.clients.rows import tries
from tests.clients.sdks import SDKS, Question
from tests.clients.upstreams import FOUR, configuration, named
from tests.gateways import KEYS

EVERY_CLIENT = pytest.mark.parametrize("client", SDKS)

# What the provider says, and as what the client is told of it.
STATUSES = {400: 400, 404: 404, 429: 429, 500: 500, 503: 500, 529: 500, 401: 500, 403: 500}
# After some words, so that the answer is on its way.
INTERRUPTIONS = ["cut=8", "truncate=8", "error-event=8"]


@pytest.fixture(autouse=True)
def _no_faults(simulator):
    simulator.reset()
    yield
    simulator.reset()


@pytest.fixture(scope="module")
def frank_gateway(start_gateway, simulator):
    """One that asks once, so that what it says is what the provider said."""
    keys = KEYS.replace("[failover]\n", "[failover]\nmax_attempts = 1\n")
    with start_gateway(keys + configuration(simulator.base_url.removesuffix("/v1")), "asgi") as gateway:
        yield gateway


@pytest.fixture(scope="module")
def frank_sdks(frank_gateway):
    with failover.sdks(frank_gateway) as sdks:
        yield sdks


@pytest.mark.parametrize("status", STATUSES)
@tries("errors")
def test_what_a_provider_refuses_is_raised(frank_gateway, frank_sdks, simulator, client, upstream, status):
    sdk, question = frank_sdks[client], Question(named(upstream))
    simulator.attach(f"status={status};retry-after=1")

    for ask in (sdk.ask, sdk.stream):
        frank_gateway.forget()
        with pytest.raises(sdk.errors[STATUSES[status]]):
            ask(question)
    assert len(simulator.journal) == 2


@pytest.mark.parametrize("fault", INTERRUPTIONS)
@tries("broken stream")
def test_a_stream_that_breaks_off_is_raised(frank_sdks, simulator, client, upstream, fault):
    sdk, question = frank_sdks[client], Question(named(upstream))
    simulator.attach(fault)

    with pytest.raises(sdk.errors[None]):
        sdk.stream(question)
    assert len(simulator.journal) == 1


@EVERY_CLIENT
def test_a_key_that_is_not_known_is_refused(clients_gateway, client):
    with (
        contextlib.closing(SDKS[client](clients_gateway.url, "sk-not-known")) as sdk,
        pytest.raises(sdk.errors[401]),
    ):
        sdk.ask(Question(FOUR[0]))


@EVERY_CLIENT
def test_a_model_that_is_not_known_is_refused(sdks, client):
    with pytest.raises(sdks[client].errors[404]):
        sdks[client].ask(Question("no-such-model"))


@EVERY_CLIENT
def test_the_next_dialect_is_asked_where_one_fails(sdks, simulator, client):
    for name in FOUR[:2]:
        simulator.attach("status=500", name.partition("/")[2])

    for ask in (sdks[client].ask, sdks[client].stream):
        answer = ask(Question("four"))
        assert sdks[client].heard(answer).finish == "stop"
        assert sdks[client].head["x-tiercel-model"] == FOUR[2]
    assert [entry.dialect for entry in simulator.journal] == ["openai", "anthropic", "gemini"] * 2


@EVERY_CLIENT
def test_no_more_than_three_attempts_are_made_however_often_the_sdk_retries(sdks, simulator, client):
    simulator.attach("status=500")
    n_answers = sdks[client].n_answers

    with pytest.raises(sdks[client].errors[500]):
        sdks[client].ask(Question("four"))
    assert len(simulator.journal) == 3
    assert sdks[client].n_answers == n_answers + 1
