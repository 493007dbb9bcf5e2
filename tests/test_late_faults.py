"""A stream that fails after some words, in every dialect: its error is told, what came is billed, nobody else is asked.

These providers take their time, since a stream that fails in the very read in which it begins has told nobody anything
and is asked for anew.
"""

import json

import pytest

from tests import failover
from tests.failover import PAIRS, Case, Upstream
from tests.gateways import KEYS

# Events after which every dialect has said some words. At 90 a second, the first of them was read long before the last.
N_EVENTS = 16
# Tokens that have come by then at least, at four bytes each: ten words of five letters.
N_TOKENS = 8
# Only for those that stall, since on a busy machine the others may pause as well.
HASTY = 'timeouts = { between_tokens = "2s" }'
TRUNCATED = ("stream_truncated", {"the provider's answer ended before it was whole"})
REPORTED = {"the provider reported an error in its answer", "the provider is overloaded"}
# How a stream fails, and the code and the messages in its error event.
FAULTS = {
    "cut": TRUNCATED,
    "reset": TRUNCATED,
    "truncate": TRUNCATED,
    "garble": ("upstream_stream_interrupted", {"the provider's answer is malformed"}),
    "error-event": ("upstream_stream_interrupted", REPORTED),
    "stall": ("upstream_stream_interrupted", {"the next token did not come in time"}),
}
# What only a whole stream has.
ENDS = {
    "chat": '"finish_reason":"',
    "responses": "response.completed",
    "messages": "message_stop",
    "gemini": '"finishReason"',
}


def cases(fault, mode):
    settings = HASTY if fault == "stall" else ""
    return [Case(fault, client, dialect, mode, (f"{fault}={N_EVENTS}", ""), settings) for client, dialect in PAIRS]


EVERY = [case for fault in FAULTS for mode in ("stream", "raw") for case in cases(fault, mode)]


@pytest.fixture(scope="module")
def upstream(start_provider):
    return Upstream(start_provider, EVERY, speed=1)


@pytest.fixture(scope="module")
def gateway(start_gateway, upstream):
    with start_gateway(KEYS + failover.configuration(EVERY, upstream.origin), "asgi") as gateway:
        yield gateway


@pytest.mark.parametrize("fault", FAULTS)
def test_the_sdk_raises_and_nobody_else_is_asked(gateway, upstream, fault):
    met = cases(fault, "stream")
    with failover.sdks(gateway) as sdks:
        heard = failover.at_once(lambda case: failover.hear(sdks[case.client], case), met)

        for case in met:
            assert isinstance(heard[case.name], sdks[case.client].errors[None]), (case.name, heard[case.name])
    assert upstream.asked(met) == {case.name: "a" for case in met}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_error_event_is_the_last_and_what_came_is_billed(gateway, fault):
    met = cases(fault, "raw")
    code, messages = FAULTS[fault]
    answers = failover.at_once(lambda case: failover.ask(gateway, case.client, case.name, stream=True), met)
    lines = failover.logged(gateway, answers)

    for case in met:
        text, line = answers[case.name].text, lines[case.name]
        *said, last = [json.loads(each[6:]) for each in text.splitlines() if each.startswith("data: ")]
        assert not any("error" in each for each in said), case.name
        assert last["error"]["message"] in messages, case.name
        assert case.client not in {"chat", "responses"} or last["error"]["code"] == code, case.name
        assert ENDS[case.client] not in text, case.name
        assert line["outcome"] == "interrupted", case.name
        assert line["usage"]["input"] > 0, case.name
        assert line["usage"]["output"] >= N_TOKENS, (case.name, line["usage"])
