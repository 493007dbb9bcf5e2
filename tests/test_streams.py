"""Until a stream has said something, whatever goes wrong is made good by the next provider, and nobody notices."""

import json

import pytest

from tests import gateways
from tests.gateways import KEYS

# For stalls; long enough for a busy machine to be quicker where nothing stalls.
# Long enough that a busy machine's pause is not taken for a provider's.
HASTY = """
[timeouts]
first_token = "2s"

[tiers]
pair = ["first/small", "second/small"]
"""

# The first event of a stream is the role alone: what comes before the second has said nothing.
BEFORE_THE_FIRST_EVENT = {
    "truncate=0": "truncated",
    "truncate=1": "truncated",
    "cut=0": "truncated",
    "cut=1": "truncated",
    "reset=1": "truncated",
    "garble=1": "malformed",
    "garble=2": "malformed",
    "stall=0": "timeout_first_token",
    "stall=1": "timeout_first_token",
    "error-event=1": "error_in_answer",
    "error-event=2": "error_in_answer",
    "delay=60s": "timeout_head",
    "slow-first-token=60s": "timeout_first_token",
}


@pytest.fixture(scope="module")
def hasty_gateway(start_gateway, interface, shared_providers):
    first, second = (
        gateways.provider(name, provider.base_url, 'timeouts = { head = "2s" }')
        for name, provider in zip(("first", "second"), shared_providers, strict=True)
    )
    with start_gateway(KEYS + first + second + HASTY, interface) as gateway:
        yield gateway


def events(body):
    assert body.endswith("\n\n")
    return [event.removeprefix("data: ") for event in body.removesuffix("\n\n").split("\n\n")]


def without_id(event):
    """A chunk, but for what is different each time."""
    return {name: value for name, value in json.loads(event).items() if name not in ("id", "created")}


@pytest.mark.parametrize("fault", BEFORE_THE_FIRST_EVENT)
def test_before_the_first_event_the_next_provider_answers_and_the_client_sees_nothing_of_it(
    hasty_gateway, providers, fault
):
    first, second = providers
    whole = hasty_gateway.chat(stream=True)
    first.attach(fault)
    answer = hasty_gateway.chat(stream=True)

    assert answer.status_code == 200
    attempts = f"first/small: {BEFORE_THE_FIRST_EVENT[fault]}, second/small: answering"
    assert answer.headers["x-tiercel-attempts"] == attempts
    assert answer.headers["x-tiercel-model"] == "second/small"
    *chunks, done = events(answer.text)
    *expected, _ = events(whole.text)
    assert [without_id(chunk) for chunk in chunks] == [without_id(chunk) for chunk in expected]
    assert len({json.loads(chunk)["id"] for chunk in chunks}) == 1
    assert done == "[DONE]"
    assert len(second.journal) == 1


@pytest.mark.parametrize("fault", ["truncate=0", "cut=1", "stall=0", "garble=2", "error-event=1"])
def test_when_every_stream_breaks_off_before_its_first_event_the_client_gets_an_error_status(
    hasty_gateway, providers, fault
):
    for provider in providers:
        provider.attach(fault)
    answer = hasty_gateway.chat(stream=True)

    assert answer.status_code in (502, 504)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-should-retry"] == "false"
    word = BEFORE_THE_FIRST_EVENT[fault]
    assert answer.headers["x-tiercel-attempts"] == f"first/small: {word}, second/small: {word}, first/small: {word}"


def test_a_done_that_a_provider_forgot_is_supplied(hasty_gateway, providers):
    whole = hasty_gateway.chat(stream=True)
    providers[0].attach("no-done")
    answer = hasty_gateway.chat(stream=True)

    assert answer.text.endswith("data: [DONE]\n\n")
    assert len(answer.text) == len(whole.text)


@pytest.mark.parametrize("stream", [False, True], ids=["unary", "stream"])
def test_a_compressed_answer_is_the_same_answer(hasty_gateway, providers, stream):
    plain = hasty_gateway.chat(stream=stream)
    providers[0].attach("gzip")
    compressed = hasty_gateway.chat(stream=stream)

    assert "content-encoding" not in compressed.headers
    assert len(compressed.content) == len(plain.content)


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ("truncate=1", "truncated"),
        ("cut=1", "truncated"),
        ("reset=1", "truncated"),
        ("garble=1", "malformed"),
        ("error-event=1", "error_in_answer"),
        ("status=503", "status_503"),
        ("status=529", "overloaded"),
    ],
)
def test_a_unary_answer_that_is_broken_is_given_by_the_next_provider(hasty_gateway, providers, fault, word):
    providers[0].attach(fault)
    answer = hasty_gateway.chat()

    assert answer.status_code == 200
    assert answer.headers["x-tiercel-attempts"] == f"first/small: {word}, second/small: answered"
    assert answer.json()["choices"][0]["finish_reason"] == "stop"
