"""A stream that says nothing for 15 s is kept alive where its dialect has pings; they commit to no deployment."""

import pytest

from tests import failover
from tests.failover import ANSWERED, PAIRS, Case, Upstream
from tests.gateways import KEYS

# A little longer than it takes until the first ping, and shorter than until the second.
SLOW = "slow-first-token=16s"
PINGS = {
    "chat": ": ping\n\n",
    "responses": ": ping\n\n",
    "messages": 'event: ping\ndata: {"type": "ping"}\n\n',
}
# How an answer begins.
BEGINNINGS = {
    "chat": "data: ",
    "responses": "event: response.created\n",
    "messages": "event: message_start\n",
    "gemini": "data: ",
}
SAME, CROSSING = PAIRS[:4], PAIRS[4:]


def cases(name, pairs, *faults):
    return [Case(name, client, dialect, "stream", faults) for client, dialect in pairs]


HEARD = cases("heard", CROSSING, SLOW)
LOST = cases("lost", SAME, f"{SLOW};cut=0", "")
FAILED = cases("failed", SAME, f"{SLOW};cut=0", "status=500", "status=500")
EVERY = [*HEARD, *LOST, *FAILED]


@pytest.fixture(scope="module")
def upstream(start_provider):
    return Upstream(start_provider, EVERY)


@pytest.fixture(scope="module")
def ended(start_gateway, upstream):
    """How each case ended, all of them waited for together."""
    with (
        start_gateway(KEYS + failover.configuration(EVERY, upstream.origin), "asgi") as gateway,
        failover.sdks(gateway) as sdks,
    ):

        def ask(case):
            if case in HEARD:
                return failover.hear(sdks[case.client], case)
            return failover.ask(gateway, case.client, case.name, stream=True)

        yield failover.at_once(ask, EVERY)


def test_an_sdk_makes_nothing_of_them(ended, upstream):
    assert {case.name: ended[case.name] for case in HEARD} == {case.name: ANSWERED for case in HEARD}
    assert upstream.asked(HEARD) == {case.name: "a" for case in HEARD}


@pytest.mark.parametrize("case", LOST, ids=[case.client for case in LOST])
def test_another_deployment_answers_after_a_ping(ended, upstream, case):
    answer = ended[case.name]

    assert answer.status_code == 200
    assert answer.text.startswith(PINGS.get(case.client, "") + BEGINNINGS[case.client])
    assert '"error":{' not in answer.text
    assert upstream.asked([case]) == {case.name: "ab"}


@pytest.mark.parametrize("case", FAILED, ids=[case.client for case in FAILED])
def test_where_all_fail_after_a_ping_the_error_is_in_the_stream(ended, upstream, case):
    answer = ended[case.name]
    ping = PINGS.get(case.client)

    assert answer.status_code == (200 if ping else 502)
    assert answer.text.startswith(ping or "{")
    assert '"error"' in answer.text
    assert upstream.asked([case]) == {case.name: "abc"}
