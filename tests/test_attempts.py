"""What an attempt's failure leads to: the next deployment answers, a header says why, and the key stays secret."""

import asyncio
import json
import socket

import pytest

from tests import gateways
from tests.gateways import KEYS
from tests.providers import HELLO, unary


@pytest.fixture(scope="module")
def script(start_script):
    return start_script()


@pytest.fixture(scope="module")
def closed_port():
    """Bound and not listening, so nobody else can."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.fixture(scope="module")
def failing_gateway(start_gateway, interface, script, closed_port, shared_providers):
    """Tiers whose first deployment is one that a test makes fail."""
    config = (
        KEYS
        + gateways.provider("script", script.base_url, "max_connections = 1")
        + gateways.provider("closed", f"http://127.0.0.1:{closed_port}/v1")
        + gateways.provider("nowhere", "http://no-such-host.invalid/v1")
        + gateways.provider("first", shared_providers[0].base_url)
        + gateways.provider("second", shared_providers[1].base_url)
        + """
[tiers]
pair = ["first/small", "second/small"]
after_closed = ["closed/small", "second/small"]
after_nowhere = ["nowhere/small", "second/small"]
only_closed = ["closed/small"]
scripted = ["script/model"]
after_script = ["script/model", "second/small"]
"""
    )
    with start_gateway(config, interface) as gateway:
        yield gateway


@pytest.mark.parametrize("stream", [False, True], ids=["unary", "stream"])
@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ("status=500", "status_500"),
        ("status=503", "status_503"),
        ("status=429;retry-after=1", "throttled"),
        ("status=401", "credential"),
        ("status=402", "credential"),
        ("status=403", "credential"),
        ("reset=0", "truncated"),
    ],
)
def test_a_provider_that_fails_is_followed_by_the_next(gateway, providers, fault, word, stream):
    first, second = providers
    first.attach(fault)
    answer = gateway.chat(model="auto", stream=stream)

    assert answer.status_code == 200
    assert answer.headers["x-tiercel-attempts"].startswith(f"first/small: {word}, second/small: answer")
    assert answer.headers["x-tiercel-model"] == "second/small"
    assert len(second.journal) == 1
    assert {entry.attempt for entry in first.journal} <= {1, 2}


@pytest.mark.parametrize("status", [400, 404, 409, 413, 415, 422])
def test_what_is_the_clients_own_fault_is_not_tried_elsewhere(gateway, providers, status):
    providers[0].attach(f"status={status}")
    answer = gateway.chat()

    assert answer.status_code == status
    assert answer.json()["error"]["message"] == f"Simulated fault: status={status}"
    assert answer.headers["x-should-retry"] == "false"
    assert [len(provider.journal) for provider in providers] == [1, 0]


def test_three_attempts_are_made_at_most(gateway, providers):
    for provider in providers:
        provider.attach("status=500")
    answer = gateway.chat(model="four")

    assert answer.status_code == 502
    attempts = "first/small: status_500, second/small: status_500, first/medium: status_500"
    assert answer.headers["x-tiercel-attempts"] == attempts
    assert attempts in answer.json()["error"]["message"]


@pytest.mark.parametrize("model", ["after_closed", "after_nowhere"])
def test_a_provider_that_cannot_be_reached_is_followed_by_the_next(failing_gateway, providers, model):
    answer = failing_gateway.chat(model=model)

    assert answer.status_code == 200
    assert answer.headers["x-tiercel-attempts"].endswith("/small: connect, second/small: answered")
    assert len(providers[1].journal) == 1


def test_forty_calls_to_a_pair_of_which_one_refuses_all_succeed(failing_gateway, providers):
    statuses = [failing_gateway.chat(model="after_closed").status_code for _ in range(40)]

    assert statuses == [200] * 40
    assert len(providers[1].journal) == 40


def test_a_provider_that_cannot_be_reached_and_has_no_successor_is_a_502(failing_gateway, closed_port):
    answer = failing_gateway.chat(model="only_closed")

    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "upstream_failed"
    assert (
        answer.json()["error"]["message"]
        == f"the provider could not be reached; tried {', '.join(['closed/small: connect'] * 3)}"
    )
    assert str(closed_port) not in answer.text


@pytest.mark.parametrize("status", [b"400 Bad Request", b"401 Unauthorized", b"500 Oops"])
def test_the_gateways_key_is_never_told(failing_gateway, script, eventually, status):
    async def answer(request, writer):
        message = f"the key {request.header('authorization')} is not good"
        writer.write(unary(json.dumps({"error": {"message": message}}).encode(), status))

    script.reset(answer)
    answered = failing_gateway.chat(model="scripted")
    request_id = answered.headers["x-request-id"]
    eventually(lambda: [line for line in failing_gateway.access_log() if line["request_id"] == request_id])

    assert script.requests[0].header("authorization") == f"Bearer {failing_gateway.provider_key}"
    told = answered.text + str(answered.headers) + failing_gateway.output()
    told += (failing_gateway.folder / "access.jsonl").read_text()
    assert failing_gateway.provider_key not in told
    assert failing_gateway.key not in told


def test_a_clients_key_does_not_reach_the_provider(failing_gateway, script):
    async def answer(_, writer):
        writer.write(HELLO)

    script.reset(answer)
    failing_gateway.chat(model="scripted", headers={"x-api-key": failing_gateway.key})

    request = script.requests[0]
    assert failing_gateway.key.encode() not in request.head + request.body


def test_connections_are_used_again(failing_gateway, script):
    async def answer(_, writer):
        writer.write(HELLO)

    script.reset(answer)
    for _ in range(5):
        assert failing_gateway.chat(model="scripted").status_code == 200

    assert len(script.requests) == 5
    assert script.n_connections == 1


def test_a_connection_that_went_stale_is_replaced_and_that_is_not_counted(failing_gateway, script):
    """The provider closes, as a request comes, a connection that has served before."""

    async def answer(request, writer):
        is_first_on_its_connection = request.connection not in served
        served.add(request.connection)
        if is_first_on_its_connection:
            writer.write(HELLO)
        else:
            writer.transport.abort()

    served = set()
    script.reset(answer)
    answers = [failing_gateway.chat(model="after_script") for _ in range(3)]

    assert [answer.headers["x-tiercel-attempts"] for answer in answers] == ["script/model: answered"] * 3
    assert [request.connection for request in script.requests] == [1, 1, 2, 2, 3]


def test_a_fresh_connection_that_is_closed_is_a_failure(failing_gateway, script, providers):
    async def answer(_, writer):
        writer.transport.abort()

    script.reset(answer)
    answered = failing_gateway.chat(model="after_script")

    assert answered.headers["x-tiercel-attempts"] == "script/model: truncated, second/small: answered"
    assert len(script.requests) == 1
    assert len(providers[1].journal) == 1


def test_a_provider_whose_connections_all_stay_in_use_is_followed_by_the_next(failing_gateway, script, providers):
    """The limit for the script is one connection, which an unfinished answer holds: no attempt is made there."""

    async def answer(request, writer):
        if b'"hold"' in request.body:
            await asyncio.Event().wait()
        writer.write(HELLO)

    script.reset(answer)

    async def two_calls():
        held = asyncio.create_task(asyncio.to_thread(failing_gateway.chat, model="after_script", user="hold"))
        await asyncio.to_thread(gateways.eventually, lambda: script.requests)
        answered = await asyncio.to_thread(failing_gateway.chat, model="after_script")
        await asyncio.to_thread(script.reset, answer)
        return answered, await held

    answered, held = asyncio.run(two_calls())

    assert answered.headers["x-tiercel-attempts"] == "second/small: answered"
    assert held.headers["x-tiercel-attempts"] == "script/model: truncated, second/small: answered"
    assert len(providers[1].journal) == 2
