"""Each step of an attempt has its own time-out, after which the next deployment is tried and the connection is gone."""

import asyncio
import contextlib
import socket

import pytest

from tests import gateways
from tests.gateways import KEYS

SHORT = "300ms"


@pytest.fixture(scope="module")
def full_port():
    """A port whose queue of connections to accept is full, so that connecting to it takes for ever."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, contextlib.ExitStack() as stack:
        while True:
            client = stack.enter_context(socket.socket())
            client.settimeout(0.1)
            try:
                client.connect(server.getsockname())
            except TimeoutError:
                break
        yield server.getsockname()[1]


@pytest.fixture(scope="module")
def silent(start_script):
    """Takes connections and says nothing."""

    async def answer(_, __):
        await asyncio.Event().wait()

    script = start_script()
    script.reset(answer)
    return script


@pytest.fixture(scope="module")
def hasty_gateway(start_gateway, interface, shared_providers, full_port, silent):
    """A tier for each time-out, named for it: the first deployment is short of that time, the second is not."""
    first, second = (provider.base_url for provider in shared_providers)
    urls = {
        "connect": f"http://127.0.0.1:{full_port}/v1",
        "tls": f"https://127.0.0.1:{silent.port}/v1",
        **dict.fromkeys(("head", "answer", "first_token", "between_tokens", "total"), first),
    }
    tiers = ["[tiers]"] + [f'{name} = ["{name}/small", "second/small"]' for name in urls]
    tiers += ['both = ["head/small", "impatient/small"]', 'alone = ["head/small"]']
    providers = [gateways.provider(name, url, f'timeouts = {{ {name} = "{SHORT}" }}') for name, url in urls.items()]
    providers += [gateways.provider("second", second)]
    providers += [gateways.provider("impatient", second, 'timeouts = { total = "500ms" }')]
    with start_gateway(KEYS + "".join(providers) + "\n".join(tiers), interface) as gateway:
        yield gateway


@pytest.mark.parametrize(
    ("timeout", "fault", "stream"),
    [
        ("connect", "no-done", False),
        ("connect", "no-done", True),
        ("tls", "no-done", False),
        ("tls", "no-done", True),
        ("head", "delay=60s", True),
        ("first_token", "slow-first-token=60s", True),
        ("first_token", "stall=1", True),
        ("answer", "delay=60s", False),
        ("answer", "stall=0", False),
        ("answer", "stall=1", False),
    ],
)
def test_when_time_is_up_the_next_deployment_answers(hasty_gateway, providers, eventually, timeout, fault, stream):
    providers[0].attach(fault)
    answer = hasty_gateway.chat(model=timeout, stream=stream)

    end = "answering" if stream else "answered"
    assert answer.status_code == 200
    assert answer.headers["x-tiercel-attempts"] == f"{timeout}/small: timeout_{timeout}, second/small: {end}"
    eventually(lambda: all(entry.disconnected_at for entry in providers[0].journal))


@pytest.mark.parametrize(
    ("model", "fault"), [("answer", "slow-first-token=60s"), ("head", "slow-first-token=100ms"), ("head", "no-done")]
)
def test_what_comes_in_time_is_not_hurried_by_another_steps_time_out(hasty_gateway, providers, model, fault):
    """A stream has no time-out for its whole, and its head none for its first token."""
    providers[0].attach(f"{fault};times=1" if "60s" in fault else fault)
    stream = model == "head"
    answer = hasty_gateway.chat(model=model, stream=stream)

    expected = f"{model}/small: answering" if stream else "answer/small: timeout_answer, second/small: answered"
    assert answer.headers["x-tiercel-attempts"] == expected


def test_a_stall_is_noticed_after_the_time_between_tokens_however_long_the_other_times_are(hasty_gateway, providers):
    """The head's time-out is 30 s, as long as a request of this test may take."""
    providers[0].attach("stall=5")
    answer = hasty_gateway.chat(model="between_tokens", stream=True)

    assert answer.text.count("data: ") == 6
    assert '"code":"upstream_stream_interrupted"' in answer.text
    assert providers[1].journal == []


@pytest.mark.parametrize("stream", [False, True], ids=["unary", "stream"])
def test_when_the_time_for_everything_is_up_nothing_more_is_tried(hasty_gateway, providers, stream):
    providers[0].attach("delay=60s")
    answer = hasty_gateway.chat(model="total", stream=stream)

    assert answer.status_code == 504
    assert answer.json()["error"]["code"] == "upstream_timeout"
    assert answer.headers["x-tiercel-attempts"] == "total/small: timeout_total"
    assert providers[1].journal == []


def test_the_time_for_everything_ends_a_stream_under_way(hasty_gateway, providers):
    providers[0].attach("stall=5")
    answer = hasty_gateway.chat(model="total", stream=True)

    assert answer.status_code == 200
    assert "the call took longer than it may" in answer.text
    assert "[DONE]" not in answer.text


def test_the_time_for_everything_counts_from_the_first_attempt(hasty_gateway, providers):
    for provider in providers:
        provider.attach("delay=60s")
    answer = hasty_gateway.chat(model="both", stream=True)

    assert answer.headers["x-tiercel-attempts"] == "head/small: timeout_head, impatient/small: timeout_total"


def test_a_time_out_with_no_successor_is_a_504_that_says_so(hasty_gateway, providers):
    providers[0].attach("delay=60s")
    answer = hasty_gateway.chat(model="alone", stream=True)

    assert answer.status_code == 504
    assert (
        answer.json()["error"]["message"]
        == f"the provider did not answer in time; tried {', '.join(['head/small: timeout_head'] * 3)}"
    )
    assert answer.headers["x-should-retry"] == "false"
