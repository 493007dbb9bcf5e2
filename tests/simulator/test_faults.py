"""What a client sees of the simulator's faults."""

import asyncio
import gzip
from math import isclose

import openai
import orjson
import pytest

from tests.simulator.asking import HELLO, LOOPS, ask, chat, exchange, n_events, post, simulate
from tiercel.simulator import FaultSyntaxError, Settings, Simulator
from tiercel.simulator.choices import seeded
from tiercel.simulator.faults import NO_FAULT, Faults, parse
from tiercel.simulator.models import MODELS, PRICES


@LOOPS
@pytest.mark.parametrize(
    ("fault", "events", "ending", "finished"),
    [
        ("truncate=3", 3, "end", True),
        ("cut=3", 3, "end", False),
        ("reset=3", 3, "reset", False),
        ("reset=0", 0, "reset", False),
        ("stall=3", 3, "silence", False),
        ("stall=0", 0, "silence", False),
        ("error-event=2", 2, "end", True),
    ],
)
def test_streams_end_as_the_fault_says(fault, events, ending, finished, loop):
    async def check(simulator, _):
        return await exchange(simulator, post(chat(stream=True), **{"x-simulate-fault": fault}), patience=0.3)

    received, how = simulate(check, loop)
    assert n_events(received) == events
    assert how == ending
    assert received.endswith(b"0\r\n\r\n") == finished
    assert b"[DONE]" not in received
    assert b'"finish_reason":"' not in received
    assert (b'"error"' in received) == fault.startswith("error")
    assert (received == b"") == (fault == "reset=0")


@LOOPS
@pytest.mark.parametrize(
    ("fault", "ending", "has_body"),
    [
        ("truncate=1", "end", True),
        ("cut=0", "end", False),
        ("reset=1", "reset", True),
        ("reset=0", "reset", False),
        ("stall=1", "silence", True),
    ],
)
def test_unary_answers_end_as_the_fault_says(fault, ending, has_body, loop):
    async def check(simulator, _):
        return await exchange(simulator, post(chat(), **{"x-simulate-fault": fault}), patience=0.3)

    received, how = simulate(check, loop)
    head, _, body = received.partition(b"\r\n\r\n")
    assert how == ending
    assert bool(body) == has_body
    assert (head == b"") == (fault == "reset=0")
    if body:
        with pytest.raises(orjson.JSONDecodeError):
            orjson.loads(body)


@pytest.mark.parametrize(
    ("fault", "exception"),
    [
        ("status=400", openai.BadRequestError),
        ("status=401", openai.AuthenticationError),
        ("status=429;retry-after=1", openai.RateLimitError),
        ("status=503", openai.InternalServerError),
        ("status=529", openai.InternalServerError),
        ("reset=0", openai.APIConnectionError),
        ("reset=1", openai.APIConnectionError),
    ],
)
def test_the_sdk_raises_for_faults(fault, exception):
    with pytest.raises(exception) as raised:
        ask({"user": f"simulate:{fault}"})
    if "retry-after" in fault:
        assert raised.value.response.headers["retry-after"] == "1"


def test_a_stream_with_an_error_event_raises():
    with pytest.raises(openai.APIError, match="server had an error"):
        ask({"stream": True, "metadata": {"simulate": "error-event=2"}})


def test_a_garbled_event_is_malformed_and_alone():
    async def check(simulator, _):
        return await exchange(simulator, post(chat(stream=True), **{"x-simulate-fault": "garble=3"}))

    received, _ = simulate(check)
    events = [line[6:] for line in received.split(b"\n") if line.startswith(b"data: ")]
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(events[2])
    assert events[-1] == b"[DONE]"
    assert all(orjson.loads(event) for event in events[:2] + events[3:-1])


def test_done_can_be_left_out():
    async def check(simulator, _):
        return await exchange(simulator, post(chat(stream=True), **{"x-simulate-fault": "no-done"}))

    received, _ = simulate(check)
    assert b'"finish_reason":"stop"' in received
    assert b"[DONE]" not in received


def test_compressed_answers_are_the_same_answers():
    plain = ask({}).choices
    chunks = ask({"stream": True, "user": "simulate:gzip"})

    assert ask({"user": "simulate:gzip"}).choices == plain
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == plain[0].message.content

    async def check(simulator, _):
        return await exchange(simulator, post(chat(user="simulate:gzip")))

    head, _, body = simulate(check)[0].partition(b"\r\n\r\n")
    assert b"content-encoding: gzip" in head
    assert orjson.loads(gzip.decompress(body))["object"] == "chat.completion"


@pytest.mark.parametrize(("fault", "announced"), [("keep-alive=close", True), ("keep-alive=drop", False)])
def test_a_connection_closes_after_the_answer(fault, announced):
    async def check(simulator, _):
        request = post(chat(), connection="keep-alive", **{"x-simulate-fault": fault})
        return await exchange(simulator, request)

    received, ending = simulate(check)
    assert ending == "end"
    assert (b"connection: close" in received) == announced


def test_delays_hold_back_the_head_or_the_first_event():
    async def check(simulator, _):
        held = await exchange(simulator, post(chat(stream=True, user="simulate:delay=9s")), patience=0.1)
        slow = await exchange(simulator, post(chat(stream=True, user="simulate:slow-first-token=9s")), patience=0.1)
        return held, slow

    (held, _), (slow, _) = simulate(check)
    assert held == b""
    assert slow.startswith(b"HTTP/1.1 200 OK")
    assert n_events(slow) == 0


def test_a_fault_with_times_acts_that_often():
    async def check(_, client):
        statuses = []
        for _ in range(4):
            try:
                await client.chat.completions.create(model="small", messages=HELLO, user="simulate:status=503;times=2")
                statuses.append(200)
            except openai.InternalServerError as error:
                statuses.append(error.status_code)
        return statuses

    assert simulate(check) == [503, 503, 200, 200]


def test_a_fault_hits_the_share_of_requests_that_it_is_to_hit_and_the_same_ones_for_the_same_seed():
    def hits(text, seed):
        faults = Faults({None: text}, seed)
        return [faults.choose("small", ()) is not NO_FAULT for _ in range(1000)]

    assert 450 < sum(hits("status=500;share=0.5", seed=0)) < 550
    assert 50 < sum(hits("status=500;share=0.1", seed=0)) < 150
    assert sum(hits("status=500;share=1", seed=0)) == 1000
    assert sum(hits("status=500;share=0.5;times=7", seed=0)) == 7
    assert hits("status=500;share=0.5", seed=1) == hits("status=500;share=0.5", seed=1)
    assert hits("status=500;share=0.5", seed=1) != hits("status=500;share=0.5", seed=2)


def test_requests_that_a_fault_does_not_hit_are_answered():
    async def check(_, client):
        async def status(number):
            try:
                await client.chat.completions.create(
                    model="small", messages=HELLO, user="simulate:status=503;share=0.5", seed=number
                )
            except openai.InternalServerError as error:
                return error.status_code
            return 200

        return [await status(number) for number in range(20)]

    assert set(simulate(check)) == {200, 503}


def test_faults_are_attached_to_models_by_settings_and_at_run_time():
    async def check(simulator, client):
        async def status(model):
            response = await client.chat.completions.with_raw_response.create(model=model, messages=HELLO)
            return response.http_response.status_code

        async def statuses():
            outcomes = await asyncio.gather(*map(status, PRICES), return_exceptions=True)
            return [getattr(outcome, "status_code", outcome) for outcome in outcomes]

        async def control(method, body):
            path = "/simulator/faults"
            received, _ = await exchange(simulator, post(body, path).replace(b"POST", method, 1))
            return int(received[9:12])

        assert await statuses() == [200, 500, 200]
        assert await control(b"POST", {"model": "small", "fault": "status=503;times=1"}) == 200
        assert await statuses() == [503, 500, 200]
        # Each model has its own count.
        for model in ("small", "large"):
            assert await control(b"POST", {"model": model, "fault": "status=503;times=1"}) == 200
        assert await statuses() == [503, 500, 503]
        assert await control(b"POST", {"model": None, "fault": "status=502"}) == 200
        assert await statuses() == [502, 500, 502]
        assert await control(b"POST", {"model": "huge", "fault": "no-done"}) == 404
        assert await control(b"POST", {"model": None, "fault": "bang"}) == 400
        assert await control(b"DELETE", {}) == 200
        assert await statuses() == [200, 500, 200]

    simulate(check, faults={"medium": "status=500"})


@pytest.mark.parametrize(
    "text",
    [
        *("", "bang", "status", "status=200", "status=x", "delay=-1s", "delay=nan", "truncate=-1", "garble=0"),
        *(
            "times=0",
            "share=0",
            "share=1.1",
            "share=nan",
            "error-event=0",
            "keep-alive=open",
            "gzip=1",
            "retry-after=1\r\nx: y",
            "reset=1;stall=1",
            "x" * 501,
        ),
    ],
)
def test_faults_that_cannot_be_read_are_refused(text):
    with pytest.raises(FaultSyntaxError):
        parse(text)
    with pytest.raises(FaultSyntaxError):
        Simulator(Settings(faults={None: text}))


def test_delays_follow_from_the_seed_and_better_models_are_slower():
    def paces(model):
        return [MODELS[model].latency.pace(1.0, seeded(seed, b"question")) for seed in range(200)]

    def median(values):
        return sorted(values)[len(values) // 2]

    assert paces("small") == paces("small")
    for attribute in ("first_token", "per_token"):
        small, medium, large = ([getattr(pace, attribute) for pace in paces(model)] for model in PRICES)
        assert 0 < median(small) < median(medium) < median(large)
    twice = MODELS["small"].latency.pace(2.0, seeded(0, b"question"))
    assert isclose(twice.first_token * 2, paces("small")[0].first_token)


def test_a_paced_stream_arrives_whole():
    assert len(ask({"stream": True}, speed=1000)) == len(ask({"stream": True}))
