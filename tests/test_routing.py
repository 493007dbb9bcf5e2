"""Requests to a route go where rules, classifier, costs and conversations send them; examples do what they say."""

import json
import tomllib
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tests import gateways
from tests.command_line import tiercel
from tests.gateways import HTTP, KEY, KEYS
from tiercel.simulator.models import MODELS

EXAMPLES = Path(__file__).parent.parent / "examples"
PROVIDER_KEYS = {"OPENAI_API_KEY": "sk-none", "GEMINI_API_KEY": "none"}
PYTHON = "Write a Python function that merges two sorted lists, with unit tests."
ROUTE = """
[routes.auto]
tiers = ["cheap", "dear"]
default = "cheap"
"""


def user(text):
    return [{"role": "user", "content": text}]


@pytest.fixture(scope="module", params=["routing", "rules"])
def example(request, start_gateway):
    """A gateway of one of the examples, with clients' keys, and its name."""
    config = KEYS + (EXAMPLES / f"{request.param}.toml").read_text()
    with start_gateway(config, "asgi", environment=PROVIDER_KEYS) as gateway:
        yield request.param, gateway


def would_go(gateway, messages, headers=None, **fields):
    """Where the gateway says that a request would go."""
    body = {"model": "auto", "messages": messages, **fields}
    answer = httpx.post(
        f"{gateway.url}/tiercel/route",
        json=body,
        headers={"authorization": f"Bearer {KEY}", **(headers or {})},
        **HTTP,
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


# By example: what is asked, what comes with it, the tier and how the reason begins.
ROWS: dict[str, list[tuple[list[dict[str, Any]], dict[str, Any], str, str]]] = {
    "routing": [
        (user("Where is my order?"), {}, "cheap", "rule:faq"),
        (user("word " * 2_500), {}, "long", "rule:long"),
        (user(PYTHON), {}, "code", "rule:code"),
        (user("```\nfn main() {}\n``` does not compile"), {}, "code", "rule:code"),
        (user("Where is my order? " + "word " * 2_500), {}, "long", "rule:long"),
        (user("Prove that the square root of 2 is irrational, step by step."), {}, "premium", "task:"),
    ],
    "rules": [
        (user("Was kostet das?"), {}, "cheap", "rule:phrase"),
        (user("Please track Order #123456 for me"), {}, "cheap", "rule:pattern"),
        (user("Hello"), {}, "cheap", "rule:short"),
        (
            [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}]}],
            {},
            "premium",
            "rule:image",
        ),
        (
            user("List three cities of France as JSON"),
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}},
            "mid",
            "rule:form",
        ),
        (user("मुझे भारत के इतिहास के बारे में विस्तार से बताइए, कृपया।"), {}, "premium", "rule:language"),
        (user("Tell me something about whales"), {"headers": {"x-team": "research-7"}}, "premium", "rule:team"),
        (user("What is 17 * 23 + 4? Compute it step by step."), {}, "premium", "rule:task"),
        (
            [
                *[*user("Tell me more about that, please"), {"role": "assistant", "content": "More"}] * 11,
                *user("Go on"),
            ],
            {"headers": {"x-plan": "paid"}},
            "cheap",
            "rule:condition",
        ),
        (
            user("What is 17 * 23 + 4? Compute it step by step."),
            {"metadata": {"purpose": "batch"}},
            "cheap",
            "rule:batch,rule:task,max_cost",
        ),
    ],
}


def test_examples_do_what_they_say(example):
    name, gateway = example
    for messages, fields, tier, reason in ROWS[name]:
        found = would_go(gateway, messages, **fields)

        assert (found["tier"], found["reason"][len("route:auto:") :][: len(reason)]) == (tier, reason), found


def test_the_usual_policy_is_short():
    text = (EXAMPLES / "routing.toml").read_text()
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]

    assert len(lines) < 40
    assert set(tomllib.loads(text)) == {"providers", "tiers", "routes"}


@pytest.fixture(scope="module")
def routed(start_gateway, interface, start_provider):
    """A gateway whose route asks a model, `judge`, for what kind of request each is."""
    simulator = start_provider(models=dict.fromkeys(("small", "large", "judge"), MODELS["medium"]))
    provider = gateways.provider("sim", simulator.base_url)
    config = f"""{KEYS}{provider}
[tiers]
cheap = ["sim/small"]
dear = ["sim/large"]
{ROUTE}
[routes.auto.classifier]
mode = "llm"
labels = {{ verse = "asks for verses", prose = "asks for anything else" }}
tasks = {{ verse = "dear", prose = "cheap" }}
llm = {{ model = "sim/judge", timeout = "5s" }}
"""
    with start_gateway(config, interface) as gateway:
        yield gateway, simulator


def test_a_model_is_asked_first_and_accounted_apart(routed, eventually):
    gateway, simulator = routed
    simulator.reset()
    with openai.OpenAI(base_url=gateway.base_url, api_key=gateway.key) as client:
        answer = client.chat.completions.with_raw_response.create(model="auto", messages=user("Two lines on rain"))

    assert [entry.model for entry in simulator.journal] == ["judge", "small"]
    # The simulator keeps to the schema, and knows nothing of verses.
    assert answer.headers["x-tiercel-reason"] == "route:auto:llm:prose"
    lines = eventually(lambda: gateway.access_log() if len(gateway.access_log()) == 2 else None)
    judged, asked = sorted(lines, key=lambda line: line["endpoint"], reverse=True)
    assert (judged["endpoint"], judged["model"], asked["endpoint"], asked["model"]) == (
        "classify",
        "judge",
        "chat",
        "small",
    )
    assert judged["usage"]["input"] > 0


def test_a_model_that_fails_holds_nobody_up(routed):
    gateway, simulator = routed
    simulator.reset()
    simulator.attach("status=500", "judge")
    with openai.OpenAI(base_url=gateway.base_url, api_key=gateway.key) as client:
        answer = client.chat.completions.with_raw_response.create(model="auto", messages=user("Three lines on snow"))

    assert answer.headers["x-tiercel-reason"] == "route:auto:llm:failed,default"
    assert answer.headers["x-tiercel-model"] == "sim/small"


def test_what_may_cost_too_little_is_refused_by_its_code(start_gateway):
    config = KEYS + (EXAMPLES / "routing.toml").read_text()
    with (
        start_gateway(config, "asgi", environment=PROVIDER_KEYS) as gateway,
        openai.OpenAI(base_url=gateway.base_url, api_key=gateway.key) as client,
    ):
        limit = {"x-tiercel-max-cost": "0.0000001"}
        with pytest.raises(openai.APIStatusError) as raised:
            client.chat.completions.create(model="auto", messages=user("Hello"), extra_headers=limit)

    assert (raised.value.status_code, raised.value.code) == (402, "max_cost_exceeded")


def test_many_prompts_are_routed_at_once(tmp_path):
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text(
        '"Where is my order?"\n{"prompt": "opening hours?"}\n\n{"messages": []}\n' + json.dumps({"text": PYTHON})
    )
    config = EXAMPLES / "routing.toml"
    done = tiercel("route", "--file", prompts, "--json", "--config", config, folder=tmp_path, environment=PROVIDER_KEYS)

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(line["line"], line["tier"]) for line in lines] == [(1, "cheap"), (2, "cheap"), (4, None), (5, "code")]
    table = tiercel("route", "--file", prompts, "--config", config, folder=tmp_path, environment=PROVIDER_KEYS).stdout
    assert [row.split()[:2] for row in table.splitlines()[:4]] == [
        ["tier", "requests"],
        ["cheap", "2"],
        ["refused", "1"],
        ["code", "1"],
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [("no JSON", "2: this is not JSON"), ("7", "2: this is no prompt"), ('{"q": 1}', "2: this is no prompt")],
)
def test_what_is_no_prompt_is_shown_by_its_line(tmp_path, line, told):
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text(f'"Hello"\n{line}\n')
    config = EXAMPLES / "routing.toml"
    done = tiercel("route", "--file", prompts, "--config", config, folder=tmp_path, environment=PROVIDER_KEYS)

    assert (done.returncode, told in done.stderr) == (2, True), done.stderr
