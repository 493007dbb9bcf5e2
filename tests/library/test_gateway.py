"""What the gateway inside of a program answers."""

import asyncio
import json

import pytest

from tests.library.asking import ASK, MESSAGES, events_of, use
from tiercel import Gateway


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
