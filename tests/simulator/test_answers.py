"""What the simulator answers."""

import base64
import struct
from dataclasses import replace
from math import isclose

import openai
import orjson
import pytest

from tests.simulator.asking import HELLO, PARAMETERS, WEATHER, ask, exchange, post, simulate, words
from tiercel.simulator import PRICES, Settings, schema
from tiercel.simulator.choices import seeded
from tiercel.simulator.models import MODELS


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
        for skill, model in enumerate(PRICES, start=1):
            said = [await text(model, f"What is the {fact}?") for fact in facts]
            assert [answer in text for answer, text in zip(right, said, strict=True)] == [n <= skill for n in (1, 2, 3)]
        lengths = [words(await text(model, "How do I plan a garden?")) for model in PRICES]
        assert lengths == sorted(lengths)

    simulate(check)


def test_a_model_says_what_it_is_given_to_know():
    known = {HELLO[0]["content"]: "See page 12."}
    models = {"gpt": replace(MODELS["gpt"], knows=known.get)}

    assert ask({"model": "gpt"}, models=models).choices[0].message.content == "See page 12."
    other = ask({"model": "gpt", "messages": [{"role": "user", "content": "the capital of France"}]}, models=models)
    assert "Paris" in other.choices[0].message.content


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
    assert names == list(MODELS)
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
