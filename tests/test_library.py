"""The gateway inside of a program: what it answers, how it fails, and that it leaves the rest of the process alone."""

import asyncio
import gc
import json
import signal
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiercel
from tests.gateways import eventually, provider
from tests.providers import STREAM_END, STREAM_HEAD, piece, unary
from tiercel import Gateway, errors
from tiercel.ingress.in_process import MAX_UNREAD, InProcessExchange
from tiercel.library.stream import Lines

MESSAGES = [{"role": "user", "content": "Explain the refund policy"}]
ASK: Any = {"model": "auto", "messages": MESSAGES}
TIERS = """
[tiers]
small = ["first/small"]
medium = ["first/medium"]

[routes.auto]
tiers = ["small", "medium"]
default = "small"
classifier = { mode = "off" }

[prices."first/small"]
input = 1.0
output = 4.0
"""
KEYS = """
[[keys]]
name = "shop"
key = { env = "TIERCEL_TESTS_KEY" }
"""
EVENT = b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"%b"},"finish_reason":%b}]}\n\n'


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("TIERCEL_TESTS_KEY", "sk-shop")
    monkeypatch.setenv("TIERCEL_TESTS_PROVIDER_KEY", "sk-provider")


@pytest.fixture
def simulator(shared_providers):
    shared_providers[0].reset()
    return shared_providers[0]


@pytest.fixture
def text(simulator):
    """A configuration in front of the simulator."""
    return provider("first", simulator.base_url) + TIERS


@pytest.fixture
def script(start_script):
    """A provider to be scripted, and a configuration in front of it."""
    script = start_script()
    script.text = provider("first", script.base_url) + TIERS
    return script


def use(text, ask, **options):
    """What the coroutine function `ask` gives for a gateway that is closed thereafter."""

    async def main():
        async with Gateway.from_text(text, **options) as gateway:
            return await ask(gateway)

    return asyncio.run(main())


async def events_of(stream):
    return [event async for event in stream]


# What is answered.


def test_an_answer_says_what_the_model_says_and_what_the_gateway_says_of_it(text):
    answer = use(text, lambda gateway: gateway.chat(**ASK, temperature=0))

    assert "refund policy" in answer.text
    assert answer.body["choices"][0]["message"]["content"] == answer.text
    assert (answer.model, answer.tier, answer.reason) == ("first/small", "small", "route:auto:default")
    assert answer.usage["total_tokens"] == answer.usage["prompt_tokens"] + answer.usage["completion_tokens"]
    assert answer.cost * 1_000_000 == answer.usage["prompt_tokens"] + 4 * answer.usage["completion_tokens"]
    assert answer.request_id == answer.headers["x-request-id"]
    assert "refund" not in repr(answer)


def test_a_stream_says_the_same_as_it_comes(text):
    async def ask(gateway):
        return await gateway.chat(**ASK), await events_of(gateway.stream(**ASK))

    answer, events = use(text, ask)

    assert "".join(event.text for event in events) == answer.text
    assert events[-1].body["choices"][0]["finish_reason"] == "stop"


def test_parameters_and_headers_arrive(text, simulator):
    async def ask(gateway):
        tool = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}
        answer = await gateway.chat(**ASK, tools=[tool], tool_choice="required", headers={"X-Tiercel-Tier": "medium"})
        await events_of(gateway.stream(**ASK, max_tokens=3))
        return answer

    answer = use(text, ask)

    assert (answer.tier, answer.text) == ("medium", "")
    assert answer.body["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "look_up"
    assert simulator.journal[1].completion_tokens == 3


def test_every_dialect_is_there(text):
    body = {"model": "auto", "max_tokens": 20, "messages": MESSAGES}
    response = use(text, lambda gateway: gateway.request("POST", "/v1/messages", {}, body))

    assert response.status == 200
    assert response.json()["type"] == "message"
    assert response.headers["x-tiercel-model"] == "first/small"


def test_where_a_question_would_go_is_told_without_asking(text, simulator):
    found = Gateway.from_text(text).route("Hello")

    assert (found["tier"], found["deployments"]) == ("small", ["first/small"])
    assert simulator.journal == []


def test_metrics_count_what_was_asked(text):
    async def ask(gateway):
        await gateway.chat(**ASK)
        return gateway.metrics()

    counted = [line for line in use(text, ask).splitlines() if line.startswith("tiercel_requests_total{")]

    assert [line.rpartition(" ")[2] for line in counted if 'endpoint="chat"' in line] == ["1"]


def test_the_log_is_handed_over_line_by_line_at_the_latest_when_the_gateway_closes(text, capfd):
    lines: list[bytes] = []

    async def ask(gateway):
        return [await gateway.chat(**ASK) for _ in range(3)]

    answers = use(text, ask, log=lines.append)

    assert [json.loads(line)["request_id"] for line in lines] == [answer.request_id for answer in answers]
    assert all(line.endswith(b"\n") for line in lines)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("make", ["file", "environment"])
def test_a_configuration_comes_from_a_file_or_from_the_environment(text, tmp_path, monkeypatch, make):
    path = tmp_path / "tiercel.toml"
    path.write_text(text)
    monkeypatch.setenv("TIERCEL_CONFIG", str(path))

    async def main():
        async with Gateway.from_file(path) if make == "file" else Gateway.from_environment() as gateway:
            return await gateway.chat(**ASK)

    assert asyncio.run(main()).tier == "small"


def test_a_configuration_for_all_addresses_needs_no_keys_where_nobody_listens(text):
    answer = use('[server]\nhost = "0.0.0.0"\n' + text, lambda gateway: gateway.chat(**ASK))

    assert answer.tier == "small"


# How it fails.


@pytest.mark.parametrize(
    ("name", "ask", "expected"),
    [
        ("nobody has the model", {"model": "nobody's"}, (errors.UnknownModel, "model_not_found", 404)),
        ("there is no message", {"messages": []}, (errors.MalformedBody, "malformed_body", 400)),
        ("a header is wrong", {"headers": {"x-tiercel-cache": "?"}}, (errors.MalformedHead, "malformed_head", 400)),
        ("it may cost nothing", {"headers": {"x-tiercel-max-cost": "0"}}, (errors.TooDear, "max_cost_exceeded", 402)),
        ("the provider refuses", {"user": "simulate:status=400"}, (errors.RequestError, "invalid_request_error", 400)),
        ("it fails", {"user": "simulate:status=500"}, (errors.UpstreamFailed, "upstream_failed", 502)),
    ],
)
def test_a_failure_is_raised_with_its_code_and_status(text, name, ask, expected):
    async def main(gateway):
        whole = gateway.chat(**ASK | ask)
        streamed = events_of(gateway.stream(**ASK | ask))
        return await asyncio.gather(whole, streamed, return_exceptions=True)

    found = [(type(error), error.code, error.status) for error in use(text, main)]

    assert found == [expected, expected], name


@pytest.mark.parametrize(
    ("key", "headers", "expected"),
    [
        (None, {}, "missing_api_key"),
        ("sk-nobody", {}, "invalid_api_key"),
        ("sk-shop", {}, None),
        (None, {"Authorization": "Bearer sk-shop"}, None),
        ("sk-nobody", {"authorization": "Bearer sk-shop"}, None),
    ],
)
def test_a_configuration_with_keys_wants_one_as_over_http(text, key, headers, expected):
    async def ask(gateway):
        try:
            await gateway.chat(**ASK, headers=headers)
        except tiercel.RequestError as error:
            return error.code
        return None

    assert use(KEYS + text, ask, key=key) == expected


def test_metrics_need_a_key_that_may_read_them(text):
    gateway = Gateway.from_text(KEYS + text, key="sk-shop")

    with pytest.raises(errors.Forbidden, match="may not read the metrics"):
        gateway.metrics()


def test_a_stream_that_breaks_off_raises_after_what_came(text):
    async def ask(gateway):
        stream = gateway.stream(**ASK, user="simulate:cut=3")
        heard = [(await anext(stream)).text for _ in range(3)]
        with pytest.raises(errors.StreamInterrupted) as raised:
            await anext(stream)
        return heard, raised.value

    heard, error = use(text, ask)

    assert "".join(heard)
    assert (error.code, error.status) == ("stream_truncated", 502)


def test_what_is_no_error_of_ours_is_raised_all_the_same(script):
    async def answer(_, writer):
        writer.write(unary(b"<p>Bad</p>", b"400 Bad Request"))

    script.reset(answer)

    with pytest.raises(tiercel.RequestError) as raised:
        use(script.text, lambda gateway: gateway.chat(**ASK))

    assert type(raised.value) is tiercel.RequestError
    assert raised.value.status == 400


def test_a_body_that_is_too_large_is_refused(text):
    with pytest.raises(errors.BodyTooLarge):
        use('[server]\nmax_body = "1KB"\n' + text, lambda gateway: gateway.chat(**ASK, user="x" * 1000))


def test_asking_for_a_stream_by_a_parameter_is_a_mistake(text):
    with pytest.raises(ValueError, match="a stream is what `stream` gives"):
        use(text, lambda gateway: gateway.chat(**ASK, stream=True))


# Streams and those who leave.


def test_an_event_is_there_before_the_next_one_is_sent(script):
    is_heard = asyncio.Event()

    async def answer(_, writer):
        writer.write(STREAM_HEAD + piece(EVENT % (b"One", b"null")))
        await is_heard.wait()
        writer.write(piece(EVENT % (b" two", b'"stop"') + b"data: [DONE]\n\n") + STREAM_END)

    async def ask(gateway):
        heard = []
        async for event in gateway.stream(**ASK):
            heard.append(event.text)
            script.call_soon(is_heard.set)
        return heard

    script.reset(answer)

    assert use(script.text, ask) == ["One", " two"]


def has_hung_up(simulator):
    """Whether the provider has seen everybody leave."""
    return simulator.journal and all(entry.disconnected_at is not None for entry in simulator.journal)


async def by_closing(gateway):
    async with gateway.stream(**ASK, user="simulate:stall=4") as stream:
        assert (await anext(stream)).text == ""


async def by_forgetting(gateway):
    async for event in gateway.stream(**ASK, user="simulate:stall=4"):
        assert event.text == ""
        break


async def by_a_time_out(gateway):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await events_of(gateway.stream(**ASK, user="simulate:stall=4"))


async def by_cancelling(gateway):
    task = asyncio.create_task(gateway.chat(**ASK, user="simulate:delay=60s"))
    await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(task, 0.2)


@pytest.mark.parametrize("leave", [by_closing, by_forgetting, by_a_time_out, by_cancelling])
def test_the_provider_is_hung_up_on_when_whoever_asked_leaves(text, simulator, leave):
    lines: list[bytes] = []

    async def ask(gateway):
        await leave(gateway)
        # Before the gateway closes, which would end it too.
        await asyncio.to_thread(eventually, lambda: has_hung_up(simulator))

    use(text, ask, log=lines.append)

    assert [json.loads(line)["outcome"] for line in lines] == ["client_gone"]


def test_the_upstream_waits_while_nobody_reads():
    async def main():
        exchange = InProcessExchange("POST", b"/", [], b"")
        taken = [exchange.send(b"x" * (MAX_UNREAD // 2)) for _ in range(3)]
        waits = [None if sending is None else sending.done() for sending in taken]
        n_read = len(await exchange.part() or b"")
        return waits, n_read, [sending is None or sending.done() for sending in taken], exchange.send(b"x")

    waits, n_read, after, next_one = asyncio.run(main())

    assert waits == [None, False, False]
    assert n_read == MAX_UNREAD // 2 * 3
    assert after == [True, True, True]
    assert next_one is None


def test_nothing_is_kept_for_whoever_left():
    async def main():
        exchange = InProcessExchange("POST", b"/", [], b"")
        before = exchange.send(b"x" * MAX_UNREAD)
        exchange.leave()
        after = exchange.send(b"x" * MAX_UNREAD)
        return before is not None and before.done(), after, len(exchange._parts)

    assert asyncio.run(main()) == (True, None, 0)


@given(st.lists(st.binary(max_size=20)), st.integers(1, 7))
def test_lines_are_the_same_however_they_are_cut(lines, n_bytes):
    lines = [line.replace(b"\n", b" ").rstrip(b"\r") for line in lines]
    whole = b"".join(line + (b"\r\n" if len(line) % 2 else b"\n") for line in lines)
    reader = Lines()
    found = [line for start in range(0, len(whole), n_bytes) for line in reader.feed(whole[start : start + n_bytes])]

    assert found == lines


# Several gateways, event loops, and the end.


def test_two_gateways_in_one_process_know_nothing_of_one_another(text, shared_providers):
    other = shared_providers[1]
    other.reset()

    async def main():
        async with (
            Gateway.from_text(text) as first,
            Gateway.from_text(text.replace(shared_providers[0].base_url, other.base_url)) as second,
        ):
            await asyncio.gather(*(gateway.chat(**ASK) for gateway in (first, first, second)))
            return [gateway.metrics().count('endpoint="chat"') > 0 for gateway in (first, second)]

    assert asyncio.run(main()) == [True, True]
    assert [len(it.journal) for it in shared_providers] == [2, 1]


def test_a_gateway_for_each_thread(text):
    answers = []

    def run():
        answers.append(use(text, lambda gateway: gateway.chat(**ASK)).text)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 3
    assert len(set(answers)) == 1


def test_another_event_loop_is_refused(text):
    def ask_elsewhere(gateway):
        return asyncio.run(gateway.chat(**ASK))

    async def ask(gateway):
        await gateway.chat(**ASK)
        with pytest.raises(RuntimeError, match="began on another event loop; make one for each loop"):
            await asyncio.to_thread(ask_elsewhere, gateway)
        return await gateway.chat(**ASK)

    assert use(text, ask).text


def test_a_closed_gateway_says_so(text):
    async def main():
        gateway = Gateway.from_text(text)
        await gateway.aclose()
        await gateway.aclose()
        with pytest.raises(RuntimeError, match="this gateway is closed; make another one"):
            await gateway.chat(**ASK)

    asyncio.run(main())


def test_what_runs_when_a_gateway_is_closed_ends_as_draining(text, simulator):
    lines: list[bytes] = []

    async def main():
        gateway = Gateway.from_text(text, log=lines.append)
        stream = gateway.stream(**ASK, user="simulate:stall=4")
        asked = [gateway.chat(**ASK, user="simulate:delay=60s"), anext(stream), gateway.chat(**ASK)]
        first, second, third = [asyncio.ensure_future(asking) for asking in asked]
        await asyncio.gather(second, third)
        await gateway.aclose()
        return await asyncio.gather(first, events_of(stream), return_exceptions=True)

    results = asyncio.run(main())

    assert [type(result) for result in results] == [errors.Draining, errors.Draining]
    assert sorted(json.loads(line)["outcome"] for line in lines) == ["answered", "client_gone", "client_gone"]
    assert eventually(lambda: sum(entry.disconnected_at is not None for entry in simulator.journal) == 2)


def test_an_event_loop_that_ends_takes_a_gateway_along(text, simulator):
    async def main():
        gateway = Gateway.from_text(text)
        asking = asyncio.ensure_future(gateway.chat(**ASK, user="simulate:delay=60s"))
        await asyncio.to_thread(eventually, lambda: simulator.journal)
        return asking

    asking = asyncio.run(main())

    assert asking.cancelled() or isinstance(asking.exception(), errors.Draining)


def test_nothing_else_of_the_process_is_touched(text):
    def state():
        return (
            signal.getsignal(signal.SIGUSR1),
            signal.getsignal(signal.SIGHUP),
            gc.get_threshold(),
            gc.get_freeze_count(),
        )

    before = state()
    during = use(text, lambda gateway: asyncio.gather(gateway.chat(**ASK), asyncio.to_thread(state)))[1]

    assert [before, before] == [during, state()]


def test_a_second_gateway_on_the_same_cache_folder_goes_without(text, tmp_path, caplog):
    text = f'[cache]\nmode = "exact"\npath = "{tmp_path / "cache"}"\n' + text

    async def main():
        async with Gateway.from_text(text) as first, Gateway.from_text(text) as second:
            return [(await gateway.chat(**ASK)).text for gateway in (first, second, first, second)]

    answers = asyncio.run(main())

    assert len(set(answers)) == 1
    assert [record.name for record in caplog.records] == ["tiercel"]
