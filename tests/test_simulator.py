"""The simulator over real sockets on loopback: what the official SDK sees, and what a raw socket sees of its faults."""

import asyncio
import base64
import gzip
import ssl
import struct
import subprocess
import sys
from math import isclose

import openai
import orjson
import pytest
import uvloop
from openai import AsyncOpenAI

from tiercel.simulator import PRICES, FaultSyntaxError, Settings, Simulator, connection, schema
from tiercel.simulator.choices import seeded
from tiercel.simulator.faults import parse
from tiercel.simulator.journal import MAX_ENTRIES, Journal
from tiercel.simulator.models import MODELS

HELLO = [{"role": "user", "content": "Explain the refund policy"}]
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 7}},
    "required": ["city", "days"],
}
WEATHER = {"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS}}
LOOPS = pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])


def words(text):
    return len(text.split())


def simulate(check, loop=asyncio.new_event_loop, **settings):
    """Runs `check(simulator, client)` beside a simulator without delays that counts words as tokens."""

    async def main():
        async with (
            Simulator(Settings(**{"speed": 0, "count_tokens": words, **settings})) as simulator,
            AsyncOpenAI(base_url=simulator.base_url, api_key="key", max_retries=0) as client,
        ):
            return await check(simulator, client)

    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(main())


def ask(body, loop=asyncio.new_event_loop, **settings):
    """The SDK's answer to one chat request: a completion, or a list of chunks."""

    async def check(_, client):
        answer = await client.chat.completions.create(**{"model": "small", "messages": HELLO, **body})
        return [chunk async for chunk in answer] if body.get("stream") else answer

    return simulate(check, loop, **settings)


async def exchange(simulator, request, patience=5.0):
    """Sends bytes; gives what came back and how it ended: end, reset or silence."""
    reader, writer = await asyncio.open_connection("127.0.0.1", simulator.port)
    writer.write(request)
    received = bytearray()
    ending = "end"
    try:
        while data := await asyncio.wait_for(reader.read(65_536), patience):
            received += data
    except ConnectionResetError:
        ending = "reset"
    except TimeoutError:
        ending = "silence"
    writer.close()
    return bytes(received), ending


def post(body, path="/v1/chat/completions", **headers):
    """A request as bytes, on a connection that is closed after the answer."""
    content = orjson.dumps(body)
    headers = {"host": "simulator", "connection": "close", "content-length": len(content), **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + content


def chat(**fields):
    return {"model": "small", "messages": HELLO, **fields}


def n_events(received):
    return received.count(b"data: ")


# Answers.


def test_an_answer_is_plausible_and_its_usage_is_counted():
    answer = ask({})
    text = answer.choices[0].message.content

    assert "refund policy" in text
    assert answer.choices[0].finish_reason == "stop"
    # Four words, one role, 3 for the message, 3 for the reply.
    assert answer.usage.prompt_tokens == 4 + 1 + 3 + 3
    assert answer.usage.completion_tokens == words(text)
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_tokens_are_counted_by_the_core_unless_said_otherwise():
    answer = ask({"messages": [{"role": "user", "content": "Hello"}]}, count_tokens=Settings().count_tokens)

    assert answer.usage.prompt_tokens == 8


def test_the_same_seed_and_question_give_the_same_answer():
    def text(seed, **body):
        return ask({"temperature": 1, **body}, seed=seed).choices[0].message.content

    assert text(1) == text(1)
    assert text(1) == text(1, user="someone else")
    assert len({text(seed) for seed in range(8)}) > 1


def test_a_stream_gives_the_same_text_as_a_unary_answer():
    text = ask({}).choices[0].message.content
    chunks = ask({"stream": True})

    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == text
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks[-2:]] == [None, "stop"]
    assert all("usage" not in chunk.model_fields_set for chunk in chunks)


def test_a_stream_ends_with_usage_when_asked():
    chunks = ask({"stream": True, "stream_options": {"include_usage": True}})

    assert chunks[-1].choices == []
    assert chunks[-1].usage == ask({}).usage
    assert all("usage" in chunk.model_fields_set and chunk.usage is None for chunk in chunks[:-1])


@pytest.mark.parametrize(
    ("body", "finish_reason"),
    [
        ({"max_tokens": 3}, "length"),
        ({"max_completion_tokens": 3}, "length"),
        ({"max_tokens": 1000}, "stop"),
        ({"stop": " "}, "stop"),
        ({"stop": ["never", " "]}, "stop"),
    ],
)
def test_limits_and_stops_end_an_answer(body, finish_reason):
    answer = ask(body)

    assert answer.choices[0].finish_reason == finish_reason
    if finish_reason == "length":
        assert answer.usage.completion_tokens == 3
    if "stop" in body:
        assert words(answer.choices[0].message.content) == 1


def test_several_choices_are_several_texts_streamed_in_turns():
    answer = ask({"n": 3})
    chunks = ask({"n": 3, "stream": True})

    streamed = ["", "", ""]
    for chunk in chunks:
        streamed[chunk.choices[0].index] += chunk.choices[0].delta.content or ""
    assert streamed == [choice.message.content for choice in answer.choices]
    assert [chunk.choices[0].index for chunk in chunks[:6]] == [0, 1, 2, 0, 1, 2]
    assert answer.usage.completion_tokens == sum(words(text) for text in streamed)


def test_better_models_know_more_and_write_more():
    async def check(_, client):
        async def text(model, question):
            messages = [{"role": "user", "content": question}]
            answer = await client.chat.completions.create(model=model, messages=messages)
            return answer.choices[0].message.content

        facts = ["capital of France", "capital of Australia", "capital of Kazakhstan"]
        right = ["Paris", "Canberra", "Astana"]
        for skill, model in enumerate(MODELS, start=1):
            said = [await text(model, f"What is the {fact}?") for fact in facts]
            assert [answer in text for answer, text in zip(right, said, strict=True)] == [n <= skill for n in (1, 2, 3)]
        lengths = [words(await text(model, "How do I plan a garden?")) for model in MODELS]
        assert lengths == sorted(lengths)

    simulate(check)


def test_better_models_cost_more():
    assert PRICES["small"].input < PRICES["medium"].input < PRICES["large"].input
    assert (PRICES["large"].input, PRICES["large"].output) == (5.0, 20.0)


@pytest.mark.parametrize(
    ("body", "called"),
    [
        ({"tool_choice": "required"}, True),
        ({"tool_choice": {"type": "function", "function": {"name": "get_weather"}}}, True),
        ({"messages": [{"role": "user", "content": "Please get weather for Paris"}]}, True),
        ({"messages": [{"role": "user", "content": "Use a tool"}]}, True),
        ({"messages": [{"role": "user", "content": "Use a tool"}], "tool_choice": "none"}, False),
        ({}, False),
    ],
)
def test_a_tool_is_called_when_it_is_forced_or_asked_for(body, called):
    choice = ask({"tools": [WEATHER], **body}).choices[0]

    assert (choice.finish_reason == "tool_calls") == called
    assert bool(choice.message.tool_calls) == called
    if called:
        arguments = orjson.loads(choice.message.tool_calls[0].function.arguments)
        assert isinstance(arguments["city"], str)
        assert 1 <= arguments["days"] <= 7


def test_a_tool_call_is_streamed_in_fragments():
    whole = ask({"tools": [WEATHER], "tool_choice": "required"}).choices[0].message.tool_calls[0]
    chunks = ask({"tools": [WEATHER], "tool_choice": "required", "stream": True})
    parts = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]

    assert (parts[0].id, parts[0].function.name) == (whole.id, "get_weather")
    assert len(parts) > 3
    assert "".join(part.function.arguments for part in parts) == whole.function.arguments
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


def test_a_tool_result_is_answered_in_words():
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    messages = [
        *HELLO,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
    ]
    choice = ask({"messages": messages, "tools": [WEATHER], "tool_choice": "required"}).choices[0]

    assert choice.finish_reason == "stop"
    assert "rain" in choice.message.content


def test_json_is_answered_when_asked_for():
    wanted = {"type": "json_schema", "json_schema": {"name": "w", "schema": PARAMETERS}}
    free = orjson.loads(ask({"response_format": {"type": "json_object"}}).choices[0].message.content)
    fitted = orjson.loads(ask({"response_format": wanted}).choices[0].message.content)

    assert isinstance(free, dict)
    assert fitted.keys() == {"city", "days"}


def test_a_legacy_completion_answers_every_prompt():
    async def check(_, client):
        answer = await client.completions.create(model="small", prompt=["One", "Two"], n=2)
        chunks = [chunk async for chunk in await client.completions.create(model="small", prompt="One", stream=True)]
        return answer, chunks

    answer, chunks = simulate(check)
    assert [choice.index for choice in answer.choices] == [0, 1, 2, 3]
    assert {choice.finish_reason for choice in answer.choices} == {"length"}
    assert answer.usage.completion_tokens == 4 * 16
    assert words("".join(chunk.choices[0].text for chunk in chunks)) == 16
    assert chunks[-1].choices[0].finish_reason == "length"


def test_embeddings_are_unit_vectors_near_for_similar_texts():
    texts = ["how do I get a refund", "how can I get a refund", "the moon is far away"]

    async def check(simulator, client):
        # The SDK asks for base64 of its own accord.
        answer = await client.embeddings.create(model="small", input=texts)
        body = {"model": "small", "input": texts, "encoding_format": "float", "dimensions": 256}
        raw, _ = await exchange(simulator, post(body, "/v1/embeddings"))
        return answer, orjson.loads(raw.partition(b"\r\n\r\n")[2])

    answer, raw = simulate(check)
    first, second, other = [each.embedding for each in answer.data]
    assert len(first) == 1536
    assert isclose(sum(x * x for x in first), 1.0, rel_tol=1e-5)
    near, far = (sum(x * y for x, y in zip(first, each, strict=True)) for each in (second, other))
    assert near > 0.7
    assert far < 0.4
    assert [len(each["embedding"]) for each in raw["data"]] == [256] * 3
    assert answer.usage.prompt_tokens == words(" ".join(texts))


def test_base64_embeddings_hold_the_floats():
    async def check(simulator, _):
        bodies = []
        for encoding in ("float", "base64"):
            body = {"model": "small", "input": "text", "encoding_format": encoding}
            raw, _ = await exchange(simulator, post(body, "/v1/embeddings"))
            bodies.append(orjson.loads(raw.partition(b"\r\n\r\n")[2])["data"][0]["embedding"])
        return bodies

    floats, encoded = simulate(check)
    assert list(struct.unpack("<1536f", base64.b64decode(encoded))) == floats


def test_models_are_listed():
    async def check(_, client):
        return [model.id async for model in client.models.list()], await client.models.retrieve("large")

    names, large = simulate(check)
    assert names == ["small", "medium", "large"]
    assert large.id == "large"


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        ({"enum": ["a", "b"]}, lambda value: value in {"a", "b"}),
        ({"const": 5}, lambda value: value == 5),
        ({"type": ["string", "null"]}, lambda value: isinstance(value, str)),
        ({"type": "integer", "exclusiveMinimum": 3, "maximum": 4}, lambda value: value == 4),
        ({"type": "number", "maximum": -7}, lambda value: value <= -7),
        ({"type": "integer", "multipleOf": 5, "minimum": 11, "maximum": 19}, lambda value: value == 15),
        ({"type": "array", "items": {"type": "boolean"}, "minItems": 3}, lambda value: len(value) == 3),
        ({"type": "array", "maxItems": 0}, lambda value: value == []),
        ({"type": "string", "minLength": 20, "maxLength": 20}, lambda value: len(value) == 20),
        ({"type": "string", "format": "date"}, lambda value: value[4] == "-"),
        ({"$ref": "#/$defs/x", "$defs": {"x": {"type": "null"}}}, lambda value: value is None),
        ({"anyOf": [{"type": "boolean"}, {"type": "null"}]}, lambda value: isinstance(value, bool)),
    ],
)
def test_values_satisfy_their_schema(wanted, fits):
    assert fits(schema.value(wanted, seeded(0, b"")))


@pytest.mark.parametrize(
    "wanted",
    [
        {"$ref": "#"},
        {"$ref": "#/nowhere"},
        {"type": "integer", "minimum": 2, "maximum": 1},
        {"type": "array", "minItems": 10**9},
        {"type": "unheard of"},
        {"enum": []},
    ],
)
def test_impossible_schemas_are_refused(wanted):
    with pytest.raises(openai.BadRequestError, match="schema"):
        ask({"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": wanted}}})


def test_a_recursive_schema_ends():
    tree = {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}}

    assert schema.value({**tree, "required": ["next"]}, seeded(0, b""))


# Complaints.


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({}, 400, "model"),
        ({"model": "huge", "messages": HELLO}, 404, "model"),
        ({"model": "small"}, 400, "messages"),
        ({"model": "small", "messages": []}, 400, "messages"),
        (chat(messages=[{"role": "pirate", "content": ""}]), 400, "messages[0].role"),
        (chat(messages=[{"role": "user"}]), 400, "messages[0].content"),
        (chat(n=0), 400, "n"),
        (chat(max_tokens=True), 400, "max_tokens"),
        (chat(max_tokens=1, max_completion_tokens=1), 400, "max_tokens"),
        (chat(temperature=3), 400, "temperature"),
        (chat(stop=["a", "b", "c", "d", "e"]), 400, "stop"),
        (chat(stream="yes"), 400, "stream"),
        (chat(stream_options={"include_usage": True}), 400, "stream_options"),
        (chat(tool_choice="required"), 400, "tool_choice"),
        (chat(tools=[{}]), 400, "tools[0].function.name"),
        (chat(response_format={"type": "xml"}), 400, "response_format"),
        (chat(user="simulate:nonsense"), 400, None),
        ([], 400, None),
    ],
)
def test_bad_bodies_are_refused_as_openai_does(body, status, param):
    async def check(simulator, _):
        return await exchange(simulator, post(body))

    received, _ = simulate(check)
    error = orjson.loads(received.partition(b"\r\n\r\n")[2])["error"]
    assert received.startswith(b"HTTP/1.1 %d " % status)
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["param"] == param


def test_a_wrong_key_is_refused_when_one_is_required():
    async def check(_, client):
        await client.models.list()
        with pytest.raises(openai.AuthenticationError):
            await client.with_options(api_key="other").models.list()

    simulate(check, key="key")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /v1/models HTTP/1.0\r\n\r\n", 505),
        (b"GET /v1/models HTTP/1.1\r\nx: " + b"a" * 70_000, 431),
        (b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 20000001\r\n\r\n", 413),
        (b"GET /v1/nothing HTTP/1.1\r\nconnection: close\r\n\r\n", 404),
        (b"GET /v1/models HTTP/1.1\r\nconnection: close\r\n\r\n", 200),
    ],
)
def test_requests_that_cannot_be_served_are_refused(request_, status):
    async def check(simulator, _):
        return await exchange(simulator, request_)

    received, ending = simulate(check)
    assert received.startswith(b"HTTP/1.1 %d " % status)
    assert ending == "end"


def test_a_chunked_body_over_the_bound_is_refused(monkeypatch):
    monkeypatch.setattr(connection, "MAX_BODY", 10)

    async def check(simulator, _):
        head = b"POST /v1/completions HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n"
        return await exchange(simulator, head + b"b\r\n" + b"a" * 11 + b"\r\n")

    assert simulate(check)[0].startswith(b"HTTP/1.1 413 ")


def test_a_large_body_is_no_large_head():
    async def check(simulator, _):
        messages = [{"role": "user", "content": "long " * 30_000}]
        return await exchange(simulator, post(chat(messages=messages)))

    received, _ = simulate(check)
    assert received.startswith(b"HTTP/1.1 200 OK")


def test_pipelined_requests_are_answered_in_turn():
    async def check(simulator, _):
        one = b"GET /v1/models/small HTTP/1.1\r\n\r\n"
        last = b"GET /v1/models/large HTTP/1.1\r\nconnection: close\r\n\r\n"
        return await exchange(simulator, one + one + last)

    received, _ = simulate(check)
    assert received.count(b"HTTP/1.1 200 OK") == 3
    assert received.endswith(b'"owned_by":"tiercel-simulator"}')


def test_connections_over_the_bound_are_dropped(monkeypatch):
    monkeypatch.setattr(connection, "MAX_CONNECTIONS", 0)

    async def check(simulator, _):
        return await exchange(simulator, b"")

    assert simulate(check)[0] == b""


# Faults.


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


def test_faults_are_attached_to_models_by_settings_and_at_run_time():
    async def check(simulator, client):
        async def status(model):
            response = await client.chat.completions.with_raw_response.create(model=model, messages=HELLO)
            return response.http_response.status_code

        async def statuses():
            outcomes = await asyncio.gather(*map(status, MODELS), return_exceptions=True)
            return [getattr(outcome, "status_code", outcome) for outcome in outcomes]

        async def control(method, body):
            path = "/simulator/faults"
            received, _ = await exchange(simulator, post(body, path).replace(b"POST", method, 1))
            return int(received[9:12])

        assert await statuses() == [200, 500, 200]
        assert await control(b"POST", {"model": "small", "fault": "status=503;times=1"}) == 200
        assert await statuses() == [503, 500, 200]
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
        small, medium, large = ([getattr(pace, attribute) for pace in paces(model)] for model in MODELS)
        assert 0 < median(small) < median(medium) < median(large)
    twice = MODELS["small"].latency.pace(2.0, seeded(0, b"question"))
    assert isclose(twice.first_token * 2, paces("small")[0].first_token)


def test_a_paced_stream_arrives_whole():
    assert len(ask({"stream": True}, speed=1000)) == len(ask({"stream": True}))


# Journal.


def test_the_journal_tells_what_was_received():
    async def check(simulator, client):
        for stream in (False, True, True):
            answer = await client.chat.completions.create(model="small", messages=HELLO, stream=stream, user="u")
            if stream:
                async for _ in answer:
                    pass
        with pytest.raises(openai.NotFoundError):
            await client.chat.completions.create(model="huge", messages=HELLO)
        received, _ = await exchange(simulator, b"GET /simulator/journal HTTP/1.1\r\nconnection: close\r\n\r\n")
        entries = list(simulator.journal.entries)
        await exchange(simulator, b"DELETE /simulator/journal HTTP/1.1\r\nconnection: close\r\n\r\n")
        assert not simulator.journal.entries
        return entries, orjson.loads(received.partition(b"\r\n\r\n")[2])["entries"]

    entries, reported = simulate(check)
    assert [entry["number"] for entry in reported] == [entry.number for entry in entries] == [1, 2, 3, 4]
    assert [entry.status for entry in entries] == [200, 200, 200, 404]
    assert [entry.attempt for entry in entries] == [1, 1, 2, 1]
    assert [entry.stream for entry in entries] == [False, True, True, False]
    assert entries[0].path == "/v1/chat/completions"
    assert entries[0].prompt_tokens == 11
    assert "messages" in entries[0].fields
    assert "authorization" in entries[0].header_names
    assert entries[0].authorization
    assert "key" not in entries[0].authorization
    assert entries[1].n_events > 3
    assert all(entry.finished_at and not entry.disconnected_at for entry in entries)


@LOOPS
@pytest.mark.parametrize(("fault", "n_sent"), [("stall=4", 4), ("delay=9s", 0), ("status=503;stall=1", 0)])
def test_the_journal_tells_when_a_client_leaves(fault, n_sent, loop):
    async def check(simulator, _):
        request = post(chat(stream=True, metadata={"simulate": fault}))
        await exchange(simulator, request, patience=0.1)
        entry = simulator.journal.entries[0]
        async with asyncio.timeout(5):
            while entry.disconnected_at is None:  # noqa: ASYNC110 - the journal is data, and signals nothing
                await asyncio.sleep(0)
        return entry

    entry = simulate(check, loop)
    assert entry.n_events == n_sent
    assert entry.finished_at is None
    assert entry.fault == fault


def test_the_journal_is_bounded():
    journal = Journal()
    for number in range(MAX_ENTRIES + 5):
        journal.record("/", [], b"%d" % number, 0.0)

    assert len(journal.entries) == MAX_ENTRIES
    assert journal.record("/", [], b"0", 0.0).attempt == 1
    assert journal.record("/", [], b"%d" % (MAX_ENTRIES + 4), 0.0).attempt == 2


# Serving.


@LOOPS
def test_it_serves_and_resets_over_tls(loop):
    trustme = pytest.importorskip("trustme")
    authority, server = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)

    async def check(simulator, _):
        endings = []
        for fault in ("no-done", "reset=2"):
            reader, writer = await asyncio.open_connection("127.0.0.1", simulator.port, ssl=client)
            writer.write(post(chat(stream=True), **{"x-simulate-fault": fault}))
            try:
                endings.append((await reader.read())[:15])
            except ConnectionResetError:
                endings.append(b"reset")
            writer.close()
        return endings

    assert simulate(check, loop, tls=server) == [b"HTTP/1.1 200 OK", b"reset"]


def start(*options, **streams):
    command = [sys.executable, "-m", "tiercel.simulator", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **streams)


def test_a_process_says_where_it_listens_and_goes_with_its_parent():
    with start("--exit-with-parent", "--speed", "0", stdin=subprocess.PIPE) as process:
        line = process.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:")
        assert line.endswith("/v1\n")
        process.stdin.close()
        assert process.wait(10) == 0


def test_a_process_ends_on_sigterm():
    with start("--fault", "small:status=503;times=1", stdin=subprocess.DEVNULL) as process:
        process.stdout.readline()
        process.terminate()
        assert process.wait(10) == 0


@pytest.mark.parametrize("options", [["--fault", "bang"], ["--speed", "-1"], ["--host", "192.0.2.1"]])
def test_a_process_says_what_is_wrong_with_its_options(options):
    with start(*options, stderr=subprocess.PIPE) as process:
        assert "error:" in process.communicate(timeout=10)[1]
        assert process.returncode == 2
