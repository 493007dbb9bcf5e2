"""What an operator sees: health, metrics that add up over all workers, and a log of requests that tells no secret."""

import re

import pytest

from tests import gateways
from tests.gateways import KEYS

SECRET_PROMPT = "my voice is my passport"
TIERS = """
[tiers]
pair = ["first/small", "second/small"]

[prices."first/small"]
input = 1.0
output = 4.0
"""
N_SCRAPES = 12


@pytest.fixture(scope="module")
def pair_of_workers(start_gateway, interface, shared_providers):
    """Two workers, and nobody else's requests."""
    first, second = (
        gateways.provider(name, provider.base_url)
        for name, provider in zip(("first", "second"), shared_providers, strict=True)
    )
    with start_gateway(KEYS + first + second + TIERS, interface, workers=2) as gateway:
        yield gateway


def metrics(gateway):
    """The samples of one scrape: from name and labels to value."""
    text = gateway.get("/metrics").text
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {series: float(value) for series, _, value in lines}


def total(samples, name, **labels):
    """The sum over the series of a metric that have `labels`."""
    wanted = [f'{label}="{value}"' for label, value in labels.items()]
    return sum(
        value
        for series, value in samples.items()
        if series.partition("{")[0] == name and all(label in series for label in wanted)
    )


def test_health_is_told_without_a_key(gateway):
    live, ready = gateway.get("/health/live", key=None), gateway.get("/health/ready", key=None)

    assert (live.status_code, live.json()) == (200, {"status": "live"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})


@pytest.mark.parametrize("path", ["/health/live", "/v1/models", "/metrics", "/nowhere"])
def test_every_answer_has_a_request_id_by_both_names(gateway, path):
    answer = gateway.get(path)

    assert re.fullmatch("req_[0-9a-f]{16}", answer.headers["x-request-id"])
    assert answer.headers["request-id"] == answer.headers["x-request-id"]
    assert int(answer.headers["x-tiercel-overhead-us"]) >= 0


def test_metrics_are_for_keys_that_may_read_them(gateway):
    statuses = [gateway.get("/metrics", key=key).status_code for key in (gateway.key, gateway.narrow_key, None)]

    assert statuses == [200, 403, 401]


def test_metrics_add_up_over_all_workers_whichever_is_asked(pair_of_workers, providers, eventually):
    before = metrics(pair_of_workers)
    answers = [pair_of_workers.chat() for _ in range(8)]
    providers[0].attach("status=500;times=1")
    answers.append(pair_of_workers.chat(stream=True, stream_options={"include_usage": True}))
    pair_of_workers.chat(model="no-such-model")

    def grown(name, **labels):
        return [round(total(sample, name, **labels) - total(before, name, **labels), 9) for sample in samples]

    def is_known_everywhere():
        # A connection of its own for each, and so either worker.
        samples[:] = [metrics(pair_of_workers) for _ in range(N_SCRAPES)]
        return set(grown("tiercel_requests_total", endpoint="chat")) == {10}

    samples = []
    eventually(is_known_everywhere)
    usages = [answer.json()["usage"] for answer in answers[:8]]
    n_input = sum(usage["prompt_tokens"] for usage in usages) + usages[0]["prompt_tokens"]
    n_output = sum(usage["completion_tokens"] for usage in usages) + usages[0]["completion_tokens"]
    expected = [
        (9, "tiercel_requests_total", {"outcome": "answered", "endpoint": "chat"}),
        (1, "tiercel_requests_total", {"status": "404"}),
        (1, "tiercel_errors_total", {"error_type": "model_not_found"}),
        (8, "tiercel_upstream_attempts_total", {"deployment": "first/small", "outcome": "answered"}),
        (1, "tiercel_upstream_attempts_total", {"deployment": "first/small", "outcome": "status_500"}),
        (1, "tiercel_upstream_attempts_total", {"deployment": "second/small", "outcome": "answered"}),
        (10, "tiercel_overhead_seconds_count", {"endpoint": "chat"}),
        (9, "gen_ai_client_operation_duration_seconds_count", {"gen_ai_request_model": "pair"}),
        (9, "gen_ai_server_time_to_first_token_seconds_count", {"gen_ai_response_model": "small"}),
        (n_input, "gen_ai_client_token_usage_sum", {"gen_ai_token_type": "input"}),
        (n_output, "gen_ai_client_token_usage_sum", {"gen_ai_token_type": "output"}),
        (1, "tiercel_unpriced_requests_total", {"provider": "second"}),
    ]
    for value, name, labels in expected:
        assert grown(name, **labels) == [value] * N_SCRAPES, name
    dollars = (sum(usage["prompt_tokens"] for usage in usages) + 4 * sum(u["completion_tokens"] for u in usages)) / 1e6
    assert grown("tiercel_cost_dollars_total") == pytest.approx([dollars] * N_SCRAPES)
    assert grown("tiercel_principal_cost_dollars_total", principal="tests") == pytest.approx([dollars] * N_SCRAPES)


def test_overhead_is_measured_from_a_microsecond_on(gateway):
    gateway.chat()
    names = set(metrics(gateway))

    assert 'tiercel_overhead_seconds_bucket{endpoint="chat",le="0.000001"}' in names
    assert {"tiercel_in_flight", "tiercel_queue_length", "tiercel_open_connections"} <= names


def test_what_runs_is_counted_as_in_flight_and_then_no_more(pair_of_workers, providers, eventually):
    providers[0].attach("stall=5")
    body = {"model": "pair", "stream": True, "messages": [{"role": "user", "content": "Hello"}]}
    with pair_of_workers.stream("/v1/chat/completions", body) as answer:
        # Kept: a generator that is dropped closes the answer.
        parts = answer.iter_raw()
        next(parts)
        eventually(lambda: metrics(pair_of_workers)["tiercel_in_flight"] == 1)
        assert metrics(pair_of_workers)["tiercel_open_connections"] >= 1
    eventually(lambda: metrics(pair_of_workers)["tiercel_in_flight"] == 0)


@pytest.mark.parametrize(
    ("fields", "status", "outcome", "error_kind"),
    [
        ({}, 200, "answered", None),
        ({"stream": True}, 200, "answered", None),
        ({"model": "no-such-model"}, 404, "rejected", "model_not_found"),
        ({"temperature": 9}, 400, "rejected", "upstream_refused"),
        ({"user": "simulate:status=500"}, 502, "failed", "upstream_failed"),
    ],
)
def test_each_request_has_one_line_in_the_log_and_no_prompt_or_key_is_in_it(
    gateway, eventually, fields, status, outcome, error_kind
):
    request_id = f"log-{gateway.interface}-{status}-{len(fields)}-{'stream' in fields}"
    messages = [{"role": "user", "content": SECRET_PROMPT}]
    answer = gateway.chat(headers={"x-request-id": request_id}, messages=messages, **fields)
    gateway.chat(key="sk-wrong-and-never-to-be-logged")
    eventually(lambda: any(line.get("error_kind") == "invalid_api_key" for line in gateway.access_log()))
    lines = eventually(lambda: [line for line in gateway.access_log() if line["request_id"] == request_id])

    assert len(lines) == 1
    assert answer.status_code == status
    line = lines[0]
    assert (line["status"], line["outcome"], line.get("error_kind")) == (status, outcome, error_kind)
    assert (line["principal"], line["tenant"], line["endpoint"]) == ("tests", "tests", "chat")
    assert line["bytes_out"] == len(answer.content)
    assert line["is_stream"] == ("stream" in fields)
    assert [attempt["deployment"] for attempt in line["attempts"]] == {
        "answered": ["first/small"],
        "failed": ["first/small", "second/small", "first/small"],
    }.get(outcome, ["first/small"] if status == 400 else [])
    text = (gateway.folder / "access.jsonl").read_text() + gateway.output()
    for secret in (SECRET_PROMPT, gateway.key, gateway.narrow_key, gateway.provider_key, "never-to-be-logged"):
        assert secret not in text


def test_no_request_is_missing_in_the_log_of_two_workers(pair_of_workers, eventually):
    ids = [f"counted-{number}" for number in range(60)]
    for request_id in ids:
        pair_of_workers.get("/v1/models", headers={"x-request-id": request_id})

    def logged():
        return [line["request_id"] for line in pair_of_workers.access_log() if line["request_id"] in ids]

    eventually(lambda: len(logged()) >= len(ids))
    assert sorted(logged()) == sorted(ids)
