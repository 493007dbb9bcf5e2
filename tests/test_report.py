"""`tiercel report routing` adds up what the access log says, to the nano-dollar."""

import gzip
import json
import math
import random
import re
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import gateways
from tests.command_line import tiercel
from tests.gateways import KEYS
from tiercel.reports.lines import parse
from tiercel.reports.quantiles import Quantiles
from tiercel.reports.routing import decided_by, usual_share
from tiercel.simulator.models import MODELS

CONFIG = """
[providers.p]
base_url = "http://127.0.0.1:9/v1"

[tiers]
cheap = ["p/small"]
mid = ["p/medium"]
premium = ["p/large", "p/small"]
long = ["p/medium"]

[routes.auto]
tiers = ["cheap", "mid", "premium"]
default = "mid"

[prices]
"p/small" = { input = 1, output = 2 }
"p/large" = { input = 10, cache_read = 1, output = 20 }
"""


def call(tier="cheap", reason="default", cost=3_000, tokens=(1_000, 1_000), **fields):
    """A line of the log: a request to `auto`."""
    n_input, n_output = tokens
    return {
        "unix_us": 1_793_491_200_000_000,
        "endpoint": "chat",
        "route": "auto",
        "task": None,
        "reason": f"route:auto:{reason}",
        "tier": tier,
        "provider": "p",
        "model": "small",
        "outcome": "answered",
        "usage": {"input": n_input, "cache_read": 0, "output": n_output, "is_estimated": False},
        "cost_nano_dollars": cost,
        "price_version": "genai-prices-0.2.1+overrides",
        "duration_us": 1_000,
        "time_to_first_token_us": 500,
        **fields,
    }


CLASSIFY = call(None, cost=7, endpoint="classify", reason="name:deployment")
FAILED = call(cost=11, tokens=(0, 0), outcome="failed", error_kind="status_500", time_to_first_token_us=None)
BY_NAME = call(cost=13, route=None, reason="tier:cheap")


def write(folder, lines):
    """A configuration and a log in `folder`."""
    (folder / "tiercel.toml").write_text(CONFIG)
    (folder / "log").write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))


def report(folder, lines, *options, exit_code=0):
    """The report on those lines."""
    write(folder, lines)
    done = tiercel("report", "routing", "--log", "log", "--json", *options, folder=folder)
    assert done.returncode == exit_code, done.stderr
    return json.loads(done.stdout)


def found_at(record, path):
    """What `record` has at a path of keys and positions."""
    for step in path.split("."):
        record = record[int(step) if isinstance(record, list) else step]
    return record


# By name: the lines, options, and what is where in the report.
ROWS: dict[str, tuple[list[Any], tuple[str, ...], dict[str, Any]]] = {
    "costs are summed by tier": (
        [call(cost=1), call(cost=2), call("premium", cost=4)],
        (),
        {"tiers.0.cost_nano_dollars": 3, "tiers.2.cost_nano_dollars": 4, "total.cost_nano_dollars": 7},
    ),
    "tiers stand in the configuration's order, also those that nothing went to, others behind them": (
        [call("long"), call("premium")],
        (),
        {"tiers.0.tier": "cheap", "tiers.2.tier": "premium", "tiers.3.tier": "long", "tiers.3.usual_share": None},
    ),
    "the same tokens are priced at the dearest tier's first model": (
        [call(tokens=(1_000, 100), cost=1_200_000), call("premium", tokens=(1, 1), cost=30_000)],
        (),
        {
            "comparison.against": "p/large",
            "comparison.cost_there_nano_dollars": 1_000 * 10_000 + 100 * 20_000 + 10_000 + 20_000,
            "comparison.saved_nano_dollars": 12_000_000 - 1_200_000,
        },
    ),
    "what came from a cache costs what that costs there": (
        [call(usage={"input": 10, "cache_read": 100, "output": 1}, cost=0)],
        (),
        {"comparison.saved_nano_dollars": 10 * 10_000 + 100 * 1_000 + 20_000},
    ),
    "another model can be named": (
        [call(tokens=(5, 5), cost=0)],
        ("--against", "p/small"),
        {"comparison.saved_nano_dollars": 5 * 1_000 + 5 * 2_000},
    ),
    "what has no price is in neither sum, and counted": (
        [call(cost=None), call(tokens=(1, 0), cost=0)],
        (),
        {
            "comparison.unpriced": 1,
            "comparison.saved_nano_dollars": 10_000,
            "total.unpriced": 1,
            "comparison.requests": 1,
        },
    ),
    "a model that nobody has a price of saves nothing and costs nothing": (
        [call(cost=5)],
        ("--against", "p/no-such-model"),
        {"comparison.unpriced_there": 1, "comparison.requests": 0, "comparison.saved_nano_dollars": None},
    ),
    "asking a model first is counted apart, and is no saving": (
        [call(tokens=(1, 0), cost=0), CLASSIFY],
        (),
        {"total.requests": 1, "classifying.cost_nano_dollars": 7, "comparison.saved_nano_dollars": 10_000 - 7},
    ),
    "what failed attempts cost is in the cost": (
        [FAILED],
        (),
        {"total.errors": 1, "total.cost_nano_dollars": 11, "comparison.saved_nano_dollars": -11},
    ),
    "whoever left is no error, and has no duration": (
        [call(outcome="client_gone")],
        (),
        {"total.errors": 0, "total.duration_us.p50": None},
    ),
    "what asked for no route is counted apart": (
        [call(), BY_NAME],
        (),
        {"total.requests": 1, "unrouted.requests": 1, "unrouted.cost_nano_dollars": 13},
    ),
    "another route is left out, and what it asked first": (
        [call(), call(route="other", reason="x"), {**CLASSIFY, "route": "other"}],
        ("--route", "auto"),
        {"total.requests": 1, "classifying.requests": 0},
    ),
    "times bound it, the first one included and the last one not": (
        [call(unix_us=unix * 1_000_000) for unix in (1_767_225_599, 1_767_225_600, 1_767_229_199, 1_767_229_200)],
        ("--since", "2026-01-01", "--until", "2026-01-01T02:00+01:00"),
        {"total.requests": 2, "lines.read": 4},
    ),
    "what decided is told": (
        [call(reason="unsure:code:0.41,llm:code,max_cost:fallback"), call(reason="rule:faq")],
        (),
        {"decided_by.model.requests": 1, "decided_by.rule.requests": 1, "moved.max_cost": 1, "moved.fallback": 1},
    ),
    "tasks are told by tier": (
        [call(task="code"), call("premium", task="code", cost=5), call("premium", task="code", cost=6)],
        (),
        {"tasks.0.tier": "cheap", "tasks.1.task": "code", "tasks.1.cost_nano_dollars": 11},
    ),
    "lines that are none are counted": (
        [call(), "no JSON", "7", "{}", '{"usage": {}}', json.dumps(call())[:40], "", json.dumps(call()) + " " * 70_000],
        (),
        {"lines.bad": 6, "lines.read": 1, "total.requests": 1},
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_what_the_report_says(tmp_path, name):
    lines, options, expected = ROWS[name]
    found = report(tmp_path, lines, *options)

    assert {path: found_at(found, path) for path in expected} == expected


def test_without_a_configuration_tiers_stand_in_the_order_of_what_a_request_cost(tmp_path):
    write(tmp_path, [call("premium", cost=9), call("premium", cost=1), call(cost=4), call("mid", cost=None)])
    (tmp_path / "tiercel.toml").unlink()
    done = tiercel("report", "routing", "--log", "log", "--json", folder=tmp_path)
    found = json.loads(done.stdout)

    assert ([tier["tier"] for tier in found["tiers"]], found["order"]) == (["cheap", "premium", "mid"], "mean_cost")
    assert found["comparison"] is None
    assert "hint: --against" in tiercel("report", "routing", "--log", "log", folder=tmp_path).stdout


def test_an_empty_log_is_a_no(tmp_path):
    found = report(tmp_path, [], exit_code=1)

    assert (found["total"]["requests"], found["lines"]) == (0, {"read": 0, "bad": 0})


def test_several_files_are_one_log_packed_or_from_standard_input(tmp_path):
    write(tmp_path, [call(cost=1)])
    line = json.dumps(call(cost=2)).encode() + b"\n"
    (tmp_path / "log.1.gz").write_bytes(gzip.compress(line * 2))
    # Incompressible, so that the part that is there holds a whole line.
    noise = random.Random(1).randbytes(4_000).hex().encode()
    (tmp_path / "log.2.gz").write_bytes(gzip.compress(line + noise)[:-2_000])
    done = tiercel(
        *("report", "routing", "--json", "--log", "log", "log.1.gz", "-", "log.2.gz"),
        folder=tmp_path,
        given=json.dumps(call(cost=100)),
    )

    assert json.loads(done.stdout)["total"]["cost_nano_dollars"] == 1 + 2 + 2 + 100 + 2, done.stderr
    assert "log.2.gz: " in done.stderr
    assert "what came before is counted" in done.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--log", "none"), "none: no such file or directory"),
        (("--log", "."), ".: is a directory"),
        (("--log", "log", "--since", "yesterday"), "'yesterday' is no time"),
        (("--log", "log", "--config", "none.toml"), "none.toml"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path, options, told):
    write(tmp_path, [call()])
    done = tiercel("report", "routing", *options, folder=tmp_path)

    assert (done.returncode, told in done.stderr, done.stdout) == (2, True, ""), done.stderr


def test_tables_are_for_people(tmp_path):
    write(tmp_path, [call(task="code", cost=1_000_000), call("premium", cost=None), CLASSIFY, BY_NAME, "no JSON"])
    done = tiercel("report", "routing", "--log", "log", folder=tmp_path)

    shown = re.sub(" +", " ", done.stdout)
    for expected in [
        "cheap 1 50.0% 60-75% $0.001000 $0.001000 1 ms 1 ms",
        "premium 1 50.0% 5-15% ? ? 1 ms",
        "1 requests have no known price, and are in no cost.",
        "1 requests went by a name or were refused ($0.000000), and are not in these tables.",
        "Against sending everything to p/large",
        "saved $0.029000 96.7%",
    ]:
        assert expected in shown, shown
    assert "1 lines are none of an access log, and are left out; log:5: it is no JSON" in done.stderr


@pytest.mark.parametrize(
    ("reason", "who", "moves"),
    [
        ("route:auto:default", "default", []),
        ("route:auto:asked:premium", "client", []),
        ("route:auto:tool_loop", "tool loop", []),
        ("route:auto:rule_left_out:odd,rule:nights,task:code:0.93", "classifier", []),
        ("route:auto:task:code:0.93,session", "sticky", []),
        ("route:auto:unsure:code:0.30,repeated", "escalated", []),
        ("route:auto:rejected", "escalated", []),
        ("route:auto:llm:failed,default,no_vision,max_cost", "default", ["no_vision", "max_cost"]),
        ("route:auto:p_cheap:0.71/0.60:long_context", "threshold", ["long_context"]),
        ("route:auto:rule:fallback", "rule", []),
        ("route:auto:rule:fallback:fallback", "rule", ["fallback"]),
        ("route:auto:whim", "whim", []),
        ("tier:cheap", "not told", []),
        (None, "not told", []),
    ],
)
def test_what_decided_is_read_off_the_reason(reason, who, moves):
    assert decided_by(reason, "auto") == (who, moves)


def test_usual_shares_are_those_of_three_tiers():
    three, two = ([usual_share(position, n) for position in range(n)] for n in (3, 2))

    assert three == [(0.60, 0.75), (0.15, 0.25), (0.05, 0.15)]
    assert two == [(0.60, 0.75), (0.25, 0.40)]
    assert usual_share(0, 1) is None


@given(st.lists(st.integers(1, 1 << 53), min_size=1), st.floats(0.01, 1))
def test_quantiles_are_within_a_hundredth(durations, share):
    quantiles = Quantiles()
    for duration in durations:
        quantiles.add(duration)
    exact = sorted(durations)[math.ceil(share * len(durations)) - 1]

    assert abs((quantiles.at(share) or 0) - exact) <= 0.5 + 0.0101 * exact


@given(
    st.binary()
    | st.recursive(
        st.none() | st.integers() | st.text(), lambda it: st.dictionaries(st.sampled_from([*call(), "input"]), it)
    ).map(lambda value: json.dumps(value).encode())
)
def test_whatever_a_line_is_it_is_a_call_or_refused(text):
    try:
        line = parse(text)
    except ValueError:
        return
    assert min(line.unix_us, line.duration_us, *line.usage.values()) >= 0


def test_a_gateway_s_log_adds_up_to_what_the_provider_counted(start_gateway, start_provider, eventually, tmp_path):
    prices = {"small": (150, 600), "spare": (150, 600), "large": (5_000, 20_000), "judge": (100, 400)}
    simulator = start_provider(models=dict.fromkeys(prices, MODELS["medium"]))
    tables = [
        f'[prices."sim/{model}"]\ninput = {read / 1_000}\noutput = {written / 1_000}'
        for model, (read, written) in prices.items()
    ]
    config = f"""{KEYS}{gateways.provider("sim", simulator.base_url)}
[tiers]
cheap = ["sim/small", "sim/spare"]
dear = ["sim/large"]

[routes.auto]
tiers = ["cheap", "dear"]
default = "cheap"
rules = [{{ name = "poems", any_phrase = ["verses"], use = "dear" }}]

[routes.auto.classifier]
mode = "llm"
tasks = {{ verse = "cheap", prose = "cheap" }}
labels = {{ verse = "asks for verses", prose = "asks for anything else" }}
llm = {{ model = "sim/judge", timeout = "5s" }}
"""
    questions = ["Some verses, please", "Two lines on rain", "Three lines on snow", "Four lines on hail"]
    with start_gateway(config + "\n".join(tables), "asgi") as gateway:
        simulator.attach("status=500;times=1", "small")
        with openai.OpenAI(base_url=gateway.base_url, api_key=gateway.key) as client:
            for question in questions:
                client.chat.completions.create(model="auto", messages=[{"role": "user", "content": question}])
        eventually(lambda: len(gateway.access_log()) == 7)
        files = ("--log", gateway.folder / "access.jsonl", "--config", gateway.folder / "tiercel.toml")
        found = json.loads(tiercel("report", "routing", "--json", *files, folder=tmp_path).stdout)

    entries = [entry for entry in simulator.journal if entry.status == 200]
    assert len(entries) == 7

    def cost(models, at=None):
        spent = [(entry, prices[at or entry.model]) for entry in entries if entry.model in models]
        return sum(entry.prompt_tokens * read + entry.completion_tokens * written for entry, (read, written) in spent)

    asked = ("small", "spare", "large")
    saved = cost(asked, "large") - cost(asked) - cost(["judge"])
    assert found_at(found, "comparison.saved_nano_dollars") == saved
    assert found["classifying"]["cost_nano_dollars"] == cost(["judge"])
    assert [tier["cost_nano_dollars"] for tier in found["tiers"]] == [cost(("small", "spare")), cost(["large"])]
    assert {who: sums["requests"] for who, sums in found["decided_by"].items()} == {"rule": 1, "model": 3}
    assert {row["tier"]: row["task"] == "not classified" for row in found["tasks"]} == {"dear": True, "cheap": False}
