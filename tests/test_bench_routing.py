"""`tiercel bench routing`: its figures add up, follow from the seed, and come from nothing that was learned from."""

import gzip
import json
import os
import random
import re
import statistics
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.command_line import check_refused, tiercel
from tiercel._core import Core
from tiercel.bench import gateway, month, plan, questions, skills
from tiercel.bench.routing import Scale, run
from tiercel.errors import TiercelError
from tiercel.training import public
from tiercel.training.natural import natural_prompts
from tiercel.training.prompts import TASKS

EXAMPLE = Path(__file__).parent.parent / "examples" / "routing.toml"
# Enough for conversations of several turns, and for every kind of question.
SCALE = Scale(200, 7)


def record(text, task, source="autoj_train", group="", *, permissive=False):
    return {"text": text, "task": task, "source": source, "group": group or source, "permissive": permissive}


def write(folder, lines):
    (folder / "tasks").mkdir(exist_ok=True)
    with gzip.open(folder / "tasks" / "prompts.jsonl.gz", "wt") as file:
        file.writelines(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A data folder that was made up: natural prompts, templates that were left out of training, and others."""
    written = natural_prompts()
    natural = [record(prompt.text, prompt.task) for prompt in written[::3]]
    templates = [record(prompt.text, prompt.task, "t0_p3", "t0:sciq:a", permissive=True) for prompt in written[1::9]]
    learned = [record(f"What is {n} + {n}?", "math", "gsm8k", permissive=True) for n in range(9)]
    return write(tmp_path_factory.mktemp("data"), [*natural, *templates, *learned])


def simulate(data, folder, scale=SCALE):
    return run(data, plan.Plan.read(EXAMPLE, "auto"), scale, folder, iter)


@pytest.fixture(scope="module")
def simulated(data, tmp_path_factory):
    """A report, and the gateway's log of that run."""
    folder = tmp_path_factory.mktemp("run")
    return simulate(data, folder), gateway.access_log(folder)


def policies(report, of="all"):
    return {it["name"]: it for it in report["compared"][of]["policies"]}


def test_the_sums_are_those_of_the_gateways_log(simulated):
    report, log = simulated
    routing = policies(report)["routing"]

    assert len(log) == report["n_requests"] == SCALE.n_requests
    assert routing["dollars"] == pytest.approx(sum(line["cost_nano_dollars"] for line in log) / 1e9)
    assert routing["shares"] == pytest.approx(
        {tier: n / len(log) for tier, n in Counter(line["tier"] for line in log).items()}
    )
    parts = [report["compared"][kind] for kind in ("natural", "template")]
    assert sum(part["n_requests"] for part in parts) == len(log)
    assert sum(part["policies"][0]["dollars"] for part in parts) == pytest.approx(routing["dollars"])


def test_equal_seeds_give_equal_reports_and_others_other_ones(simulated, data, tmp_path):
    report, _ = simulated
    (tmp_path / "again").mkdir()
    (tmp_path / "other").mkdir()

    assert report == simulate(data, tmp_path / "again")
    assert report["compared"] != simulate(data, tmp_path / "other", Scale(SCALE.n_requests, 8))["compared"]


@pytest.mark.parametrize("of", ["all", "natural", "template"])
def test_what_policies_come_to(simulated, of):
    found = policies(simulated[0], of)

    for it in found.values():
        for figure in ("quality", "better", "saved"):
            low, high = it[f"{figure}_interval"]
            assert low <= it[figure] <= high, (it["name"], figure)
        assert sum(it["shares"].values()) == pytest.approx(1)
        assert 0 < it["p50"] <= it["p99"]
    at_random = [it for name, it in found.items() if name.startswith("random ")]
    assert at_random
    assert [it["dollars"] for it in at_random] == pytest.approx([found["routing"]["dollars"]] * len(at_random))
    assert found["all cheap"]["quality"] <= found["all mid"]["quality"] <= found["all premium"]["quality"]
    assert found["hindsight"]["quality"] == found["all premium"]["quality"]
    assert found["all cheap"]["dollars"] < found["hindsight"]["dollars"] < found["all premium"]["dollars"]


def test_a_month_is_as_long_as_it_should_be_and_its_conversations_are_whole():
    asked = [questions.Question(f"{n}", TASKS[n % 12], ("natural", "template")[n % 2]) for n in range(240)]
    turns = month.turns(asked, 3_000, seed=3)
    conversations: dict[int, list[month.Turn]] = {}
    for turn in turns:
        conversations.setdefault(turn.conversation, []).append(turn)

    assert len(turns) == 3_000
    assert turns == sorted(turns, key=lambda turn: turn.at)
    for those in conversations.values():
        assert [turn.is_last for turn in those] == [False] * (len(those) - 1) + [True]
        assert len({(asked[turn.question].task, asked[turn.question].kind) for turn in those}) == 1
        assert len({turn.question for turn in those}) == len(those)
    n_natural = sum(asked[turn.question].kind == "natural" for turn in turns)
    assert 1_200 < n_natural < 1_800


def test_nothing_that_was_learned_from_or_chosen_by_is_asked(data, tmp_path):
    found = questions.read(data)
    natural = {it["text"] for it in lines(public.path(data)) if it["source"] == "autoj_train"}

    assert 0.4 < sum(it.kind == "natural" for it in found) / len(natural) < 0.6
    assert not [it for it in found if re.fullmatch(r"What is \d \+ \d\?", it.text)]
    same = [
        record("Hello", "chat_command", "clinc150", permissive=True),
        record("Hello", "chat_command", "t0_p3", "t0:ag:a"),
    ]
    with pytest.raises(TiercelError, match="nothing can be judged by it"):
        questions.read(write(tmp_path, same))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("{", "this is no JSON", id="half a line"),
        pytest.param("[]", "this is no object", id="a list"),
        pytest.param(" " * 1_000_001, "the line is longer than 1,000,000 characters", id="a line without end"),
        pytest.param(record("", "math"), "`text` must be a text that is not empty", id="an empty text"),
        pytest.param(
            record("1 + 1", "sums"), "'sums' is no task\nhint: there are knowledge_qa, ", id="an unknown task"
        ),
        pytest.param(record("1 + 1", "math", permissive=1), "`permissive` must be true or false", id="no condition"),
        pytest.param(record("a", "math", "t0_p3", "sciq"), "`group` must name the set", id="a template of no set"),
    ],
)
def test_a_line_that_is_wrong_is_named(tmp_path, line, expected):
    folder = write(tmp_path, [record("hi", "chat_command"), line])

    with pytest.raises(TiercelError) as raised:
        questions.read(folder)

    assert str(raised.value).startswith(f"{folder}/tasks/prompts.jsonl.gz:2: {expected}")


def test_a_file_that_is_damaged_is_named(tmp_path):
    path = write(tmp_path, [record(f"{random.Random(3).random()} {n}", "math") for n in range(200)]) / public.path(
        Path()
    )
    path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(TiercelError, match=f"{path} is damaged"):
        questions.read(tmp_path)


ROUTE = '[tiers]\na = ["p/a"]\nb = ["p/b"]\n[routes.auto]\ntiers = ["a", "b"]\ndefault = "a"\n'


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("[tiers", "my.toml: ", id="no TOML"),
        pytest.param("routes = 3", "my.toml: this is no configuration", id="a number for tables"),
        pytest.param(ROUTE.replace("auto", "other"), "my.toml: there is no route 'auto'", id="another route"),
        pytest.param(
            ROUTE.replace('"a", ', ""), "my.toml: the route 'auto' has 1 tiers", id="nothing to choose between"
        ),
        pytest.param(
            ROUTE + '[routes.auto.classifier]\nmode = "local-then-llm"\n',
            "my.toml: a simulated model cannot",
            id="a model",
        ),
    ],
)
def test_a_configuration_that_cannot_be_simulated(tmp_path, monkeypatch, written, expected):
    monkeypatch.chdir(tmp_path)
    Path("my.toml").write_text(written)

    with pytest.raises(TiercelError) as raised:
        plan.Plan.read(Path("my.toml"), "auto")

    assert str(raised.value).startswith(expected)


def test_tasks_go_where_the_gateway_sends_them(tmp_path):
    read = plan.Plan.read(None, "auto")
    core = Core(str(read.write(tmp_path, "http://127.0.0.1:9")), {})
    sent: dict[str, set[str]] = {}
    for prompt in natural_prompts():
        body = {"model": "auto", "messages": [{"role": "user", "content": prompt.text}]}
        found = json.loads(core.explain(json.dumps(body).encode()))
        if decided := re.fullmatch(r"route:auto:task:(\w+):[\d.]+", found["reason"]):
            sent.setdefault(decided[1], set()).add(found["tier"])

    assert {task: {read.tier_of(task)} for task in TASKS} == sent


@given(
    some.recursive(
        some.text()
        | some.booleans()
        | some.integers(-(2**63), 2**63 - 1)
        | some.floats(allow_nan=False, allow_infinity=False),
        lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner, max_size=3),
    )
)
def test_a_configuration_is_written_as_it_was_read(value):
    assert tomllib.loads(f"value = {plan._toml(value)}") == {"value": value}


def test_luck_is_the_questions_own():
    drawn = [skills.luck(1, f"question {n}") for n in range(2_000)]

    assert drawn == [skills.luck(1, f"question {n}") for n in range(2_000)]
    assert drawn != [skills.luck(2, f"question {n}") for n in range(2_000)]
    assert statistics.quantiles(drawn, n=4) == pytest.approx([0.25, 0.5, 0.75], abs=0.05)


def test_the_command_writes_what_it_prints(data, tmp_path):
    ended = tiercel(
        "bench", "routing", "--data", data, "--requests", 40, "--json", tmp_path / "report.json", folder=tmp_path
    )
    report = json.loads((tmp_path / "report.json").read_text())

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("40 requests in ")
    assert ended.stderr.endswith("report.json is written\n")
    for name, it in policies(report).items():
        assert re.search(rf"(?m)^{name} +{it['dollars']:.2f} ", ended.stdout), name
    assert all(assumption in ended.stdout for assumption in report["assumptions"])


def test_without_data_it_says_so(tmp_path):
    expected = "error: cannot read no/tasks/prompts.jsonl.gz: no such file or directory\n"

    check_refused(tmp_path, ["bench", "routing", "--data", "no"], 2, expected)


def lines(path):
    with gzip.open(path, "rt") as found:
        return [json.loads(line) for line in found]


@pytest.mark.skipif("TIERCEL_DATA" not in os.environ, reason="TIERCEL_DATA names the folder with the public results")
def test_skills_are_what_the_public_results_say():
    folder = Path(os.environ["TIERCEL_DATA"]) / "routing"
    pareto = [it for name in ("val", "test") for it in lines(folder / "paretobandit" / f"{name}_k4.jsonl.gz")]
    zeroeval = lines(folder / "zeroeval" / "pool29.jsonl.gz")
    bench = folder / "routellm" / "mt_bench"
    category = {it["question_id"]: it["category"] for it in lines(bench / "question.jsonl.gz")}
    judged = lines(bench / "judgements.jsonl.gz")

    def rewards(sources):
        models = ("meta-llama/llama-3.1-8b-instruct", "google/gemini-2.5-flash", "google/gemini-2.5-pro")
        those = [it["arms"] for it in pareto if re.fullmatch(sources, it["source"])]
        return [statistics.mean(arms[model]["reward"] for arms in those) for model in models]

    def correct(dataset):
        models = ("gpt-4o-mini-2024-07-18", "gpt-4o-2024-08-06", "o1-mini-2024-09-12")
        those = [it["correct"] for it in zeroeval if it["dataset"] == dataset]
        return [statistics.mean(it[model] for it in those) for model in models]

    def judgements(categories):
        weak, strong = (
            statistics.mean(
                it["score"] / 10 for it in judged if it["model"] == model and category[it["question_id"]] in categories
            )
            for model in ("mistralai/Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview")
        )
        return [weak, (weak + strong) / 2, strong]

    expected = {
        "knowledge_qa": rewards("mmlu|arc_challenge|openbookqa|truthful_qa"),
        "reasoning": rewards("bbh/.*|hellaswag|winogrande"),
        "math": map(statistics.mean, zip(rewards("gsm8k"), correct("math-l5"), strict=True)),
        "code": map(statistics.mean, zip(rewards("mbpp"), correct("crux"), strict=True)),
        "creative_writing": judgements({"writing", "roleplay"}),
        "open_ended": judgements({"humanities", "stem"}),
        "extraction": judgements({"extraction"}),
    }
    table = skills.table()

    for task, found in expected.items():
        assert list(found) == pytest.approx(table[task], abs=0.0006), task
