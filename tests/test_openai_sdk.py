"""The official OpenAI client just works: whatever it asks for, it gets what the provider itself would have given it."""

import json
from math import isclose

import pytest

HELLO = [{"role": "user", "content": "Explain the refund policy"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
MUST_CALL = {"tools": [WEATHER], "tool_choice": "required"}
WITH_USAGE = {"stream": True, "stream_options": {"include_usage": True}}


@pytest.fixture
def chat(sdk, gateway):
    """A chat completion with some fields."""

    def chat(**fields):
        body = {"model": "pair", "messages": HELLO, **fields}
        return sdk(gateway, lambda client: client.chat.completions.create(**body))

    return chat


def text(chunks, index=0):
    choices = [choice for chunk in chunks for choice in chunk.choices if choice.index == index]
    return "".join(choice.delta.content or "" for choice in choices)


def test_a_chat_completion_is_answered(chat):
    answer = chat()

    assert answer.object == "chat.completion"
    assert "refund policy" in answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_a_stream_says_the_same(chat):
    chunks = chat(stream=True)

    assert text(chunks) == chat().choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_usage_that_was_not_asked_for_does_not_leak_into_a_stream(chat):
    chunks = chat(stream=True)

    assert all(chunk.choices and chunk.usage is None for chunk in chunks)


def test_usage_that_was_asked_for_ends_a_stream(chat):
    *chunks, last = chat(**WITH_USAGE)

    assert last.choices == []
    assert last.usage == chat().usage
    assert all(chunk.choices and chunk.usage is None for chunk in chunks)


def test_the_provider_is_asked_for_usage_either_way(chat, providers):
    chat(stream=True)
    chat(**WITH_USAGE)

    assert all("stream_options" in entry.fields for entry in providers[0].journal)


def test_a_tool_is_called(chat):
    choice = chat(**MUST_CALL).choices[0]

    assert choice.finish_reason == "tool_calls"
    assert choice.message.tool_calls[0].function.name == "get_weather"
    assert json.loads(choice.message.tool_calls[0].function.arguments).keys() == {"city"}


def test_a_tool_call_comes_in_fragments(chat):
    whole = chat(**MUST_CALL).choices[0].message.tool_calls[0]
    chunks = chat(**MUST_CALL, stream=True)
    parts = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]

    assert (parts[0].id, parts[0].function.name) == (whole.id, "get_weather")
    assert len(parts) > 2
    assert "".join(part.function.arguments for part in parts) == whole.function.arguments
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


def test_two_choices_are_two_texts(chat):
    texts = [choice.message.content for choice in chat(n=2).choices]
    chunks = chat(n=2, stream=True)

    assert len(texts) == 2
    assert [text(chunks, index) for index in (0, 1)] == texts
    finished = [choice.index for chunk in chunks for choice in chunk.choices if choice.finish_reason]
    assert sorted(finished) == [0, 1]


def test_embeddings_come_as_base64_by_default_and_as_floats_on_request(sdk, gateway):
    def embed(**fields):
        answer = sdk(gateway, lambda client: client.embeddings.create(model="pair", input=["one", "two"], **fields))
        return [item.embedding for item in answer.data]

    vectors = embed()

    assert [len(vector) for vector in vectors] == [1536, 1536]
    assert isclose(sum(x * x for x in vectors[0]), 1.0, rel_tol=1e-4)
    for vector, other in zip(vectors, embed(encoding_format="float"), strict=True):
        assert vector == pytest.approx(other)


def test_a_legacy_completion_is_answered(sdk, gateway):
    def complete(**fields):
        return sdk(gateway, lambda client: client.completions.create(model="pair", prompt="Once", **fields))

    answer = complete()
    chunks = complete(stream=True)

    assert answer.object == "text_completion"
    assert "".join(chunk.choices[0].text for chunk in chunks) == answer.choices[0].text
    assert chunks[-1].choices[0].finish_reason == "length"


def test_models_are_listed_and_found_one_by_one(sdk, gateway):
    listed = sdk(gateway, lambda client: client.models.list()).data
    names = [model.id for model in listed]

    assert {"auto", "pair", "four", "first/small", "second/medium"} <= set(names)
    for name in ("auto", "first/small"):
        assert sdk(gateway, lambda client, name=name: client.models.retrieve(name)).id == name


@pytest.mark.parametrize(
    ("model", "answered_by", "tier", "reason"),
    [
        ("auto", "first/small", "pair", "route:auto:default"),
        ("four", "first/small", "four", "tier:four"),
        ("second/medium", "second/medium", None, "name:deployment"),
        ("medium", "first/medium", None, "name:tiers"),
    ],
)
def test_headers_say_who_answered_and_why(sdk, gateway, model, answered_by, tier, reason):
    raw = sdk(gateway, lambda client: client.chat.completions.with_raw_response.create(model=model, messages=HELLO))

    assert raw.headers["x-tiercel-model"] == answered_by
    assert raw.headers.get("x-tiercel-tier") == tier
    assert raw.headers["x-tiercel-reason"] == reason
    assert raw.headers["x-tiercel-attempts"] == f"{answered_by}: answered"
    assert int(raw.headers["x-tiercel-overhead-us"]) > 0
    assert raw.headers["x-request-id"] == raw.headers["request-id"]
    assert raw.headers["x-upstream-request-id"].startswith("req_")
    assert raw.parse().choices[0].finish_reason == "stop"


def test_what_an_answer_cost_is_told(sdk, gateway):
    raw = sdk(gateway, lambda client: client.chat.completions.with_raw_response.create(model="pair", messages=HELLO))
    usage = raw.parse().usage

    dollars = (usage.prompt_tokens * 1.0 + usage.completion_tokens * 4.0) / 1e6
    assert float(raw.headers["x-tiercel-cost-usd"]) == pytest.approx(dollars)


def test_the_request_id_of_the_client_is_kept(sdk, gateway):
    headers = {"x-request-id": "order-66.1"}
    answer = sdk(
        gateway, lambda client: client.chat.completions.create(model="pair", messages=HELLO, extra_headers=headers)
    )

    assert answer._request_id == "order-66.1"
